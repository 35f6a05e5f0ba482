import { isNumber, valuesEqual } from './order.js';
import { isList, type Value } from './value.js';

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
