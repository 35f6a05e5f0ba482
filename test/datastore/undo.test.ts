import { describe, expect, test } from 'vitest';
import { UNDO_PAUSE } from '../../src/datastore/index.js';
import { Desk, failure, settle, twoDesks } from './support/desk.js';

function fieldsOf(desk: Desk): unknown[] {
  const record = desk.datastore.table('t').get('r');
  return record === undefined ? [] : record.names().map((name) => record.get(name));
}

describe('undo and redo of a datastore', () => {
  test('14: undo the edits since the last sync, tell them as a local change, and do them again', async () => {
    const desk = new Desk();
    const record = desk.datastore.table('t').insert('r', { f: 1 });
    await desk.datastore.sync();
    record.set('f', 2);
    record.set('g', 2);
    const told: string[] = [];
    desk.datastore.on('change', ({ origin, records }) => told.push(`${origin} ${records.get('t')?.size}`));
    expect([desk.datastore.undo(), fieldsOf(desk)]).toEqual([true, [1]]);
    expect([desk.datastore.redo(), fieldsOf(desk)]).toEqual([true, [2, 2]]);
    expect(told).toEqual(['local 1', 'local 1']);
    expect([desk.datastore.undo(), desk.datastore.undo(), desk.datastore.undo()]).toEqual([true, true, false]);
    expect(record.isDeleted).toBe(true);
  });

  test('14: leave what others did, and reach them by the next sync', async () => {
    const [mine, other] = twoDesks();
    const record = mine.datastore.table('t').insert('r', { f: 1, g: 1 });
    await settle(mine, other);
    record.set('f', 2);
    await settle(mine, other);
    other.datastore.table('t').get('r')?.set('g', 3);
    await settle(other, mine);
    mine.datastore.undo();
    await settle(mine, other);
    expect([fieldsOf(mine), fieldsOf(other)]).toEqual([
      [1, 3],
      [1, 3],
    ]);
    expect([other.datastore.canUndo, other.datastore.undo(), fieldsOf(other)]).toEqual([true, true, [1, 1]]);
  });

  test('14: offline, an undo at once followed by a redo is nothing to upload but the edit itself', async () => {
    const desk = new Desk();
    desk.datastore.table('t').insert('r', { f: 1 });
    await desk.settle();
    const { revision } = desk.sequencer;
    desk.datastore.table('t').get('r')?.set('f', 2);
    desk.datastore.undo();
    desk.datastore.redo();
    desk.datastore.undo();
    await desk.settle();
    expect([fieldsOf(desk), desk.sequencer.revision]).toEqual([[1], revision]);
  });

  test('14: one item ends at a pause', () => {
    const desk = new Desk();
    const record = desk.datastore.table('t').insert('r', { f: 1 });
    record.set('f', 2);
    desk.time += UNDO_PAUSE;
    record.set('f', 3);
    record.set('f', 4);
    desk.datastore.undo();
    expect(fieldsOf(desk)).toEqual([2]);
    desk.datastore.undo();
    expect(record.isDeleted).toBe(true);
  });

  test('14: a group is one item, with groups inside, whatever pauses there are, and if it throws', () => {
    const desk = new Desk();
    const { datastore } = desk;
    const record = datastore.table('t').insert('r', { f: 1 });
    const result = datastore.groupEdits(() => {
      record.set('f', 2);
      desk.time += UNDO_PAUSE;
      datastore.groupEdits(() => record.set('g', 2));
      record.set('h', 2);
      return 'done';
    });
    record.set('f', 3);
    expect([result, datastore.undo(), fieldsOf(desk)]).toEqual(['done', true, [2, 2, 2]]);
    expect([datastore.undo(), fieldsOf(desk)]).toEqual([true, [1]]);
    const broken = (): never => {
      record.set('f', 5);
      throw new Error('broken');
    };
    expect(() => datastore.groupEdits(broken)).toThrow('broken');
    record.set('f', 6);
    expect([datastore.undo(), fieldsOf(desk)]).toEqual([true, [5]]);
    expect(failure(() => datastore.groupEdits(1 as never))).toBe('invalid-option');
    expect(failure(() => datastore.groupEdits(async () => undefined))).toBe('invalid-option');
    expect(failure(() => datastore.groupEdits(async () => Promise.reject(new Error('nobody hears this'))))).toBe(
      'invalid-option',
    );
  });

  test('14: listeners are told when they become possible, and when no more', async () => {
    const desk = new Desk();
    const told: string[] = [];
    desk.datastore.on('undoStatus', ({ canUndo, canRedo }) => told.push(`${canUndo} ${canRedo}`));
    const record = desk.datastore.table('t').insert('r');
    record.set('f', 1);
    await desk.datastore.sync();
    desk.datastore.undo();
    desk.datastore.redo();
    desk.datastore.undo();
    desk.datastore.table('t').insert('s');
    desk.datastore.rollback();
    expect(told).toEqual(['true false', 'false true', 'true false', 'false true', 'true false', 'false true']);
  });

  test('14: of edits in a commit that is under way wait until it has ended', async () => {
    const desk = new Desk();
    desk.datastore.table('t').insert('r', { f: 1 });
    await desk.settle();
    const during: unknown[] = [];
    desk.onCommit = () => {
      during.push(desk.datastore.canUndo, desk.datastore.undo(), fieldsOf(desk));
    };
    desk.datastore.table('t').get('r')?.set('f', 2);
    await desk.datastore.commit();
    expect(during).toEqual([false, false, [2]]);
    expect([desk.datastore.canUndo, desk.datastore.undo(), fieldsOf(desk)]).toEqual([true, true, [1]]);
  });

  test('14: bring back the title', () => {
    const { datastore } = new Desk();
    datastore.setTitle('one');
    datastore.groupEdits(() => datastore.setTitle('two'));
    const told: boolean[] = [];
    datastore.on('change', ({ isTitleChanged }) => told.push(isTitleChanged));
    datastore.undo();
    expect([datastore.title, told]).toEqual(['one', [true]]);
  });

  test('14: of a viewer are not permitted, and of a closed datastore fail', () => {
    const desk = new Desk();
    desk.datastore.table('t').insert('r');
    desk.replica.setRole('viewer');
    expect(failure(() => desk.datastore.undo())).toBe('not-permitted');
    desk.datastore.close();
    expect(failure(() => desk.datastore.undo())).toBe('closed');
    expect(failure(() => desk.datastore.canUndo)).toBe('closed');
  });
});
