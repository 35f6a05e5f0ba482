import type { Place } from '../../errors/datastore-error.js';
import { type FieldOps, insertChange, updateChange } from '../../operations/change.js';
import type { RecordReader } from '../../state/record-reader.js';
import { State } from '../../state/state.js';
import { relocated } from './relocate.js';

/** Where fields live: in a record of a datastore, or in memory alone. Views of fields and lists stand on one. */
export interface FieldHome {
  /** Reads the fields. @throws DatastoreError once the datastore is closed. */
  readonly reader: RecordReader;
  /** Performs operations, all or none. @throws DatastoreError `record-deleted`, and what does not fit the fields. */
  edit(ops: FieldOps): void;
  /** @throws DatastoreError `record-deleted` if there is nothing left to edit. */
  requireHere(): void;
  /** How errors name a field, or all of them. */
  place(field?: string): Place;
}

const TABLE = 'memory';
const RECORD = 'fields';

/** Fields that belong to no record: a state that holds nothing else, so that they follow the same rules. */
export class MemoryHome implements FieldHome {
  readonly reader: RecordReader;
  readonly #state = new State();
  readonly #visible: (place: Place) => Place;

  /** `visible` is the part of a place that errors name. */
  constructor(visible: (place: Place) => Place) {
    this.#visible = visible;
    this.#state.apply([insertChange(TABLE, RECORD, new Map())]);
    this.reader = this.#state.reader(TABLE, RECORD);
  }

  edit(ops: FieldOps): void {
    relocated(this.#visible, () => this.#state.apply([updateChange(TABLE, RECORD, ops)]));
  }

  requireHere(): void {
    // Fields in memory last as long as whoever holds them.
  }

  place(field?: string): Place {
    return this.#visible({ field });
  }
}
