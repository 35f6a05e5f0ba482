import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { invalidName, isValidFieldName, isValidTableId } from '../values/names.js';
import { DEFAULT_RULE, RULE_NAMES, type Rule, type RuleName } from './rule.js';

/** The rules that an application set, by table and field. Spec: RULE-1. */
export class ResolutionRules {
  readonly #tables = new Map<string, Map<string, Rule>>();

  /**
   * Sets the rule of one field in all records of one table. It replaces an earlier rule.
   *
   * @throws DatastoreError `invalid-name` or `invalid-rule`.
   */
  set(table: string, field: string, rule: Rule): this {
    if (!isValidTableId(table))
      throw new DatastoreError('invalid-name', invalidName('table id', table), { table, field });
    if (!isValidFieldName(field))
      throw new DatastoreError('invalid-name', invalidName('field name', field), { table, field });
    checkRule(rule, { table, field });
    const fields = this.#tables.get(table) ?? new Map<string, Rule>();
    this.#tables.set(table, fields.set(field, rule));
    return this;
  }

  /** The rule of a field; `remote` unless another was set. */
  get(table: string, field: string): Rule {
    return this.#tables.get(table)?.get(field) ?? DEFAULT_RULE;
  }
}

/** Whether something from outside is a rule. */
export function isRule(rule: unknown): rule is Rule {
  return typeof rule === 'function' || RULE_NAMES.includes(rule as RuleName);
}

/** @throws DatastoreError `invalid-rule` for anything but a rule. */
export function checkRule(rule: unknown, place?: Place): asserts rule is Rule {
  if (isRule(rule)) return;
  const reason = `${quote(rule)} is not a rule: use ${RULE_NAMES.join(', ')} or a function`;
  throw new DatastoreError('invalid-rule', reason, place);
}
