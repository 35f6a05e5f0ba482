import { isServiceError } from '../errors/datastore-error.js';
import { canRead, headMember, type LogEntry, type Role } from '../sync/messages.js';
import { type HostedDatastore, touchesList } from './hosted-datastore.js';
import { EMPTY_HEAD, type LogHead, type LogStore } from './log-store.js';
import type { Requester } from './requester.js';
import { Watchers } from './watchers.js';

/** Where a log stands: its newest revision, and the nonce there unless that is 0. */
interface ReachedHead {
  readonly rev: number;
  readonly head?: string;
}

/** Something that a watcher is told. */
export type ServiceEvent =
  | ({ readonly type: 'reached'; readonly handle: string; readonly role: Role } & ReachedHead)
  | { readonly type: 'deleted'; readonly handle: string }
  | { readonly type: 'list-changed' };

/** A listener for what happens to some datastores, and to the list of an account. */
export interface Watcher {
  readonly requester: Requester;
  readonly handles: ReadonlySet<string>;
  /** Is told each event. It must not throw. */
  readonly tell: (event: ServiceEvent) => void;
}

/** What an announcer asks of the service. */
export interface AnnouncerContext {
  readonly logs: LogStore;
  /** A datastore, with all that the store has. @throws ServiceError `not-found`. */
  readonly current: (handle: string) => Promise<HostedDatastore>;
  /** The datastores that are in the list of an account, as they are shown there. */
  readonly list: (requester: Requester) => Promise<readonly unknown[]>;
}

/**
 * Tells watchers where logs stand and that lists have changed: at once what happens here, and what other services did when a
 * notification or a look at the store says so. Spec: LOG-9.
 */
export class Announcer {
  readonly #context: AnnouncerContext;
  readonly #watchers = new Watchers<Watcher>();
  /** By watched handle, the head that its watchers were told last. */
  readonly #told = new Map<string, LogHead>();
  /** What the list of each watched account was when it was last looked at. */
  readonly #lists = new Map<string, string>();

  constructor(context: AnnouncerContext) {
    this.#context = context;
  }

  /** How many watchers there are. */
  get watchers(): number {
    return this.#watchers.size;
  }

  /** See `DatastoreService.watch`. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    for (const handle of watcher.handles) void this.#tellState(watcher, handle);
    return () => this.#unwatch(watcher);
  }

  /** See `DatastoreService.poll`. */
  async poll(): Promise<void> {
    await this.#pollLists();
    const { handles } = this.#watchers;
    if (handles.length === 0) return;
    const stored = await this.#context.logs.getMany(handles);
    const moved = handles.filter((handle, at) => !isSameHead(stored[at], this.#told.get(handle)));
    await this.wake(new Set(moved));
  }

  /** See `DatastoreService.noteList`. */
  async noteList(requester: Requester): Promise<string> {
    const stored = await this.#context.logs.list(requester.account);
    const seen = stored.map(({ handle, info }) => [handle, info === undefined ? '' : new TextDecoder().decode(info)]);
    const text = JSON.stringify([seen, await this.#context.list(requester)]);
    this.#lists.set(requester.account, text);
    return text;
  }

  /** Tells nobody any more. */
  close(): void {
    this.#watchers.clear();
  }

  /** An entry was accepted. */
  announce(hosted: HostedDatastore, entry: LogEntry): void {
    this.#tellReached(hosted);
    if (!touchesList(entry)) return;
    const readers = this.#watchers.requesters.filter((requester) => canRead(hosted.roleOf(requester)));
    this.tellAccounts(readers);
  }

  /** Tells watchers of logs that may have grown where those are by now. */
  async wake(handles: ReadonlySet<string>): Promise<void> {
    for (const handle of handles) {
      if (!this.#watchers.isWatched(handle)) continue;
      try {
        const hosted = await this.#context.current(handle);
        if (!isSameHead(hosted.head, this.#told.get(handle))) this.#tellReached(hosted);
      } catch (error) {
        // What cannot be read now is told at the next poll.
        if (isNotFound(error)) this.tellDeleted(handle);
      }
    }
  }

  #unwatch(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    for (const handle of watcher.handles) if (!this.#watchers.isWatched(handle)) this.#told.delete(handle);
  }

  async #pollLists(): Promise<void> {
    for (const account of this.#lists.keys()) if (!this.#watchers.hasAccount(account)) this.#lists.delete(account);
    for (const requester of this.#watchers.requesters) {
      const { account } = requester;
      const before = this.#lists.get(account);
      await this.noteList(requester);
      if (before !== this.#lists.get(account)) this.#tellListChanged(account);
    }
  }

  /** Tells a new watcher where one of its datastores is. */
  async #tellState(watcher: Watcher, handle: string): Promise<void> {
    let event: ServiceEvent;
    try {
      const hosted = await this.#context.current(handle);
      // Others are told at the next poll, if they have not heard of this revision.
      if (this.#watchers.isWatched(handle) && !this.#told.has(handle)) this.#told.set(handle, hosted.head);
      event = reached(hosted, hosted.roleOf(watcher.requester));
    } catch (error) {
      // What cannot be read now is told at a later poll.
      if (!isNotFound(error)) return;
      event = { type: 'deleted', handle };
    }
    if (this.#watchers.has(watcher)) watcher.tell(event);
  }

  #tellReached(hosted: HostedDatastore): void {
    const watchers = this.#watchers.of(hosted.handle);
    if (watchers.length > 0) this.#told.set(hosted.handle, hosted.head);
    // One event for all of a role, so that it is encoded once.
    const events = new Map<Role, ServiceEvent>();
    for (const watcher of watchers) {
      const role = hosted.roleOf(watcher.requester);
      const event = events.get(role) ?? reached(hosted, role);
      events.set(role, event);
      watcher.tell(event);
    }
  }

  /** There is no such datastore any more. */
  tellDeleted(handle: string): void {
    this.#told.delete(handle);
    for (const watcher of this.#watchers.of(handle)) watcher.tell({ type: 'deleted', handle });
  }

  /** Something happened here that changes the lists of accounts. */
  tellAccounts(requesters: readonly Requester[]): void {
    for (const requester of requesters) {
      const { account } = requester;
      if (!this.#watchers.hasAccount(account)) continue;
      // Noted before it is told, or a poll would miss what another service takes back before it comes round.
      this.noteList(requester)
        .catch(() => undefined)
        .finally(() => this.#tellListChanged(account));
    }
  }

  #tellListChanged(account: string): void {
    for (const watcher of this.#watchers.ofAccount(account)) watcher.tell({ type: 'list-changed' });
  }
}

function reached({ handle, head }: HostedDatastore, role: Role): ServiceEvent {
  // Who may not read a datastore learns that, and not how far its log is.
  const { revision: rev, nonce } = canRead(role) ? head : EMPTY_HEAD;
  return { type: 'reached', handle, rev, ...headMember(nonce === '' ? undefined : nonce), role };
}

function isSameHead(one: LogHead | undefined, other: LogHead | undefined): boolean {
  return one?.revision === other?.revision && one?.nonce === other?.nonce;
}

function isNotFound(error: unknown): boolean {
  return isServiceError(error, 'not-found');
}
