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
    rows: ['list merge, 100 edits, first', 'list merge, 1,000 edits, first', 'record merge, 1,000 updates, first'],
    title: 'The first merge of a process',
    why:
      'It is mostly compiling. Of a list merge of 100 edits, `transform` takes more than half, and in it functions of a few ' +
      'lines that run once take as much as the loops: V8 reads and compiles each at its first call. Edits before it did not ' +
      'use that code. Yjs brings in what arrives by the code that its own edits have run already.',
  },
  {
    rows: ['list merge'],
    title: 'List merges',
    why:
      'Of a merge with bytes, a third is the merge itself, of which a fifth replays both sides and the rest orders and transforms. ' +
      'Decoding on both sides takes a fifth, applying 17 %, garbage as much, and encoding 8 %. Checking that no string is ' +
      'written twice takes 3 to 5 %, counting sizes 5 %: a form with one spelling, and limits, cost that much.',
  },
  {
    rows: ['record merge'],
    title: 'Record merges',
    why:
      'More than half is collecting garbage, most of it from the edits before: copies of a state share their records, and each ' +
      'copies those that it edits. The rest is applying 17 %, encoding 10 %, transforming 8 % and decoding 6 %.',
  },
  {
    rows: ['trace, one by one, no deltas made'],
    title: 'The trace by `State.editList`',
    why:
      'The list itself takes a quarter of the time. A sixth is the frozen operation that each call returns, an eighth finding the ' +
      'record and the field in Maps, and a fifth the loop over the trace. diamond-types returns nothing and finds nothing: its ' +
      'document is one text.',
  },
  {
    rows: ['trace, one by one, through Replica'],
    title: 'The trace through `Replica`',
    why:
      'A replica makes each edit in its state, which is `State.apply` but for the delta, and keeps it twice: in columns for the ' +
      'put, from which items that came and went are taken out again and again, and for the undo history. Gathering takes as long ' +
      'as the edit. A list that no server knows yet is cheaper, since edits of it become part of its insert.',
  },
  {
    rows: ['trace, load, pending in a Replica'],
    title: 'Loading what waits',
    why:
      'A saved replica is plain JSON for any storage, so bytes become JSON and JSON becomes a delta again: 43 % and 23 % of ' +
      'the time. Reading the bytes themselves takes 16 %.',
  },
  {
    rows: ['state of the list'],
    title: 'The deflated state of a list',
    why:
      'Its items are "item 0" to "item 9999" in order. Deflating their texts alone, without lengths, gives 23.0 kB. Storing what each ' +
      'text shares with the one before would leave next to nothing of these items, and cost a number for each text of a list whose ' +
      'neighbours share nothing. It was not taken.',
  },
  {
    rows: ['remote keystroke, the first ten'],
    title: 'The first keystrokes',
    why:
      'They take as long in a list of 10 items as in one of a million: code that is not compiled yet, of which a keystroke runs ' +
      'decoding (a half), merging (a third) and applying.',
  },
  {
    rows: ['remote keystroke, through Replica'],
    title: 'A keystroke through `Replica`',
    why:
      'A third is collecting garbage and putting the item into two states, the confirmed one and the one that is shown. A sixth is ' +
      'decoding, as much rebasing the segments of the undo history, and a tenth checking the message. No part stands out.',
  },
  {
    rows: ['remote keystroke'],
    title: 'A keystroke from bytes',
    why:
      'Decoding takes 44 %, of which 13 columns are unpacked for one operation, merging it with the edit that waits a third, and ' +
      'the list itself 17 %.',
  },
  {
    rows: ['trace, all in one'],
    title: 'The trace in one delta',
    why:
      'Two fifths is checking the edits that are given and copying them into columns, a third performing them, and the rest the ' +
      'loop that makes the edits.',
  },
  {
    rows: ['mesh, two people typing', 'mesh, 4 people typing', 'mesh, four people typing'],
    title: 'People typing at once, in a mesh',
    why:
      'A quarter of the time is collecting garbage. Of the rest, two fifths go to events that did not see everything, a sixth to ' +
      'edits of the state, an eleventh to the size of events, and most of what is left to what `receive` and `sync` tell of each. ' +
      'Messages of Yjs and json-joy name the neighbours of each character, so a receiver looks these up; an event has indexes, ' +
      'as a delta has: each becomes a place and then an index again, and no identifier stays in the state. Reading a whole ' +
      'history makes an object of every event, which peers that read text do not.',
  },
  {
    rows: ['mesh, a late message', 'mesh, the next one'],
    title: 'A late message in a mesh',
    why:
      'The first one makes a history of the list from all edits since its author was last heard: a third is reading these events, ' +
      'objects that no cache holds any more, and most of the rest is cutting the line of places once for each. The next one ' +
      'costs only itself.',
  },
  {
    rows: ['mesh, list merge'],
    title: 'List merges in a mesh',
    why: 'Each of the two replicas merges for itself, while the merge of a log gives both sides their deltas at once.',
  },
  {
    rows: ['mesh, trace'],
    title: 'The trace in a mesh',
    why:
      'An event an edit is 260,000 events, each with its parents, its author and its own object, where the replica of a log has ' +
      'one put.',
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
