import type { RuleLookup } from '../deltas/rebase.js';
import type { MergeFunction } from '../rules/rule.js';
import { addDifference } from '../rules/sum.js';
import { isNumber } from '../values/order.js';

/**
 * The rules by which later edits meet the undoing of a refused one: they stand as the user made them, and under rule sum
 * they keep the difference that they made. Spec: SYNC-28.
 */
export function refusalRules(rules: RuleLookup): RuleLookup {
  return {
    get: (table, field, record) => (rules.get(table, field, record) === 'sum' ? keepDifference : 'local'),
  };
}

/** Rule sum, except that a field that the refused edit created counts as 0 once it is gone again. */
const keepDifference: MergeFunction = ({ base, local, remote }) => {
  if (!isNumber(local)) return local;
  if (base !== undefined && !isNumber(base)) return local;
  if (remote !== undefined && !isNumber(remote)) return local;
  return addDifference(base, local, remote ?? (typeof local === 'bigint' ? 0n : 0));
};
