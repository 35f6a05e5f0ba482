import { changesIn, type Delta } from '../deltas/delta.js';
import type { Change } from '../operations/change.js';
import { DEFAULT_RULE, type Rule } from '../rules/rule.js';
import { INFO_TABLE, MTIME_FIELD } from './datastore-info.js';

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

  /** The rule that decides a collision with the pending edits of a field. */
  get(table: string, field: string, record: string): Rule {
    if (table === INFO_TABLE && field === MTIME_FIELD) return 'max';
    return this.#tables.get(table)?.get(record)?.get(field) ?? DEFAULT_RULE;
  }

  /** Notes the rules that are in force for an edit. */
  note(changes: readonly Change[], ruleOf: (table: string, field: string) => Rule): void {
    for (const change of changes) {
      if (change.type === 'delete') continue;
      const fields = change.type === 'insert' ? change.fields : change.ops;
      for (const field of fields.keys()) this.#setRule(change, field, ruleOf(change.table, field));
    }
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

  *#list(): Generator<PlacedRule> {
    for (const [table, records] of this.#tables) {
      for (const [record, fields] of records) {
        for (const [field, rule] of fields) yield { table, record, field, rule };
      }
    }
  }
}
