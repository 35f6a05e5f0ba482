import { beforeEach, describe, expect, test } from 'vitest';
import { type Datastore, MemoryServer, ServiceError } from '../../../src/datastore/index.js';
import { codeOf } from './support/code-of.js';
import { addAccounts, Device } from './support/device.js';

let server: MemoryServer;
let phone: Device;
let laptop: Device;
let mine: Datastore;
let theirs: Datastore;

beforeEach(async () => {
  server = addAccounts(new MemoryServer());
  phone = new Device(server);
  laptop = new Device(server);
  mine = await (await phone.manager()).openOrCreate('seats');
  mine.table('t').getOrInsert('seat').set('count', 0);
  await mine.commit();
  theirs = await (await laptop.manager()).open('seats');
  await rest();
});

async function rest(): Promise<void> {
  for (let round = 0; round < 3; round++) for (const device of [phone, laptop]) await device.rest();
}

function countOf(datastore: Datastore): unknown {
  return datastore.table('t').get('seat')?.get('count');
}

function increment(datastore: Datastore): () => void {
  return () => {
    const record = datastore.table('t').getOrInsert('seat');
    record.set('count', record.getDouble('count') + 1);
  };
}

function revision(): number {
  return server.sequencer('ann', 'seats').revision;
}

describe('a commit', () => {
  test('resolves once the log has it', async () => {
    increment(mine)();
    await mine.commit();
    expect(revision()).toBe(2);
    expect(mine.syncStatus).toMatchObject({ hasOutgoing: false, isUploading: false });
  });

  test('that others overtook is a conflict, merges nothing, and can be rolled back and made again', async () => {
    increment(theirs)();
    await theirs.commit();
    increment(mine)();
    expect(await codeOf(mine.commit())).toBe('conflict');
    expect([countOf(mine), revision()]).toEqual([1, 2]);
    mine.rollback();
    expect(countOf(mine)).toBe(0);
    await mine.loadDeltas();
    expect(countOf(mine)).toBe(1);
    increment(mine)();
    await mine.commit();
    await theirs.loadDeltas();
    expect(countOf(theirs)).toBe(2);
  });

  test('offline fails at once, before anything could have been sent', async () => {
    (await phone.accounts()).setOnline(false);
    increment(mine)();
    expect(await codeOf(mine.commit())).toBe('network');
    mine.rollback();
    expect(countOf(mine)).toBe(0);
    (await phone.accounts()).setOnline(true);
    await phone.environment.advance(600_000);
    expect(revision()).toBe(1);
  });

  test('while the server cannot be reached fails at once', async () => {
    phone.link().isOnline = false;
    await rest();
    increment(mine)();
    expect(await codeOf(mine.commit())).toBe('network');
    expect(await codeOf(mine.loadDeltas())).toBe('network');
    phone.link().isOnline = true;
    await mine.commit();
    expect(revision()).toBe(2);
  });

  test('whose answer is lost waits until the server says what became of it', async () => {
    let left = 4;
    phone.link().hook = async (call, deliver) => {
      const answer = await deliver();
      if (call.message?.type === 'put' && left-- > 0) throw new ServiceError('network', 'the answer was lost');
      return answer;
    };
    increment(mine)();
    const committed = mine.commit();
    await phone.environment.advance(60_000);
    await committed;
    expect(revision()).toBe(2);
  });

  test('whose request is lost while others come first is a conflict in the end', async () => {
    let left = 1;
    phone.link().hook = async (call, deliver) => {
      if (call.message?.type === 'put' && left-- > 0) throw new ServiceError('network', 'the request was lost');
      return await deliver();
    };
    increment(mine)();
    const outcome = codeOf(mine.commit());
    await phone.rest();
    increment(theirs)();
    await theirs.commit();
    await phone.environment.advance(60_000);
    expect(await outcome).toBe('conflict');
    mine.rollback();
    await mine.loadDeltas();
    expect([countOf(mine), revision()]).toEqual([1, 2]);
  });

  describe('whose answer never comes', () => {
    /** Has the link swallow each put, before or after the server has it. */
    function loseLink(hasArrived: boolean): void {
      phone.link().hook = async (call, deliver) => {
        if (call.message?.type !== 'put') return await deliver();
        if (hasArrived) await deliver();
        return await new Promise(() => undefined);
      };
    }

    test.each([true, false])('does not keep a sync from storing, put arrived: %s', async (hasArrived) => {
      loseLink(hasArrived);
      mine.table('t').insert('committed', {});
      const committed = codeOf(mine.commit());
      await phone.rest();
      mine.table('t').insert('synced', {});
      let isSynced = false;
      void mine.sync().then(() => {
        isSynced = true;
      });
      await phone.rest();
      expect(isSynced).toBe(true);
      const restarted = await (await phone.restarted().manager()).openOrCreate('seats');
      await rest();
      await restarted.loadDeltas();
      const ids = [...restarted.table('t').query()].map(({ id }) => id);
      expect(ids.filter((id) => id === 'committed' || id === 'synced')).toEqual(['committed', 'synced']);
      mine.close();
      expect(await committed).toBe('closed');
    });

    test('does not keep a sync from storing, while deltas are loaded', async () => {
      phone.link().hook = () => new Promise(() => undefined);
      const loaded = codeOf(mine.loadDeltas());
      mine.table('t').insert('synced', {});
      await mine.sync();
      mine.close();
      expect(await loaded).toBe('closed');
    });
  });

  test('during which a sync made its edits ordinary is not taken back, and says so', async () => {
    let left = 1;
    phone.link().hook = async (call, deliver) => {
      if (call.message?.type === 'put' && left-- > 0) throw new ServiceError('network', 'the request was lost');
      return await deliver();
    };
    mine.table('t').setResolutionRule('count', 'sum');
    increment(mine)();
    const outcome = codeOf(mine.commit());
    await phone.rest();
    await mine.sync();
    increment(theirs)();
    await theirs.commit();
    await phone.environment.advance(60_000);
    expect(await outcome).toBe('server');
    mine.rollback();
    await mine.sync();
    await phone.environment.advance(60_000);
    expect([countOf(mine), revision()]).toEqual([2, 3]);
  });

  test('that was never sent, behind edits in doubt, fails and is open again', async () => {
    phone.link().hook = async (call, deliver) => {
      if (call.message?.type === 'put') throw new ServiceError('network', 'the request was lost');
      return await deliver();
    };
    increment(mine)();
    await mine.sync();
    await phone.rest();
    mine.table('t').insert('committed', {});
    expect(await codeOf(mine.commit())).toBe('network');
    mine.rollback();
    expect([mine.table('t').get('committed'), countOf(mine)]).toEqual([undefined, 1]);
  });

  test('that is refused fails with the reason', async () => {
    const shared = await (await phone.manager()).create();
    shared.setRole('public', 'editor');
    await shared.commit();
    const seen = await (await laptop.manager('sam')).open(shared.id);
    await rest();
    seen.table('t').insert({});
    // The role is taken away between the edit and the put, and the one who edited has not heard of it.
    laptop.link('sam').hook = async (_, deliver) => {
      laptop.link('sam').hook = undefined;
      shared.setRole('public', 'viewer');
      await shared.commit();
      return await deliver();
    };
    expect(['conflict', 'not-permitted']).toContain(await codeOf(seen.commit()));
    seen.rollback();
    await seen.loadDeltas();
    expect(seen.table('t').query().count).toBe(0);
  });

  test('of a datastore that was deleted fails', async () => {
    theirs.close();
    mine.close();
    const again = await (await laptop.manager()).open('seats');
    await (await phone.manager()).delete('seats');
    increment(again)();
    expect(await codeOf(again.commit())).toBe('not-found');
  });

  test('that is under way when the datastore is closed, or its manager shut down, fails', async () => {
    for (const end of [() => mine.close(), async () => await (await phone.manager()).shutDown()]) {
      mine.close();
      mine = await (await phone.manager()).open('seats');
      phone.link().hook = () => Promise.reject(new ServiceError('network', 'lost'));
      increment(mine)();
      const outcome = codeOf(mine.commit());
      await phone.rest();
      await end();
      expect(['closed', 'shut-down', 'network']).toContain(await outcome);
      phone.link().hook = undefined;
    }
  });
});

