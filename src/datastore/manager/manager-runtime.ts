import { type DatastoreErrorCode, isDatastoreError } from '../../errors/datastore-error.js';
import { ResolutionRules } from '../../rules/resolution-rules.js';
import type { Limits } from '../../state/limits.js';
import type { Datastore } from '../model/datastore.js';
import type { OwningManager } from '../model/open-replica.js';
import type { Account } from './account.js';
import type { RetryDelays } from './background-job.js';
import { Connection } from './connection.js';
import { accountLink, Credentials } from './credentials.js';
import type { DatastoreCache } from './datastore-cache.js';
import { DatastoreList } from './datastore-list.js';
import type { Environment } from './environment.js';
import type { DatastoreAccess, Link, LinkEvent } from './link.js';
import { type SessionContext, SyncSession } from './sync-session.js';
import type { UnsavedDatastore } from './unsaved-edits.js';
import { type UnsentEdits, unsentEdits } from './unsent-edits.js';

/** What a {@link ManagerRuntime} is given. */
export interface RuntimeContext {
  /** The owner of the datastores, or `undefined` for the local ones. */
  readonly account: Account | undefined;
  /** Those of the account. */
  readonly credentials: Credentials | undefined;
  readonly environment: Environment;
  readonly delays: RetryDelays;
  readonly limits: Limits | undefined;
  /** How long an edit may wait before it is stored by itself, in milliseconds; `undefined` if it is not. */
  readonly autosaveDelay: number | undefined;
  /** How long a call of the link may take, in milliseconds. */
  readonly linkDeadline: number;
  readonly isOnline: () => boolean;
  readonly profileChanged: (account: Account) => void;
  /** Hears of a failure that no caller waits for. */
  readonly failed: (error: unknown) => void;
}

/**
 * Everything that a manager runs: the sessions of its datastores, the list, and the connection that both need.
 * Spec: BACK-1, BACK-7 to BACK-12.
 */
export class ManagerRuntime<Manager extends OwningManager> {
  readonly link: Link | undefined;
  readonly sessions: SyncSessions;
  readonly list: DatastoreList<Manager>;
  readonly #context: RuntimeContext;
  readonly #cache: DatastoreCache;
  readonly #connection: Connection | undefined;
  /** The ids of the datastores that are being opened or removed. */
  readonly #reserved = new Set<string>();
  #isEnded = false;

  constructor(manager: Manager, cache: DatastoreCache, context: RuntimeContext) {
    const { account, environment, delays, limits, autosaveDelay, failed } = context;
    const deadline = { environment, delay: context.linkDeadline };
    const link =
      account && accountLink(account.link, deadline, context.credentials ?? new Credentials(() => undefined));
    this.#context = context;
    this.#cache = cache;
    this.link = link;
    this.list = new DatastoreList(manager, { cache, link, environment, delays, failed });
    if (link !== undefined) {
      this.#connection = new Connection({ link, environment, delays, heard: (event) => this.#hear(event) });
      this.#connection.setOnline(this.#isReachable);
    }
    this.sessions = new SyncSessions({
      ...{ manager, environment, delays, limits, autosaveDelay, cache, link, failed },
      isReachable: () => this.#isReachable,
      authorizationError: () => account?.authorizationError,
      isConnected: () => this.isConnected,
      stored: () => this.list.changed(),
      rested: ({ id }) => this.#rested(id),
      abandoned: (session) => void this.sessions.restart(session).catch(failed),
    });
  }

  get isConnected(): boolean {
    return this.#connection?.isConnected === true;
  }

  /** Whether a datastore is open, or is being opened or removed. */
  isTaken(id: string): boolean {
    return this.sessions.isOpen(id) || this.#reserved.has(id);
  }

  /** Whether any datastore is open, or is being opened or removed. */
  get isAnyTaken(): boolean {
    return this.sessions.hasOpen || this.#reserved.size > 0;
  }

  /** Opens or removes a datastore that is not taken, and reserves its id meanwhile. */
  async reserving<Result>(id: string, work: () => Promise<Result>): Promise<Result> {
    this.#reserved.add(id);
    try {
      return await work();
    } finally {
      this.#reserved.delete(id);
      this.#rested(id);
    }
  }

