import { DatastoreError, type Place } from '../../errors/datastore-error.js';
import { type FieldOps, insertChange, updateChange } from '../../operations/change.js';
import type { RecordReader } from '../../state/record-reader.js';
import { State } from '../../state/state.js';
import { type Atom, type AtomType, typeOfValue, type Value } from '../../values/value.js';
import { withVisiblePlace } from './open-replica.js';

/**
 * What holds fields: a record of a datastore, or memory alone. Views of fields and lists read and edit through it, by the
 * same operations that travel, so whatever works on a record works in memory as well.
 */
export interface FieldContainer {
  /** Reads the fields. @throws DatastoreError once the datastore is closed. */
  readonly reader: RecordReader;
  /** Performs operations, all or none. @throws DatastoreError `record-deleted`, or for operations that do not fit. */
  edit(ops: FieldOps): void;
  /** @throws DatastoreError `record-deleted`. */
  requireExists(): void;
  /** How errors name a field, or all fields. */
  place(field?: string): Place;
}

const TABLE = 'memory';
const RECORD = 'fields';

/** Holds fields in memory, as the only record of a state. */
export class MemoryContainer implements FieldContainer {
  readonly reader: RecordReader;
  readonly #state = new State();
  readonly #visible: (place: Place) => Place;

  /** @param visible gives the part of a place that errors name. */
  constructor(visible: (place: Place) => Place) {
    this.#visible = visible;
    this.#state.apply([insertChange(TABLE, RECORD, new Map())]);
    this.reader = this.#state.reader(TABLE, RECORD);
  }

  edit(ops: FieldOps): void {
    withVisiblePlace(this.#visible, () => this.#state.apply([updateChange(TABLE, RECORD, ops)]));
  }

  requireExists(): void {
    // Memory exists as long as its owner.
  }

  place(field?: string): Place {
    return this.#visible({ field });
  }
}

/** The JavaScript type of each atomic type. */
export interface AtomOfType {
  readonly boolean: boolean;
  readonly long: bigint;
  readonly double: number;
  readonly string: string;
  readonly bytes: Uint8Array;
  readonly date: Date;
}

/** A value as a type. A long becomes a double if asked for; nothing else is converted. @throws DatastoreError `wrong-type`. */
export function typedValue<Type extends AtomType>(value: Value, type: Type, place: () => Place): AtomOfType[Type] {
  const actual = typeOfValue(value);
  const converted = type === 'double' && actual === 'long' ? Number(value) : (value as Atom);
  if (actual === type || converted !== value) return converted as AtomOfType[Type];
  throw new DatastoreError('wrong-type', `expected a ${type}, but the value is a ${actual}`, place());
}
