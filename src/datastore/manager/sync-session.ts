import {
  DatastoreError,
  type DatastoreErrorCode,
  errorWithCode,
  isDatastoreError,
  ServiceError,
} from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { ResolutionRules } from '../../rules/resolution-rules.js';
import type { Rule } from '../../rules/rule.js';
import type { Limits } from '../../state/limits.js';
import { Replica } from '../../sync/replica.js';
import { type SavedExtent, type SavedReplica, withoutEdits } from '../../sync/saved-replica.js';
import type { ReplicaStatus } from '../../sync/sync-result.js';
import { expectArray, expectObject } from '../../values/json.js';
import { type Datastore, type OpenedDatastore, openDatastore } from '../model/datastore.js';
import type { AnyTables } from '../model/fields.js';
import type { ConnectionStatus, DatastoreContext, OwningManager } from '../model/open-replica.js';
import type { Wait } from '../model/wait.js';
import { Autosave } from './autosave.js';
import { BackgroundJob, type RetryDelays } from './background-job.js';
import { type DatastoreCache, ReplicaStore } from './datastore-cache.js';
import { parsedOrCorrupt } from './device-store.js';
import { type Environment, randomName } from './environment.js';
import { isWorthRetrying } from './guards.js';
import type { Link, LinkEvent } from './link.js';
import { reapply } from './reapply.js';
import type { CachedDatastore, ReplicaLog } from './replica-log.js';
import { ServerConversation, type Step } from './server-conversation.js';
import type { UnsavedDatastore } from './unsaved-edits.js';
import { type UnsentOfDatastore, unsentInReplica } from './unsent-edits.js';

/** What the sessions of one manager are given. */
export interface SessionContext {
  readonly manager: OwningManager;
  readonly environment: Environment;
  readonly delays: RetryDelays;
  readonly limits: Limits | undefined;
  /** How long an edit may wait before it is stored by itself, in milliseconds; `undefined` if it is not. */
  readonly autosaveDelay: number | undefined;
  readonly cache: DatastoreCache;
  /** `undefined` for local datastores. */
  readonly link: Link | undefined;
  /** Whether the server may be called: the device is online, and the account is not suspended. */
  isReachable(): boolean;
  /** Why the account is suspended, if it is. */
  authorizationError(): DatastoreError | undefined;
  isConnected(): boolean;
  /** Hears that a datastore was stored, so the list may have changed. */
  stored(): void;
  /** Hears that a datastore was closed, has got a handle, or has nothing to do any more. */
  rested(session: SyncSession): void;
  /**
   * Called when a datastore was closed during a commit, or after a failed one. Its replica holds edits that must not be
   * merged, and that nobody would make again. The stored replica does not have them.
   */
  abandoned(session: SyncSession): void;
  /** Hears of a failure that no caller waits for. */
  failed(error: unknown): void;
}

/** How many bytes of the undo history are stored, beside what is pending. */
const SAVED_UNDO_SIZE = 64 * 1024;

/** Only a `running` session takes steps. */
type SessionState =
  | 'running'
  /** No step starts, since the datastore is being deleted. */
  | 'paused'
  /** The server has deleted the datastore. */
  | 'deleted'
  /** Nothing is sent or stored any more. */
  | 'stopped';

/**
 * The synchronization of one datastore, while it is open, and after that until everything is uploaded. It owns the
 * replica, what is stored of it, and the conversation with the server. Spec: BACK-1 to BACK-9.
 *
 * ```text
 *               pause
 *   running ─────────────▶ paused        any state ── stop ──▶ stopped
 *     │  ◀───────────────── │
 *     │        resume       │
 *     └──▶ deleted ◀────────┘   the server says `not-found`
 * ```
 *
 * While it runs, a {@link BackgroundJob} takes the steps of the {@link ServerConversation}, one at a time, until none is
 * left; it waits and tries again after a failure. A step becomes possible by an edit, `sync()`, an event of the watch,
 * or coming online.
 */
export class SyncSession {
  readonly id: string;
  readonly #context: SessionContext;
  readonly #replica: Replica;
  readonly #store: ReplicaStore;
  readonly #conversation: ServerConversation | undefined;
  readonly #job: BackgroundJob;
  readonly #autosave: Autosave | undefined;
  readonly #waiters = new SyncWaiters();
  #rules: ResolutionRules;
  #state: SessionState = 'running';
  #opened: OpenedDatastore | undefined;
  #wasOpened = false;
  /** The step that is under way, or that failed last. */
  #step: Step | undefined;
  #downloadError: DatastoreError | undefined;
  #uploadError: DatastoreError | undefined;