describe('what is left of a commit', () => {
  /** Commits, and ends the device once the put has left, or has arrived, and before anything comes back. */
  async function crash(hasArrived: boolean): Promise<Device> {
    phone.link().hook = async (call, deliver) => {
      if (call.message?.type !== 'put') return await deliver();
      if (hasArrived) await deliver();
      return await new Promise(() => undefined);
    };
    mine.table('rows').insert({ from: 'phone' });
    void mine.commit();
    await phone.rest();
    return phone.restarted();
  }

  for (const hasArrived of [false, true]) {
    test(`by a crash, its put ${hasArrived ? 'having arrived' : 'being lost'}, is in the log or lost everywhere`, async () => {
      const next = await crash(hasArrived);
      theirs.table('rows').insert({ from: 'laptop' });
      await theirs.sync();
      await rest();
      const again = await (await next.manager()).open('seats');
      for (let round = 0; round < 2; round++) {
        await next.environment.advance(600_000);
        await again.sync();
      }
      expect(again.syncStatus.isUploading).toBe(false);
      const rows = [...again.table('rows').query()].map((record) => record.getString('from')).sort();
      expect(rows).toEqual(hasArrived ? ['laptop', 'phone'] : ['laptop']);
    });
  }

  test('by closing in the middle is in the log or lost everywhere, and other edits are not affected', async () => {
    let isLost = true;
    phone.link().hook = async (call, deliver) => {
      if (call.message?.type === 'put' && isLost) throw new ServiceError('network', 'lost');
      return await deliver();
    };
    mine.table('t').insert({ text: 'synced before' });
    await mine.sync();
    increment(mine)();
    const outcome = codeOf(mine.commit());
    await phone.rest();
    mine.close();
    // Only the edits that were synced before are in doubt: those of the commit were never sent.
    expect(await outcome).toBe('network');
    isLost = false;
    await phone.environment.advance(600_000);
    await theirs.loadDeltas();
    expect(theirs.table('t').query().count).toBe(2);
    expect(countOf(theirs)).toBe(0);
    const again = await (await phone.manager()).open('seats');
    // A commit that failed leaves its edits as they were before it: not synced.
    expect(countOf(again)).toBe(1);
    again.rollback();
    expect(countOf(again)).toBe(0);
  });
});

