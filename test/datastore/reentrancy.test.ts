import { describe, expect, test } from 'vitest';
import type { Datastore } from '../../src/datastore/index.js';
import { type Desk, failure, settle, twoDesks } from './support/desk.js';

/** A desk whose next `sync()` calls `rule` for field `f` of record `t/r`, which holds 2 here and 3 elsewhere. */
async function collision(rule: (datastore: Datastore) => void): Promise<[Desk, Desk]> {
  const [mine, other] = twoDesks();
  mine.datastore.table('t').insert('r', { f: 1, l: [1] });
  await settle(mine, other);
  mine.datastore.table('t').setResolutionRule('f', ({ local }) => {
    rule(mine.datastore);
    return local;
  });
  mine.datastore.table('t').get('r')?.set('f', 2);
  other.datastore.table('t').get('r')?.set('f', 3);
  await other.settle();
  mine.exchange();
  return [mine, other];
}

const CALLS: readonly (readonly [string, (datastore: Datastore) => unknown])[] = [
  ['set', (datastore) => datastore.table('t').get('r')?.set('g', 1)],
  ['push', (datastore) => datastore.table('t').get('r')?.getList('l').push(2)],
  ['insert', (datastore) => datastore.table('t').insert('new')],
  ['deleteRecord', (datastore) => datastore.table('t').get('r')?.deleteRecord()],
  ['setTitle', (datastore) => datastore.setTitle('title')],
  ['sync', (datastore) => datastore.sync()],
  ['commit', (datastore) => datastore.commit()],
  ['transaction', (datastore) => datastore.transaction(() => undefined)],
  ['loadDeltas', (datastore) => datastore.loadDeltas()],
  ['rollback', (datastore) => datastore.rollback()],
  ['close', (datastore) => datastore.close()],
];

describe('while a merge function runs', () => {
  test.each(CALLS)('12: %s throws bad-state at the call, and the devices agree afterwards', async (_, call) => {
    const codes: string[] = [];
    const [mine, other] = await collision((datastore) => {
      codes.push(failure(() => call(datastore)));
    });
    await mine.datastore.sync();
    expect(codes.map((code) => code.split(' ')[0])).toEqual(['bad-state']);
    await settle(mine, other);
    const rows = [mine, other].map(({ replica }) => JSON.stringify(replica.toRows()));
    expect(rows[0]).toBe(rows[1]);
    expect(mine.datastore.table('t').get('r')?.get('f')).toBe(2);
    expect(mine.datastore.isOpen).toBe(true);
  });
});
