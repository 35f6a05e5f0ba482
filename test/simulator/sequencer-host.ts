import {
  formatEntry,
  formatMessage,
  type LogEntry,
  parseEntry,
  parseReplicaMessage,
  parseSequencerMessage,
  type Role,
  type SequencerMessage,
  type Snapshot,
} from '../../src/sync/index.js';
import { GENESIS } from './journal.js';
import type { SequencerMachine } from './machines.js';
import type { Surroundings } from './surroundings.js';
import { mustNotThrow, Violation } from './violation.js';

/** An answer that waits to leave, and the entry, if any, that has to be stored before. */
interface Task {
  entry: string | undefined;
  readonly replica: number;
  readonly message: SequencerMessage;
}

/**
 * A sequencer and its disk. It stores an entry before any answer that follows it leaves, and what it did not store is
 * gone after a crash.
 */
export class SequencerHost {
  readonly #around: Surroundings;
  #machine: SequencerMachine;
  #queue: Task[] = [];
  #storedSnapshot: { readonly rev: number; readonly text: string };
  #storedLog: { readonly rev: number; readonly text: string }[] = [];

  constructor(around: Surroundings) {
    this.#around = around;
    this.#machine = around.machines.createSequencer(this.#options());
    this.#storedSnapshot = { rev: 0, text: JSON.stringify(formatMessage(this.#machine.snapshot())) };
    this.#machine.put(0, 'genesis', GENESIS, 'owner');
    this.#storeEntry(this.#newestEntry());
  }

  get revision(): number {
    return this.#machine.revision;
  }

  get queueLength(): number {
    return this.#queue.length;
  }

  /** How many stored entries a trim could drop. */
  get trimmable(): number {
    return this.#storedLog.filter(({ rev }) => rev <= this.#storedSnapshot.rev).length;
  }

  snapshot(): Snapshot {
    return this.#machine.snapshot();
  }

  receive(replica: number, text: string, role: Role): void {
    const message = parseReplicaMessage(JSON.parse(text));
    const answer = mustNotThrow(`the sequencer, for ${text},`, () => this.#machine.answer(message, role));
    const entry = answer.type === 'accepted' ? this.#newestEntry() : undefined;
    this.#queue.push({ entry, replica, message: answer });
    this.#count(answer);
  }

  /** Stores the entry at the head of the queue, or else sends the answer there. */
  work(): void {
    const [task] = this.#queue;
    if (task === undefined) return;
    if (task.entry !== undefined) {
      this.#storeEntry(task.entry);
      task.entry = undefined;
      return;
    }
    this.#queue.shift();
    const { message, replica } = task;
    if (message.type === 'accepted' || message.type === 'repeated') {
      this.#around.history.checkAcknowledged(message.nonce, message.rev);
    }
    const text = JSON.stringify(formatMessage(message));
    this.#around.statistics.messages++;
    this.#around.note(`the sequencer answers replica ${replica}: ${text}`);
    this.#around.network.send('down', replica, text);
  }

  /** Queues the latest entries for a replica that did not ask. */
  announce(replica: number, count: number): void {
    const { revision, firstRevision } = this.#machine;
    const message = this.#machine.deltasSince(Math.max(firstRevision, revision - count));
    this.#queue.push({ entry: undefined, replica, message });
  }

  checkpoint(): void {
    if (this.#queue.some(({ entry }) => entry !== undefined)) return;
    const snapshot = this.#machine.snapshot();
    this.#storedSnapshot = { rev: snapshot.rev, text: JSON.stringify(formatMessage(snapshot)) };
    this.#around.note(`the sequencer stores a snapshot at revision ${snapshot.rev}`);
  }

  /** Drops all entries but the latest `keep`, as far as the stored snapshot makes up for them. */
  trim(keep: number): void {
    const rev = Math.min(this.#storedSnapshot.rev, Math.max(0, this.#machine.revision - keep));
    this.#machine.trim(rev);
    this.#storedLog = this.#storedLog.filter((entry) => entry.rev > rev);
    this.#around.note(`the sequencer trims its log up to revision ${rev}`);
  }

  crash(): void {
    this.#queue = [];
    this.#around.statistics.crashes++;
    const snapshot = parseSequencerMessage(JSON.parse(this.#storedSnapshot.text));
    if (snapshot.type !== 'snapshot') throw new Violation('what is stored can be read', this.#storedSnapshot.text);
    const log = this.#storedLog.map(({ text }) => parseEntry(JSON.parse(text)));
    this.#machine = mustNotThrow('restoring the sequencer', () =>
      this.#around.machines.restoreSequencer(snapshot, log, this.#options()),
    );
    this.#around.note(`the sequencer restarts at revision ${this.#machine.revision}`);
    if (this.#machine.revision === this.#around.history.revision) return;
    const stored = `${this.#around.history.revision} were stored`;
    throw new Violation('a restart loses nothing', `the sequencer is at revision ${this.#machine.revision}, ${stored}`);
  }

  /** Everything that decides what it does next, as text. */
  toText(): string {
    const queue = this.#queue.map(({ entry, replica, message }) => [entry, replica, formatMessage(message)]);
    const { firstRevision } = this.#machine;
    const log = this.#machine.deltasSince(firstRevision);
    const memory = [formatMessage(this.#machine.snapshot()), formatMessage(log), firstRevision];
    return JSON.stringify([memory, queue, this.#storedSnapshot, this.#storedLog]);
  }

  #options() {
    const { limits, recentNonces } = this.#around.setup;
    return { limits, recentNonces };
  }

  #newestEntry(): string {
    const answer = this.#machine.deltasSince(this.#machine.revision - 1);
    const [entry] = answer.type === 'entries' ? answer.entries : [];
    if (entry === undefined) throw new Violation('an accepted delta is in the log', `there is no newest entry`);
    return JSON.stringify(formatEntry(entry));
  }

  #storeEntry(text: string): void {
    const entry: LogEntry = parseEntry(JSON.parse(text));
    this.#around.note(`the sequencer stores ${text}`);
    this.#around.history.append(entry);
    this.#storedLog.push({ rev: entry.rev, text });
  }

  #count(answer: SequencerMessage): void {
    const { statistics, history } = this.#around;
    if (answer.type === 'accepted') statistics.accepted++;
    if (answer.type === 'conflict') statistics.conflicts++;
    if (answer.type !== 'refused') return;
    statistics.refusals++;
    history.refused.add(answer.nonce);
  }
}
