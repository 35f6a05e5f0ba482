import { beforeEach, describe, expect, test } from 'vitest';
import {
  type Account,
  AccountManager,
  type Datastore,
  DatastoreError,
  type DatastoreManager,
  environmentOf,
  MemoryServer,
} from '../../../src/datastore/index.js';
import { settled } from '../../../src/datastore/testing/index.js';
import { codeOf } from './support/code-of.js';
import { addAccounts, Device } from './support/device.js';
import { Disk, puts } from './support/disk.js';

let server: MemoryServer;
let phone: Device;
let accounts: AccountManager;

beforeEach(async () => {
  server = addAccounts(new MemoryServer());
  phone = new Device(server);
  accounts = await phone.accounts();
});

describe('linking', () => {
  test('keeps accounts in the order in which they were linked', async () => {
    expect([accounts.hasLinkedAccount, accounts.linkedAccount]).toEqual([false, undefined]);
    const ann = await accounts.link('ann');
    const sam = await accounts.link('sam');
    expect(accounts.hasLinkedAccount).toBe(true);
    expect(accounts.linkedAccount).toBe(sam);
    expect(accounts.linkedAccounts).toEqual([ann, sam]);
    expect([ann.id, ann.isLinked]).toEqual(['ann', true]);
  });

  test('one that is linked already has no effect', async () => {
    const heard: string[] = [];
    accounts.addListener(({ account }) => heard.push(account.id));
    const [first, second] = await Promise.all([accounts.link('ann'), accounts.link('ann')]);
    expect(first).toBe(second);
    expect(heard).toEqual(['ann']);
  });

  test('by an invalid id fails', async () => {
    for (const id of ['', 'a b', 'ä', 'x'.repeat(129), 7 as unknown as string]) {
      expect(await codeOf(accounts.link(id))).toBe('invalid-name');
    }
    expect(accounts.hasLinkedAccount).toBe(false);
  });

  test('outlasts a restart, with what is known of the users', async () => {
    await accounts.link('sam');
    await accounts.link('ann');
    await phone.rest();
    const next = phone.restarted();
    server.setAccount('ann', { userName: 'Ann New' });
    const again = await next.accounts();
    expect(again.linkedAccounts.map(({ id }) => id)).toEqual(['sam', 'ann']);
    expect(again.linkedAccount?.info?.displayName).toBe('Ann Example (Example)');
    await next.rest();
    expect(again.linkedAccount?.info?.displayName).toBe('Ann New');
  });

  test('to which there is no way fails, and has no effect', async () => {
    let isBroken = true;
    const options = {
      storage: new Disk(),
      environment: phone.environment,
      connect: (id: string) => {
        if (isBroken) throw new Error('no way');
        return server.link(id);
      },
    };
    const manager = await AccountManager.open(options);
    await expect(manager.link('ann')).rejects.toThrow('no way');
    expect(manager.hasLinkedAccount).toBe(false);
    await manager.close();
    const again = await AccountManager.open(options);
    expect(again.hasLinkedAccount).toBe(false);
    isBroken = false;
    const ann = await again.link('ann');
    expect(await codeOf(again.managerFor(ann))).toBe('resolved');
  });

  test('that cannot be stored fails, and has no effect', async () => {
    const full = new Disk(({ method }) => {
      if (method === 'write') throw new Error('no space left');
    });
    const manager = await new Device(server, full).accounts();
    const failure = await manager.link('ann').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'storage', cause: new Error('no space left') });
    expect(failure).toBeInstanceOf(DatastoreError);
    expect(manager.hasLinkedAccount).toBe(false);
  });
});

describe('what there is to say about a user', () => {
  test('is fetched in the background, and told when it is there or changes', async () => {
    const ann = await accounts.link('ann');
    const heard: (string | undefined)[] = [];
    const listener = (account: Account): void => void heard.push(account.info?.displayName);
    ann.addListener(listener);
    ann.addListener(listener);
    expect(ann.info).toBeUndefined();
    await phone.rest();
    expect(ann.info).toEqual({ displayName: 'Ann Example (Example)', userName: 'Ann Example', orgName: 'Example' });
    (await accounts.managerFor(ann)).addListListener(() => undefined);
    await phone.rest();
    server.setAccount('ann', { userName: 'Ann' });
    await phone.rest();
    expect(ann.info).toEqual({ displayName: 'Ann', userName: 'Ann', orgName: undefined });
    ann.removeListener(listener);
    server.setAccount('ann', { userName: 'Ann Again' });
    await phone.rest();
    expect(heard).toEqual(['Ann Example (Example)', 'Ann']);
  });

  test('is not there offline, and is asked for again when the server is reached', async () => {
    phone.isOnline = false;
    const ann = await accounts.link('ann');
    await phone.rest();
    expect(ann.info).toBeUndefined();
    phone.link().isOnline = true;
    (await accounts.managerFor(ann)).addListListener(() => undefined);
    await phone.rest();
    expect(ann.info?.userName).toBe('Ann Example');
  });
});

