import { DatastoreError, type Place } from '../errors/datastore-error.js';
import type { Before } from '../operations/change.js';
import { compareValues, isNumber } from '../values/order.js';
import { lendValue, ownValue } from '../values/ownership.js';
import type { Value } from '../values/value.js';
import type { MergeFunction, Rule } from './rule.js';
import { addDifference } from './sum.js';

/** Thrown by a merge function that cannot decide, so that rule `remote` decides instead. Not for applications. */
export class NoDecision extends Error {
  override readonly name: string = 'NoDecision';
}

/** The outcome of a collision: one side wins, or a new value replaces both. */
export type Resolution =
  | { readonly winner: 'local' }
  | { readonly winner: 'remote' }
  | { readonly winner: 'neither'; readonly value: Value | undefined };

const LOCAL: Resolution = { winner: 'local' };
const REMOTE: Resolution = { winner: 'remote' };

/**
 * Settles the collision of two puts, or of a put and a delete (`undefined`), by a rule.
 *
 * @throws DatastoreError `before-missing` if rule sum meets a local put whose base is unknown, `invalid-rule` if a merge
 * function returns something that is not a value.
 * Spec: RULE-2 to RULE-7.
 */
export function resolve(
  rule: Rule,
  base: Before<Value>,
  local: Value | undefined,
  remote: Value | undefined,
  place?: Place,
): Resolution {
  switch (rule) {
    case 'remote':
      return REMOTE;
    case 'local':
      return LOCAL;
    case 'max':
      return compareValues(local, remote) >= 0 ? LOCAL : REMOTE;
    case 'min':
      return compareValues(local, remote) <= 0 ? LOCAL : REMOTE;
    case 'sum':
      return resolveSum(base, local, remote, place);
    default:
      return resolveByFunction(rule, base, local, remote, place);
  }
}

function resolveSum(
  base: Before<Value>,
  local: Value | undefined,
  remote: Value | undefined,
  place: Place | undefined,
): Resolution {
  if (local === undefined) return REMOTE;
  if (base === undefined) {
    throw new DatastoreError(
      'before-missing',
      'rule sum needs to know what the local put overwrote: pass the delta that `apply` returned',
      place,
    );
  }
  if (!isNumber(local) || !isNumber(remote)) return REMOTE;
  if (base.value !== undefined && !isNumber(base.value)) return REMOTE;
  return { winner: 'neither', value: addDifference(base.value, local, remote) };
}

function resolveByFunction(
  rule: MergeFunction,
  base: Before<Value>,
  local: Value | undefined,
  remote: Value | undefined,
  place: Place | undefined,
): Resolution {
  try {
    return { winner: 'neither', value: callMergeFunction(rule, base, local, remote, place) };
  } catch (error) {
    if (error instanceof NoDecision) return REMOTE;
    throw error;
  }
}

function callMergeFunction(
  rule: MergeFunction,
  base: Before<Value>,
  local: Value | undefined,
  remote: Value | undefined,
  place: Place | undefined,
): Value | undefined {
  const result: unknown = rule({
    base: lendOptional(base?.value),
    local: lendOptional(local),
    remote: lendOptional(remote),
  });
  return ownResult(result, place);
}

/** What a merge function returned. @throws DatastoreError `invalid-rule` if it is not a value. */
export function ownResult(result: unknown, place: Place | undefined): Value | undefined {
  if (result === undefined) return undefined;
  try {
    return ownValue(result, place);
  } catch (error) {
    if (!(error instanceof DatastoreError)) throw error;
    throw new DatastoreError(
      'invalid-rule',
      `the merge function returned something that is not a value: ${error.message}`,
      place,
    );
  }
}

function lendOptional(value: Value | undefined): Value | undefined {
  return value === undefined ? undefined : lendValue(value);
}