describe('where the server has lost part of its log,', () => {
  /** The put is refused, and what the server still has does not tell whether it was ever there. */
  beforeEach(() => {
    let isFirst = true;
    phone.link().hook = async (call, deliver) => {
      if (call.message?.type !== 'put' || !isFirst) return await deliver();
      isFirst = false;
      const { nonce } = call.message;
      return {
        message: { type: 'refused', nonce, reason: 'unknown-revision', message: 'gone' },
        role: 'owner',
      } as never;
    };
  });

  async function countInTheEnd(): Promise<unknown> {
    await mine.sync();
    await phone.environment.advance(60_000);
    await mine.sync();
    await phone.environment.advance(60_000);
    await theirs.loadDeltas();
    expect(countOf(mine)).toBe(countOf(theirs));
    return countOf(theirs);
  }

  test('a transaction is not made twice, and says that nobody can tell', async () => {
    let runs = 0;
    const outcome = codeOf(
      mine.transaction(
        () => {
          runs++;
          increment(mine)();
        },
        { maxTries: 3 },
      ),
    );
    await phone.environment.advance(60_000);
    expect([await outcome, runs]).toEqual(['server', 1]);
    expect(await countInTheEnd()).toBe(1);
  });

  test('a commit says so too, and not that others came first', async () => {
    increment(mine)();
    const outcome = codeOf(mine.commit());
    await phone.environment.advance(60_000);
    expect(await outcome).toBe('server');
    expect(await countInTheEnd()).toBe(1);
  });
});

