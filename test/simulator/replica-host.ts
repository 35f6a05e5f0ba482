import {
  formatMessage,
  parseSequencerMessage,
  type ReplicaMessage,
  type ReplicaOptions,
  type Role,
  type SyncResult,
} from '../../src/sync/index.js';
import { simulationRules } from './datastore-shape.js';
import { Ledger } from './ledger.js';
import type { ReplicaMachine } from './machines.js';
import type { Surroundings } from './surroundings.js';
import { type Desk, UserActions } from './user-actions.js';
import { checkSizes, describeDifferences, differences, readView, type View } from './view.js';
import { mustNotThrow, Violation } from './violation.js';

const INFO = ':info/info';

/** What a replica has stored, and what must be true of it when it is read again. */
interface Disk {
  readonly saved: string;
  readonly ledger: Ledger;
  readonly view: View;
  /** The nonce of the delta that was last handed out. */
  readonly nonce: string | undefined;
}

/** A message that may leave once the replica that made it is stored. */
interface Prepared {
  readonly disk: Disk;
  readonly message: ReplicaMessage;
}

/** A replica, its disk, and the user in front of it. What it did not store is gone after a crash. */
export class ReplicaHost implements Desk {
  readonly index: number;
  readonly user: UserActions;
  readonly #around: Surroundings;
  #machine: ReplicaMachine;
  #ledger = new Ledger();
  #view: View;
  #disk: Disk;
  #role: Role = 'owner';
  #nonce: string | undefined;
  /** The nonces of deltas that the replica was told were refused, and that it has not reported yet. */
  readonly #toReport = new Set<string>();
  #writing: Prepared | undefined;
  #outbox: ReplicaMessage[] = [];
  #nonceCount = 0;

  constructor(index: number, around: Surroundings) {
    this.index = index;
    this.#around = around;
    this.#machine = around.machines.createReplica(this.#options());
    this.#view = readView(this.#machine);
    this.#disk = this.#diskNow();
    this.user = new UserActions(this, around);
  }