describe('unlinking', () => {
  test('shuts the manager down, deletes what is cached, and is told once to everyone', async () => {
    const ann = await accounts.link('ann');
    const manager = await accounts.managerFor(ann);
    const notes = await manager.openOrCreate('notes');
    notes.table('t').insert({});
    await notes.sync();
    const heard: unknown[] = [];
    accounts.addListener(({ account, manager: owner }) => heard.push([account.isLinked, owner === accounts]));
    ann.addListener((account) => heard.push(account.isLinked));
    await ann.unlink();
    await ann.unlink();
    expect(heard).toEqual([false, [false, true]]);
    expect([ann.isLinked, manager.isShutDown, notes.isOpen, accounts.hasLinkedAccount]).toEqual([
      ...[false, true, false, false],
    ]);
    expect(await phone.storage.keys('space')).toEqual([]);
    for (const call of [() => manager.openDefault(), () => manager.list(), () => accounts.managerFor(ann)]) {
      expect(await codeOf(call())).toBe('unauthorized');
    }
    expect(() => notes.table('t').insert({})).toThrow(expect.objectContaining({ code: 'unauthorized' }));
  });

  test('all accounts at once leaves the local datastores', async () => {
    await accounts.link('ann');
    await accounts.link('sam');
    const local = await accounts.localManager();
    (await local.openDefault()).close();
    await accounts.unlink();
    expect(accounts.linkedAccounts).toEqual([]);
    expect(await local.list()).toHaveLength(1);
  });

  test('that was interrupted is completed when the device starts again', async () => {
    const ann = await accounts.link('ann');
    const manager = await accounts.managerFor(ann);
    (await manager.openDefault()).close();
    const crashed = phone.storage.copy(({ batch }) => {
      if ((batch?.deletes ?? []).length > 0) throw new Error('crash');
    });
    const device = new Device(server, crashed);
    const failed = await codeOf((await device.account()).unlink());
    expect(failed).toBe('storage');
    const next = new Device(server, crashed.copy());
    expect((await next.accounts()).hasLinkedAccount).toBe(false);
    expect(await next.storage.keys('space')).toEqual([]);
  });

  test('and linking again begins with nothing cached', async () => {
    const ann = await accounts.link('ann');
    const notes = await (await accounts.managerFor(ann)).openOrCreate('notes');
    notes.table('t').insert({ text: 'uploaded' });
    await notes.sync();
    await phone.rest();
    await ann.unlink();
    const again = await accounts.link('ann');
    expect(again).not.toBe(ann);
    const reopened = await (await accounts.managerFor(again)).open('notes');
    expect(reopened.table('t').query().count).toBe(1);
  });

  test('and linking again, before the old manager has ended, gives one that hears of the network', async () => {
    let release: (() => void) | undefined;
    let isSlow = false;
    const storage = new Disk();
    const write = storage.write.bind(storage);
    storage.write = async (batch) => {
      if (isSlow && puts((key) => key.includes('/data/'))(batch)) {
        await new Promise<void>((resolve) => (release = resolve));
      }
      await write(batch);
    };
    const device = new Device(server, storage);
    const notes = await (await device.manager()).openOrCreate('notes');
    await device.rest();
    isSlow = true;
    notes.table('t').insert({ text: 'being written' });
    const syncing = codeOf(notes.sync());
    await settled();
    const unlinking = (await device.account()).unlink();
    await settled();
    isSlow = false;
    const opened = device.manager().then(async (manager) => await manager.openOrCreate('others'));
    await settled();
    release?.();
    await Promise.all([unlinking, syncing]);
    const again = await opened;
    await device.rest();
    expect(again.syncStatus.isConnected).toBe(true);
    (await device.accounts()).setOnline(false);
    await device.rest();
    expect(again.syncStatus.isConnected).toBe(false);
  });
});

