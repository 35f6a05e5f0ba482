import { type Delta, ResolutionRules } from '../../src/index.js';
import {
  formatEntry,
  formatMessage,
  type LogEntry,
  type Put,
  parseEntry,
  parseReplicaMessage,
  parseSequencerMessage,
  Replica,
  type ReplicaMessage,
  type ReplicaOptions,
  type Role,
  Sequencer,
  type SequencerMessage,
  type SequencerOptions,
  type SyncResult,
} from '../../src/sync/index.js';

/** One replica with its store, and what travels between it and the sequencer. */
export interface Site {
  replica: Replica;
  readonly options: ReplicaOptions;
  role: Role;
  stored: string;
  readonly toSequencer: string[];
  readonly fromSequencer: string[];
  readonly results: SyncResult[];
}

export function rulesByFieldName(): ResolutionRules {
  const rules = new ResolutionRules();
  for (const rule of ['remote', 'local', 'max', 'min', 'sum'] as const) rules.set('t', rule, rule);
  rules.set('t', 'text', 'local');
  return rules;
}

/**
 * A sequencer and some replicas, with messages that travel as text and stores that survive a crash. Nothing happens by
 * itself: a test delivers, drops, repeats and crashes as it likes.
 */
export class World {
  readonly sites: Site[] = [];
  readonly log: LogEntry[] = [];
  sequencer: Sequencer;
  readonly #options: SequencerOptions;
  #snapshot: string;
  #answerCount = 0;

  constructor(replicas: number, options: SequencerOptions = {}, replicaOptions: Partial<ReplicaOptions> = {}) {
    let nonceCount = 0;
    this.#options = options;
    this.sequencer = new Sequencer(options);
    this.#snapshot = JSON.stringify(formatMessage(this.sequencer.snapshot()));
    for (let index = 0; index < replicas; index++) {
      const site: ReplicaOptions = {
        rules: rulesByFieldName(),
        ...replicaOptions,
        nextNonce: () => `n${++nonceCount}`,
      };
      const replica = new Replica(site);
      this.sites.push({
        replica,
        options: site,
        role: 'owner',
        stored: JSON.stringify(replica.save()),
        toSequencer: [],
        fromSequencer: [],
        results: [],
      });
    }
  }

  site(index: number): Site {
    const site = this.sites[index % this.sites.length];
    if (site === undefined) throw new Error('There is no such site');
    return site;
  }

  sync(site: Site, time = 0): SyncResult {
    const result = site.replica.sync(new Date(time));
    site.results.push(result);
    return result;
  }

  /** Hands out what there is to put, stores, and sends: the one order that is safe. */
  send(site: Site): Put | undefined {
    const put = site.replica.outgoing();
    store(site);
    if (put !== undefined) site.toSequencer.push(JSON.stringify(formatMessage(put)));
    return put;
  }

  ask(site: Site): void {
    site.toSequencer.push(JSON.stringify(formatMessage(site.replica.request())));
  }

  /** Delivers the message at a position of the way to the sequencer, which answers. */
  deliverUp(site: Site, at = 0, isRepeated = false): void {
    const text = take(site.toSequencer, at, isRepeated);
    if (text === undefined) return;
    const message: ReplicaMessage = parseReplicaMessage(JSON.parse(text));
    const answer = this.#answer(message, site.role);
    if (answer.type === 'accepted') this.#keep(answer.rev);
    site.fromSequencer.push(JSON.stringify(formatMessage(answer)));
  }

  deliverDown(site: Site, at = 0, isRepeated = false): void {
    const text = take(site.fromSequencer, at, isRepeated);
    if (text === undefined) return;
    const message: SequencerMessage = parseSequencerMessage(JSON.parse(text));
    site.replica.receive(message);
  }

  crash(site: Site): void {
    site.replica = Replica.load(JSON.parse(site.stored), { ...site.options, role: site.role });
  }

  crashSequencer(): void {
    const snapshot = parseSequencerMessage(JSON.parse(this.#snapshot));
    if (snapshot.type !== 'snapshot') throw new Error('That is no snapshot');
    const log = this.log.filter(({ rev }) => rev > Math.min(snapshot.rev, this.sequencer.firstRevision));
    const stored = log.map((entry) => parseEntry(JSON.parse(JSON.stringify(formatEntry(entry)))));
    this.sequencer = Sequencer.restore(snapshot, stored, this.#options);
  }

  storeSnapshot(): void {
    this.#snapshot = JSON.stringify(formatMessage(this.sequencer.snapshot()));
  }

  trim(rev: number): void {
    this.storeSnapshot();
    this.sequencer.trim(rev);
  }

  /** Lets every message through until nobody has anything to say. */
  settle(): void {
    for (let round = 0; round < 60; round++) {
      for (const site of this.sites) {
        if (site.toSequencer.length === 0) this.ask(site);
        this.send(site);
        this.#deliverAll(site);
        while (site.replica.status.hasGap && !site.replica.status.needsReload) {
          this.ask(site);
          this.#deliverAll(site);
        }
        this.sync(site);
        store(site);
      }
      if (this.sites.every(({ replica }) => replica.status.isIdle && replica.revision === this.sequencer.revision))
        return;
    }
    throw new Error(`No rest after 60 rounds: ${JSON.stringify(this.sites.map(({ replica }) => replica.status))}`);
  }

  #deliverAll(site: Site): void {
    while (site.toSequencer.length > 0) this.deliverUp(site);
    while (site.fromSequencer.length > 0) this.deliverDown(site);
  }

  /** By turns in one step, and in two: a proposal, which is dropped first, and then made again and accepted. */
  #answer(message: ReplicaMessage, role: Role): SequencerMessage {
    if (this.#answerCount++ % 2 === 0) return this.sequencer.answer(message, role);
    this.sequencer.propose(message, role);
    const { answer, entry } = this.sequencer.propose(message, role);
    if (entry !== undefined) this.sequencer.accept(entry);
    return answer;
  }

  #keep(rev: number): void {
    const answer = this.sequencer.deltasSince(rev - 1);
    if (answer.type !== 'entries') throw new Error('An accepted entry is in the log');
    this.log.push(...answer.entries);
  }
}

export function store(site: Site): void {
  site.stored = JSON.stringify(site.replica.save());
}

function take(messages: string[], at: number, isRepeated: boolean): string | undefined {
  const index = messages.length === 0 ? 0 : at % messages.length;
  const text = messages[index];
  if (!isRepeated) messages.splice(index, 1);
  return text;
}

/** The state after a whole log. */
export function rowsAfter(apply: (delta: Delta) => unknown, log: readonly LogEntry[]): void {
  for (const { delta } of log) apply(delta);
}
