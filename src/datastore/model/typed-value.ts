import { DatastoreError, type Place } from '../../errors/datastore-error.js';
import { type Atom, type AtomType, typeOfValue, type Value } from '../../values/value.js';

/** The JavaScript type of each atomic type. */
export interface AtomOfType {
  readonly boolean: boolean;
  readonly long: bigint;
  readonly double: number;
  readonly string: string;
  readonly bytes: Uint8Array;
  readonly date: Date;
}

/**
 * A value as what it was asked for. A long becomes a double where that is asked for; nothing else is converted.
 *
 * @throws DatastoreError `wrong-type`.
 */
export function typedValue<Type extends AtomType>(value: Value, type: Type, place: () => Place): AtomOfType[Type] {
  const actual = typeOfValue(value);
  const converted = type === 'double' && actual === 'long' ? Number(value) : (value as Atom);
  if (actual === type || converted !== value) return converted as AtomOfType[Type];
  throw new DatastoreError('wrong-type', `the value is a ${actual}, not a ${type}`, place());
}
