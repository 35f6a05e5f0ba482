import { type Conflict, type Delta, formatDelta, type State, sizeOfDelta } from '../index.js';
import { conflictLines } from './conflict-report.js';
import { alignedLines, hangingLines, longest } from './layout.js';
import type { NamedRule } from './rules-file.js';
import { countOf, safeText } from './safe-text.js';
import type { Edits, Merge } from './three-way-merge.js';
import { valueText } from './value-text.js';

/** Everything that a report of a merge speaks of. */
export interface MergeStory {
  readonly edits: Edits;
  readonly merge: Merge;
  readonly unusedRules: readonly NamedRule[];
  /** The files of base, local and remote as they were named, and what form they have. */
  readonly sources: readonly { readonly path: string; readonly form: string }[];
}

/** The report of a merge for a person: the merged rows, the conflicts, and the sizes. */
export function mergeReport(story: MergeStory): string {
  const { merged, conflicts } = story.merge;
  const lines = [
    'MERGED ROWS',
    '',
    ...rowLines(merged),
    conflictHeading(conflicts),
    '',
    ...conflicts.flatMap((conflict, at) => [...conflictLines(conflict, at + 1), '']),
    ...unusedRuleLines(story.unusedRules),
    'SIZES',
    '',
    ...sizeLines(story),
  ];
  return `${lines.join('\n')}\n`;
}

function conflictHeading(conflicts: readonly Conflict[]): string {
  if (conflicts.length === 0) return 'CONFLICTS: none';
  const losing = conflicts.filter(({ lost }) => lost.length > 0).length;
  return `CONFLICTS: ${conflicts.length}, and in ${losing} of them an edit was lost`;
}

function rowLines(state: State): string[] {
  if (state.recordCount === 0) return ['(no records)', ''];
  return state.tables().flatMap((table) => [
    table,
    ...state.query(table).flatMap(({ record, fields }) => {
      const width = longest(fields.keys());
      return [
        `  ${record}${fields.size === 0 ? '  (no fields)' : ''}`,
        ...[...fields].flatMap(([field, value]) => hangingLines(`    ${field.padEnd(width)}  `, valueText(value))),
      ];
    }),
    '',
  ]);
}

function unusedRuleLines(rules: readonly NamedRule[]): string[] {
  if (rules.length === 0) return [];
  return ['RULES FOR FIELDS THAT NO FILE HAS', '', ...rules.map(unusedRuleLine), ''];
}

function unusedRuleLine({ table, field, rule }: NamedRule): string {
  return `  ${table} / ${field}: ${rule}`;
}

function sizeLines({ edits, merge, sources }: MergeStory): string[] {
  const [base, local, remote] = sources.map(({ path, form }) => [safeText(path), form]);
  return alignedLines(
    [
      ['base', ...stateCells(edits.base), ...(base ?? [])],
      ['local', ...deltaCells(edits.local), ...(local ?? [])],
      ['remote', ...deltaCells(edits.remote), ...(remote ?? [])],
      ['merged', ...stateCells(merge.merged)],
    ],
    '  ',
    [1, 2],
  );
}

function stateCells(state: State): string[] {
  return [countOf(state.recordCount, 'record'), countOf(state.size, 'byte')];
}

/** A delta is counted as it travels. */
function deltaCells(delta: Delta): string[] {
  return [countOf(formatDelta(delta).length, 'change'), countOf(sizeOfDelta(delta), 'byte')];
}