  /** Keeps a watch for the open datastores, and for the list if somebody listens to it. */
  adjustConnection(): void {
    if (this.#isEnded) return;
    this.#connection?.need(this.sessions.hasOpen || this.list.hasListeners, this.sessions.openHandles);
  }

  /** The device came online or went offline, or the account was suspended or resumed. */
  reachabilityChanged(): void {
    this.#connection?.setOnline(this.#isReachable);
    this.sessions.kickAll();
    this.sessions.tellStatus();
  }

  /** Ends everything. Resolves when the storage is no longer written to. */
  async end(as: 'shut-down' | 'unauthorized'): Promise<void> {
    this.#isEnded = true;
    this.#connection?.close();
    this.list.close();
    // A replica that is being stored is stored to the end. No other write starts.
    await this.sessions.stopAll(as);
    await this.#cache.close(as);
    if (as === 'shut-down') this.sessions.clear();
  }

  #hear(event: LinkEvent): void {
    switch (event.type) {
      case 'connected':
        this.sessions.connected();
        this.sessions.tellStatus();
        if (this.list.hasListeners) this.list.ask();
        if (this.#context.account?.info === undefined) this.#askProfile();
        break;
      case 'disconnected':
        this.sessions.tellStatus();
        break;
      case 'reached':
      case 'deleted':
        this.sessions.byHandle(event.handle)?.hear(event);
        break;
      case 'list-changed':
        if (this.list.hasListeners) this.list.ask();
        break;
      case 'profile-changed':
        this.#askProfile();
        break;
    }
  }

  #rested(id: string): void {
    if (!this.#reserved.has(id)) this.sessions.dropIfResting(id);
    this.adjustConnection();
  }

  #askProfile(): void {
    const { account, profileChanged } = this.#context;
    if (account !== undefined) profileChanged(account);
  }

  /** Whether the server may be called in the background. */
  get #isReachable(): boolean {
    const { account, isOnline } = this.#context;
    return isOnline() && account?.authorizationError === undefined && !this.#isEnded;
  }
}

