import { setTimeout as wait } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { Datastore, DatastoreRecord } from '../../src/datastore/index.js';
import { openDatastore } from '../../src/datastore/model/datastore.js';
import { ResolutionRules } from '../../src/index.js';
import { Desk } from './support/desk.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Collects what nothing holds. What was looked at through a WeakRef stays until the next turn of the event loop. */
async function collect(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await wait(1);
    collectGarbage();
  }
  await wait(1);
}

function isMostlyGone(references: readonly WeakRef<object>[]): boolean {
  // A collector owes no promptness: a few stragglers, such as what a register still holds, are no leak.
  return references.filter((reference) => reference.deref() !== undefined).length < references.length / 100;
}

const ROUNDS = 10_000;

describe('10,000 opens and closes', () => {
  test('of one replica leave nothing of the datastores, their tables, records and listeners', async () => {
    const desk = new Desk();
    desk.datastore.table('t').insert('r', { list: ['a'] });
    await desk.datastore.sync();
    desk.datastore.close();
    const references: WeakRef<object>[] = [];
    // The application holds one listener all the while, as a long-lived view would.
    const forever = (): void => undefined;
    for (let round = 0; round < ROUNDS; round++) {
      const { datastore } = openDatastore({ id: 'default', replica: desk.replica, rules: desk.rules, context: desk });
      const listener = (): void => undefined;
      datastore.on('change', listener);
      datastore.on('change', forever);
      datastore.on('syncStatus', forever);
      const record = datastore.table('t').get('r');
      record?.set('a', round);
      datastore.close();
      references.push(new WeakRef(datastore), new WeakRef(listener), new WeakRef(record as DatastoreRecord));
      if (round % 1000 === 0) await wait(0);
    }
    await collect();
    expect(isMostlyGone(references)).toBe(true);
    expect(desk.replica.find('t')).toEqual(['r']);
  });

  test('keep memory flat', async () => {
    const desk = new Desk();
    desk.datastore.close();
    const round = async (): Promise<number> => {
      for (let count = 0; count < ROUNDS / 2; count++) {
        const { datastore } = openDatastore({
          id: 'default',
          replica: desk.replica,
          rules: new ResolutionRules(),
          context: desk,
        });
        datastore.on('change', () => datastore.title);
        datastore.table('t').getOrInsert('r').getOrCreateList('l').push(1);
        datastore.close();
      }
      await collect();
      return process.memoryUsage().heapUsed;
    };
    const [first, second] = [await round(), await round()];
    // Anything held by each of 5000 datastores would come to more than this.
    expect(second - first).toBeLessThan(2_000_000);
  });
});

describe('in an open datastore', () => {
  test('records that nobody holds are let go, and leave nothing behind', async () => {
    const { datastore } = new Desk();
    const table = datastore.table('t');
    const held = table.insert('held');
    const look = async (): Promise<number> => {
      for (let index = 0; index < 50_000; index++) table.get(`r${index}`);
      await collect();
      return process.memoryUsage().heapUsed;
    };
    const [first, second] = [await look(), await look()];
    expect(second - first).toBeLessThan(2_000_000);
    expect(table.get('held')).toBe(held);
  });

  test('a record that somebody holds stays the same object, whatever is collected', async () => {
    const { datastore } = new Desk();
    const held = new Set([datastore.table('t').insert('r')]);
    for (let index = 0; index < 1000; index++) datastore.table('t').insert(`other-${index}`);
    await collect();
    expect([...datastore.table('t').query()].filter((record) => held.has(record))).toEqual([...held]);
  });

  test('listeners that were removed are let go', async () => {
    const { datastore }: { datastore: Datastore } = new Desk();
    const references = Array.from({ length: 100 }, () => {
      const listener = (): void => undefined;
      datastore.on('change', listener)();
      return new WeakRef(listener);
    });
    await collect();
    expect(isMostlyGone(references)).toBe(true);
  });
});