describe('an account that the server rejects', () => {
  /** Two edits that the server does not have, by a manager that is open. */
  async function edited(device: Device): Promise<Datastore> {
    const notes = await (await device.manager()).openOrCreate('notes');
    await device.rest();
    device.link().isOnline = false;
    notes.table('t').insert('one', {});
    await notes.sync();
    notes.table('t').insert('two', {});
    await notes.sync();
    return notes;
  }

  function uploaded(): string[] {
    const sequencer = server.sequencer('ann', 'notes');
    return ['one', 'two', 'three'].filter((id) => sequencer.get('t', id) !== undefined);
  }

  test('is suspended: nothing is deleted, the status says why, and no timer runs', async () => {
    const notes = await edited(phone);
    const ann = await phone.account();
    const heard: unknown[] = [];
    ann.addListener(({ authorizationError }) => heard.push(authorizationError?.code));
    server.removeAccount('ann');
    phone.link().isOnline = true;
    await phone.environment.advance(600_000);
    expect([ann.isLinked, notes.isOpen, heard]).toEqual([true, true, ['unauthorized']]);
    expect(notes.syncStatus).toMatchObject({
      isConnected: false,
      isUploading: true,
      downloadError: { code: 'unauthorized' },
    });
    expect(phone.environment.timerCount).toBe(0);
    const restarted = await phone.restarted().manager();
    expect((await restarted.openOrCreate('notes')).table('t').query().count).toBe(2);
  });

  test('goes on with what waits when the user has signed in again', async () => {
    const notes = await edited(phone);
    const ann = await phone.account();
    server.removeAccount('ann');
    phone.link().isOnline = true;
    await phone.environment.advance(600_000);
    notes.table('t').insert('three', {});
    await notes.sync();
    addAccounts(server);
    await phone.environment.advance(600_000);
    expect(ann.authorizationError?.code).toBe('unauthorized');
    ann.resume();
    await phone.rest();
    expect(ann.authorizationError).toBeUndefined();
    expect(notes.syncStatus).toMatchObject({ isConnected: true, isUploading: false, anyError: undefined });
    expect(uploaded()).toEqual(['one', 'two', 'three']);
  });

  test('is noticed wherever the link is used, and at the next start', async () => {
    const uses: ((manager: DatastoreManager) => Promise<unknown>)[] = [
      async (manager) => await Promise.resolve(manager.addListListener(() => undefined)),
      async (manager) => await manager.list().catch(() => undefined),
      async (manager) => await manager.openDefault(),
    ];
    for (const use of uses) {
      addAccounts(server);
      const device = new Device(server);
      const manager = await device.manager();
      await device.rest();
      server.removeAccount('ann');
      await use(manager);
      await device.rest();
      expect([manager.isShutDown, (await device.account()).authorizationError?.code]).toEqual([false, 'unauthorized']);
      expect(device.environment.timerCount).toBe(0);
      const next = device.restarted();
      const [ann] = (await next.accounts()).linkedAccounts;
      await next.rest();
      expect(ann?.authorizationError?.code).toBe('unauthorized');
    }
  });

  test('fails a commit and a load at once, and resumes by a call that succeeds', async () => {
    const manager = await phone.manager();
    const notes = await manager.openOrCreate('notes');
    await phone.rest();
    server.removeAccount('ann');
    await phone.rest();
    notes.table('t').insert('one', {});
    expect([await codeOf(notes.commit()), await codeOf(notes.loadDeltas()), await codeOf(manager.list())]).toEqual([
      ...['unauthorized', 'unauthorized', 'unauthorized'],
    ]);
    addAccounts(server);
    expect(await manager.list()).toHaveLength(1);
    await notes.commit();
    expect(uploaded()).toEqual(['one']);
  });
});

