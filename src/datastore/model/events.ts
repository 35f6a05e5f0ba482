import type { Conflict } from '../../deltas/conflict.js';
import type { RefusedDelta, UncertainDelta } from '../../sync/sync-result.js';
import type { TableId } from './shape.js';
import type { DatastoreStatus } from './status.js';
import type { Record } from './table.js';

/** The records of a table that was declared. */
export type RecordOf<Tables, Id extends keyof Tables> = Record<Tables[Id] & object>;

/** Records by the id of their table. Those that were deleted are among them: `isDeleted` tells. */
export interface ChangedRecords<Tables> extends ReadonlyMap<string, ReadonlySet<RecordOf<Tables, TableId<Tables>>>> {
  get<Id extends TableId<Tables>>(table: Id): ReadonlySet<RecordOf<Tables, Id>> | undefined;
}

/** What changed under the user's eyes. */
export interface ChangeEvent<Tables> {
  /** `local` for an edit made here, told as it is made; `remote` for what others did, told once a sync. */
  readonly origin: 'local' | 'remote';
  readonly records: ChangedRecords<Tables>;
  /** Whether the title was set. */
  readonly isTitleChanged: boolean;
  /** Whether a role was given or taken away, to a principal or to this user. */
  readonly areRolesChanged: boolean;
}

/** Edits that met others of the same place, told once a sync, in the order in which they were merged. */
export interface ConflictEvent {
  readonly conflicts: readonly Conflict[];
}

/** Local edits that were undone, because the server refused them or nobody can tell whether it has them. */
export interface RefusalEvent {
  readonly refused: readonly RefusedDelta[];
  readonly uncertain: readonly UncertainDelta[];
}

/** What a datastore tells its listeners, by the name of the event. */
export interface DatastoreEvents<Tables> {
  readonly change: ChangeEvent<Tables>;
  readonly conflict: ConflictEvent;
  readonly refusal: RefusalEvent;
  readonly syncStatus: DatastoreStatus;
}
