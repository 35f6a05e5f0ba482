/** What an index and a live query cost: they follow what is found or edited, and not the table. */

import { afterAll, describe, expect, test } from 'vitest';
import type { Table } from '../../src/datastore/index.js';
import { Desk } from '../datastore/support/desk.js';
import { StepCounter } from './step-counter.js';

const [FEW, MANY] = [500, 16_000];

const counter = new StepCounter();
afterAll(() => counter.close());

describe('16: the cost of a query with an index', () => {
  /** The steps of a query that finds ten of so many records, and those of an edit. */
  function stepsWith(size: number): { readonly query: number; readonly edit: number } {
    const { datastore } = new Desk();
    const table = datastore.table('t').index('v');
    for (let start = 0; start < size; start += 500) {
      datastore.batch(() => {
        for (let at = start; at < start + 500; at++) table.insert(`r${at}`, { v: at % (size / 10) });
      });
    }
    const query = (): unknown => table.query({ v: 7 });
    expect(query()).toHaveLength(10);
    const edit = (): unknown => table.record('r0').set('v', 7 + (table.record('r0').getDouble('v') % 2));
    edit();
    return { query: counter.count(query), edit: counter.count(edit) };
  }

  test('follows what is found, not the table', () => {
    const [small, large] = [stepsWith(FEW), stepsWith(MANY)];
    expect(large.query / small.query).toBeLessThan(1.3);
    expect(large.edit / small.edit).toBeLessThan(1.3);
  });
});

describe('16: the cost of a live query', () => {
  const EDITS: readonly (readonly [string, (table: Table) => unknown])[] = [
    ['an edit that leaves a record where it is', (table) => table.record('r0').set('w', 1)],
    [
      'an edit that moves a record',
      (table) => table.record('r0').set('v', (table.record('r0').getDouble('v') + 9) % 90),
    ],
    ['a new record', (table) => table.insert({ v: 1 })],
  ];

  /** The steps of each edit beside a live query of a table with so many records. */
  function stepsOfEdits(size: number): number[] {
    const desk = new Desk();
    const table = desk.datastore.table('t');
    desk.datastore.batch(() => {
      for (let at = 0; at < size; at++) table.insert(`r${at}`, { v: (at * 7919) % size });
    });
    let changes = 0;
    table.watch({ v: { gte: 0 } }, () => changes++, { orderBy: 'v', limit: size / 2 });
    return EDITS.map(([, edit]) => {
      edit(table);
      changes = 0;
      const steps = counter.count(() => edit(table));
      expect(changes).toBe(1);
      return steps;
    });
  }

  test('does not grow with the table', () => {
    // Of all edits at once, since it takes a while to fill a large table where nothing is optimized.
    const [small, large] = [stepsOfEdits(FEW), stepsOfEdits(MANY)];
    for (const [at, [title]] of EDITS.entries()) {
      // Thirty-two times the records are five more halvings of a search.
      expect((large[at] ?? Number.NaN) / (small[at] ?? Number.NaN), title).toBeLessThan(1.6);
    }
  });
});
