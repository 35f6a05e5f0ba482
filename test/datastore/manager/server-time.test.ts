import { expect, test } from 'vitest';
import { AccountManager, type Link, MemoryServer } from '../../../src/datastore/index.js';
import { ManualEnvironment } from '../../../src/datastore/testing/index.js';
import { addAccounts } from './support/device.js';
import { Disk } from './support/disk.js';

const CENTURY = 36_525 * 86_400_000;

test('a device whose clock is a century ahead takes the server’s time for modified times, once it knows it', async () => {
  const environment = new ManualEnvironment(11);
  const server = addAccounts(new MemoryServer()).link('ann');
  const link: Link = {
    profile: () => server.profile(),
    list: () => server.list(),
    find: (id) => server.find(id),
    create: (id) => server.create(id),
    delete: (id) => server.delete(id),
    send: async (handle, message) => ({
      ...(await server.send(handle, message)),
      time: new Date(environment.now() - CENTURY),
    }),
    watch: (listener) => server.watch(listener),
  };
  const accounts = await AccountManager.open({ storage: new Disk(), environment, connect: () => link });
  const manager = await accounts.managerFor(await accounts.link('ann'));
  const datastore = await manager.openDefault();
  const edit = async (): Promise<number | undefined> => {
    datastore.table('notes').insert({});
    await datastore.sync();
    await environment.advance(0);
    return datastore.mtime?.getTime();
  };
  expect(await edit()).toBe(environment.now());
  expect(await edit()).toBe(environment.now() - CENTURY);
  await accounts.close();
});
