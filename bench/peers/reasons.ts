import type { Verdict } from './verdict.js';

/** What profiles say of rows whose targets are missed. */
interface Reason {
  /** The beginnings of the names of the rows. */
  readonly rows: readonly string[];
  readonly title: string;
  readonly why: string;
}

const REASONS: readonly Reason[] = [
  {
    rows: ['trace, one by one, no deltas made'],
    title: 'Trace by `State.editList`',
    why:
      'The list itself takes about a third of the time. A tenth is freezing the operation that the call returns, a twelfth ' +
      'collecting the garbage of operations, and as much is finding the record and the field in Maps. diamond-types returns ' +
      'nothing and finds nothing: its document is one text.',
  },
  {
    rows: ['Deltaic, '],
    title: 'What an application ships',
    why:
      'No part stands out: see the table of folders at the end. Without all texts of messages, the core would be a twentieth ' +
      'smaller.',
  },
];

/** The rows with a target that is missed, and the reason where one is known. */
export function missed(all: readonly Verdict[]): { readonly what: string; readonly reason: Reason | undefined }[] {
  return all
    .filter(({ judged }) => judged.some(({ outcome }) => outcome === 'missed'))
    .map(({ what }) => ({ what, reason: REASONS.find(({ rows }) => rows.some((start) => what.startsWith(start))) }));
}

/** Each reason once, with the rows that it explains. */
export function explain(all: readonly Verdict[]): string[] {
  const found = missed(all);
  const reasons = [...new Set(found.flatMap(({ reason }) => (reason === undefined ? [] : [reason])))];
  if (reasons.length === 0) return [];
  return [
    '## Why some targets are missed',
    '',
    'What profiles say; by how much a row misses its target is in the table above.',
    '',
    ...reasons.flatMap((reason) => [
      `- **${reason.title}.** ${reason.why}`,
      `  Rows: ${found
        .filter((each) => each.reason === reason)
        .map(({ what }) => what)
        .join('; ')}.`,
    ]),
    '',
  ];
}
