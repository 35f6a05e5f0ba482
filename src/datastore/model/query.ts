import { checkOptions, invalidArgument } from '../../errors/arguments.js';
import { DatastoreError, type Place } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import type { RecordReader } from '../../state/record-reader.js';
import { isWholeNumber } from '../../values/numbers.js';
import { compareValues, isNumber, valuesMatch } from '../../values/order.js';
import { isObjectOfFields, ownFieldName, ownFields, ownValue } from '../../values/ownership.js';
import { compareText } from '../../values/text.js';
import { typeOfValue, type Value } from '../../values/value.js';
import {
  type Condition,
  entriesOf,
  type FieldInput,
  type FieldName,
  type FieldsPatch,
  type FieldValue,
} from './fields.js';

/**
 * The values of a field from one bound to another. A value fits only if it is of the type of the bounds; longs and doubles
 * are one type here. NaN is in no range.
 */
export interface ValueRange<Type> {
  /** Greater than this. */
  readonly gt?: Type;
  /** This, or greater. */
  readonly gte?: Type;
  /** Less than this. */
  readonly lt?: Type;
  /** This, or less. */
  readonly lte?: Type;
}

/** The fields that a query looks for, with the value that each must have, or the range that it must be in. */
export type QueryInput<Shape extends object> =
  | {
      readonly [Name in keyof Shape]?:
        | FieldInput<Condition<FieldValue<Shape, Name>>>
        | ValueRange<Condition<FieldValue<Shape, Name>>>;
    }
  | FieldsPatch<Shape>;

/** A field to sort by, ascending unless it says otherwise. */
export type OrderBy<Shape extends object> =
  | FieldName<Shape>
  | { readonly field: FieldName<Shape>; readonly direction?: 'asc' | 'desc' };

/** In which order a query gives the records, and how many of them. */
export interface QueryOptions<Shape extends object> {
  /**
   * The fields to sort by, the first one first: in the order of values, in which an absent field comes before all values,
   * booleans before numbers, then strings, bytes, dates and lists. Records that are equal in all of them stand in code
   * point order of their ids, as all do without this.
   */
  readonly orderBy?: OrderBy<Shape> | readonly OrderBy<Shape>[];
  /** The most records to give: the first ones. */
  readonly limit?: number;
}

/** A record by its id, and the values that it is sorted by. */
export interface SortedRecord {
  readonly id: string;
  readonly keys: readonly (Value | undefined)[];
}

/** What a query asks for, checked. */
export class RecordQuery {
  /** Values that fields must match. */
  readonly equal: ReadonlyMap<string, Value>;
  readonly limit: number;
  readonly #ranges: readonly (readonly [field: string, range: ValueRange<Value>])[];
  readonly #order: readonly { readonly field: string; readonly sign: 1 | -1 }[];

  /** @throws DatastoreError `invalid-name`, `invalid-value` or `invalid-option`. */
  constructor(table: string, fields: unknown, options: QueryOptions<never>) {
    const equal = new Map<string, unknown>();
    const ranges: [string, ValueRange<Value>][] = [];
    for (const [name, asked] of entriesOf(fields, { table })) {
      if (isObjectOfFields(asked))
        ranges.push([ownFieldName(name, { table }), ownRange(asked, { table, field: name })]);
      else equal.set(name, asked);
    }
    const { orderBy = [], limit = Number.POSITIVE_INFINITY } = checkOptions(options, { orderBy: true, limit: true });
    if (limit !== Number.POSITIVE_INFINITY && !isWholeNumber(limit)) {
      throw invalidArgument('limit must be a whole number from 0', limit);
    }
    this.equal = ownFields(equal, { table });
    this.limit = limit;
    this.#ranges = ranges;
    this.#order = (Array.isArray(orderBy) ? orderBy : [orderBy]).map((by: unknown) => ownOrder(by, table));
  }

  /** Whether the order is that of ids alone. */
  get isById(): boolean {
    return this.#order.length === 0;
  }

  /** Whether a record fits. One that does not exist fits nothing. */
  matches(record: RecordReader): boolean {
    if (!record.exists) return false;
    for (const [field, asked] of this.equal) {
      const value = record.get(field);
      if (value === undefined || !valuesMatch(value, asked)) return false;
    }
    return this.isInRanges(record);
  }

  /** {@link matches} for a record whose fields equal what is asked for. */
  isInRanges(record: RecordReader): boolean {
    return this.#ranges.every(([field, range]) => isIn(range, record.get(field)));
  }

  /** A record as it is sorted now. */
  sorted(id: string, record: RecordReader): SortedRecord {
    return { id, keys: this.#order.map(({ field }) => record.get(field)) };
  }

  /** The order of two records: negative if `left` comes first. It is 0 for one record only. */
  compare(left: SortedRecord, right: SortedRecord): number {
    for (let at = 0; at < this.#order.length; at++) {
      const difference = compareValues(left.keys[at], right.keys[at]);
      if (difference !== 0) return this.#order[at]?.sign === -1 ? -difference : difference;
    }
    return compareText(left.id, right.id);
  }
}

const BOUNDS: readonly (keyof ValueRange<Value>)[] = ['gt', 'gte', 'lt', 'lte'];

function ownRange(asked: object, place: Place): ValueRange<Value> {
  const bounds = Object.entries(asked).map(([name, bound]) => {
    if (BOUNDS.some((known) => known === name)) return [name, ownValue(bound, place)] as const;
    throw new DatastoreError('invalid-value', `${quote(asked)} is not a range: use ${BOUNDS.join(', ')}`, place);
  });
  if (bounds.length > 0) return Object.fromEntries(bounds);
  throw new DatastoreError('invalid-value', `a range must have one of ${BOUNDS.join(', ')}`, place);
}

function isIn({ gt, gte, lt, lte }: ValueRange<Value>, value: Value | undefined): boolean {
  return (
    (gt === undefined || distance(value, gt) > 0) &&
    (gte === undefined || distance(value, gte) >= 0) &&
    (lt === undefined || distance(value, lt) < 0) &&
    (lte === undefined || distance(value, lte) <= 0)
  );
}

/** Negative, 0 or positive; NaN, which is none of these, if the two are of different types or one is NaN. */
function distance(value: Value | undefined, bound: Value): number {
  if (value === undefined) return Number.NaN;
  // A tie of 0n, −0 and 0 does not count here, as it does in the order of values.
  if (isNumber(value) && isNumber(bound)) {
    if (Number.isNaN(value) || Number.isNaN(bound)) return Number.NaN;
    return value < bound ? -1 : value > bound ? 1 : 0;
  }
  return typeOfValue(value) === typeOfValue(bound) ? compareValues(value, bound) : Number.NaN;
}

function ownOrder(by: unknown, table: string): { readonly field: string; readonly sign: 1 | -1 } {
  if (typeof by === 'string') return { field: ownFieldName(by, { table }), sign: 1 };
  const { field, direction = 'asc' } = checkOptions(by as { field: unknown; direction?: unknown }, {
    field: true,
    direction: true,
  });
  if (direction !== 'asc' && direction !== 'desc') throw invalidArgument('direction must be asc or desc', direction);
  return { field: ownFieldName(field, { table }), sign: direction === 'asc' ? 1 : -1 };
}
