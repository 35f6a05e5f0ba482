import { type MergeFunction, ResolutionRules, type Rule } from '../../src/index.js';

/** The tables that the users of a simulation edit as they like; there are few records, so that edits meet. */
export const TABLES: readonly string[] = ['notes', 'tasks'];
export const RECORDS: readonly string[] = ['a', 'b', 'constructor'];

/** What a field mostly holds. Now and then it holds anything. */
export type FieldKind = 'any' | 'number' | 'list';

export interface FieldShape {
  readonly field: string;
  readonly kind: FieldKind;
  readonly rule: Rule;
}

/** Depends on all it is given, and returns a new value, either side's, or none. */
const combine: MergeFunction = ({ base, local, remote }) => {
  if (typeof local === 'string' && typeof remote === 'string') return local < remote ? local : remote;
  if (local === undefined) return base === undefined ? remote : undefined;
  return typeof remote === 'number' ? 'combined' : local;
};

/** A field for every rule, and lists under several. */
export const FIELDS: readonly FieldShape[] = [
  { field: 'text', kind: 'any', rule: 'remote' },
  { field: 'mine', kind: 'any', rule: 'local' },
  { field: 'high', kind: 'any', rule: 'max' },
  { field: 'low', kind: 'any', rule: 'min' },
  { field: 'total', kind: 'number', rule: 'sum' },
  { field: 'combined', kind: 'any', rule: combine },
  { field: 'items', kind: 'list', rule: 'remote' },
  { field: 'own-items', kind: 'list', rule: 'local' },
  { field: 'high-items', kind: 'list', rule: 'max' },
  { field: '__proto__', kind: 'list', rule: combine },
];

/** The rules that every replica sets, with those of the journal. */
export function simulationRules(): ResolutionRules {
  const rules = new ResolutionRules();
  for (const table of TABLES) for (const { field, rule } of FIELDS) rules.set(table, field, rule);
  return rules.set('journal', 'count', 'sum').set('journal', 'balance', 'sum');
}