  get machine(): ReplicaMachine {
    return this.#machine;
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  get role(): Role {
    return this.#role;
  }

  /** What the user sees, as it was read last. */
  get view(): View {
    return this.#view;
  }

  get isWriting(): boolean {
    return this.#writing !== undefined;
  }

  get hasMessage(): boolean {
    return this.#outbox.length > 0;
  }

  /** Reads again what the user sees, after the user changed it. */
  refreshView(): View {
    this.#view = readView(this.#machine);
    return this.#view;
  }

  setRole(role: Role): void {
    this.#role = role;
    this.#machine.setRole(role);
    this.#checkUnseen('hearing of a role');
  }

  save(): void {
    this.#writing = undefined;
    this.#disk = this.#diskNow();
  }

  prepare(): void {
    const put = mustNotThrow(`outgoing() of replica ${this.index}`, () => this.#machine.outgoing());
    if (put === undefined) return;
    this.#nonce = put.nonce;
    this.#writing = { disk: this.#diskNow(), message: put };
  }

  store(): void {
    if (this.#writing === undefined) return;
    this.#disk = this.#writing.disk;
    this.#outbox.push(this.#writing.message);
    this.#writing = undefined;
  }

  /** Sends what is ready. */
  send(): void {
    for (const message of this.#outbox.splice(0)) this.#transmit(message);
  }

  request(): void {
    this.#transmit(this.#machine.request());
  }

  receive(text: string): void {
    const message = parseSequencerMessage(JSON.parse(text));
    const isAboutFlight = message.type === 'refused' && this.#machine.status.isInFlight;
    if (isAboutFlight && message.nonce === this.#nonce) this.#toReport.add(message.nonce);
    mustNotThrow(`replica ${this.index}, receiving ${text},`, () => this.#machine.receive(message));
    this.#checkUnseen('receiving a message');
    this.#checkStatus();
  }

  sync(time: Date): void {
    const before = this.#view;
    // Sealing edits sets the modified time, which is no news to the user.
    const own = this.#machine.status.hasUncommitted ? [INFO] : [];
    const result = mustNotThrow(`sync() of replica ${this.index}`, () => this.#machine.sync(time));
    const after = this.refreshView();
    const reported = [...result.changed].flatMap(([table, records]) => [...records].map((id) => `${table}/${id}`));
    const changed = differences(before, after);
    const isSaid = changed.every((place) => reported.includes(place) || own.includes(place));
    if (!isSaid || !reported.every((place) => changed.includes(place))) {
      const detail = `replica ${this.index} reported ${reported.join()} where ${changed.join()} changed`;
      throw new Violation('sync reports the records that changed', detail);
    }
    this.#account(result);
    this.#checkStatus();
  }

  crash(): void {
    this.#writing = undefined;
    this.#outbox = [];
    this.#toReport.clear();
    this.#around.statistics.crashes++;
    const { saved, ledger, view, nonce } = this.#disk;
    this.#machine = mustNotThrow(`loading replica ${this.index}`, () =>
      this.#around.machines.loadReplica(JSON.parse(saved), this.#options()),
    );
    this.#ledger = ledger.clone();
    this.#ledger.noteLoad();
    this.#nonce = nonce;
    const loaded = this.refreshView();
    if (differences(view, loaded).length > 0) {
      const detail = `replica ${this.index}: ${describeDifferences(view, loaded)}`;
      throw new Violation('a restart shows what was stored', detail);
    }
    checkSizes(`replica ${this.index}`, this.#machine);
    this.#checkStatus();
  }

  /** Everything that decides what it does next, as text. */
  toText(): string {
    const { status, revision } = this.#machine;
    const memory = [this.#machine.save(), status, revision, formatMessage(this.#machine.request())];
    const writing = this.#writing === undefined ? [] : [this.#writing.disk.saved, formatMessage(this.#writing.message)];
    const ledgers = [this.#ledger.toText(), this.#disk.ledger.toText()];
    return JSON.stringify([memory, this.#disk.saved, ledgers, this.#role, writing, this.#outbox.map(formatMessage)]);
  }

  #account(result: SyncResult): void {
    const { history, statistics } = this.#around;
    for (const { nonce, delta } of result.refused) {
      if (!history.refused.has(nonce)) throw new Violation('only refused edits are reported as such', nonce);
      this.#ledger.retract(nonce, delta, false);
      this.#toReport.delete(nonce);
    }
    for (const { nonce, delta } of result.indeterminate) this.#ledger.retract(nonce, delta, true);
    statistics.collisions += result.conflicts.length;
    statistics.indeterminate += result.indeterminate.length;
    if (result.isReloaded) statistics.reloads++;
    for (const nonce of this.#toReport) {
      if (!history.has(nonce)) throw new Violation('every refused edit is reported', `${nonce} was not`);
    }
    this.#toReport.clear();
  }

  #transmit(message: ReplicaMessage): void {
    if (message.type === 'put') this.#around.history.notePut(message);
    const text = JSON.stringify(formatMessage(message));
    this.#around.statistics.messages++;
    this.#around.note(`replica ${this.index} sends ${text}`);
    this.#around.network.send('up', this.index, text);
  }

  #diskNow(): Disk {
    const saved = JSON.stringify(this.#machine.save());
    return { saved, ledger: this.#ledger.clone(), view: this.#view, nonce: this.#nonce };
  }

  #checkUnseen(what: string): void {
    const now = readView(this.#machine);
    if (differences(this.#view, now).length === 0) return;
    const detail = `replica ${this.index}, ${what}: ${describeDifferences(this.#view, now)}`;
    throw new Violation('only sync shows what came', detail);
  }

  #checkStatus(): void {
    const { isIdle, ...others } = this.#machine.status;
    if (isIdle) this.#ledger.noteIdle();
    if (isIdle !== Object.values(others).some((is) => is)) return;
    throw new Violation('idle means that nothing else is so', JSON.stringify(this.#machine.status));
  }

  #options(): ReplicaOptions {
    const { limits, undoDepth } = this.#around.setup;
    const nextNonce = (): string => {
      this.#nonceCount++;
      return `${this.index}.${this.#nonceCount}`;
    };
    return { nextNonce, role: this.#role, rules: simulationRules(), limits, undoDepth };
  }
}
