import type { Value } from '../values/value.js';

/** Two concurrent changes of one field, and its value before both. `undefined` is an absent field. */
export interface Collision {
  /** The value before either change. It is also `undefined` if the local delta does not know what it overwrote. */
  readonly base: Value | undefined;
  readonly local: Value | undefined;
  readonly remote: Value | undefined;
}

/**
 * Decides a collision: returns the new value of the field, or `undefined` to delete it. It is called for every
 * collision, of equal values too, and must return the same for the same collision on every machine: a function that
 * reads a clock or a random source breaks convergence. Spec: RULE-7.
 */
export type MergeFunction = (collision: Collision) => Value | undefined;

/** The rules that have a name. Spec: RULE-1 to RULE-6. */
export type RuleName = 'remote' | 'local' | 'max' | 'min' | 'sum';

/** How a collision of two changes of one field is decided. Spec: RULE-1 to RULE-7. */
export type Rule = RuleName | MergeFunction;

/** Every {@link RuleName}. */
export const RULE_NAMES: readonly RuleName[] = ['remote', 'local', 'max', 'min', 'sum'];

/** The rule of a field without a rule. Spec: RULE-1. */
export const DEFAULT_RULE: RuleName = 'remote';
