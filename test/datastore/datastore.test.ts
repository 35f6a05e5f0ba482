import { describe, expect, test } from 'vitest';
import {
  type AnyTables,
  BASE_CHANGE_SIZE,
  BASE_DATASTORE_SIZE,
  BASE_FIELD_SIZE,
  BASE_RECORD_SIZE,
  BASE_UNSYNCED_CHANGES_SIZE,
  type ChangedRecords,
  type ChangeEvent,
  DATASTORE_SIZE_LIMIT,
  type DatastoreRecord,
  type DatastoreStatus,
  RECORD_COUNT_LIMIT,
  RECORD_SIZE_LIMIT,
  UNSYNCED_CHANGES_SIZE_LIMIT,
} from '../../src/datastore/index.js';
import { NO_LIMITS } from '../../src/index.js';
import { Desk, failure, rejection, settle, twoDesks } from './support/desk.js';

/** Changed records as text: `t:a,b`, those that were deleted with a minus. */
function show(records: ChangedRecords<AnyTables>): string {
  const ids = (changed: ReadonlySet<DatastoreRecord>): string =>
    [...changed].map((record) => (record.isDeleted ? `-${record.id}` : record.id)).join(',');
  return [...records].map(([table, changed]) => `${table}:${ids(changed)}`).join(' ');
}

function showEvent({ origin, records, isTitleChanged, areRolesChanged }: ChangeEvent<AnyTables>): string {
  return [origin, show(records), isTitleChanged ? 'title' : '', areRolesChanged ? 'roles' : '']
    .filter(Boolean)
    .join(' ');
}

/** Every change that a device is told of, as text. */
function changesOf({ datastore }: Desk): string[] {
  const told: string[] = [];
  datastore.on('change', (event) => told.push(showEvent(event)));
  return told;
}

/** The names of all that is true in a status. */
function trueIn(status: DatastoreStatus): string {
  return Object.entries(status)
    .filter(([, value]) => value === true)
    .map(([name]) => name)
    .join(' ');
}

describe('a datastore', () => {
  test('knows what it is and who opened it', () => {
    const desk = new Desk(undefined, { id: 'default' });
    const { datastore } = desk;
    expect([datastore.id, datastore.isOpen, datastore.isShareable]).toEqual(['default', true, false]);
    expect(datastore.manager).toBe(desk.manager);
    expect([datastore.effectiveRole, datastore.isWritable]).toEqual(['owner', true]);
  });

  test('weighs and counts as it is edited', () => {
    const { datastore } = new Desk();
    expect([datastore.size, datastore.recordCount, datastore.unsyncedChangesSize]).toEqual([BASE_DATASTORE_SIZE, 0, 0]);
    datastore.table('t').insert({ a: 'xyz' });
    expect(datastore.size).toBe(BASE_DATASTORE_SIZE + BASE_RECORD_SIZE + BASE_FIELD_SIZE + 3);
    expect([datastore.recordCount, datastore.unsyncedChangesSize]).toEqual([
      1,
      BASE_UNSYNCED_CHANGES_SIZE + BASE_CHANGE_SIZE + 3,
    ]);
  });

  test('has the limits of the reference', () => {
    expect(DATASTORE_SIZE_LIMIT).toBe(10 * 1024 * 1024);
    expect(UNSYNCED_CHANGES_SIZE_LIMIT).toBe(2 * 1024 * 1024);
    expect(RECORD_SIZE_LIMIT).toBe(100 * 1024);
    expect(RECORD_COUNT_LIMIT).toBe(100_000);
  });

  test('has a title, which can be deleted, and travels', async () => {
    const [mine, other] = twoDesks();
    const [told, toldOther] = [changesOf(mine), changesOf(other)];
    expect(mine.datastore.title).toBeUndefined();
    mine.datastore.setTitle('To do');
    expect(mine.datastore.title).toBe('To do');
    await settle(mine, other);
    expect(other.datastore.title).toBe('To do');
    other.datastore.setTitle(undefined);
    await settle(other, mine);
    expect(mine.datastore.title).toBeUndefined();
    expect(told).toEqual(['local title', 'remote title']);
    expect(toldOther).toEqual(['remote title', 'local title']);
    mine.datastore.setTitle(undefined);
    expect(told).toHaveLength(2);
    expect(failure(() => mine.datastore.setTitle(7 as never))).toBe('invalid-value');
    expect(mine.datastore.tables()).toEqual([]);
  });

  test('has a modified time once it was edited and synced', async () => {
    const desk = new Desk();
    desk.time = 41;
    await desk.datastore.sync();
    expect(desk.datastore.mtime).toBeUndefined();
    desk.datastore.table('t').insert();
    expect(desk.datastore.mtime).toBeUndefined();
    await desk.datastore.sync();
    expect(desk.datastore.mtime).toEqual(new Date(43));
  });
});

