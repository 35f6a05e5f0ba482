import type { Conflict } from '../deltas/conflict.js';
import type { Delta, DeltaInput } from '../deltas/delta.js';
import { transform } from '../deltas/rebase.js';
import { checkOptions, invalidArgument } from '../errors/arguments.js';
import { DatastoreError } from '../errors/datastore-error.js';
import { InvariantError } from '../errors/invariant-error.js';
import { quote } from '../errors/quote.js';
import { ResolutionRules } from '../rules/resolution-rules.js';
import type { Rule } from '../rules/rule.js';
import { isObjectOfFields } from '../values/ownership.js';
import { diff } from './diff.js';
import { requireState, State, type StateObject } from './state.js';

/** How edits are merged. */
export interface MergeOptions {
  /** The rules for collisions: `remote` unless given. */
  readonly rules?: Pick<ResolutionRules, 'get'> | undefined;
}

/** What comes of two edits of one state. */
export interface MergedEdits {
  readonly merged: State;
  /** Leads from what remote made to the merged state. */
  readonly local: Delta;
  /** Leads from what local made to the merged state. */
  readonly remote: Delta;
  readonly conflicts: readonly Conflict[];
}

/**
 * Merges two deltas that were made on `base`, which stays as it is.
 *
 * @throws DatastoreError as `State.apply` and `transform` do; InvariantError if the two ways to the merged state did not
 * meet, which would be a defect of the engine. Law 1: `base · remote · local′ = base · local · remote′`.
 */
export function mergeEdits(
  base: State,
  local: DeltaInput,
  remote: DeltaInput,
  options: MergeOptions = {},
): MergedEdits {
  checkOptions(options, { rules: true });
  const [mine, merged] = [requireState(base).clone(), base.clone()];
  // Sums and conflicts need to know what an edit overwrote.
  const edits = { local: mine.apply(local), remote: merged.apply(remote) };
  const conflicts: Conflict[] = [];
  const { rules } = options;
  const transformed = transform(edits.local, edits.remote, {
    ...(rules === undefined ? {} : { rules }),
    onConflict: (conflict) => conflicts.push(conflict),
  });
  merged.apply(transformed.local);
  mine.apply(transformed.remote);
  if (diff(merged, mine).length > 0) throw new InvariantError('the two ways to the merged state do not meet');
  return { merged, ...transformed, conflicts };
}

/** The rules of a merge of objects: `ResolutionRules`, or a plain object, `{ table: { field: 'max' } }`. */
export type RulesInput = ResolutionRules | Readonly<Record<string, Readonly<Record<string, Rule>>>>;

/** What comes of two versions of one object. */
export interface MergedObjects {
  readonly merged: StateObject;
  readonly conflicts: readonly Conflict[];
}

/**
 * Merges two versions of an object, `{ table: { record: { field: value } } }`: each record by its id, each field by its
 * rule, each list item by item. What a version did is found by `diff`.
 *
 * @returns a new object, with the conflicts; `conflictToJSON` writes one.
 * @throws DatastoreError as `State.fromObject` does; `invalid-rule` or `invalid-name` for rules. Nothing given is changed.
 */
export function mergeObjects(
  base: StateObject,
  local: StateObject,
  remote: StateObject,
  options: { readonly rules?: RulesInput | undefined } = {},
): MergedObjects {
  checkOptions(options, { rules: true });
  for (const [name, given] of Object.entries({ base, local, remote })) {
    if (isObjectOfFields(given)) continue;
    throw new DatastoreError('invalid-value', `${name} must be an object of tables, got ${quote(given)}`);
  }
  const start = State.fromObject(base);
  const edits = [local, remote].map((version) => diff(start, State.fromObject(version)));
  const [mine, theirs] = edits as [Delta, Delta];
  const { merged, conflicts } = mergeEdits(start, mine, theirs, { rules: rulesOf(options.rules) });
  return { merged: merged.toObject(), conflicts };
}

function rulesOf(rules: RulesInput | undefined): Pick<ResolutionRules, 'get'> | undefined {
  if (rules === undefined || rules instanceof ResolutionRules) return rules;
  if (!isObjectOfFields(rules)) {
    throw invalidArgument('rules must be ResolutionRules, or an object: { table: { field: "max" } }', rules);
  }
  const set = new ResolutionRules();
  for (const [table, fields] of Object.entries(rules)) {
    if (!isObjectOfFields(fields)) {
      throw new DatastoreError('invalid-rule', `expected rules by field, got ${quote(fields)}`, { table });
    }
    for (const [field, rule] of Object.entries(fields as Readonly<Record<string, Rule>>)) set.set(table, field, rule);
  }
  return set;
}
