import { describe, expect, test } from 'vitest';
import type { Datastore } from '../../src/datastore/index.js';
import { UNDO_PAUSE } from '../../src/datastore/index.js';
import { Desk, failure, rejection, settle, twoDesks } from './support/desk.js';

/** Writes down what listeners are told: for each change its records, and each status. */
function listenTo(desk: Desk): string[] {
  const told: string[] = [];
  desk.datastore.on('change', ({ origin, records, isTitleChanged, areRolesChanged }) => {
    const names = [...records].flatMap(([table, changed]) => [...changed].map(({ id }) => `${table}/${id}`));
    told.push(
      [origin, ...names, ...(isTitleChanged ? ['title'] : []), ...(areRolesChanged ? ['roles'] : [])].join(' '),
    );
  });
  desk.datastore.on('syncStatus', ({ hasOutgoing }) => told.push(`outgoing: ${hasOutgoing}`));
  desk.datastore.on('undoStatus', ({ canUndo }) => told.push(`undo: ${canUndo}`));
  return told;
}

const INSIDE: readonly (readonly [string, (datastore: Datastore) => unknown])[] = [
  ['sync', (datastore) => datastore.sync()],
  ['commit', (datastore) => datastore.commit()],
  ['transaction', (datastore) => datastore.transaction(() => undefined)],
  ['loadDeltas', (datastore) => datastore.loadDeltas()],
  ['undo', (datastore) => datastore.undo()],
  ['redo', (datastore) => datastore.redo()],
  ['rollback', (datastore) => datastore.rollback()],
  ['close', (datastore) => datastore.close()],
];

