import type { Conflict, ConflictRule } from '../index.js';
import { type ConflictContent, isAboutPlace, isFields } from './conflict-shape.js';
import { editWords } from './edit-words.js';
import { hangingLines } from './layout.js';
import { fieldsText, valueText } from './value-text.js';

const EXPLANATIONS: Readonly<Record<ConflictRule, string>> = {
  remote: 'the remote value stands',
  local: 'the local value stands',
  max: 'the greater value stands',
  min: 'the smaller value stands',
  sum: 'both differences from the base are added to it',
  function: 'a function decides',
  'put-wins': 'putting a whole value beats editing the list that was there',
  'delete-wins': 'deleting beats editing',
  'replace-wins': 'deleting a record and inserting it anew beats editing the old one',
};

/** A conflict as a block of lines: where, why, the values it is about, and every edit that was lost, in words. */
export function conflictLines(conflict: Conflict, number: number): string[] {
  return [
    `${number}. ${placeText(conflict)}`,
    ...part('rule', `${conflict.rule}: ${explanation(conflict)}`),
    ...part('base', contentText(conflict.base)),
    ...part('local', contentText(conflict.local)),
    ...part('remote', contentText(conflict.remote)),
    ...part('result', contentText(conflict.result)),
    ...lostWords(conflict).flatMap((words, at) => part(at === 0 ? 'lost' : '', words)),
  ];
}

function part(label: string, text: string): string[] {
  return hangingLines(`   ${label.padEnd(8)}`, text);
}

function placeText({ table, record, field, index }: Conflict): string {
  const item = index === undefined ? '' : `[${index}]`;
  return field === undefined ? `${table} / ${record}` : `${table} / ${record} / ${field}${item}`;
}

function contentText(content: ConflictContent): string {
  return isFields(content) ? fieldsText(content) : valueText(content);
}

function explanation(conflict: Conflict): string {
  const { rule, lost } = conflict;
  if (isAboutPlace(conflict)) return `both moved the item, and the ${rule} place stands`;
  if (rule === 'sum' && lost.length > 0) return 'these cannot be added, so the remote value stands';
  return EXPLANATIONS[rule];
}

function lostWords({ lost }: Conflict): readonly string[] {
  const words = lost.flatMap(({ side, field, op }) => editWords(field, op).map((edit) => `${side} ${edit}`));
  return words.length > 0 ? words : ['nothing: both edits are in the result'];
}
