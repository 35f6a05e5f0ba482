/** Undo and redo go on after a restart. */

import { beforeEach, expect, test } from 'vitest';
import { type Datastore, DEFAULT_AUTOSAVE_DELAY, MemoryServer, UNDO_PAUSE } from '../../../src/datastore/index.js';
import { addAccounts, Device } from './support/device.js';

let server: MemoryServer;
let phone: Device;
let notes: Datastore;

beforeEach(async () => {
  server = addAccounts(new MemoryServer());
  phone = new Device(server);
  notes = await (await phone.manager()).openOrCreate('notes');
  await phone.rest();
});

async function afterCrash(device = phone): Promise<Datastore> {
  return await (await device.restarted().manager()).openOrCreate('notes');
}

function rows(datastore: Datastore): string {
  const records = [...datastore.table('t').query()].map((record) => [record.id, record.toObject()]);
  return JSON.stringify(records.sort());
}

/** What undoing everything shows, step by step, and then redoing it. */
function ends(datastore: Datastore): string[] {
  const seen = [rows(datastore)];
  while (datastore.undo()) seen.push(rows(datastore));
  while (datastore.redo()) seen.push(rows(datastore));
  return seen;
}

test('every state that was stored is gone back through, and forward again, whenever the device dies', async () => {
  const seen = [rows(notes)];
  const record = notes.table('t').getOrInsert('page');
  const text = record.getOrCreateList('text');
  for (let at = 0; at < 12; at++) {
    text.push(String(at));
    if (at % 3 === 0) record.set('n', at);
    if (at % 4 === 1) await notes.sync();
    phone.link().isOnline = at % 5 !== 0;
    seen.push(rows(notes));
    await phone.environment.advance(UNDO_PAUSE + DEFAULT_AUTOSAVE_DELAY);
    const expected = [...seen].reverse();
    expect(ends(await afterCrash())).toEqual([...expected, ...seen.slice(1)]);
  }
  notes.undo();
  notes.undo();
  await phone.environment.advance(DEFAULT_AUTOSAVE_DELAY);
  const again = await afterCrash();
  expect(rows(again)).toBe(seen.at(-3));
  expect([again.redo(), again.redo(), again.redo(), rows(again)]).toEqual([true, true, false, seen.at(-1)]);
});

test('what others do after the restart stays when the user undoes what was before it', async () => {
  const tablet = new Device(server);
  notes.table('t').insert('r', { mine: 1, theirs: 1 });
  await notes.sync();
  await phone.rest();
  notes.table('t').get('r')?.set('mine', 2);
  await notes.sync();
  await phone.rest();
  const device = phone.restarted();
  const again = await (await device.manager()).openOrCreate('notes');
  const other = await (await tablet.manager()).openOrCreate('notes');
  await tablet.rest();
  await other.sync();
  other.table('t').get('r')?.set('theirs', 2);
  await other.sync();
  await tablet.rest();
  await device.rest();
  await again.sync();
  expect(rows(again)).toBe('[["r",{"mine":2,"theirs":2}]]');
  expect([again.undo(), rows(again)]).toEqual([true, '[["r",{"mine":1,"theirs":2}]]']);
});

test('edits that were not sealed, in items of their own, are undone one by one, and a rollback drops them all', async () => {
  notes.table('t').insert('r', { f: 0 });
  await notes.sync();
  await phone.rest();
  for (const value of [1, 2, 3]) {
    notes.table('t').get('r')?.set('f', value);
    await phone.environment.advance(UNDO_PAUSE);
  }
  const again = await afterCrash();
  expect(again.undo() && rows(again)).toBe('[["r",{"f":2}]]');
  expect(again.undo() && rows(again)).toBe('[["r",{"f":1}]]');
  again.rollback();
  expect([rows(again), again.canUndo]).toEqual(['[["r",{"f":0}]]', false]);
});

test('of items that undo large values, as many of the latest are stored as fit', async () => {
  const text = notes.table('t').getOrInsert('page').getOrCreateList('text');
  text.push(...'to be or not to be '.repeat(100));
  for (let at = 0; at < 24; at++) {
    text.insert(500 + at, 'k');
    if (at % 5 === 0)
      notes
        .table('t')
        .getOrInsert('page')
        .set('large', 'abcde'.charAt(at / 5).repeat(40_000));
    await notes.sync();
    await phone.rest();
  }
  const again = await afterCrash();
  let count = 0;
  while (again.undo()) count++;
  // To undo edit 20 takes the value of edit 15, and there is no room for that of edit 10 too.
  expect(count).toBe(8);
});
