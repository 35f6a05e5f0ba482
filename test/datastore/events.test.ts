import { describe, expect, test } from 'vitest';
import { Listeners } from '../../src/datastore/model/listeners.js';
import { Desk, settle, twoDesks } from './support/desk.js';

describe('while listeners are told', () => {
  test('11: the second listener for changes hears them in order if the first one edits', () => {
    const desk = new Desk();
    const table = desk.datastore.table('t');
    const heard: string[] = [];
    desk.datastore.on('change', ({ records }) => {
      if ([...(records.get('t') ?? [])].some(({ id }) => id === 'first')) table.insert('second');
    });
    desk.datastore.on('change', ({ records }) => {
      heard.push(...[...(records.get('t') ?? [])].map(({ id }) => id));
    });
    table.insert('first');
    expect(heard).toEqual(['first', 'second']);
  });

  test('11: the last status that the second listener hears is the present one if the first one syncs', async () => {
    const desk = new Desk();
    const heard: boolean[] = [];
    let synced: Promise<unknown> = Promise.resolve();
    desk.datastore.on('syncStatus', ({ hasOutgoing }) => {
      if (hasOutgoing) synced = desk.datastore.sync();
    });
    desk.datastore.on('syncStatus', ({ hasOutgoing }) => heard.push(hasOutgoing));
    desk.datastore.table('t').insert('r');
    await synced;
    expect(heard).toEqual([true, false]);
    expect(desk.datastore.syncStatus.hasOutgoing).toBe(false);
  });

  test('11: an event that a listener causes comes after the other events of its own sync', async () => {
    const [mine, other] = twoDesks();
    const record = mine.datastore.table('t').insert('r', { f: 1 });
    await settle(mine, other);
    const heard: string[] = [];
    mine.datastore.on('change', ({ origin }) => {
      if (origin === 'remote') mine.datastore.setTitle('seen');
    });
    mine.datastore.on('change', ({ origin, isTitleChanged }) =>
      heard.push(`${origin}${isTitleChanged ? ' title' : ''}`),
    );
    record.set('f', 2);
    other.datastore.table('t').get('r')?.set('f', 3);
    await other.settle();
    mine.exchange();
    await mine.datastore.sync();
    expect(heard).toEqual(['local', 'remote', 'local title']);
  });

  test('11: a listener that is added after an event does not hear it, and one that is removed hears no more', () => {
    const listeners = new Listeners<{ e: number }>(() => undefined);
    const heard: string[] = [];
    const late = (event: number): void => void heard.push(`late ${event}`);
    const gone = (event: number): void => void heard.push(`gone ${event}`);
    listeners.add('e', (event) => {
      if (event !== 1) return;
      listeners.tell('e', 2);
      listeners.add('e', late);
      listeners.tell('e', 3);
      listeners.remove('e', gone);
    });
    listeners.add('e', gone);
    listeners.tell('e', 1);
    expect(heard).toEqual(['late 3']);
  });

  test('11: nothing more is told once a listener has closed the datastore', () => {
    const desk = new Desk();
    const heard: string[] = [];
    desk.datastore.on('change', () => {
      desk.datastore.setTitle('title');
      desk.datastore.close();
    });
    desk.datastore.on('change', () => heard.push('change'));
    desk.datastore.table('t').insert('r');
    expect([heard, desk.listenerErrors]).toEqual([[], []]);
  });

  test('11: listeners that answer every event with an edit fail, and the datastore goes on', () => {
    const desk = new Desk();
    const table = desk.datastore.table('t');
    let edits = 0;
    const answer = (): void => void table.insert(`r${++edits}`);
    desk.datastore.on('change', answer);
    table.insert('start');
    expect([edits, desk.listenerErrors]).toEqual([1000, [expect.objectContaining({ code: 'bad-state' })]]);
    desk.datastore.off('change', answer);
    const heard: string[] = [];
    desk.datastore.on('change', ({ origin }) => heard.push(origin));
    table.insert('next');
    expect(heard).toEqual(['local']);
  });

  test('30: what an async listener rejects with goes to onFailure', async () => {
    const desk = new Desk();
    const error = new Error('async listener broke');
    desk.datastore.on('change', () => Promise.reject(error));
    desk.datastore.table('t').insert('r');
    await Promise.resolve();
    expect(desk.listenerErrors).toEqual([error]);
  });
});
