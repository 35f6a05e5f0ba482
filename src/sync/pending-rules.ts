import type { Conflict } from '../deltas/conflict.js';
import { changesIn, type Delta } from '../deltas/delta.js';
import type { RuleLookup } from '../deltas/rebase.js';
import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import type { Change, ListPlace } from '../operations/change.js';
import { isRule, type ResolutionRules } from '../rules/resolution-rules.js';
import { NoDecision, ownResult } from '../rules/resolve.js';
import { type Collision, DEFAULT_RULE, type MergeFunction, RULE_NAMES, type Rule } from '../rules/rule.js';
import { addDifference } from '../rules/sum.js';
import { isPromiseLike } from '../values/brands.js';
import { isNumber } from '../values/order.js';
import type { Value } from '../values/value.js';
import { INFO_TABLE, MTIME_FIELD } from './datastore-info.js';
import type { RuleFailure } from './sync-result.js';

/** The rule of one field of one record that has a pending edit. */
export interface PlacedRule {
  readonly table: string;
  readonly record: string;
  readonly field: string;
  readonly rule: Rule;
}

/**
 * The rules of the fields that pending edits touch: for each the rule that was set when its latest pending edit was
 * made, whatever has been set since. Spec: SYNC-26.
 */
export class PendingRules {
  /** By table, record and field. The default rule is not kept, so that most edits leave nothing here. */
  readonly #tables = new Map<string, Map<string, Map<string, Rule>>>();
  #isFunctionRunning = false;
  #failures: RuleFailure[] = [];

  /** Whether a merge function is running: nothing may change until it has returned. */
  get isFunctionRunning(): boolean {
    return this.#isFunctionRunning;
  }

  /** The rule that decides a collision with the pending edits of a field. */
  get(table: string, field: string, record: string): Rule {
    if (table === INFO_TABLE && field === MTIME_FIELD) return 'max';
    const rule = this.#tables.get(table)?.get(record)?.get(field) ?? DEFAULT_RULE;
    if (typeof rule !== 'function') return rule;
    return (collision) => this.#call(rule, collision, { table, record, field });
  }

  /** How the merge function of a field failed since {@link takeFailures}, if it did. */
  failureAt({ table, record, field }: Pick<Conflict, 'table' | 'record' | 'field'>): DatastoreError | undefined {
    return this.#failures.find((at) => at.field === field && at.record === record && at.table === table)?.error;
  }

  /** The failures of merge functions since this was last called, the first of each field. */
  takeFailures(): RuleFailure[] {
    const failures = this.#failures;
    this.#failures = [];
    return failures;
  }

  set(placed: PlacedRule): void {
    this.#setRule(placed, placed.field, placed.rule);
  }

  #setRule({ table, record }: Pick<PlacedRule, 'table' | 'record'>, field: string, rule: Rule): void {
    const records = this.#tables.get(table);
    if (rule === DEFAULT_RULE) {
      records?.get(record)?.delete(field);
      return;
    }
    const fields = records?.get(record) ?? new Map<string, Rule>();
    fields.set(field, rule);
    if (records === undefined) this.#tables.set(table, new Map([[record, fields]]));
    else records.set(record, fields);
  }

  /** Forgets everything: there is no pending edit. */
  clear(): void {
    this.#tables.clear();
  }

  /** The rules, other than the default, of the fields that `deltas` edit, each field once. */
  of(deltas: readonly Delta[]): PlacedRule[] {
    const used = new PendingRules();
    for (const delta of deltas) {
      for (const change of changesIn(delta)) {
        if (change.type === 'delete') continue;
        const fields = change.type === 'insert' ? change.fields : change.ops;
        const rules = this.#tables.get(change.table)?.get(change.record);
        for (const field of fields.keys()) {
          const rule = rules?.get(field);
          if (rule !== undefined) used.set({ table: change.table, record: change.record, field, rule });
        }
      }
    }
    return [...used.#list()];
  }

  /**
   * The rules of the fields that deltas edit, whose latest edits they are: all but those that are the default now and were
   * so before.
   */
  changedBy(deltas: readonly Delta[]): PlacedRule[] {
    const changed = new Map<string, PlacedRule>();
    for (const change of deltas.flatMap(changesIn)) {
      const { table, record } = change;
      const rules = this.#tables.get(table)?.get(record);
      if (rules === undefined || change.type === 'delete') continue;
      for (const field of (change.type === 'insert' ? change.fields : change.ops).keys()) {
        changed.set(`${table} ${record} ${field}`, { table, record, field, rule: rules.get(field) ?? DEFAULT_RULE });
      }
    }
    return [...changed.values()];
  }

  /** Calls a merge function. If it fails, that is noted, and rule remote decides. Spec: SYNC-57. */
  #call(rule: MergeFunction, collision: Collision, place: Omit<RuleFailure, 'error'>): Value | undefined {
    this.#isFunctionRunning = true;
    try {
      const result: unknown = rule(collision);
      // Nobody else handles what an async function rejects with. That it is async is the failure.
      if (isPromiseLike(result)) result.then(undefined, () => undefined);
      return ownResult(result, place);
    } catch (error) {
      if (this.failureAt(place) === undefined) this.#failures.push({ ...place, error: failureOf(error, place) });
      throw new NoDecision();
    } finally {
      this.#isFunctionRunning = false;
    }
  }

  *#list(): Generator<PlacedRule> {
    for (const [table, records] of this.#tables) {
      for (const [record, fields] of records) {
        for (const [field, rule] of fields) yield { table, record, field, rule };
      }
    }
  }
}

/** The error of a merge function that failed. */
function failureOf(error: unknown, place: Place): DatastoreError {
  if (error instanceof DatastoreError && error.code === 'invalid-rule') return error;
  const reason = error instanceof Error ? error.message : quote(error);
  return new DatastoreError('invalid-rule', `the merge function threw: ${reason}`, place, error);
}

/**
 * The rules for later edits when a refused one below them is undone: they stay as the user made them, and under rule
 * sum they keep the difference that they made. Spec: SYNC-28.
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

/**
 * The rules that are set for the fields that changes edit.
 *
 * @throws DatastoreError `invalid-rule` where what is set is no rule.
 */
export function rulesFor(changes: readonly Change[], rules: Pick<ResolutionRules, 'get'>): PlacedRule[] {
  const placed: PlacedRule[] = [];
  for (const change of changes) {
    if (change.type === 'delete') continue;
    const { table, record } = change;
    const fields = change.type === 'insert' ? change.fields : change.ops;
    for (const field of fields.keys()) placed.push(ruleAt({ table, record, field }, rules));
  }
  return placed;
}

/** {@link rulesFor} for one field. */
export function ruleAt({ table, record, field }: ListPlace, rules: Pick<ResolutionRules, 'get'>): PlacedRule {
  const rule = rules.get(table, field);
  if (!isRule(rule)) throw new DatastoreError('invalid-rule', reasonAgainst(rule), { table, field });
  return { table, record, field, rule };
}

function reasonAgainst(rule: unknown): string {
  return `got the rule ${quote(rule)}: a rule is ${RULE_NAMES.join(', ')} or a function`;
}