  /**
   * @param cached what was stored, or `undefined` for a datastore that begins here.
   * @param rules the merge functions of edits that were stored under one.
   * @param log where it is stored.
   * @param missingRules what decides those edits whose function `rules` lack, unless that is an error.
   * @throws DatastoreError `rule-missing`, or `corrupt-data`.
   */
  constructor(
    id: string,
    context: SessionContext,
    cached: CachedDatastore | undefined,
    rules: ResolutionRules,
    log: ReplicaLog,
    missingRules?: 'remote',
  ) {
    const { environment, link, cache, delays, autosaveDelay } = context;
    this.id = id;
    this.#context = context;
    this.#rules = rules;
    this.#replica = this.#makeReplica(cached, missingRules);
    this.#store = new ReplicaStore({
      id,
      replica: this.#replica,
      cache,
      log,
      handle: cached?.handle,
      extent: () => this.#storedExtent,
      stored: () => this.#stored(),
      failing: () => this.tellStatus(),
      rested: () => context.rested(this),
    });
    if (link !== undefined) this.#conversation = this.#makeConversation(link, cached);
    this.#job = new BackgroundJob({
      environment,
      delays,
      job: () => this.#takeSteps(),
      failed: (error) => this.#fail(error, this.#step),
      rested: () => context.rested(this),
    });
    if (autosaveDelay !== undefined) {
      this.#autosave = new Autosave({
        ...{ environment, delay: autosaveDelay, retryDelays: delays },
        isBehind: () => this.#store.isBehind,
        save: () => this.#store.save(),
        failed: (error) => context.failed(error),
        rested: () => context.rested(this),
      });
    }
  }

  /** The handle on the server, or `undefined` until the server knows the datastore. */
  get handle(): string | undefined {
    return this.#store.handle;
  }

  get isOpen(): boolean {
    return this.#opened !== undefined;
  }

  get isStopped(): boolean {
    return this.#state === 'stopped';
  }

  /** Whether nothing is under way, and nothing is left that can be done while the datastore is closed. */
  get isResting(): boolean {
    if (this.isOpen || this.#job.isRunning || this.#job.isWaiting || !this.#store.isIdle) return false;
    if (this.#autosave?.isActive === true) return false;
    return this.#state === 'deleted' || this.#conversation?.nextStep() === undefined;
  }

  /** Opens the datastore, on the replica as it is. */
  open<Tables extends object = AnyTables>(rules: ResolutionRules): Datastore<Tables> {
    this.#rules = rules;
    this.#wasOpened = true;
    this.#conversation?.opened();
    const context = this.#datastoreContext();
    const opened = openDatastore<Tables>({ id: this.id, replica: this.#replica, rules, context });
    this.#opened = opened;
    return opened.datastore;
  }

  /**
   * Opens the datastore once more.
   *
   * @returns it, or `undefined` if it is not open.
   * @throws DatastoreError `invalid-option` if it was opened with other rules.
   */
  openAgain<Tables extends object = AnyTables>(rules: ResolutionRules | undefined): Datastore<Tables> | undefined {
    if (rules !== undefined && rules !== this.#rules && this.isOpen) {
      throw new DatastoreError(
        'invalid-option',
        `datastore ${quote(this.id)} is open with other rules: leave rules out, or give the same object`,
      );
    }
    this.#opened?.openedAgain();
    return this.#opened?.datastore;
  }

  /** Takes the next steps now, because something may have become possible. */
  kick(): void {
    if (this.#conversation !== undefined && this.#context.isReachable()) this.#job.ask();
  }

  /** A watch has connected: it will say where the log stands. */
  connected(): void {
    this.#conversation?.connected();
    this.kick();
  }

  /** Stores the datastore as it is. @throws DatastoreError `storage`. */
  save(): Promise<void> {
    return this.#store.save();
  }

  /** Stores the edits that are not stored, at once, if they are stored without a `sync()`. @throws DatastoreError as `save`. */
  async flush(): Promise<void> {
    if (this.#autosave !== undefined && !this.isStopped && (this.#store.isBehind || !this.#store.isIdle)) {
      await this.#store.save();
    }
  }

  /** What is in memory alone, if anything. Spec: TAB-8. */
  get unsaved(): UnsavedDatastore | undefined {
    const { unsaved } = this.#store;
    if (unsaved.all.length === 0) return undefined;
    return {
      id: this.id,
      handle: this.handle,
      role: this.#replica.role,
      base: withoutEdits(this.#replica.save('sealed')),
      rules: this.#rules,
      edits: () => unsaved.all,
    };
  }

  /** The edits that the server is not known to have, without those of a commit: its caller was told. */
  get unsent(): UnsentOfDatastore | undefined {
    return unsentInReplica(this.id, this.#replica.save('ordinary'));
  }

  /**
   * Makes edits again that another replica of this datastore could not store, and stores them. If that replica knew more
   * of the log, this one catches up first. The edits are later than whatever they meet, so they win.
   *
   * @throws DatastoreError `storage`, and as any edit.
   */
  async adopt({ handle, base, edits, rules }: UnsavedDatastore): Promise<void> {
    const now = new Date(this.#context.environment.now());
    if (this.handle === undefined && handle !== undefined) await this.#store.setHandle(handle);
    const isBehind = this.handle === handle && base.rev > this.#replica.revision;
    // A state without nonces cannot tell what became of a put.
    if (isBehind && !this.#replica.status.isInFlight) {
      this.#replica.receive({ type: 'snapshot', rev: base.rev, rows: base.rows, nonces: [] });
      this.#replica.sync(now);
    }
    const before = this.#rules;
    this.#rules = new LatestWins(rules);
    try {
      for (const delta of edits()) reapply(delta, this.#replica, (table, field) => rules.get(table, field));
    } finally {
      this.#rules = before;
    }
    this.#replica.sync(now);
    await this.#store.save();
  }

  /**
   * Receives, merges and stores what the log has, before the datastore is opened.
   *
   * @throws DatastoreError what the link or the storage reject with.
   */
  async download(): Promise<void> {
    this.#requireReachable();
    this.#conversation?.check();
    const merged = Promise.all([this.#waiters.untilFetched(), this.#waiters.untilUploaded('all')]);
    this.#job.ask();
    await merged;
  }

  /** Takes an event of the watch about this datastore. */
  hear(event: LinkEvent & { readonly type: 'reached' | 'deleted' }): void {
    if (event.type === 'deleted') {
      this.#fail(this.#deletedError(), undefined);
      return;
    }
    try {
      this.#conversation?.hear(event);
      this.#downloadError = undefined;
    } catch (error) {
      this.#fail(error, undefined);
    }
    this.kick();
    this.tellStatus();
  }

  /** Tells the listeners of the status if it has changed. */
  tellStatus(): void {
    this.#opened?.statusChanged();
  }

  /** Resolves when the step that is under way has ended. */
  get ended(): Promise<void> {
    return this.#job.ended;
  }

  /** Starts no step until {@link resume}. Resolves when the step that is under way has ended. */
  async pause(): Promise<void> {
    if (this.#state === 'running') this.#state = 'paused';
    await this.ended;
  }

  resume(): void {
    if (this.#state === 'paused') this.#state = 'running';
    this.kick();
  }

  /** Ends the session: nothing is sent or stored any more. Resolves when the last write has ended. */
  async stop(code: DatastoreErrorCode): Promise<void> {
    // A merge function called this. A merge ends within its turn, and an open datastore cannot be closed during one.
    if (this.#replica.isMerging) await Promise.resolve();
    if (this.#state !== 'stopped') {
      this.#state = 'stopped';
      this.#job.stop();
      this.#waiters.rejectAll(errorWithCode(code, `datastore ${quote(this.id)} is no longer open`));
      this.#opened?.shutDown(code);
      this.#opened = undefined;
      // What is not stored yet is stored now, if at all: nobody tries again.
      this.#autosave?.stop();
      if (this.#autosave !== undefined && this.#store.isBehind) {
        this.#store.save().catch((error: unknown) => this.#context.failed(error));
      }
    }
    await this.#store.stop();
  }

  /** @throws DatastoreError `rule-missing`, or `corrupt-data`. */
  #makeReplica(cached: CachedDatastore | undefined, missingRules: 'remote' | undefined): Replica {
    const { environment, limits } = this.#context;
    const options = {
      nextNonce: () => randomName(environment),
      rules: { get: (table: string, field: string) => this.#rules.get(table, field) },
      role: cached?.role ?? 'owner',
      savedUndoSize: SAVED_UNDO_SIZE,
      ...(limits === undefined ? {} : { limits }),
    } as const;
    const saved = cached?.replica;
    if (saved === undefined) return new Replica(options);
    return parsedOrCorrupt(`what is stored of datastore ${quote(this.id)}`, () =>
      Replica.load(missingRules === undefined ? saved : withoutMissingRules(saved, this.#rules), options),
    );
  }

  #makeConversation(link: Link, cached: CachedDatastore | undefined): ServerConversation {
    const saved = cached?.replica as Partial<SavedReplica> | undefined;
    return new ServerConversation({
      id: this.id,
      replica: this.#replica,
      store: this.#store,
      link,
      isRefused: (saved?.refusal ?? null) !== null,
      isOpen: () => this.isOpen,
      isCommitting: () => this.#waiters.isUploadAwaited,
      now: () => this.#context.environment.now(),
      roleChanged: () => this.#opened?.roleChanged(),
      failed: (error) => this.#context.failed(error),
    });
  }

  async #takeSteps(): Promise<void> {
    const conversation = this.#conversation;
    if (conversation === undefined) return;
    for (let step = this.#nextStep(); step !== undefined; step = this.#nextStep()) {
      this.#step = step;
      if (this.#replica.provisional === 'none') this.#waiters.decided();
      const { handle } = this;
      if (step === 'fetch') this.#waiters.fetching();
      await conversation.take(step);
      if (this.isStopped) return;
      if (step === 'fetch' || step === 'create') this.#downloadError = undefined;
      if (step === 'put' || step === 'create') this.#uploadError = undefined;
      if (step === 'fetch') this.#waiters.fetched();
      if (handle === undefined) this.#context.rested(this);
      this.tellStatus();
    }
    this.#step = undefined;
    const { status } = this.#replica;
    if (this.#replica.provisional === 'none') this.#waiters.decided();
    if (this.#context.isReachable()) this.#waiters.settle(status, conversation.refusal, conversation.flightInSnapshot);
    else this.#failWaiters(this.#unreachableError());
    this.tellStatus();
  }

  /** The next step that can be taken now. */
  #nextStep(): Step | undefined {
    if (this.#state !== 'running') return undefined;
    const step = this.#conversation?.nextStep();
    return step === 'merge' || this.#context.isReachable() ? step : undefined;
  }

  /**
   * Handles a failure of a step, or of an event of the watch.
   *
   * @returns whether to try again later.
   */
  #fail(error: unknown, step: Step | undefined): boolean {
    if (!isDatastoreError(error)) {
      // This is a defect. Nobody must wait for ever.
      this.#context.failed(error);
      this.#waiters.rejectAll(error);
      return false;
    }
    const isDeleted = error.code === 'not-found';
    if (isDeleted && this.#state !== 'stopped') this.#state = 'deleted';
    if (step !== 'put' || isDeleted) this.#downloadError = error;
    if (step !== 'fetch' || isDeleted) this.#uploadError = error;
    this.#failWaiters(error);
    this.tellStatus();
    return isWorthRetrying(error);
  }

  /**
   * Fails the calls that wait. A commit waits on while edits are in doubt, since nobody knows whether they arrived; but not
   * if its own edits wait behind them, and so were never sent.
   */
  #failWaiters(error: DatastoreError): void {
    const { status, provisional } = this.#replica;
    const isInDoubt = status.isInFlight && provisional !== 'later' && error.code !== 'not-found';
    this.#waiters.failed(error, status, isInDoubt);
  }

  #datastoreContext(): DatastoreContext {
    const { environment, manager } = this.#context;
    return {
      manager,
      now: () => new Date(environment.now()),
      elapsed: () => environment.now(),
      schedule: (delay, task) => environment.schedule(delay, task),
      newRecordId: () => randomName(environment),
      save: () => {
        this.#store.unsaved.sealed();
        return this.#store.save();
      },
      changed: (applied) => {
        if (applied !== undefined) this.#store.unsaved.edited(applied);
        this.#changed();
      },
      hasLog: true,
      keepsUnsynced: this.#autosave !== undefined,
      status: () => this.#connectionStatus(),
      loadDeltas: (wait) => this.#loadDeltas(wait),
      commit: (wait, extent) => this.#commit(wait, extent),
      closed: () => this.#closed(),
      listenerFailed: (error) => this.#context.failed(error),
    };
  }

  /** Called for each edit, so it does nothing unless there is a step to take. */
  #changed(): void {
    this.#store.edited();
    this.#autosave?.edited();
    if (this.#nextStep() !== undefined) this.#job.askUnlessWaiting();
  }

  #stored(): void {
    if (!this.#store.isBehind) this.#autosave?.rest();
    this.tellStatus();
    this.#context.stored();
  }

  /**
   * Which edits are stored: those that were not sealed too, if edits are stored by themselves. What was stored by somebody
   * who does that stays until the application has seen it.
   */
  get #storedExtent(): SavedExtent {
    const isOpenStored = this.#autosave !== undefined || !this.#wasOpened;
    // Without a server nobody ever accepts a provisional edit, so it is stored at once.
    if (this.#conversation === undefined) return isOpenStored ? 'all' : 'sealed';
    return isOpenStored ? 'ordinary' : 'kept';
  }

  #connectionStatus(): ConnectionStatus {
    const isDeleted = this.#state === 'deleted';
    const isDownloading = this.#conversation?.isUpToDate !== true;
    // An error is no longer true if the watch has brought what a failed step was for.
    const { hasOutgoing, isInFlight } = this.#replica.status;
    const isUploading = hasOutgoing || isInFlight;
    return {
      isConnected: this.#conversation !== undefined && this.#context.isConnected(),
      isDownloading,
      isDeleted,
      downloadError:
        this.#context.authorizationError() ?? (isDownloading || isDeleted ? this.#downloadError : undefined),
      uploadError: isUploading || isDeleted ? this.#uploadError : undefined,
      saveError: this.#store.error,
    };
  }

  async #loadDeltas(wait: Wait): Promise<void> {
    if (this.#conversation === undefined) return;
    this.#requireReachable();
    this.#conversation.check();
    const fetched = this.#waiters.untilFetched(wait);
    this.#job.ask();
    await fetched;
  }

  /**
   * Waits until the log has all sealed edits. While nobody can tell whether a put has arrived, a failure of the network
   * does not end the wait: it is sent again until the server answers. Spec: BACK-9.
   */
  async #commit(wait: Wait, extent: 'all' | 'provisional'): Promise<void> {
    this.#store.unsaved.committed();
    if (this.#conversation === undefined) return await this.#store.save();
    this.#requireReachable();
    // A lost put leaves a doubt, a lost question does not. So where the server was not heard of, ask first.
    if (!this.#context.isConnected()) this.#conversation.check();
    const uploaded = this.#waiters.untilUploaded(extent, wait);
    this.#job.ask();
    await uploaded;
    await this.#store.save();
  }

  #requireReachable(): void {
    if (this.#state === 'deleted') throw this.#deletedError();
    if (!this.#context.isReachable()) throw this.#unreachableError();
  }

  #closed(): void {
    this.#opened = undefined;
    this.#conversation?.closed();
    // Rules last as long as a datastore is open. Pending edits keep theirs.
    this.#rules = new ResolutionRules();
    const isProvisional = this.#conversation !== undefined && this.#replica.provisional !== 'none';
    this.#waiters.rejectAll(new DatastoreError('closed', `datastore ${quote(this.id)} was closed`));
    if (this.isStopped) return;
    if (isProvisional) this.#context.abandoned(this);
    else {
      if (this.#store.isBehind) this.#autosave?.hurry();
      this.kick();
    }
    this.#context.rested(this);
  }

  #unreachableError(): DatastoreError {
    const offline = new ServiceError('network', 'the device is offline', {}, undefined, 'not-sent');
    return this.#context.authorizationError() ?? offline;
  }

  #deletedError(): ServiceError {
    return new ServiceError('not-found', `datastore ${quote(this.id)} was deleted on the server`);
  }
}

/** The rules under which an edit wins over an older one. */
class LatestWins extends ResolutionRules {
  readonly #rules: ResolutionRules;

  constructor(rules: ResolutionRules) {
    super();
    this.#rules = rules;
  }

  override get(table: string, field: string): Rule {
    const rule = this.#rules.get(table, field);
    return rule === 'remote' ? 'local' : rule;
  }
}

/** A saved replica in which rule remote decides the edits whose merge function is not there. */
function withoutMissingRules(saved: unknown, rules: ResolutionRules): unknown {
  const replica = expectObject(saved, 'a saved replica');
  const isThere = (rule: unknown): boolean => {
    const [table, , field, name] = expectArray(rule, 'a rule');
    return name !== 'function' || typeof rules.get(String(table), String(field)) === 'function';
  };
  // Rule remote is the default, which is not saved.
  return { ...replica, rules: expectArray(replica['rules'], 'the rules').filter(isThere) };
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  /** For an upload: of `all` sealed edits, or only of the `provisional` ones. */
  readonly extent: 'all' | 'provisional';
}

/** The calls that wait for an answer of the server, or for an upload. */
class SyncWaiters {
  /** Wait for a question that has not been asked yet. */
  readonly #forQuestion: Waiter[] = [];
  /** Wait for the answer to the question that is under way. */
  readonly #forAnswer: Waiter[] = [];
  #forUpload: Waiter[] = [];

  /** Resolves after the next question to the log was answered. Rejects once the wait is over. */
  untilFetched(wait?: Wait): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#forQuestion.push({ resolve, reject, extent: 'all' });
      wait?.onOver(reject);
    });
  }

  /** Resolves when the log has the sealed edits: all, or only the provisional ones. Rejects once the wait is over. */
  untilUploaded(extent: Waiter['extent'], wait?: Wait): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { resolve, reject, extent };
      this.#forUpload.push(waiter);
      wait?.onOver((error) => {
        this.#forUpload = this.#forUpload.filter((other) => other !== waiter);
        reject(error);
      });
    });
  }

  /** Nothing is provisional any more. */
  decided(): void {
    const decided = this.#forUpload.filter(({ extent }) => extent === 'provisional');
    this.#forUpload = this.#forUpload.filter(({ extent }) => extent === 'all');
    for (const { resolve } of decided) resolve();
  }

  get isUploadAwaited(): boolean {
    return this.#forUpload.length > 0;
  }

  /** The log is asked now. The answer is not one for calls that come later. */
  fetching(): void {
    this.#forAnswer.push(...this.#forQuestion.splice(0));
  }

  fetched(): void {
    for (const { resolve } of this.#forAnswer.splice(0)) resolve();
  }

  /** No step is left. Incoming entries do not fail a waiter whose upload succeeded: they may have come after it. */
  settle(
    { hasOutgoing, isInFlight, hasIncoming }: ReplicaStatus,
    refusal: DatastoreError | undefined,
    flightInSnapshot: 'present' | 'absent' | 'unknown',
  ): void {
    if (refusal !== undefined) this.#rejectUploads(refusal);
    else if (!hasOutgoing && (!isInFlight || flightInSnapshot === 'present')) {
      for (const { resolve } of this.#forUpload.splice(0)) resolve();
    } else if (flightInSnapshot === 'unknown') {
      const reason =
        'the log of the server begins later, so nobody knows whether it has the edits: look before making them again';
      this.#rejectUploads(new ServiceError('server', reason));
    } else if (hasIncoming)
      this.#rejectUploads(
        new ServiceError('conflict', 'others edited first: sync() merges their edits, rollback() drops yours'),
      );
  }

  /** A step failed. An upload that turned up in the log while its answer was lost has succeeded. */
  failed(error: DatastoreError, status: ReplicaStatus, isInDoubt: boolean): void {
    this.#rejectFetches(error);
    if (!status.hasOutgoing && !status.isInFlight) this.settle(status, undefined, 'absent');
    if (!isInDoubt) this.#rejectUploads(error);
  }

  rejectAll(error: unknown): void {
    this.#rejectFetches(error);
    this.#rejectUploads(error);
  }

  #rejectFetches(error: unknown): void {
    for (const { reject } of [...this.#forAnswer.splice(0), ...this.#forQuestion.splice(0)]) reject(error);
  }

  #rejectUploads(error: unknown): void {
    for (const { reject } of this.#forUpload.splice(0)) reject(error);
  }
}
