import { describe, expect, test } from 'vitest';
import { DatastoreError, ServiceError } from '../../src/datastore/index.js';
import { Desk, rejection, settle, twoDesks } from './support/desk.js';

/** Two devices that both have task `a`. */
async function twoDesksWithTask(): Promise<[Desk, Desk]> {
  const desks = twoDesks();
  desks[0].datastore.table('tasks').insert('a', { count: 0n });
  await settle(...desks);
  return desks;
}

/** What a device shows: `a{count=1} b{}`. */
function tasksOf({ datastore }: Desk): string {
  const tasks = [...datastore.table('tasks').query()];
  return tasks.map((task) => `${task.id}{${[...task].map(([name, value]) => `${name}=${value}`)}}`).join(' ');
}

/** The code or message of what a promise rejects with, or `resolved`. */
async function outcomeOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => 'resolved',
    (error: Error) => (error instanceof DatastoreError ? error.code : error.message),
  );
}

function addOne(desk: Desk): void {
  const record = desk.datastore.table('tasks').get('a');
  record?.set('count', record.getLong('count') + 1n);
}

describe('a commit', () => {
  test('puts what was edited and what waits, and resolves when the log has it', async () => {
    const [mine, other] = await twoDesksWithTask();
    addOne(mine);
    await mine.datastore.sync();
    addOne(mine);
    const { revision } = mine.sequencer;
    await mine.datastore.commit();
    expect(mine.sequencer.revision).toBe(revision + 2);
    expect(mine.datastore.syncStatus).toMatchObject({ isUploading: false, hasOutgoing: false });
    await other.settle();
    expect(tasksOf(other)).toBe('a{count=2}');
    await mine.datastore.commit();
    expect(mine.sequencer.revision).toBe(revision + 2);
  });

  test('fails where others came first, merges nothing, and leaves the edits to be rolled back', async () => {
    const [mine, other] = await twoDesksWithTask();
    addOne(other);
    await other.settle();
    addOne(mine);
    expect(await rejection(() => mine.datastore.commit())).toBe('conflict');
    expect(tasksOf(mine)).toBe('a{count=1}');
    expect(mine.datastore.syncStatus).toMatchObject({ hasOutgoing: true, hasIncoming: true, isUploading: false });
    expect(mine.saved).toMatchObject({ pending: [], open: [expect.anything(), expect.anything()] });
    mine.datastore.rollback();
    expect(tasksOf(mine)).toBe('a{count=0}');
    await mine.datastore.loadDeltas();
    addOne(mine);
    await mine.datastore.commit();
    expect(tasksOf(mine)).toBe('a{count=2}');
  });

  test('fails where others came first, and leaves the edits to be merged', async () => {
    const [mine, other] = await twoDesksWithTask();
    other.datastore.table('tasks').insert('b');
    await other.settle();
    mine.datastore.table('tasks').insert('c');
    expect(await rejection(() => mine.datastore.commit())).toBe('conflict');
    await mine.datastore.sync();
    expect(tasksOf(mine)).toBe('a{count=0} b{} c{}');
    await settle(mine, other);
    expect(tasksOf(other)).toBe('a{count=0} b{} c{}');
  });

  test('that breaks off before anything was sent leaves the edits open, after that sealed', async () => {
    const [mine] = await twoDesksWithTask();
    const fail = (): never => {
      throw new Error('no connection');
    };
    mine.onCommit = fail;
    addOne(mine);
    await expect(mine.datastore.commit()).rejects.toThrow('no connection');
    expect(mine.datastore.syncStatus).toMatchObject({ hasOutgoing: true, isUploading: false });
    mine.onCommit = () => {
      mine.replica.outgoing();
      fail();
    };
    await expect(mine.datastore.commit()).rejects.toThrow('no connection');
    expect(mine.datastore.syncStatus).toMatchObject({ hasOutgoing: false, isUploading: true });
    mine.datastore.rollback();
    await mine.settle();
    expect(tasksOf(mine)).toBe('a{count=1}');
  });

  test('of a closed datastore fails', async () => {
    const [mine] = await twoDesksWithTask();
    mine.datastore.close();
    expect(await rejection(() => mine.datastore.commit())).toBe('closed');
    expect(await rejection(() => mine.datastore.transaction(() => 1))).toBe('closed');
  });

  test('during which the datastore is closed leaves the edits to the background', async () => {
    const [mine, other] = await twoDesksWithTask();
    addOne(other);
    await other.settle();
    addOne(mine);
    mine.onCommit = () => mine.datastore.close();
    expect(await rejection(() => mine.datastore.commit())).toBe('conflict');
    expect(mine.replica.status).toMatchObject({ hasUncommitted: false, isInFlight: true });
  });
});

