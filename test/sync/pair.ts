import { type Change, ResolutionRules } from '../../src/index.js';
import {
  type Entries,
  type LogEntry,
  type Put,
  type PutOutcome,
  Replica,
  type ReplicaOptions,
  Sequencer,
  type SequencerOptions,
  type SyncResult,
} from '../../src/sync/index.js';

export const EPOCH: Date = new Date(0);

/** A replica and a sequencer, and somebody else who edits through the sequencer directly. Messages go by hand. */
export class Pair {
  readonly sequencer: Sequencer;
  readonly rules: ResolutionRules;
  replica: Replica;
  readonly #options: ReplicaOptions;

  constructor(options: Partial<ReplicaOptions> & { readonly sequencer?: SequencerOptions } = {}) {
    const { sequencer, ...replica } = options;
    let nonces = 0;
    this.sequencer = new Sequencer(sequencer);
    this.rules = new ResolutionRules();
    this.#options = { nextNonce: () => `mine-${++nonces}`, rules: this.rules, ...replica };
    this.replica = new Replica(this.#options);
  }

  /** Somebody else appends a delta to the log. */
  other(...delta: readonly Change[]): LogEntry {
    const { revision } = this.sequencer;
    const outcome = this.sequencer.put(revision, `other-${revision + 1}`, delta, 'owner');
    if (outcome.type !== 'accepted') throw new Error(`The other's delta was not accepted: ${JSON.stringify(outcome)}`);
    const [entry] = this.entries(revision).entries;
    if (entry === undefined) throw new Error('An accepted delta is in the log');
    return entry;
  }

  entries(since: number): Entries {
    const answer = this.sequencer.deltasSince(since);
    if (answer.type !== 'entries') throw new Error(`The log was trimmed after ${since}`);
    return answer;
  }

  /** The user edits, and `sync()` seals it. */
  edit(...delta: readonly Change[]): SyncResult {
    this.replica.apply(delta);
    return this.sync();
  }

  sync(time: Date = EPOCH): SyncResult {
    return this.replica.sync(time);
  }

  /** What is to be put; fails if there is nothing. */
  outgoing(): Put {
    const put = this.replica.outgoing();
    if (put === undefined) throw new Error('There is nothing to put');
    return put;
  }

  answer(put: Put): PutOutcome {
    return this.sequencer.put(put.rev, put.nonce, put.delta, 'owner');
  }

  /** Puts what is to be put, and delivers the answer. */
  exchange(): PutOutcome {
    const answer = this.answer(this.outgoing());
    this.replica.receive(answer);
    return answer;
  }

  /** Delivers everything that the log has and the replica lacks. */
  catchUp(): SyncResult {
    this.replica.receive(this.sequencer.answer(this.replica.request(), 'owner'));
    return this.sync();
  }

  /** Back and forth until both have all. */
  settle(): void {
    for (let round = 0; round < 20 && !this.isSettled(); round++) {
      this.catchUp();
      if (this.replica.outgoing() !== undefined) this.exchange();
    }
    if (!this.isSettled()) throw new Error(`Not settled: ${JSON.stringify(this.replica.status)}`);
    const [seen, logged] = [this.replica.toRows(), this.sequencer.snapshot().rows].map((rows) => JSON.stringify(rows));
    if (seen !== logged) throw new Error(`The replica shows ${seen}, and the log says ${logged}`);
  }

  isSettled(): boolean {
    return this.replica.status.isIdle && this.replica.revision === this.sequencer.revision;
  }

  /** The replica starts again from what it saved, as text. */
  restart(saved: unknown = this.replica.save(), options: Partial<ReplicaOptions> = {}): void {
    this.replica = Replica.load(JSON.parse(JSON.stringify(saved)), { ...this.#options, ...options });
  }
}

/** Changed records as text: `t:a,b`. The reserved table, which every delta touches, is left out. */
export function changedIn({ changed }: SyncResult): string {
  return [...changed]
    .filter(([table]) => table !== ':info')
    .map(([table, records]) => `${table}:${[...records].join(',')}`)
    .join(' ');
}

/** The names of all that is true in a status. */
export function statusOf(replica: Replica): string {
  return Object.entries(replica.status)
    .filter(([, isTrue]) => isTrue)
    .map(([name]) => name)
    .join(' ');
}