describe('a sync', () => {
  test('merges before it returns, and resolves when all is stored', async () => {
    const [mine, other] = twoDesks();
    other.datastore.table('t').insert('theirs');
    await other.settle();
    mine.exchange();
    mine.datastore.table('t').insert('mine');
    let finish = (): void => undefined;
    mine.save = () => new Promise((resolve) => (finish = resolve));
    let isStored = false;
    const synced = mine.datastore.sync().then((changed) => {
      isStored = true;
      return changed;
    });
    expect([...mine.datastore.table('t').query()].map(({ id }) => id)).toEqual(['mine', 'theirs']);
    await Promise.resolve();
    expect(isStored).toBe(false);
    finish();
    expect(show(await synced)).toBe('t:theirs');
  });

  test('returns the very objects of the records that others changed, deleted ones too, and no others', async () => {
    const [mine, other] = twoDesks();
    const table = mine.datastore.table('t');
    const [edited, gone] = [table.insert('edited', { a: 1 }), table.insert('gone')];
    table.insert('same', { a: 1 });
    mine.datastore.table('u').insert('untouched');
    expect(show(await mine.datastore.sync())).toBe('');
    await settle(mine, other);
    const theirs = other.datastore.table('t');
    theirs.get('edited')?.set('a', 2);
    theirs.get('gone')?.deleteRecord();
    theirs.get('same')?.set('a', 1);
    theirs.insert('new');
    await other.settle();
    mine.exchange();
    const changed = await mine.datastore.sync();
    expect(show(changed)).toBe('t:edited,-gone,new');
    expect(changed.get('t')?.has(edited)).toBe(true);
    expect(changed.get('t')?.has(gone)).toBe(true);
    expect([...(await mine.datastore.sync())]).toEqual([]);
  });

  test('stores what it sealed: it is there when the datastore is opened again, and what was not synced is not', async () => {
    const desk = new Desk();
    desk.datastore.table('t').insert('synced');
    await desk.datastore.sync();
    desk.datastore.table('t').insert('lost');
    desk.datastore.close();
    const again = new Desk(desk.sequencer, desk.saved === undefined ? {} : { saved: desk.saved });
    expect([...again.datastore.table('t').query()].map(({ id }) => id)).toEqual(['synced']);
    await again.settle();
    expect(again.sequencer.revision).toBe(1);
  });

  test('fails if the server deleted the datastore', async () => {
    const desk = new Desk();
    desk.link = { ...desk.link, isDeleted: true };
    expect(await rejection(() => desk.datastore.sync())).toBe('not-found');
    expect(desk.datastore.syncStatus.needsReset).toBe(true);
  });

  test('fails where storing fails, and the next one stores all', async () => {
    const desk = new Desk();
    desk.datastore.table('t').insert('r');
    const save = desk.save.bind(desk);
    desk.save = () => Promise.reject(new Error('disk full'));
    await expect(desk.datastore.sync()).rejects.toThrow('disk full');
    desk.save = save;
    await desk.datastore.sync();
    expect(desk.saved?.pending).toHaveLength(1);
  });

  test('24: tells of a merge function that fails, and brings in everything else', async () => {
    const [mine, other] = twoDesks();
    const record = mine.datastore.table('t').insert('r', { f: 1 });
    await settle(mine, other);
    mine.datastore.table('t').setResolutionRule('f', () => {
      throw new Error('broken rule');
    });
    record.set('f', 2);
    other.datastore.table('t').get('r')?.set('f', 3);
    await other.settle();
    mine.exchange();
    const told: unknown[] = [];
    const stop = mine.datastore.on('ruleFailure', ({ failures }) => told.push(...failures));
    mine.datastore.on('conflict', ({ conflicts }) => told.push(...conflicts));
    await mine.datastore.sync();
    expect([record.get('f'), mine.datastore.syncStatus.hasIncoming]).toEqual([3, false]);
    const error = expect.objectContaining({ code: 'invalid-rule', cause: new Error('broken rule') });
    expect(told).toEqual([
      expect.objectContaining({ field: 'f', lost: expect.anything(), failure: error }),
      { table: 't', record: 'r', field: 'f', error },
    ]);
    expect(mine.listenerErrors).toEqual([]);
    stop();
    record.set('f', 4);
    other.datastore.table('t').get('r')?.set('f', 5);
    await other.settle();
    mine.exchange();
    await mine.datastore.sync();
    expect(mine.listenerErrors).toEqual([error]);
  });
});

