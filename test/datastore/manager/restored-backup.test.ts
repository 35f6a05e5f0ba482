import { expect, test } from 'vitest';
import { AccountManager, type Link, type MemoryLink, MemoryServer } from '../../../src/datastore/index.js';
import { ManualEnvironment } from '../../../src/datastore/testing/index.js';
import { parseDelta } from '../../../src/index.js';
import { addAccounts, Device } from './support/device.js';
import { Disk } from './support/disk.js';

/** A link that reaches one server after the other. */
function switchingLink(first: MemoryLink): { readonly link: Link; switchTo(next: MemoryLink): void } {
  let current = first;
  const link: Link = {
    profile: () => current.profile(),
    list: () => current.list(),
    find: (id) => current.find(id),
    create: (id) => current.create(id),
    delete: (id) => current.delete(id),
    send: (handle, message) => current.send(handle, message),
    watch: (listener) => current.watch(listener),
  };
  return {
    link,
    switchTo: (next) => {
      current.isOnline = false;
      current = next;
    },
  };
}

/** A server with the default datastore of Ann, whose log has `count` entries by somebody else. */
async function filledServer(count: number): Promise<MemoryServer> {
  const server = addAccounts(new MemoryServer());
  const link = server.link('ann');
  const { handle } = await link.create('default');
  for (let rev = 0; rev < count; rev++) {
    const delta = parseDelta([['I', 'notes', `restored-${rev}`, {}]]);
    await link.send(handle, { type: 'put', rev, nonce: `restored-${rev}`, delta });
  }
  return server;
}

test.each([
  [2, 'closed'],
  [3, 'closed'],
  [3, 'open'],
  [5, 'open'],
  [2, 'closed beside another'],
] as const)(
  'an idle device at revision 3 finds a server that went back to a backup and up to revision %i, %s',
  async (count, state) => {
    const environment = new ManualEnvironment(7);
    const server = addAccounts(new MemoryServer());
    const { link, switchTo } = switchingLink(server.link('ann'));
    const accounts = await AccountManager.open({ storage: new Disk(), environment, connect: () => link });
    const manager = await accounts.managerFor(await accounts.link('ann'));
    let datastore = await manager.openDefault();
    for (let edit = 0; edit < 3; edit++) {
      datastore.table('notes').insert({ edit });
      await datastore.sync();
      await environment.advance(0);
    }
    expect(datastore.syncStatus).toMatchObject({ isUploading: false });
    if (state !== 'open') {
      datastore.close();
      await environment.advance(0);
    }
    // So the watch has connected before the datastore is opened again.
    if (state === 'closed beside another') await manager.openOrCreate('another');
    switchTo((await filledServer(count)).link('ann'));
    await environment.advance(600_000);
    if (state !== 'open') datastore = await manager.openDefault();
    await environment.advance(600_000);
    await datastore.sync();
    const ids = [...datastore.table('notes').query()].map((record) => record.id);
    expect(ids).toEqual(Array.from({ length: count }, (_, at) => `restored-${at}`));
    await accounts.close();
  },
);

test('an entry of another log is not taken for the next one while the server is asked', async () => {
  const server = addAccounts(new MemoryServer());
  const phone = new Device(server);
  const mine = await (await phone.manager()).openDefault();
  const others = server.link('ann');
  const { handle } = await others.create('default');
  const put = async (rev: number, id: string): Promise<void> => {
    const delta = parseDelta([['I', 'notes', id, {}]]);
    await others.send(handle, { type: 'put', rev, nonce: `nonce-${id}`, delta });
    await phone.rest();
  };
  await phone.rest();
  await put(0, 'one');
  const backup = server.sequencer('ann', 'default').save();
  await put(1, 'lost');
  await mine.sync();
  const answers: (() => void)[] = [];
  phone.link().hook = async (call, deliver) => {
    const answer = await deliver();
    if (call.method === 'send') await new Promise<void>((resolve) => answers.push(resolve));
    return answer;
  };
  server.restore('ann', 'default', backup);
  await put(1, 'two');
  await phone.environment.advance(10_000);
  await put(2, 'three');
  await mine.sync();
  for (let round = 0; round < 5; round++) {
    for (const answer of answers.splice(0)) answer();
    await phone.environment.advance(10_000);
    await mine.sync();
  }
  expect([...mine.table('notes').query()].map(({ id }) => id)).toEqual(['one', 'three', 'two']);
});
