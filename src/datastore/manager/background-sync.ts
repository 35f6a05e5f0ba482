import { DatastoreError, type DatastoreErrorCode, errorWithCode, ServiceError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { ResolutionRules } from '../../rules/resolution-rules.js';
import type { Limits } from '../../state/limits.js';
import { Replica } from '../../sync/replica.js';
import type { SavedReplica } from '../../sync/saved-replica.js';
import type { Datastore } from '../model/datastore.js';
import type { DatastoreHost, DatastoreOwner, LinkStatus } from '../model/host.js';
import { type DatastoreHandle, openDatastore } from '../model/open-datastore.js';
import type { AnyTables } from '../model/shape.js';
import type { RetryDelays } from './backoff.js';
import type { CachedDatastore } from './cached-datastore.js';
import type { DatastoreCache } from './datastore-cache.js';
import type { Environment } from './environment.js';
import { isPassing } from './failure.js';
import type { Link, LinkEvent } from './link.js';
import { randomName } from './random-id.js';
import { ReplicaStore } from './replica-store.js';
import { ServerExchange, type Step } from './server-exchange.js';
import { SyncWaiters } from './sync-waiters.js';
import { Worker } from './worker.js';

/** What a {@link BackgroundSync} shares with the others of its manager, and what the manager hears of it. */
export interface SyncSurroundings {
  readonly owner: DatastoreOwner;
  readonly environment: Environment;
  readonly delays: RetryDelays;
  readonly limits: Limits | undefined;
  readonly cache: DatastoreCache;
  /** Without one the datastores are local. */
  readonly link: Link | undefined;
  isOnline(): boolean;
  isConnected(): boolean;
  /** A datastore was stored: what a list says of it may have changed. */
  stored(): void;
  /** A datastore was closed, has got a handle, or has nothing to do any more. */
  rested(sync: BackgroundSync): void;
  /**
   * A datastore was closed during a commit, or after one that failed. Its replica holds edits that must not be merged,
   * and that nobody would make again; what is stored is without them.
   */
  abandoned(sync: BackgroundSync): void;
  /** The link says that the account is not linked any more. */
  unauthorized(): void;
  /** Something failed for which nobody waits. */
  failed(error: unknown): void;
}

/**
 * One datastore of a manager while it is open, and after that for as long as something is to be uploaded: its replica,
 * what is stored of it, and the exchange with the server. Spec: BACK-1 to BACK-9.
 */
export class BackgroundSync {
  readonly id: string;
  readonly #surroundings: SyncSurroundings;
  readonly #replica: Replica;
  readonly #store: ReplicaStore;
  readonly #exchange: ServerExchange | undefined;
  readonly #worker: Worker;
  readonly #waiters = new SyncWaiters();
  #rules: ResolutionRules;
  #opened: Omit<DatastoreHandle, 'datastore'> | undefined;
  #isDeleted = false;
  #isStopped = false;
  #isPaused = false;
  #step: Step | undefined;
  #downloadError: DatastoreError | undefined;
  #uploadError: DatastoreError | undefined;

  /**
   * @param cached what was stored, or `undefined` for a datastore that begins here.
   * @param rules hold the merge functions of edits that were stored under one.
   * @throws DatastoreError what `Replica.load` throws.
   */
  constructor(id: string, surroundings: SyncSurroundings, cached: CachedDatastore | undefined, rules: ResolutionRules) {
    const { environment, link, cache, limits, delays } = surroundings;
    this.id = id;
    this.#surroundings = surroundings;
    this.#rules = rules;
    const options = {
      nextNonce: () => randomName(environment),
      rules: { get: (table: string, field: string) => this.#rules.get(table, field) },
      role: cached?.role ?? 'owner',
      ...(limits === undefined ? {} : { limits }),
    } as const;
    this.#replica = cached?.replica === undefined ? new Replica(options) : Replica.load(cached.replica, options);
    this.#store = new ReplicaStore({
      id,
      replica: this.#replica,
      cache,
      handle: cached?.handle,
      // Without a server there is nobody whose acceptance a provisional edit could wait for.
      extent: link === undefined ? 'sealed' : 'kept',
      stored: () => surroundings.stored(),
      rested: () => surroundings.rested(this),
    });
    if (link !== undefined) this.#exchange = this.#exchangeOver(link, cached);
    this.#worker = new Worker({
      environment,
      delays,
      job: () => this.#work(),
      failed: (error) => this.#fail(error),
      rested: () => surroundings.rested(this),
    });
  }

  /** How the server names the datastore, once it has been told of it. */
  get handle(): string | undefined {
    return this.#store.handle;
  }

  get isOpen(): boolean {
    return this.#opened !== undefined;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Whether nothing is under way, and nothing is left that could be done without a user. */
  get isResting(): boolean {
    if (this.isOpen || this.#worker.isRunning || this.#worker.isWaiting || !this.#store.isIdle) return false;
    return this.#isDeleted || this.#exchange?.nextStep() === undefined;
  }

  /** Opens the datastore, on the replica as it is. */
  open<Tables extends object = AnyTables>(rules: ResolutionRules): Datastore<Tables> {
    this.#rules = rules;
    this.#exchange?.beginAttendance();
    const opened = openDatastore<Tables>({ id: this.id, replica: this.#replica, rules, host: this.#host() });
    this.#opened = opened;
    return opened.datastore;
  }

  /** Does what there is to do, now: something may have become possible. */
  kick(): void {
    if (this.#exchange !== undefined && this.#surroundings.isOnline()) this.#worker.ask();
  }

  /** Stores the datastore as it is. @throws DatastoreError `storage`. */
  save(): Promise<void> {
    return this.#store.save();
  }

  /**
   * Receives and merges what the log has, and stores it, before anybody opens the datastore.
   *
   * @throws DatastoreError for what the link or the storage reject with.
   */
  async download(): Promise<void> {
    this.#requireReachable();
    this.#exchange?.check();
    const merged = Promise.all([this.#waiters.untilFetched(), this.#waiters.untilUploaded()]);
    this.#worker.ask();
    await merged;
  }

  /** Takes what a watch tells about this datastore. */
  hear(event: LinkEvent & { readonly type: 'reached' | 'deleted' }): void {
    if (event.type === 'deleted') {
      this.#fail(new ServiceError('not-found', `datastore ${quote(this.id)} was deleted on the server`));
      return;
    }
    try {
      this.#exchange?.hear(event);
      this.#downloadError = undefined;
    } catch (error) {
      this.#fail(error);
    }
    this.kick();
    this.tellStatus();
  }

  /** Has those told who watch the status of the datastore. */
  tellStatus(): void {
    this.#opened?.statusChanged();
  }

  /** Resolves when the step that is under way has ended. */
  get ended(): Promise<void> {
    return this.#worker.ended;
  }

  /** Begins no step any more, until {@link goOn}. Resolves when the one that is under way has ended. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    await this.ended;
  }

  goOn(): void {
    this.#isPaused = false;
    this.kick();
  }

  /**
   * Ends everything: nothing is sent or stored any more, also not of what is under way. Resolves when the last write has
   * ended.
   */
  async stop(code: DatastoreErrorCode): Promise<void> {
    if (!this.#isStopped) {
      this.#isStopped = true;
      this.#worker.stop();
      this.#waiters.rejectAll(errorWithCode(code, `datastore ${quote(this.id)} is not open any more`));
      this.#opened?.shutDown(code);
      this.#opened = undefined;
    }
    await this.#store.stop();
  }

  #exchangeOver(link: Link, cached: CachedDatastore | undefined): ServerExchange {
    const saved = cached?.replica as Partial<SavedReplica> | undefined;
    return new ServerExchange({
      id: this.id,
      replica: this.#replica,
      store: this.#store,
      link,
      isRefused: (saved?.refusal ?? null) !== null,
      isAttended: () => this.isOpen,
      isCommitting: () => this.#waiters.isUploadAwaited,
      now: () => new Date(this.#surroundings.environment.now()),
      roleChanged: () => this.#opened?.roleChanged(),
    });
  }

  async #work(): Promise<void> {
    const exchange = this.#exchange;
    if (exchange === undefined) return;
    for (let step = this.#nextStep(); step !== undefined; step = this.#nextStep()) {
      this.#step = step;
      const { handle } = this;
      if (step === 'fetch') this.#waiters.fetching();
      await exchange.perform(step);
      if (this.#isStopped) return;
      if (step === 'fetch' || step === 'create') this.#downloadError = undefined;
      if (step === 'put' || step === 'create') this.#uploadError = undefined;
      if (step === 'fetch') this.#waiters.fetched();
      if (handle === undefined) this.#surroundings.rested(this);
      this.tellStatus();
    }
    this.#step = undefined;
    const { status } = this.#replica;
    if (this.#surroundings.isOnline()) this.#waiters.settle(status, exchange.refusal, exchange.flightInSnapshot);
    else this.#waiters.failed(offline(), status);
    this.tellStatus();
  }

  #nextStep(): Step | undefined {
    if (this.#isStopped || this.#isPaused || this.#isDeleted) return undefined;
    const step = this.#exchange?.nextStep();
    return step === 'merge' || this.#surroundings.isOnline() ? step : undefined;
  }

  /** @returns whether to try again later. */
  #fail(error: unknown): boolean {
    if (!(error instanceof DatastoreError)) {
      // A merge function of the application threw, or the engine is broken: nobody must wait for what will not come.
      this.#surroundings.failed(error);
      this.#waiters.rejectAll(error);
      return false;
    }
    if (error.code === 'not-found') this.#isDeleted = true;
    if (this.#step !== 'put' || this.#isDeleted) this.#downloadError = error;
    if (this.#step !== 'fetch' || this.#isDeleted) this.#uploadError = error;
    this.#waiters.failed(error, this.#replica.status);
    this.tellStatus();
    if (error.code === 'unauthorized') this.#surroundings.unauthorized();
    return isPassing(error);
  }

  #host(): DatastoreHost {
    const { environment, owner } = this.#surroundings;
    return {
      manager: owner,
      now: () => new Date(environment.now()),
      newRecordId: () => randomName(environment),
      save: () => this.#store.save(),
      changed: () => this.#changed(),
      status: () => this.#status(),
      loadDeltas: () => this.#loadDeltas(),
      commit: () => this.#commit(),
      closed: () => this.#close(),
      listenerFailed: (error) => this.#surroundings.failed(error),
    };
  }

  /** Called for every edit, so it looks before it asks. */
  #changed(): void {
    if (this.#nextStep() !== undefined) this.#worker.askUnlessWaiting();
  }

  #status(): LinkStatus {
    const isDownloading = this.#exchange?.isUpToDate !== true;
    const { hasOutgoing, isInFlight } = this.#replica.status;
    // What was asked for, or put, may have turned up by itself, while the answer was thought to be lost.
    const isUploadPrevented = this.#isDeleted || hasOutgoing || isInFlight;
    return {
      isConnected: this.#exchange !== undefined && this.#surroundings.isConnected(),
      isDownloading,
      isDeleted: this.#isDeleted,
      downloadError: isDownloading || this.#isDeleted ? this.#downloadError : undefined,
      uploadError: isUploadPrevented ? this.#uploadError : undefined,
    };
  }

  async #loadDeltas(): Promise<void> {
    if (this.#exchange === undefined) return;
    this.#requireReachable();
    this.#exchange.check();
    const fetched = this.#waiters.untilFetched();
    this.#worker.ask();
    await fetched;
  }

  /**
   * Waits until the log has everything that is sealed. While a put is under way whose fate nobody knows, a failure of the
   * network ends nothing: it is sent again until the server has said what became of it.
   */
  async #commit(): Promise<void> {
    if (this.#exchange === undefined) return await this.#store.save();
    this.#requireReachable();
    // A put that does not arrive leaves a doubt, a question does not. So where the server was not heard of, ask first.
    if (!this.#surroundings.isConnected()) this.#exchange.check();
    const uploaded = this.#waiters.untilUploaded();
    this.#worker.ask();
    await uploaded;
    await this.#store.save();
  }

  #requireReachable(): void {
    if (this.#isDeleted) throw new ServiceError('not-found', `datastore ${quote(this.id)} was deleted on the server`);
    if (!this.#surroundings.isOnline()) throw offline();
  }

  #close(): void {
    this.#opened = undefined;
    this.#exchange?.endAttendance();
    // Rules last as long as a datastore is open; pending edits have theirs already.
    this.#rules = new ResolutionRules();
    const isProvisional = this.#exchange !== undefined && this.#replica.provisional !== 'none';
    this.#waiters.rejectAll(new DatastoreError('closed', `datastore ${quote(this.id)} was closed`));
    if (this.#isStopped) return;
    if (isProvisional) this.#surroundings.abandoned(this);
    else this.kick();
    this.#surroundings.rested(this);
  }
}

function offline(): DatastoreError {
  return new ServiceError('network', 'the device is offline');
}
