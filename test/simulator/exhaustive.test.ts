import { describe, expect, test } from 'vitest';
import type { Change, FieldOp } from '../../src/index.js';
import { readJournal } from './journal.js';
import { nonceReused } from './planted/nonce-reused.js';
import type { PlantedBug } from './planted/planted-bug.js';
import { retryAppliedAgain } from './planted/retry-applied-again.js';
import { exploreAll, type Script, type ScriptedEdit } from './small-scope.js';

/** How many moves deep every interleaving is gone through: 5 unless the environment says otherwise. 6 takes half a minute. */
const DEPTH = Number(process.env['DELTAIC_SCOPE_DEPTH'] ?? 5);

const tag =
  (value: string): ScriptedEdit =>
  () => [journalUpdate('tags', { type: 'list', create: false, ops: [{ type: 'insert', index: 0, value }] })];

const add =
  (amount: bigint): ScriptedEdit =>
  (view) => [journalUpdate('count', { type: 'put', value: (readJournal(view)?.count ?? 0n) + amount })];

const moveLast: ScriptedEdit = (view) => {
  const last = (readJournal(view)?.tags.length ?? 0) - 1;
  if (last < 1) return [];
  return [journalUpdate('tags', { type: 'list', create: false, ops: [{ type: 'move', from: last, to: 0 }] })];
};

function journalUpdate(field: string, op: FieldOp): Change {
  return { type: 'update', table: 'journal', record: 'j', ops: new Map([[field, op]]) };
}

const put =
  (value: string): ScriptedEdit =>
  (view) =>
    view.get('notes', 'a') === undefined
      ? [{ type: 'insert', table: 'notes', record: 'a', fields: new Map([['high', value]]) }]
      : [{ type: 'update', table: 'notes', record: 'a', ops: new Map([['high', { type: 'put', value }]]) }];

const remove: ScriptedEdit = (view): readonly Change[] =>
  view.get('notes', 'a') === undefined ? [] : [{ type: 'delete', table: 'notes', record: 'a' }];

const SCRIPTS: readonly (readonly [title: string, script: Script])[] = [
  [
    'tags and sums of one record',
    [
      [tag('a1'), add(1n), tag('a2')],
      [add(10n), tag('b1'), moveLast],
    ],
  ],
  [
    'inserts, puts and deletes of one record',
    [
      [put('a1'), remove, put('a2')],
      [put('b1'), put('b2'), remove],
    ],
  ],
];

describe(`every interleaving of up to ${DEPTH} moves converges and loses nothing`, () => {
  test.each(SCRIPTS)('%s', (_title, script) => {
    const { states, moves } = exploreAll(script, DEPTH);
    console.log(`Depth ${DEPTH}: ${moves} sequences of moves led to ${states} different states.`);
    expect(states).toBeGreaterThan(100);
  });
});

describe('the small scope finds a planted bug:', () => {
  const planted: readonly (readonly [PlantedBug, Script])[] = [
    [nonceReused, [[tag('a1')], [tag('b1')]]],
    [retryAppliedAgain, [[tag('a1'), tag('a2')], []]],
  ];

  test.each(planted.map(([bug, script]) => ({ ...bug, script })))('$title', ({ machines, script }) => {
    expect(() => exploreAll(script, 8, machines)).toThrow('after:');
  });
});
