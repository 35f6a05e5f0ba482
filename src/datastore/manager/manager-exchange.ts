import { DatastoreError } from '../../errors/datastore-error.js';
import type { Limits } from '../../state/limits.js';
import type { DatastoreOwner } from '../model/host.js';
import type { Account } from './account.js';
import type { RetryDelays } from './backoff.js';
import { Connection } from './connection.js';
import type { DatastoreCache } from './datastore-cache.js';
import { DatastoreList } from './datastore-list.js';
import { DatastoreSyncs } from './datastore-syncs.js';
import type { Environment } from './environment.js';
import { guardedLink } from './guarded-link.js';
import type { Link, LinkEvent } from './link.js';

export interface ManagerExchangeOptions {
  /** Whose datastores they are; without one they are local. */
  readonly account: Account | undefined;
  readonly environment: Environment;
  readonly delays: RetryDelays;
  readonly limits: Limits | undefined;
  readonly isOnline: () => boolean;
  /** The server says that the account is not linked any more. */
  readonly revoked: (account: Account) => void;
  readonly profileChanged: (account: Account) => void;
  /** Something failed for which nobody waits. */
  readonly failed: (error: unknown) => void;
}

/**
 * All that a manager exchanges with its server: the datastores that are at work, the list, and the watch that both need.
 * Spec: BACK-1, BACK-7 to BACK-12.
 */
export class ManagerExchange<Owner extends DatastoreOwner> {
  readonly link: Link | undefined;
  readonly syncs: DatastoreSyncs;
  readonly list: DatastoreList<Owner>;
  readonly #options: ManagerExchangeOptions;
  readonly #cache: DatastoreCache;
  readonly #connection: Connection | undefined;
  /** The ids of the datastores that are just being opened or removed. */
  readonly #reserved = new Set<string>();
  #isEnded = false;

  constructor(owner: Owner, cache: DatastoreCache, options: ManagerExchangeOptions) {
    const { account, environment, delays, limits, failed } = options;
    const link = account && guardedLink(account.link);
    this.#options = options;
    this.#cache = cache;
    this.link = link;
    const unauthorized = (): void => this.#revoked();
    this.list = new DatastoreList(owner, { cache, link, environment, delays, failed, unauthorized });
    if (link !== undefined) {
      this.#connection = new Connection({ link, environment, delays, heard: (event) => this.#hear(event) });
      this.#connection.setOnline(options.isOnline());
    }
    this.syncs = new DatastoreSyncs({
      ...{ owner, environment, delays, limits, cache, link, failed, unauthorized },
      isOnline: () => options.isOnline() && !this.#isEnded,
      isConnected: () => this.isConnected,
      stored: () => this.list.changed(),
      rested: ({ id }) => this.#rested(id),
      abandoned: (sync) => void this.syncs.restart(sync).catch(failed),
    });
  }

  get isConnected(): boolean {
    return this.#connection?.isConnected === true;
  }

  /** Whether a datastore is open, or is just being opened or removed. */
  isTaken(id: string): boolean {
    return this.syncs.isOpen(id) || this.#reserved.has(id);
  }

  /** Whether any datastore is. */
  get isAnyTaken(): boolean {
    return this.syncs.hasOpen || this.#reserved.size > 0;
  }

  /** Opens or removes a datastore that is not taken, and keeps others from it meanwhile. */
  async reserving<Result>(id: string, work: () => Promise<Result>): Promise<Result> {
    this.#reserved.add(id);
    try {
      return await work();
    } finally {
      this.#reserved.delete(id);
      this.#rested(id);
    }
  }

  /** What the link answers. Whoever asks may be the first to learn that the account is not linked any more. */
  async asked<Answer>(call: Promise<Answer>): Promise<Answer> {
    try {
      return await call;
    } catch (error) {
      if (error instanceof DatastoreError && error.code === 'unauthorized') this.#revoked();
      throw error;
    }
  }

  /** Keeps a watch if anybody needs one, for the datastores that are open. */
  adjustInterest(): void {
    if (this.#isEnded) return;
    this.#connection?.want(this.syncs.hasOpen || this.list.hasListeners, this.syncs.openHandles);
  }

  /** Whether the device is online has changed. */
  onlineChanged(): void {
    this.#connection?.setOnline(this.#options.isOnline());
    this.syncs.kickAll();
    this.syncs.tellStatus();
  }

  /** Ends everything. Resolves when the storage is no longer written to. */
  async end(as: 'shut-down' | 'unauthorized'): Promise<void> {
    this.#isEnded = true;
    this.#connection?.close();
    this.list.close();
    // Replicas that are just being stored are so to the end; whatever else would be written is not begun any more.
    await this.syncs.stopAll(as);
    await this.#cache.close(as);
  }

  #hear(event: LinkEvent): void {
    switch (event.type) {
      case 'connected':
        this.syncs.kickAll();
        this.syncs.tellStatus();
        if (this.list.hasListeners) this.list.ask();
        if (this.#options.account?.info === undefined) this.#askProfile();
        break;
      case 'disconnected':
        this.syncs.tellStatus();
        if (event.error.code === 'unauthorized') this.#revoked();
        break;
      case 'reached':
      case 'deleted':
        this.syncs.byHandle(event.handle)?.hear(event);
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
    if (!this.#reserved.has(id)) this.syncs.dropIfResting(id);
    this.adjustInterest();
  }

  #askProfile(): void {
    const { account, profileChanged } = this.#options;
    if (account !== undefined) profileChanged(account);
  }

  #revoked(): void {
    const { account, revoked } = this.#options;
    if (account !== undefined) revoked(account);
  }
}
