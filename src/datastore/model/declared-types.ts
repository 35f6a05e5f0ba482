import { invalidArgument } from '../../errors/arguments.js';
import { DatastoreError, type Place } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { type FieldOp, type FieldOps, fieldPut } from '../../operations/change.js';
import { isObjectOfFields, ownFieldName } from '../../values/ownership.js';
import { typeOfValue, type Value, type ValueType } from '../../values/value.js';
import type { FieldValue } from './fields.js';

/** The name of the type of a value. */
type TypeNameOf<Type> = Type extends boolean
  ? 'boolean'
  : Type extends bigint
    ? 'long'
    : Type extends number
      ? 'double'
      : Type extends string
        ? 'string'
        : Type extends Uint8Array
          ? 'bytes'
          : Type extends Date
            ? 'date'
            : 'list';

/** The types that fields are held to, see `Table.declare`. */
export type DeclaredTypes<Shape> = { readonly [Name in keyof Shape]?: TypeNameOf<FieldValue<Shape, Name>> };

const TYPES: readonly ValueType[] = ['boolean', 'long', 'double', 'string', 'bytes', 'date', 'list'];

/** What the fields of a table are declared to hold: every local edit is converted to it, or refused. */
export class FieldTypes {
  readonly #types = new Map<string, ValueType>();

  /** Declares more fields, or others. @throws DatastoreError `invalid-name` or `invalid-option`. Nothing is declared then. */
  declare(types: object, table: string): void {
    if (!isObjectOfFields(types)) throw invalidArgument('types must be an object, such as { votes: "long" }', types);
    const declared = Object.entries(types).map(([name, type]) => {
      if (!TYPES.some((known) => known === type))
        throw invalidArgument(`a type must be one of ${TYPES.join(', ')}`, type);
      return [ownFieldName(name, { table }), type as ValueType] as const;
    });
    for (const [name, type] of declared) this.#types.set(name, type);
  }

  /** Fields to insert. @throws DatastoreError `wrong-type`. */
  fields(fields: ReadonlyMap<string, Value>, place: Place): ReadonlyMap<string, Value> {
    if (this.#types.size === 0) return fields;
    return new Map([...fields].map(([name, value]) => [name, this.#held(name, value, place)]));
  }

  /** Operations of an edit. @throws DatastoreError `wrong-type`. */
  ops(ops: FieldOps, place: Place): FieldOps {
    if (this.#types.size === 0) return ops;
    return new Map([...ops].map(([name, op]): [string, FieldOp] => [name, this.#heldOp(name, op, place)]));
  }

  #heldOp(name: string, op: FieldOp, place: Place): FieldOp {
    if (op.type === 'put') return fieldPut(this.#held(name, op.value, place), undefined);
    const type = this.#types.get(name);
    if (op.type === 'list' && type !== undefined && type !== 'list')
      throw wrongType(type, 'a list', { ...place, field: name });
    return op;
  }

  #held(name: string, value: Value, place: Place): Value {
    const type = this.#types.get(name);
    if (type === undefined) return value;
    if (type === 'long' && typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
    if (type === 'double' && typeof value === 'bigint' && Number.isSafeInteger(Number(value))) return Number(value);
    const where = { ...place, field: name };
    if (typeOfValue(value, where) === type) return value;
    throw wrongType(type, quote(value), where);
  }
}

function wrongType(type: ValueType, got: string, place: Place): DatastoreError {
  const hint = type === 'long' ? ': use a bigint, or a number that is a whole one up to 2^53' : '';
  return new DatastoreError('wrong-type', `the field is declared as ${type}, got ${got}${hint}`, place);
}
