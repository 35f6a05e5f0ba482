/** The outcome of a merge: as a report for a person, or as JSON for a program. */

import {
  type Conflict,
  type ConflictRule,
  conflictToJSON,
  type Delta,
  type FieldOp,
  type Fields,
  formatDelta,
  formatState,
  type ListOp,
  type MergedEdits,
  type State,
  sizeOfDelta,
} from '../index.js';
import type { DataFile } from './data-file.js';
import { alignedLines, countOf, fieldsText, hangingLines, longest, safeText, valueText } from './text.js';
import { type Edits, isAboutMoves } from './three-way-merge.js';

/** Everything that a report of a merge speaks of. */
export interface MergeSummary {
  readonly edits: Edits;
  readonly merge: MergedEdits;
  /** Rules whose field none of the files has. */
  readonly unusedRules: readonly NamedRule[];
  readonly sources: { readonly base: DataFile; readonly local: DataFile; readonly remote: DataFile };
}

/** A rule as a file sets it. */
export interface NamedRule {
  readonly table: string;
  readonly field: string;
  readonly rule: string;
}

/** The report of a merge: the merged rows, the conflicts and the sizes. */
export function mergeReport(summary: MergeSummary): string {
  const { merged, conflicts } = summary.merge;
  const lines = [
    'MERGED ROWS',
    '',
    ...rowLines(merged),
    conflictHeading(conflicts),
    '',
    ...conflicts.flatMap((conflict, at) => [...conflictLines(conflict, at + 1), '']),
    ...unusedRuleLines(summary.unusedRules),
    'SIZES',
    '',
    ...sizeLines(summary),
  ];
  return `${lines.join('\n')}\n`;
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

function conflictHeading(conflicts: readonly Conflict[]): string {
  if (conflicts.length === 0) return 'CONFLICTS: none';
  const losing = conflicts.filter(({ lost }) => lost.length > 0).length;
  return `CONFLICTS: ${conflicts.length}, of which ${losing} lost an edit`;
}

/** A conflict as a block of lines: where, why, the values of both sides, and every lost edit in words. */
function conflictLines(conflict: Conflict, number: number): string[] {
  const line = (label: string, text: string): string[] => hangingLines(`   ${label.padEnd(8)}`, text);
  return [
    `${number}. ${placeText(conflict)}`,
    ...line('rule', `${conflict.rule}: ${explanation(conflict)}`),
    ...line('base', contentText(conflict.base)),
    ...line('local', contentText(conflict.local)),
    ...line('remote', contentText(conflict.remote)),
    ...line('result', contentText(conflict.result)),
    ...lostWords(conflict).flatMap((words, at) => line(at === 0 ? 'lost' : '', words)),
  ];
}

function placeText({ table, record, field, index }: Conflict): string {
  const item = index === undefined ? '' : `[${index}]`;
  return field === undefined ? `${table} / ${record}` : `${table} / ${record} / ${field}${item}`;
}

/** A value, the fields of a whole record, or nothing. */
type ConflictContent = Conflict['base'];

function isFields(content: ConflictContent): content is Fields {
  return content instanceof Map;
}

function contentText(content: ConflictContent): string {
  return isFields(content) ? fieldsText(content) : valueText(content);
}

const EXPLANATIONS: Readonly<Record<ConflictRule, string>> = {
  remote: 'the remote value wins',
  local: 'the local value wins',
  max: 'the greater value wins',
  min: 'the smaller value wins',
  sum: 'both differences from the base are added to it',
  function: 'a function decides',
  'put-wins': 'a put of the whole value wins over edits of the list',
  'delete-wins': 'deleting wins over editing',
  'replace-wins': 'deleting a record and inserting it again wins over editing the old one',
};

function explanation(conflict: Conflict): string {
  const { rule, lost } = conflict;
  if (isAboutMoves(conflict)) return `both moved the item, and the ${rule} move wins`;
  if (rule === 'sum' && lost.length > 0) return 'these cannot be added, so the remote value wins';
  return EXPLANATIONS[rule];
}

function lostWords({ lost }: Conflict): readonly string[] {
  const words = lost.flatMap(({ side, field, op }) => editWords(field, op).map((edit) => `${side} ${edit}`));
  return words.length > 0 ? words : ['nothing: both edits are in the result'];
}

const MOST_EDITS = 20;

/** An edit of a field in words, one text for each operation: `put "tea" at index 3 of items, over "coffee"`. */
function editWords(field: string, op: FieldOp): readonly string[] {
  switch (op.type) {
    case 'put':
      return [`put ${valueText(op.value)} in ${field}`];
    case 'delete':
      return [`deleted ${field}`];
    case 'list': {
      const ops = [...op.ops];
      const created = op.create ? [`created the list ${field}`] : [];
      const shown = ops.slice(0, MOST_EDITS).map((listOp) => listEditWords(field, listOp));
      const rest = ops.length - shown.length;
      return [...created, ...shown, ...(rest > 0 ? [`made ${countOf(rest, 'more edit')} of ${field}`] : [])];
    }
  }
}

function listEditWords(field: string, op: ListOp): string {
  switch (op.type) {
    case 'put':
      return `put ${valueText(op.value)} at index ${op.index} of ${field}${overwritten(', over ', op)}`;
    case 'insert':
      return `inserted ${valueText(op.value)} at index ${op.index} of ${field}`;
    case 'delete':
      return `deleted index ${op.index} of ${field}${overwritten(', ', op)}`;
    case 'move':
      return `moved index ${op.from} of ${field} to index ${op.to}`;
  }
}

function overwritten(separator: string, { before }: Extract<ListOp, { type: 'put' | 'delete' }>): string {
  return before === undefined ? '' : `${separator}${valueText(before)}`;
}

function unusedRuleLines(rules: readonly NamedRule[]): string[] {
  if (rules.length === 0) return [];
  return [
    'RULES FOR FIELDS THAT ARE IN NO FILE',
    '',
    ...rules.map(({ table, field, rule }) => `  ${table} / ${field}: ${rule}`),
    '',
  ];
}

function sizeLines({ edits, merge, sources }: MergeSummary): string[] {
  const source = ({ name, content }: DataFile): string[] => [safeText(name), content.kind];
  return alignedLines(
    [
      ['base', ...stateCells(edits.base), ...source(sources.base)],
      ['local', ...deltaCells(edits.local), ...source(sources.local)],
      ['remote', ...deltaCells(edits.remote), ...source(sources.remote)],
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

/** A member that is `undefined` is left out when it is written. */
type Json = Readonly<Record<string, unknown>>;

/** The outcome of a merge for a program: everything in wire form, nothing cut. */
export function mergeJson({ edits, merge, unusedRules }: MergeSummary): string {
  const answer: Json = {
    rows: formatState(merge.merged),
    conflicts: merge.conflicts.map(conflictToJSON),
    local: formatDelta(merge.local),
    remote: formatDelta(merge.remote),
    sizes: {
      base: stateSize(edits.base),
      local: deltaSize(edits.local),
      remote: deltaSize(edits.remote),
      merged: stateSize(merge.merged),
    },
    unusedRules,
  };
  return `${JSON.stringify(answer)}\n`;
}

function stateSize(state: State): Json {
  return { records: state.recordCount, bytes: state.size };
}

function deltaSize(delta: Delta): Json {
  return { changes: formatDelta(delta).length, bytes: sizeOfDelta(delta) };
}