describe('a transaction', () => {
  test('runs again on what others did, until it comes first', async () => {
    const [mine, other] = await twoDesksWithTask();
    let hurdles = 2;
    mine.onCommit = async () => {
      if (hurdles-- <= 0) return;
      addOne(other);
      await other.settle();
    };
    let runs = 0;
    const result = await mine.datastore.transaction(
      () => {
        addOne(mine);
        return ++runs;
      },
      { maxTries: 4 },
    );
    expect([result, tasksOf(mine)]).toEqual([3, 'a{count=3}']);
    await other.settle();
    expect(tasksOf(other)).toBe('a{count=3}');
  });

  test('fails after as many tries as it was given, one unless told otherwise, and leaves no trace', async () => {
    const [mine, other] = await twoDesksWithTask();
    mine.onCommit = async () => {
      addOne(other);
      await other.settle();
    };
    for (const [maxTries, count] of [[undefined, 1n] as const, [3, 4n] as const]) {
      const options = maxTries === undefined ? {} : { maxTries };
      let runs = 0;
      const edit = (): void => {
        runs++;
        mine.datastore.table('tasks').insert(`mine-${runs}`);
      };
      expect(await rejection(() => mine.datastore.transaction(edit, options))).toBe('conflict');
      expect(runs).toBe(maxTries ?? 1);
      expect(mine.saved).toMatchObject({ pending: [], open: [] });
      await settle(mine, other);
      expect(tasksOf(mine)).toBe(`a{count=${count}}`);
    }
  });

  test('that throws is rolled back, alone', async () => {
    const [mine] = await twoDesksWithTask();
    mine.datastore.table('tasks').insert('before');
    const { revision } = mine.sequencer;
    const edit = (): never => {
      addOne(mine);
      throw new Error('changed my mind');
    };
    await expect(mine.datastore.transaction(edit)).rejects.toThrow('changed my mind');
    expect(tasksOf(mine)).toBe('a{count=0} before{}');
    expect(mine.sequencer.revision).toBe(revision);
  });

  test('must be made in one go, and allowed at least one try', async () => {
    const [mine] = await twoDesksWithTask();
    const later = async (): Promise<void> => {
      addOne(mine);
      await Promise.resolve();
    };
    expect(await rejection(() => mine.datastore.transaction(later))).toBe('invalid-option');
    for (const maxTries of [0, -1, 1.5, Number.NaN, '2']) {
      const options = { maxTries } as { maxTries: number };
      expect(await rejection(() => mine.datastore.transaction(() => addOne(mine), options))).toBe('invalid-option');
    }
    for (const edit of [undefined, null, 5, {}] as never[]) {
      expect(await rejection(() => mine.datastore.transaction(edit))).toBe('invalid-option');
    }
    for (const options of [null, 5, 'once'] as never[]) {
      expect(await rejection(() => mine.datastore.transaction(() => addOne(mine), options))).toBe('invalid-option');
    }
    expect(tasksOf(mine)).toBe('a{count=0}');
  });

  test('that edits nothing puts nothing', async () => {
    const [mine] = await twoDesksWithTask();
    const { revision } = mine.sequencer;
    expect(await mine.datastore.transaction(() => 'nothing')).toBe('nothing');
    expect(mine.sequencer.revision).toBe(revision);
  });

  test('that is refused is retracted, and nothing else with it', async () => {
    const [mine] = await twoDesksWithTask();
    const refuse = (): never => {
      const { nonce } = mine.replica.outgoing() ?? { nonce: '' };
      mine.replica.receive({ type: 'refused', nonce, reason: 'permission', message: 'no' });
      throw new ServiceError('not-permitted', 'no');
    };
    mine.onCommit = refuse;
    expect(await rejection(() => mine.datastore.transaction(() => addOne(mine), { maxTries: 3 }))).toBe(
      'not-permitted',
    );
    expect(tasksOf(mine)).toBe('a{count=0}');
    expect(mine.datastore.syncStatus.isUploading).toBe(false);
  });

  test('leaves alone what else is edited: before it, while it is on its way, and by others', async () => {
    const [mine, other] = await twoDesksWithTask();
    const tasks = mine.datastore.table('tasks');
    tasks.insert('before');
    let isFirst = true;
    mine.onCommit = async () => {
      if (!isFirst) return;
      isFirst = false;
      tasks.insert('meanwhile');
      tasks.get('a')?.set('note', 'meanwhile');
      other.datastore.table('tasks').insert('other');
      await other.settle();
    };
    await mine.datastore.transaction(() => addOne(mine), { maxTries: 2 });
    await settle(mine, other);
    expect(tasksOf(mine)).toBe('a{count=1,note=meanwhile} before{} meanwhile{} other{}');
    expect(tasksOf(other)).toBe(tasksOf(mine));
  });

  test('that is retracted takes along what was edited in a record of its own, and says so', async () => {
    const [mine, other] = await twoDesksWithTask();
    const lost: string[] = [];
    mine.datastore.on('conflict', ({ conflicts }) => lost.push(...conflicts.map(({ record }) => record)));
    mine.onCommit = async () => {
      mine.datastore.table('tasks').get('new')?.set('note', 'meanwhile');
      addOne(other);
      await other.settle();
    };
    expect(await rejection(() => mine.datastore.transaction(() => mine.datastore.table('tasks').insert('new')))).toBe(
      'conflict',
    );
    expect([tasksOf(mine), lost]).toEqual(['a{count=0}', ['new']]);
  });

  const FRUITLESS: readonly (readonly [string, string, (desk: Desk) => unknown])[] = [
    ['does nothing', 'resolved', () => undefined],
    [
      'throws',
      'changed my mind',
      (desk) => {
        addOne(desk);
        throw new Error('changed my mind');
      },
    ],
    [
      'is not made in one go',
      'invalid-option',
      async (desk) => {
        addOne(desk);
        await Promise.resolve();
      },
    ],
  ];

  test.each(FRUITLESS)('that %s leaves open what was edited before it', async (_, outcome, edit) => {
    const [mine, other] = await twoDesksWithTask();
    const tasks = mine.datastore.table('tasks');
    tasks.insert('synced');
    const done = outcomeOf(mine.datastore.transaction(() => edit(mine)));
    tasks.insert('before');
    expect(await done).toBe(outcome);
    expect(tasksOf(mine)).toBe('a{count=0} before{} synced{}');
    expect(mine.datastore.syncStatus.hasOutgoing).toBe(true);
    expect(mine.datastore.unsyncedChangesSize).toBeGreaterThan(0);
    // What is stored was stored before: with what the merge sealed, and without what is open.
    expect(mine.saved).toMatchObject({ pending: [expect.anything()], open: [] });
    mine.datastore.rollback();
    expect(tasksOf(mine)).toBe('a{count=0} synced{}');
    tasks.insert('after');
    await settle(mine, other);
    expect(tasksOf(other)).toBe('a{count=0} after{} synced{}');
  });

  test('that fails leaves open what was edited before it, here and in what is stored', async () => {
    const [mine, other] = await twoDesksWithTask();
    mine.onCommit = async () => {
      mine.datastore.table('tasks').insert('meanwhile');
      addOne(other);
      await other.settle();
    };
    const done = rejection(() => mine.datastore.transaction(() => addOne(mine)));
    mine.datastore.table('tasks').insert('before');
    expect(await done).toBe('conflict');
    expect(tasksOf(mine)).toBe('a{count=0} before{} meanwhile{}');
    expect(mine.saved).toMatchObject({ pending: [], nonce: null });
    expect(mine.saved?.open.map(([, table, record]) => `${table}/${record}`)).toEqual([
      ':info/info',
      'tasks/before',
      'tasks/meanwhile',
    ]);
    mine.datastore.rollback();
    await settle(mine, other);
    expect(tasksOf(mine)).toBe('a{count=1}');
  });

  test('that fails leaves alone what was edited before it where that may be in the log, or is', async () => {
    for (const isAnswered of [true, false]) {
      const [mine, other] = await twoDesksWithTask();
      mine.onCommit = () => {
        const put = mine.replica.outgoing();
        if (put === undefined) throw new Error('nothing to put');
        const answer = mine.sequencer.answer(put, 'owner');
        if (isAnswered) mine.replica.receive(answer);
        throw new ServiceError('network', 'the connection broke');
      };
      const done = rejection(() => mine.datastore.transaction(() => addOne(mine)));
      mine.datastore.table('tasks').insert('before');
      expect(await done).toBe('network');
      mine.datastore.rollback();
      expect(tasksOf(mine)).toBe('a{count=0} before{}');
      await settle(mine, other);
      expect(tasksOf(other)).toBe('a{count=0} before{}');
      expect(mine.sequencer.revision).toBe(2);
    }
  });

  test('that fails, and was stored so, does not put after a crash what was open', async () => {
    const [mine, other] = await twoDesksWithTask();
    mine.onCommit = async () => {
      addOne(other);
      await other.settle();
    };
    const done = rejection(() => mine.datastore.transaction(() => addOne(mine)));
    mine.datastore.table('tasks').insert('before');
    await done;
    const again = new Desk(mine.sequencer, mine.saved === undefined ? {} : { saved: mine.saved });
    again.exchange();
    expect(mine.sequencer.revision).toBe(2);
    again.datastore.rollback();
    await again.settle();
    expect(tasksOf(again)).toBe('a{count=1}');
  });

  test('that closes the datastore fails, with what it throws if it does', async () => {
    for (const error of [undefined, new Error('changed my mind')]) {
      const [mine] = await twoDesksWithTask();
      const edit = (): void => {
        addOne(mine);
        mine.datastore.close();
        if (error !== undefined) throw error;
      };
      expect(await outcomeOf(mine.datastore.transaction(edit))).toBe(error?.message ?? 'closed');
      expect(mine.sequencer.revision).toBe(1);
    }
  });

  test('and commits and syncs take turns', async () => {
    const [mine, other] = await twoDesksWithTask();
    addOne(other);
    await other.settle();
    const seen: string[] = [];
    let synced: Promise<void> | undefined;
    mine.onCommit = () => {
      seen.push(tasksOf(mine));
      mine.loadDeltas();
      // Nothing is merged while a transaction is on its way.
      synced = mine.datastore.sync().then(() => void seen.push('synced'));
      mine.onCommit = () => undefined;
    };
    const increments = [1, 2, 3].map(() => mine.datastore.transaction(() => addOne(mine), { maxTries: 3 }));
    await Promise.all(increments);
    await synced;
    expect(seen).toEqual(['a{count=1}', 'synced']);
    expect(tasksOf(mine)).toBe('a{count=4}');
    await settle(mine, other);
    expect(tasksOf(other)).toBe('a{count=4}');
  });
});

test('a rollback without edits does nothing', async () => {
  const [mine] = await twoDesksWithTask();
  mine.datastore.rollback();
  expect(tasksOf(mine)).toBe('a{count=0}');
});
