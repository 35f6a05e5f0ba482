/**
 * What becomes of one field: the field rules and the resolution rules, decided on values.
 *
 * Nothing is transformed here. Given the value in the base and what each side did to it, `mergeField` names the value
 * that both replicas end with. `undefined` stands for an absent field throughout.
 */

import type { Atom, FieldOp, Rule, Value } from '../../src/index.js';
import { applyListOperations, mergeLists } from './list-merge.js';
import { compareInOrder, isList, sumOf } from './value-order.js';

type ListFieldOp = Extract<FieldOp, { type: 'list' }>;
type PlainFieldOp = Exclude<FieldOp, { type: 'list' }>;

/** The value of a field after both sides, where a side that did nothing to the field gives no operation. */
export function mergeField(
  base: Value | undefined,
  local: FieldOp | undefined,
  remote: FieldOp | undefined,
  rule: Rule,
): Value | undefined {
  if (local === undefined) return remote === undefined ? base : applyFieldOperation(base, remote);
  if (remote === undefined) return applyFieldOperation(base, local);
  if (local.type === 'list' && remote.type === 'list') return mergeListOperations(base, local, remote, rule);
  // "Put or delete beats list operations, whichever side it is on."
  if (local.type === 'list') return applyFieldOperation(base, remote);
  if (remote.type === 'list') return applyFieldOperation(base, local);
  // "delete/delete: both vanish."
  if (local.type === 'delete' && remote.type === 'delete') return undefined;
  // "put/put, put/delete, delete/put go to the rule."
  return resolve(base, valueLeftBy(local), valueLeftBy(remote), rule);
}

/** The value of a field after one operation. An operation that does not fit the value is an error. */
export function applyFieldOperation(base: Value | undefined, operation: FieldOp): Value | undefined {
  // "Only `delete` of an absent field is allowed and does nothing."
  if (operation.type !== 'list') return valueLeftBy(operation);
  return applyListOperations(listEditedBy(base, operation), operation.ops);
}

/**
 * "create/create: one list, both sides' items, and neither result creates." Both sides saw the same base, so either both
 * create or neither does; `listEditedBy` refuses the mixture.
 */
function mergeListOperations(base: Value | undefined, local: ListFieldOp, remote: ListFieldOp, rule: Rule): Value {
  const items = listEditedBy(base, local);
  listEditedBy(base, remote);
  return mergeLists(items, local.ops, remote.ops, rule);
}

/** The list on which the operations of one side begin: "`create` (an empty list where the field is absent)". */
function listEditedBy(base: Value | undefined, operation: ListFieldOp): readonly Atom[] {
  if (operation.create) {
    if (base !== undefined) throw new Error('A list is created in a field that is present.');
    return [];
  }
  if (!isList(base)) throw new Error('A list operation meets a field that holds no list.');
  return base;
}

function valueLeftBy(operation: PlainFieldOp): Value | undefined {
  return operation.type === 'put' ? operation.value : undefined;
}

/** The resolution rules for a collision in which at least one side put a value. */
function resolve(
  base: Value | undefined,
  local: Value | undefined,
  remote: Value | undefined,
  rule: Rule,
): Value | undefined {
  // "It is called for every collision, equal values included, and `undefined` means absent."
  if (typeof rule === 'function') return rule({ base, local, remote });
  switch (rule) {
    case 'remote':
      return remote;
    case 'local':
      return local;
    // "By the order of values, absent lowest; on a tie local stays."
    case 'max':
      return compareInOrder(local, remote) >= 0 ? local : remote;
    case 'min':
      return compareInOrder(local, remote) <= 0 ? local : remote;
    case 'sum':
      // "Anything else, or one side deleted: as remote."
      if (local === undefined || remote === undefined) return remote;
      return sumOf(base, local, remote) ?? remote;
  }
}
