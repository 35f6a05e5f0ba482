import { timeOf } from './brands.js';
import { compareText } from './text.js';
import { type Atom, isList, typeOfValue, type Value, type ValueType } from './value.js';

/** Long and double share a rank, because numbers of both types are ordered together. */
const TYPE_RANK: Readonly<Record<ValueType, number>> = {
  boolean: 0,
  long: 1,
  double: 1,
  string: 2,
  bytes: 3,
  date: 4,
  list: 5,
};

/**
 * The total order of values: negative if `left` is below `right`, 0 only if they are identical in type and value,
 * positive otherwise. `undefined` is an absent field and is below every value.
 *
 * @throws DatastoreError `invalid-value` if either is not a value.
 * Spec: ORD-1 to ORD-8.
 */
export function compareValues(left: Value | undefined, right: Value | undefined): number {
  if (left === undefined) return right === undefined ? 0 : -1;
  if (right === undefined) return 1;
  const type = typeOfValue(left);
  const byType = TYPE_RANK[type] - TYPE_RANK[typeOfValue(right)];
  if (byType !== 0) return byType;
  // Both have this type by now, or both are numbers. To ask objects once more what they are would take longer than the rest.
  switch (type) {
    case 'boolean':
      return Number(left) - Number(right);
    case 'long':
    case 'double':
      return compareNumbers(left as bigint | number, right as bigint | number);
    case 'string':
      return compareText(left as string, right as string);
    case 'bytes':
      return compareBytes(left as Uint8Array, right as Uint8Array);
    case 'date':
      return (timeOf(left) ?? 0) - (timeOf(right) ?? 0);
    case 'list':
      return compareLists(left as readonly Atom[], right as readonly Atom[]);
  }
}

/**
 * Whether two values, or absences, are identical in type and value: `compareValues(left, right) === 0`. Spec: ORD-8.
 */
export function valuesEqual(left: Value | undefined, right: Value | undefined): boolean {
  return compareValues(left, right) === 0;
}

export function isNumber(value: Value | undefined): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

/**
 * By exact mathematical value, which JavaScript's mixed comparison of bigint and number provides. NaN is below every
 * other number, and equal numbers are ordered long < −0 < +0.
 */
function compareNumbers(left: bigint | number, right: bigint | number): number {
  if (Number.isNaN(left)) return Number.isNaN(right) ? 0 : -1;
  if (Number.isNaN(right)) return 1;
  if (left < right) return -1;
  if (left > right) return 1;
  return tieRank(left) - tieRank(right);
}

function tieRank(value: bigint | number): number {
  if (typeof value === 'bigint') return 0;
  return Object.is(value, -0) ? 1 : 2;
}

function compareBytes(left: Uint8Array, right: Uint8Array): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function compareLists(left: readonly Atom[], right: readonly Atom[]): number {
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const difference = compareValues(left[at], right[at]);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/**
 * Whether a stored value matches the value of a query. Unlike `valuesEqual`, long and double are compared as doubles,
 * NaN matches NaN and −0 matches 0; nothing else crosses types. Lists match item by item. Spec: MATCH-1 to MATCH-3.
 *
 * @throws DatastoreError `invalid-value` if either is not a value.
 */
export function valuesMatch(left: Value, right: Value): boolean {
  if (isNumber(left) && isNumber(right)) return numbersMatch(Number(left), Number(right));
  if (isList(left) && isList(right)) {
    return left.length === right.length && left.every((item, index) => matchesItem(item, right[index]));
  }
  return valuesEqual(left, right);
}

function matchesItem(item: Value, other: Value | undefined): boolean {
  return other !== undefined && valuesMatch(item, other);
}

function numbersMatch(left: number, right: number): boolean {
  return left === right || (Number.isNaN(left) && Number.isNaN(right));
}