describe('managers', () => {
  test('are the same until they are shut down, and each account has its own', async () => {
    const [ann, sam] = [await accounts.link('ann'), await accounts.link('sam')];
    const [one, two] = await Promise.all([accounts.managerFor(ann), accounts.managerFor(ann)]);
    expect(one).toBe(two);
    expect(one.account).toBe(ann);
    const other = await accounts.managerFor(sam);
    (await one.openOrCreate('notes')).close();
    expect(await other.list()).toEqual([]);
    await one.shutDown();
    expect(await accounts.managerFor(ann)).not.toBe(one);
    const local = await accounts.localManager();
    expect([local.isLocal, local.account]).toEqual([true, undefined]);
    expect(await accounts.localManager()).toBe(local);
  });

  test('of an account that is not linked here fail', async () => {
    const elsewhere = await (await new Device(server).accounts()).link('ann');
    await accounts.link('ann');
    const local = await accounts.localManager();
    for (const account of [undefined, null, 'ann', {}] as never[]) {
      expect(await codeOf(accounts.managerFor(account))).toBe('invalid-option');
      expect(await codeOf(local.migrateToAccount(account))).toBe('invalid-option');
    }
    expect(await codeOf(accounts.managerFor(elsewhere))).toBe('unauthorized');
    expect(await codeOf(local.migrateToAccount(elsewhere))).toBe('bad-state');
    expect(local.isShutDown).toBe(false);
  });

  test('make damaged caches anew, and report damaged data for that datastore alone', async () => {
    const manager = await accounts.managerFor(await accounts.link('ann'));
    phone.link().isOnline = false;
    for (const id of ['good', 'bad']) {
      const datastore = await manager.openOrCreate(id);
      datastore.table('t').insert('kept', {});
      await datastore.sync();
    }
    const damaged = Uint8Array.of(0xff, 0xff);
    const keys = await phone.storage.keys('space-1/');
    let disk = phone.storage.copy();
    const broken = keys.filter((key) => !key.startsWith('space-1/data/good') && !key.startsWith('space-1/log/good'));
    for (const key of ['space-1/list/', 'space-1/summary/none', ...broken]) disk = await disk.with(key, damaged);
    expect(broken).toEqual(expect.arrayContaining(['space-1/summary/good', 'space-1/summary/bad', 'space-1/data/bad']));
    const device = new Device(server, disk);
    const again = await device.manager();
    await device.rest();
    // What was not uploaded is, though nothing said that it was not.
    expect(server.sequencer('ann', 'good').revision).toBe(1);
    expect(await codeOf(again.openOrCreate('bad'))).toBe('corrupt-data');
    const good = await again.openOrCreate('good');
    expect(good.table('t').get('kept')).toBeDefined();
    expect((await again.list()).map(({ id }) => id)).toEqual(['bad', 'good']);
    expect(device.failures).toEqual([]);
  });

  test('of a damaged storage fail, and name what is wrong', async () => {
    for (const bytes of [new TextEncoder().encode('"nonsense"'), Uint8Array.of(0xff), new Uint8Array()]) {
      expect(await codeOf(new Device(server, await phone.storage.with('device', bytes)).accounts())).toBe(
        'corrupt-data',
      );
    }
  });
});

describe('a listener of accounts', () => {
  test('hears nothing once it is removed; one that throws disturbs nobody', async () => {
    const heard: string[] = [];
    const listener = (): void => void heard.push('change');
    accounts.addListener(() => {
      throw new Error('broken listener');
    });
    accounts.addListener(listener);
    accounts.removeListener(() => undefined);
    await accounts.link('ann');
    accounts.removeListener(listener);
    await accounts.link('sam');
    expect(heard).toEqual(['change']);
    expect(phone.failures).toEqual([new Error('broken listener'), new Error('broken listener')]);
  });

  test('that throws is an error that nobody caught, unless somebody wants to know', async () => {
    const device = new Device(server);
    const manager = await AccountManager.open({
      storage: device.storage,
      environment: device.environment,
      connect: (id) => server.link(id),
    });
    manager.addListener(() => {
      throw new Error('broken listener');
    });
    await manager.link('ann');
    await expect(device.environment.advance(0)).rejects.toThrow('broken listener');
  });
});

test('an environment is made of the global object', async () => {
  const environment = environmentOf(globalThis);
  expect(Math.abs(environment.now() - Date.now())).toBeLessThan(1000);
  expect(environment.randomBytes(16)).toHaveLength(16);
  expect(environment.randomBytes(16)).not.toEqual(environment.randomBytes(16));
  const cancelled = environment.schedule(0, () => expect.fail('it was cancelled'));
  cancelled();
  await new Promise<void>((resolve) => environment.schedule(1, resolve));
});
