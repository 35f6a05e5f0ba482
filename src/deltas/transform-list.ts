import { checkListener, checkOptions } from '../errors/arguments.js';
import type { ListRule } from '../lists/decisions.js';
import { mergeListOps } from '../lists/merge.js';
import type { ListOp } from '../operations/change.js';
import { opsOfColumns } from '../operations/list-columns.js';
import { ownListOps } from '../operations/ownership.js';
import { checkRule } from '../rules/resolution-rules.js';
import { DEFAULT_RULE, type Rule } from '../rules/rule.js';

/** How operations on two copies of one list are merged. */
export interface TransformListOptions {
  /** The rule of the field that holds the list: `remote` unless given. */
  readonly rule?: Rule;
  /** Which items of the list, by index, local inserted: what it goes on to insert behind them stands before remote's. */
  readonly isOwn?: (index: number) => boolean;
}

/**
 * Transforms two sequences of operations that were made on the same list.
 *
 * Law: `list · remote · local′ = list · local · remote′` for every list on which both are valid. The list itself is not
 * needed, neither its length nor its content. If the local operations carry `before`, so do those of local′; those of
 * remote′ do not.
 *
 * @throws DatastoreError `invalid-change`, `invalid-value` or `index-out-of-range` for malformed operations.
 * Law: MERGE-1. Spec: LIST-1 to LIST-11.
 */
export function transformList(
  local: readonly ListOp[],
  remote: readonly ListOp[],
  options: TransformListOptions = {},
): { local: ListOp[]; remote: ListOp[] } {
  const { rule = DEFAULT_RULE, isOwn } = checkOptions(options, { rule: true, isOwn: true });
  checkRule(rule);
  checkListener(isOwn, 'isOwn');
  const merged = mergeListOps(ownListOps(local), ownListOps(remote), listRuleOf(rule), isOwn);
  return { local: opsOfColumns(merged.local.ops), remote: opsOfColumns(merged.remote.ops) };
}

/** On the items of a list, sum and functions act as `remote`. Spec: LIST-6, LIST-7. */
export function listRuleOf(rule: Rule): ListRule {
  return rule === 'local' || rule === 'max' || rule === 'min' ? rule : 'remote';
}