describe('16: a batch', () => {
  test('is one event and one undo item, and returns what its function returned', () => {
    const desk = new Desk();
    const table = desk.datastore.table('t');
    table.insert('old');
    const told = listenTo(desk);
    const result = desk.datastore.batch(() => {
      table.insert('a', { n: 1 }).set('n', 2);
      desk.time += UNDO_PAUSE;
      desk.datastore.table('u').insert('b');
      table.get('old')?.deleteRecord();
      desk.datastore.setTitle('title');
      expect([table.query().count, desk.datastore.title, told]).toEqual([1, 'title', []]);
      return 'done';
    });
    expect([result, told]).toEqual(['done', ['local t/a t/old u/b title']]);
    table.insert('later');
    desk.datastore.undo();
    desk.datastore.undo();
    expect([
      table
        .query()
        .asList()
        .map(({ id }) => id),
      desk.datastore.title,
    ]).toEqual([['old'], undefined]);
  });

  test('that throws changes nothing, and nobody is told', () => {
    const desk = new Desk();
    const table = desk.datastore.table('t');
    const record = table.insert('r', { f: 1, l: ['a', 'b'] });
    const [told, changedCount, before] = [listenTo(desk), desk.changedCount, JSON.stringify(desk.replica.save())];
    const error = new RangeError('broken');
    const broken = (): never => {
      record.set('f', 2).getList('l').move(0, 1).push('c');
      table.insert('s');
      desk.datastore.setTitle('title');
      throw error;
    };
    expect(() => desk.datastore.batch(broken)).toThrow(error);
    expect([told, desk.changedCount, JSON.stringify(desk.replica.save())]).toEqual([[], changedCount, before]);
    // What is edited now belongs to the same undo item as what was edited before.
    record.set('g', 1);
    desk.datastore.undo();
    expect([record.isDeleted, desk.datastore.canUndo]).toEqual([true, false]);
  });

  test('that does nothing tells nobody', () => {
    const desk = new Desk();
    const told = listenTo(desk);
    desk.datastore.batch(() => desk.datastore.table('t').query());
    desk.datastore.batch(() => desk.datastore.table('t').insert('r').deleteRecord());
    expect([told, desk.datastore.canUndo]).toEqual([[], false]);
  });

  test('inside a batch is a part of it, and is undone alone if it throws', () => {
    const desk = new Desk();
    const told = listenTo(desk);
    const table = desk.datastore.table('t');
    const broken = (): never => {
      table.insert('b');
      throw new Error('broken');
    };
    desk.datastore.batch(() => {
      table.insert('a');
      expect(() => desk.datastore.batch(broken)).toThrow('broken');
      desk.datastore.batch(() => table.insert('c'));
    });
    expect(told).toEqual(['local t/a t/c', 'undo: true', 'outgoing: true']);
    desk.datastore.undo();
    expect(table.query().count).toBe(0);
  });

  test('refuses a function that is async, or returns a promise, and undoes what that did', async () => {
    const desk = new Desk();
    const table = desk.datastore.table('t');
    const asynchronous = async (): Promise<void> => {
      table.insert('r');
      await Promise.reject(new Error('nobody hears of this'));
    };
    expect(failure(() => desk.datastore.batch(asynchronous))).toBe('invalid-option');
    expect(failure(() => desk.datastore.batch(5 as never))).toBe('invalid-option');
    expect(table.query().count).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 0));
  });

  test.each(INSIDE)('refuses %s inside, at the call', (_name, call) => {
    const desk = new Desk();
    const record = desk.datastore.table('t').insert('r', { f: 1 });
    desk.datastore.batch(() => {
      record.set('f', 2);
      expect(failure(() => call(desk.datastore))).toBe('bad-state');
      expect(record.get('f')).toBe(2);
    });
    desk.datastore.undo();
    expect([record.get('f'), desk.datastore.isOpen]).toEqual([1, true]);
  });

  test('in a group is a part of it, and a group in a batch a part of that', () => {
    const desk = new Desk();
    const record = desk.datastore.table('t').insert('r', { f: 0 });
    desk.datastore.groupEdits(() => {
      record.set('f', 1);
      desk.datastore.batch(() => record.set('g', 1));
      record.set('h', 1);
    });
    desk.datastore.batch(() => {
      record.set('f', 2);
      desk.datastore.groupEdits(() => record.set('g', 2));
    });
    desk.datastore.undo();
    expect(Object.fromEntries(record)).toEqual({ f: 1, g: 1, h: 1 });
    desk.datastore.undo();
    expect(Object.fromEntries(record)).toEqual({ f: 0 });
  });

  test('in a transaction is committed or rolled back with it', async () => {
    const [mine, other] = twoDesks();
    mine.datastore.table('t').insert('r', { f: 0 });
    await settle(mine, other);
    const add = (): unknown =>
      mine.datastore.batch(() => {
        const record = mine.datastore.table('t').get('r');
        return record?.set('f', record.getDouble('f') + 1);
      });
    other.datastore.table('t').get('r')?.set('f', 10);
    await other.settle();
    expect(await rejection(() => mine.datastore.transaction(add))).toBe('conflict');
    await mine.datastore.transaction(add, { maxTries: 2 });
    await settle(mine, other);
    expect(other.datastore.table('t').get('r')?.get('f')).toBe(11);
  });

  test('is dropped by a rollback like any edit', () => {
    const desk = new Desk();
    desk.datastore.batch(() => desk.datastore.table('t').insert('r'));
    desk.datastore.rollback();
    expect([desk.datastore.table('t').query().count, desk.datastore.canUndo]).toEqual([0, false]);
  });

  test('of a viewer may read, and of a closed datastore fails', () => {
    const desk = new Desk();
    desk.datastore.table('t').insert('r');
    desk.replica.setRole('viewer');
    expect(desk.datastore.batch(() => desk.datastore.table('t').query().count)).toBe(1);
    expect(failure(() => desk.datastore.batch(() => desk.datastore.table('t').insert('s')))).toBe('not-permitted');
    desk.datastore.close();
    expect(failure(() => desk.datastore.batch(() => undefined))).toBe('closed');
  });
});
