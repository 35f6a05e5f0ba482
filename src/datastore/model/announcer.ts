import type { Conflict } from '../../deltas/conflict.js';
import { INFO_TABLE, MTIME_FIELD } from '../../sync/datastore-info.js';
import type { SyncResult } from '../../sync/sync-result.js';
import type { ChangeEvent, DatastoreEvents } from './events.js';
import { type Listener, Listeners } from './listeners.js';
import type { Session } from './session.js';
import { type DatastoreStatus, datastoreStatus, isSameStatus } from './status.js';

/** Tells the listeners of a datastore what happened. What nobody listens to is not even put together. */
export class Announcer<Tables> {
  readonly #session: Session;
  readonly #listeners: Listeners<DatastoreEvents<Tables>>;
  /** The status that listeners know, while there are any. */
  #told: DatastoreStatus | undefined;

  constructor(session: Session) {
    this.#session = session;
    this.#listeners = new Listeners((error) => session.host.listenerFailed(error));
  }

  get status(): DatastoreStatus {
    return datastoreStatus(this.#session.replica.status, this.#session.host.status());
  }

  /** Whether anybody wants to know of changes. */
  get isHeard(): boolean {
    return this.#listeners.has('change');
  }

  add<Name extends keyof DatastoreEvents<Tables>>(name: Name, listener: Listener<DatastoreEvents<Tables>[Name]>): void {
    this.#listeners.add(name, listener);
    if (name === 'syncStatus' && this.#session.isOpen) this.#told ??= this.status;
  }

  remove<Name extends keyof DatastoreEvents<Tables>>(
    name: Name,
    listener: Listener<DatastoreEvents<Tables>[Name]>,
  ): void {
    this.#listeners.remove(name, listener);
    if (!this.#listeners.has('syncStatus')) this.#told = undefined;
  }

  /** Tells of a change, unless nothing did change. */
  tellChange(event: ChangeEvent<Tables>): void {
    const isEmpty = event.records.size === 0 && !event.isTitleChanged && !event.areRolesChanged;
    if (!isEmpty) this.#listeners.tell('change', event);
  }

  /** Tells of conflicts, save those of the modified time: nobody edited it, and it is always the latest. */
  tellConflicts(all: readonly Conflict[]): void {
    const conflicts = all.filter(({ table, field }) => table !== INFO_TABLE || field !== MTIME_FIELD);
    if (conflicts.length > 0) this.#listeners.tell('conflict', { conflicts });
  }

  /** Tells what a sync brought in. */
  tellSync(result: SyncResult, event: ChangeEvent<Tables>): void {
    this.tellChange(event);
    const { conflicts, refused, uncertain } = result;
    this.tellConflicts(conflicts);
    if (refused.length + uncertain.length > 0) this.#listeners.tell('refusal', { refused, uncertain });
    this.tellStatus();
  }

  /** Tells of the status, if it is another than was told last. */
  tellStatus(): void {
    if (this.#told === undefined || !this.#session.isOpen) return;
    const status = this.status;
    if (isSameStatus(status, this.#told)) return;
    this.#told = status;
    this.#listeners.tell('syncStatus', status);
  }

  close(): void {
    this.#told = undefined;
    this.#listeners.close();
  }
}
