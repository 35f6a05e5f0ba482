import type { DatastoreErrorCode } from '../../errors/datastore-error.js';
import { Announcer } from './announcer.js';
import { Datastore } from './datastore.js';
import { Session, type SessionOptions } from './session.js';
import type { AnyTables } from './shape.js';

/** What a manager holds of a datastore that it opened. */
export interface DatastoreHandle<Tables extends object = AnyTables> {
  readonly datastore: Datastore<Tables>;
  /** Something arrived or was put, or the link stands otherwise than before: those who watch the status are told. */
  statusChanged(): void;
  /** The replica was given another role: those who watch for changes are told. */
  roleChanged(): void;
  /**
   * Closes the datastore for what happened elsewhere, as `Datastore.close` does; from then on it throws `code`:
   * `shut-down` where the manager was shut down.
   */
  shutDown(code: DatastoreErrorCode): void;
}

/** Opens a datastore on a replica. Nobody else may edit the replica, or call its `sync()`, while it is open. */
export function openDatastore<Tables extends object = AnyTables>(options: SessionOptions): DatastoreHandle<Tables> {
  const session = new Session(options);
  const announcer = new Announcer<Tables>(session);
  return {
    datastore: new Datastore(session, announcer),
    statusChanged: () => announcer.tellStatus(),
    roleChanged: () => {
      announcer.tellChange({ origin: 'remote', records: new Map(), isTitleChanged: false, areRolesChanged: true });
    },
    shutDown: (code) => {
      session.close(code);
      announcer.close();
    },
  };
}