describe('a transaction', () => {
  test('is run again on what others did, until it fits', async () => {
    let runs = 0;
    await Promise.all([
      mine.transaction(
        () => {
          runs++;
          increment(mine)();
        },
        { maxTries: 4 },
      ),
      theirs.transaction(increment(theirs), { maxTries: 4 }),
    ]);
    await rest();
    await Promise.all([mine.loadDeltas(), theirs.loadDeltas()]);
    expect([countOf(mine), countOf(theirs)]).toEqual([2, 2]);
    expect(runs).toBeGreaterThanOrEqual(1);
  });

  test('of many devices at once counts each of them', async () => {
    const devices = await Promise.all(
      Array.from({ length: 5 }, async () => {
        const device = new Device(server);
        return await (await device.manager()).open('seats');
      }),
    );
    await Promise.all(devices.map((datastore) => datastore.transaction(increment(datastore), { maxTries: 20 })));
    await mine.loadDeltas();
    expect(countOf(mine)).toBe(5);
    expect(revision()).toBe(6);
  });

  test('that is closed or shut down between two tries fails with that, and asks nothing more', async () => {
    for (const end of [() => mine.close(), async () => (await phone.manager()).shutDown()]) {
      mine = mine.isOpen ? mine : await (await phone.manager()).open('seats');
      await rest();
      await mine.sync();
      let goOn = (): void => undefined;
      let isHeld = false;
      const write = phone.storage.write.bind(phone.storage);
      phone.storage.write = async (batch) => {
        // The first write after the conflict is that of what was retracted.
        if (!isHeld && mine.syncStatus.hasIncoming) {
          isHeld = true;
          await new Promise<void>((resolve) => {
            goOn = resolve;
          });
        }
        await write(batch);
      };
      const outcome = codeOf(
        mine.transaction(
          () => {
            increment(mine)();
            if (!isHeld) increment(theirs)();
          },
          { maxTries: 2 },
        ),
      );
      phone.link().hook = async (call, deliver) => {
        if (call.message?.type === 'put') await theirs.commit();
        return await deliver();
      };
      await rest();
      expect(isHeld).toBe(true);
      const ended = end();
      goOn();
      await ended;
      let asked = 0;
      phone.link().hook = async (_, deliver) => {
        asked++;
        return await deliver();
      };
      expect(await outcome).toMatch(/^(closed|shut-down)$/);
      await phone.rest();
      expect(asked).toBe(0);
      phone.link().hook = undefined;
      phone.storage.write = write;
      await theirs.loadDeltas();
    }
  });

  test('gives up with a conflict, and leaves the edits of others and of this user', async () => {
    phone.link().hook = async (call, deliver) => {
      if (call.message?.type === 'put') {
        increment(theirs)();
        await theirs.transaction(increment(theirs), { maxTries: 9 });
      }
      return await deliver();
    };
    expect(await codeOf(mine.transaction(increment(mine), { maxTries: 3 }))).toBe('conflict');
    phone.link().hook = undefined;
    await mine.loadDeltas();
    await theirs.loadDeltas();
    expect(countOf(mine)).toBe(countOf(theirs));
    expect(mine.syncStatus.isUploading).toBe(false);
  });
});

test('a transaction that is refused fails, whenever somebody syncs', async () => {
  const phone = new Device(addAccounts(new MemoryServer()));
  const notes = await (await phone.manager()).openOrCreate('notes');
  await phone.rest();
  phone.link().hook = async (call, deliver) => {
    if (call.message?.type !== 'put') return await deliver();
    const { nonce } = call.message;
    const refused = { type: 'refused', nonce, reason: 'limit', code: 'datastore-too-large', message: 'full' } as const;
    return { message: refused, role: 'owner' } as never;
  };
  const outcome = codeOf(notes.transaction(() => notes.table('t').insert('r', {})));
  // No turn is left out, as a fault would show in one alone.
  for (let turns = 0; turns < 400; turns++) {
    await Promise.resolve();
    void notes.sync();
  }
  await phone.rest();
  expect([await outcome, notes.table('t').query().count]).toEqual(['datastore-too-large', 0]);
});
