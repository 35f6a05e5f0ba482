import type { DatastoreErrorCode } from '../../errors/datastore-error.js';
import { Session, type SessionOptions } from './session.js';
import { type DatastoreStatus, datastoreStatus } from './status.js';

/** An open datastore. */
export class Datastore {
  readonly #session: Session;

  /** Not for applications: a manager opens datastores, by {@link openDatastore}. */
  constructor(session: Session) {
    this.#session = session;
  }

  get id(): string {
    return this.#session.id;
  }

  get isOpen(): boolean {
    return this.#session.isOpen;
  }

  get status(): DatastoreStatus {
    return datastoreStatus(this.#session.replica.status, this.#session.host.status());
  }

  close(): void {
    this.#session.close('closed');
  }
}

/** What a manager holds of a datastore that it opened. */
export interface DatastoreHandle {
  readonly datastore: Datastore;
  /** Something arrived or was put, or the link stands otherwise than before: those who watch the status are told. */
  statusChanged(): void;
  /** The replica was given another role. */
  roleChanged(): void;
  /**
   * Closes the datastore for what happened elsewhere, as `Datastore.close` does; from then on it throws `code`:
   * `shut-down` where the manager was, `unauthorized` where the account was unlinked.
   */
  shutDown(code: DatastoreErrorCode): void;
}

/** Opens a datastore on a replica. Nobody else may edit the replica, or call its `sync()`, while it is open. */
export function openDatastore(options: SessionOptions): DatastoreHandle {
  const session = new Session(options);
  return {
    datastore: new Datastore(session),
    statusChanged: () => undefined,
    roleChanged: () => undefined,
    shutDown: (code) => session.close(code),
  };
}