/** The sessions of a manager: one for each datastore that is open or has something left to do. */
export class SyncSessions {
  readonly #context: SessionContext;
  readonly #byId = new Map<string, SyncSession>();
  /** The ids for which nothing starts at the moment. */
  readonly #paused = new Set<string>();
  /** The ends of the steps that removed sessions were in the middle of. */
  readonly #leaving = new Map<string, Promise<void>>();
  /** The number of datastores that were forgotten. */
  #removals = 0;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  isOpen(id: string): boolean {
    return this.#byId.get(id)?.isOpen === true;
  }

  /** Opens an open datastore once more. See `SyncSession.openAgain`. */
  openAgain<Tables extends object>(id: string, rules: ResolutionRules | undefined): Datastore<Tables> | undefined {
    return this.#byId.get(id)?.openAgain(rules);
  }

  get hasOpen(): boolean {
    return [...this.#byId.values()].some(({ isOpen }) => isOpen);
  }

  /** The handles of the open datastores that the server knows. */
  get openHandles(): string[] {
    return [...this.#byId.values()].flatMap(({ isOpen, handle }) => (isOpen && handle !== undefined ? [handle] : []));
  }

  byHandle(handle: string): SyncSession | undefined {
    return [...this.#byId.values()].find((session) => session.handle === handle);
  }

  /**
   * The session of a datastore that is at work or cached, or `undefined` if there is none.
   *
   * @throws DatastoreError `storage`, `corrupt-data` or `rule-missing`.
   */
  async find(id: string, rules: ResolutionRules, missingRules?: 'remote'): Promise<SyncSession | undefined> {
    const known = this.#byId.get(id);
    // A stopped session may still be writing. What is stored is its last word only when that has ended.
    if (known?.isStopped === true) await this.#remove(known, 'closed');
    else if (known !== undefined) return known;
    const removals = this.#removals;
    const stored = await this.#context.cache.read(id);
    // A datastore that was forgotten while it was read must not come back.
    if (removals !== this.#removals) return await this.find(id, rules, missingRules);
    if (stored === undefined) return undefined;
    // Another call may have added it while it was read.
    return (
      this.#byId.get(id) ??
      this.#add(new SyncSession(id, this.#context, stored.cached, rules, stored.log, missingRules))
    );
  }

  /**
   * Begins a datastore and stores it: a new one, or one that the server has.
   *
   * @throws DatastoreError what the link or the storage reject with; then nothing was begun.
   */
  async begin(id: string, rules: ResolutionRules, access?: DatastoreAccess): Promise<SyncSession> {
    const cached = access === undefined ? undefined : { ...access, replica: undefined };
    const log = this.#context.cache.newLog(id);
    const session = this.#add(new SyncSession(id, this.#context, cached, rules, log));
    try {
      await (access === undefined ? session.save() : session.download());
      await this.#context.cache.noteRemote(id);
      return session;
    } catch (error) {
      await this.#remove(session, 'not-found');
      throw error;
    }
  }

  /** Continues with what was stored and not uploaded. What cannot be read stays stored, and fails when it is opened. */
  async resume(): Promise<void> {
    for (const [id, { isUploaded }] of this.#context.cache.summaries) {
      if (isUploaded) continue;
      try {
        (await this.find(id, new ResolutionRules()))?.kick();
      } catch (error) {
        if (!isDatastoreError(error)) throw error;
      }
    }
  }

  /** Stores the edits that are not stored, at once. @throws DatastoreError `storage` or `lease-lost`. */
  async flush(): Promise<void> {
    await Promise.all([...this.#byId.values()].map((session) => session.flush()));
  }

  /** What is in memory alone. */
  get unsaved(): UnsavedDatastore[] {
    return [...this.#byId.values()].flatMap(({ unsaved }) => unsaved ?? []);
  }

  /**
   * Takes over what another storage could not store: on top of what is stored here, or else of the state that comes with
   * it. @throws DatastoreError `storage`, `corrupt-data`, and as any edit.
   */
  async adopt(unsaved: UnsavedDatastore): Promise<void> {
    const { id, handle, role, base, rules } = unsaved;
    const cached = { handle, role, replica: base };
    const session =
      (await this.find(id, rules)) ??
      this.#add(new SyncSession(id, this.#context, cached, rules, this.#context.cache.newLog(id)));
    await session.adopt(unsaved);
    session.kick();
  }

  kickAll(): void {
    for (const session of this.#byId.values()) session.kick();
  }

  /** A watch has connected. */
  connected(): void {
    for (const session of this.#byId.values()) session.connected();
  }

  tellStatus(): void {
    for (const session of this.#byId.values()) session.tellStatus();
  }

  /** Drops the session of a datastore that has nothing to do. */
  dropIfResting(id: string): void {
    if (this.#byId.get(id)?.isResting === true) this.#byId.delete(id);
  }

  /** Continues with what is stored of a datastore instead of what is in memory. */
  async restart(session: SyncSession): Promise<void> {
    await this.#remove(session, 'closed');
    const summary = this.#context.cache.summaries.get(session.id);
    if (summary?.isUploaded === false) await this.resume();
  }

  /** Starts nothing for a datastore until {@link unpause}. Resolves when no step is under way any more. */
  async pause(id: string): Promise<void> {
    this.#paused.add(id);
    await this.#leaving.get(id);
    await this.#byId.get(id)?.pause();
  }

  unpause(id: string): void {
    this.#paused.delete(id);
    this.#byId.get(id)?.resume();
  }

  /** Ends the session of a closed datastore, and deletes what is stored of it. @throws DatastoreError `storage`. */
  async forget(id: string): Promise<void> {
    const session = this.#byId.get(id);
    if (session !== undefined) await this.#remove(session, 'not-found');
    this.#removals++;
    this.#paused.delete(id);
    await this.#context.cache.remove(id);
  }

  async stopAll(code: DatastoreErrorCode): Promise<void> {
    await Promise.all([...this.#byId.values()].map((session) => session.stop(code)));
  }

  clear(): void {
    this.#byId.clear();
  }

  /** What the server is not known to have, once all sessions have stopped. @throws DatastoreError `storage`. */
  unsent(): Promise<UnsentEdits> {
    return unsentEdits(this.#context.cache, this.#byId);
  }

  #add(session: SyncSession): SyncSession {
    this.#byId.set(session.id, session);
    if (this.#paused.has(session.id)) void session.pause();
    return session;
  }

  async #remove(session: SyncSession, code: DatastoreErrorCode): Promise<void> {
    const { id, ended } = session;
    this.#leaving.set(id, ended);
    void ended.then(() => {
      if (this.#leaving.get(id) === ended) this.#leaving.delete(id);
    });
    await session.stop(code);
    if (this.#byId.get(session.id) === session) this.#byId.delete(session.id);
  }
}