describe('listeners', () => {
  test('are told of local edits one by one, and of what others did once a sync', async () => {
    const [mine, other] = twoDesks();
    const told = changesOf(other);
    const toldMine = changesOf(mine);
    mine.datastore.table('t').insert('a').set('x', 1).getOrCreateList('l').push(1, 2);
    mine.datastore.table('u').insert('b').deleteRecord();
    await settle(mine, other);
    expect(toldMine).toEqual(['local t:a', 'local t:a', 'local t:a', 'local t:a', 'local u:b', 'local u:-b']);
    expect(told).toEqual(['remote t:a']);
    mine.datastore.table('t').get('a')?.set('y', 1);
    mine.datastore.setTitle('title');
    mine.datastore.rollback();
    expect(toldMine.slice(6)).toEqual(['local t:a', 'local title', 'local t:a title']);
  });

  test('are told of conflicts, with what was lost', async () => {
    const [mine, other] = twoDesks();
    const record = mine.datastore.table('t').insert('r', { f: 1 });
    await settle(mine, other);
    const told: unknown[] = [];
    mine.datastore.on('conflict', ({ conflicts }) => told.push(conflicts));
    record.set('f', 2);
    other.datastore.table('t').get('r')?.set('f', 3);
    await settle(other, mine);
    expect(told).toMatchObject([
      [{ table: 't', record: 'r', field: 'f', rule: 'remote', base: 1, local: 2, remote: 3 }],
    ]);
  });

  test('are told of edits that were refused', async () => {
    const [mine] = twoDesks({ limits: NO_LIMITS });
    const told: unknown[] = [];
    mine.datastore.on('refusal', (event) => told.push(event));
    mine.datastore.table('t').insert('r');
    await mine.datastore.sync();
    const nonce = mine.replica.outgoing()?.nonce ?? '';
    mine.replica.receive({ type: 'refused', nonce, reason: 'limit', message: 'too large' });
    expect(show(await mine.datastore.sync())).toBe('t:-r');
    expect(told).toMatchObject([{ refused: [{ nonce, refusal: { reason: 'limit' } }], indeterminate: [] }]);
  });

  test('are added once however often, removed at once, and told in order', () => {
    const { datastore } = new Desk();
    const told: string[] = [];
    const [first, second] = [(): unknown => told.push('first'), (): unknown => told.push('second')];
    const stop = datastore.on('change', first);
    datastore.on('change', first);
    datastore.on('change', second);
    datastore.table('t').insert();
    datastore.off('change', () => undefined);
    datastore.off('conflict', second as never);
    stop();
    stop();
    datastore.table('t').insert();
    datastore.off('change', second);
    datastore.table('t').insert();
    expect(told).toEqual(['first', 'second', 'second']);
  });

  test('that remove or add listeners while they are told do so for what comes next', () => {
    const { datastore } = new Desk();
    const told: string[] = [];
    const late = (): unknown => told.push('late');
    const removed = (): unknown => told.push('removed');
    datastore.on('change', () => {
      datastore.off('change', removed);
      datastore.on('change', late);
    });
    datastore.on('change', removed);
    datastore.table('t').insert();
    expect(told).toEqual([]);
    datastore.table('t').insert();
    expect(told).toEqual(['late']);
  });

  test('that throw disturb nobody: the edit stands, the others are told, and the host learns of it', () => {
    const desk = new Desk();
    const error = new Error('listener broke');
    desk.datastore.on('change', () => {
      throw error;
    });
    const told = changesOf(desk);
    desk.datastore.table('t').insert('r');
    expect([told, desk.listenerErrors]).toEqual([['local t:r'], [error]]);
  });

  test('may edit, and close', async () => {
    const [mine, other] = twoDesks();
    mine.datastore.on('change', ({ origin }) => {
      if (origin === 'remote')
        mine.datastore.table('log').insert('seen').table.datastore.isOpen && mine.datastore.close();
    });
    other.datastore.table('t').insert();
    await other.settle();
    mine.exchange();
    await mine.datastore.sync();
    expect([mine.datastore.isOpen, mine.replica.tables(), mine.listenerErrors]).toEqual([false, [':info', 't'], []]);
  });

  test('are let go when the datastore is closed, and none is taken after', async () => {
    const desk = new Desk();
    const told = changesOf(desk);
    desk.datastore.on('syncStatus', () => told.push('status'));
    desk.datastore.table('t').insert();
    told.length = 0;
    desk.datastore.close();
    desk.datastore.on('change', () => told.push('change'));
    desk.datastore.on('syncStatus', () => told.push('status'));
    desk.handle.statusChanged();
    desk.handle.roleChanged();
    expect(await rejection(() => desk.datastore.sync())).toBe('closed');
    expect(told).toEqual([]);
  });
});

