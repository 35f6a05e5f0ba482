import { type Datastore, DatastoreError, ServiceError } from '../../../src/datastore/index.js';
import { type OpenedDatastore, openDatastore } from '../../../src/datastore/model/datastore.js';
import type { ConnectionStatus, DatastoreContext } from '../../../src/datastore/model/open-replica.js';
import { errorWithCode } from '../../../src/errors/datastore-error.js';
import { type Limits, ResolutionRules } from '../../../src/index.js';
import { Replica, type Role, type SavedReplica, Sequencer } from '../../../src/sync/index.js';

export interface DeskOptions {
  readonly id?: string;
  readonly role?: Role;
  readonly limits?: Limits;
  /** What was stored by an earlier desk. */
  readonly saved?: SavedReplica;
}

let ids = 0;

/**
 * One device with an open datastore, and the simplest context that works: storage is a variable, and the network a
 * sequencer in the same process, which is reached when a test says so.
 */
export class Desk implements DatastoreContext {
  readonly manager: { readonly isLocal: boolean; readonly isShutDown: boolean } = { isLocal: false, isShutDown: false };
  readonly sequencer: Sequencer;
  readonly replica: Replica;
  readonly rules: ResolutionRules = new ResolutionRules();
  readonly handle: OpenedDatastore;
  readonly listenerErrors: unknown[] = [];
  link: ConnectionStatus = {
    isConnected: true,
    isDownloading: false,
    isDeleted: false,
    downloadError: undefined,
    uploadError: undefined,
    saveError: undefined,
  };
  readonly keepsUnsynced = false;
  readonly hasLog = true;
  saved: SavedReplica | undefined;
  time = 0;
  changedCount = 0;
  closedCount = 0;
  /** Runs while a commit is on its way, before the sequencer hears of it. */
  onCommit: () => void | Promise<void> = () => undefined;

  constructor(sequencer: Sequencer = new Sequencer(), { id = 'default', saved, ...options }: DeskOptions = {}) {
    this.sequencer = sequencer;
    const replica = { nextNonce: () => `nonce-${++ids}`, rules: this.rules, ...options };
    this.replica = saved === undefined ? new Replica(replica) : Replica.load(saved, replica);
    this.handle = openDatastore({ id, replica: this.replica, rules: this.rules, context: this });
  }

  get datastore(): Datastore {
    return this.handle.datastore;
  }

  now(): Date {
    return new Date(++this.time);
  }

  elapsed(): number {
    return this.time;
  }

  schedule(delay: number, task: () => void): () => void {
    const timer = setTimeout(task, delay);
    return () => clearTimeout(timer);
  }

  newRecordId(): string {
    return `record-${++ids}`;
  }

  save(): Promise<void> {
    this.saved = this.replica.save();
    return Promise.resolve();
  }

  changed(): void {
    this.changedCount++;
  }

  status(): ConnectionStatus {
    return this.link;
  }

  loadDeltas(): Promise<void> {
    this.replica.receive(this.sequencer.answer(this.replica.request(), this.replica.role));
    return Promise.resolve();
  }

  async commit(): Promise<void> {
    await this.onCommit();
    for (let put = this.replica.outgoing(); put !== undefined; put = this.replica.outgoing()) {
      await this.save();
      const answer = this.sequencer.answer(put, this.replica.role);
      this.replica.receive(answer);
      if (answer.type === 'conflict') throw new ServiceError('conflict', 'others came first');
      if (answer.type === 'refused') throw errorWithCode(answer.code ?? 'not-permitted', answer.message);
    }
    if (this.replica.status.hasIncoming) throw new ServiceError('conflict', 'others came first');
  }

  closed(): void {
    this.closedCount++;
  }

  listenerFailed(error: unknown): void {
    this.listenerErrors.push(error);
  }

  /** Syncs, and exchanges with the sequencer until neither has anything for the other. */
  async settle(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      await this.datastore.sync();
      this.exchange();
      if (this.replica.status.isIdle && this.replica.revision === this.sequencer.revision) return;
    }
    throw new Error(`Not settled: ${JSON.stringify(this.replica.status)}`);
  }

  /** Sends what there is to send, and fetches what there is to fetch; nothing is merged. */
  exchange(): void {
    const put = this.replica.outgoing();
    if (put !== undefined) this.replica.receive(this.sequencer.answer(put, this.replica.role));
    this.replica.receive(this.sequencer.answer(this.replica.request(), this.replica.role));
  }
}

/** Two devices of one user. */
export function twoDesks(options: DeskOptions = {}): [Desk, Desk] {
  const sequencer = new Sequencer(options.limits === undefined ? {} : { limits: options.limits });
  return [new Desk(sequencer, options), new Desk(sequencer, options)];
}

/** Lets several devices exchange until all have everything. */
export async function settle(...desks: readonly Desk[]): Promise<void> {
  for (const desk of [...desks, ...desks]) await desk.settle();
}

/** What a call throws, which must be a DatastoreError, as its code and the place that it names. */
export function failure(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    return describeFailure(error);
  }
  throw new Error('Nothing was thrown');
}

/** {@link failure} for what a promise rejects with. */
export async function rejection(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
  } catch (error) {
    return describeFailure(error);
  }
  throw new Error('Nothing was rejected');
}

function describeFailure(error: unknown): string {
  if (!(error instanceof DatastoreError)) throw error;
  if (error.position !== undefined) throw new Error('An application knows nothing of positions');
  const { code, table, record, field, index } = error;
  const place = [table, record, field, index].filter((part) => part !== undefined).join('/');
  return place === '' ? code : `${code} at ${place}`;
}