describe('the sync status', () => {
  test('says what is open, what waits, and what the next sync brings in', async () => {
    const [mine, other] = twoDesks();
    const status = (): string => trueIn(mine.datastore.syncStatus);
    expect(status()).toBe('isConnected');
    mine.datastore.table('t').insert('a');
    expect(status()).toBe('isConnected hasOutgoing');
    await mine.datastore.sync();
    expect(status()).toBe('isConnected isUploading');
    mine.exchange();
    expect(status()).toBe('isConnected');
    other.datastore.table('t').insert('b');
    await other.settle();
    mine.exchange();
    expect(status()).toBe('isConnected hasIncoming');
    await mine.datastore.sync();
    expect(status()).toBe('isConnected');
  });

  test('passes on what the link knows', () => {
    const desk = new Desk();
    desk.link = { ...desk.link, isConnected: false, isDownloading: true };
    expect(trueIn(desk.datastore.syncStatus)).toBe('isDownloading');
    expect(desk.datastore.syncStatus.anyError).toBeUndefined();
    const [downloadError, uploadError] = [failed(), failed()];
    desk.link = { ...desk.link, uploadError };
    expect(desk.datastore.syncStatus).toMatchObject({ downloadError: undefined, uploadError, anyError: uploadError });
    desk.link = { ...desk.link, downloadError };
    expect(desk.datastore.syncStatus.anyError).toBe(downloadError);
  });

  test('is told when it changed, and only then', async () => {
    const desk = new Desk();
    const told: string[] = [];
    desk.datastore.on('syncStatus', (status) => told.push(trueIn(status)));
    desk.handle.statusChanged();
    desk.datastore.table('t').insert().set('a', 1);
    await desk.datastore.sync();
    desk.exchange();
    desk.handle.statusChanged();
    desk.handle.statusChanged();
    desk.link = { ...desk.link, isConnected: false };
    desk.handle.statusChanged();
    expect(told).toEqual(['isConnected hasOutgoing', 'isConnected isUploading', 'isConnected', '']);
  });

  function failed(): NonNullable<DatastoreStatus['anyError']> {
    try {
      new Desk().datastore.table('no id!');
    } catch (error) {
      return error as NonNullable<DatastoreStatus['anyError']>;
    }
    throw new Error('That is not an id');
  }
});

describe('a datastore that is closed', () => {
  test('drops what was not synced, keeps what was, and tells its host once', async () => {
    const desk = new Desk();
    desk.datastore.table('t').insert('synced');
    await desk.datastore.sync();
    desk.datastore.table('t').insert('lost');
    desk.datastore.close();
    desk.datastore.close();
    expect([desk.datastore.isOpen, desk.closedCount]).toEqual([false, 1]);
    expect(desk.replica.find('t')).toEqual(['synced']);
    expect(desk.replica.status).toMatchObject({ hasUncommitted: false, hasOutgoing: true });
  });

  test('is so at the end of a block that uses it', () => {
    const desk = new Desk();
    {
      using datastore = desk.datastore;
      expect(datastore.isOpen).toBe(true);
    }
    expect(desk.datastore.isOpen).toBe(false);
  });

  test('says why it is', async () => {
    const desk = new Desk();
    desk.handle.shutDown('shut-down');
    desk.datastore.close();
    expect(failure(() => desk.datastore.title)).toBe('shut-down');
    expect(await rejection(() => desk.datastore.sync())).toBe('shut-down');
    expect(desk.closedCount).toBe(1);
  });
});
