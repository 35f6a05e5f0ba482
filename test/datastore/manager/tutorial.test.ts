/** The examples of the Python tutorial that begin with a manager. */

import { expect, test } from 'vitest';
import { MemoryServer } from '../../../src/datastore/index.js';
import { addAccounts, Device } from './support/device.js';

test('the default datastore is opened, a task inserted and committed, and committed again on a conflict', async () => {
  const server = addAccounts(new MemoryServer());
  const [one, two] = [new Device(server), new Device(server)];
  const datastore = await (await one.manager()).openDefault();
  const tasks = datastore.table('tasks');
  const task = tasks.insert({ taskname: 'Buy milk', completed: false });
  await datastore.commit();

  const other = await (await two.manager()).open('default');
  await other.transaction(() => void other.table('tasks').insert({ taskname: 'Buy eggs', completed: false }));
  let tries = 0;
  const insert = (): void => {
    tries++;
    tasks.insert({ taskname: 'Buy bread', completed: false });
  };
  await datastore.transaction(insert, { maxTries: 4 });
  expect(tries).toBeGreaterThanOrEqual(1);

  await datastore.transaction(() => void task.set('completed', true), { maxTries: 4 });
  await other.loadDeltas();
  const open = [...other.table('tasks').query({ completed: false })];
  expect(open.map((found) => found.getString('taskname')).sort()).toEqual(['Buy bread', 'Buy eggs']);
  await datastore.transaction(() => task.deleteRecord(), { maxTries: 4 });
  await other.loadDeltas();
  expect(other.table('tasks').query().count).toBe(2);
});

test('a shareable datastore is given to the public, and opened by another user by its id', async () => {
  const server = addAccounts(new MemoryServer());
  const [ann, sam] = [new Device(server), new Device(server)];
  const datastore = await (await ann.manager('ann')).create();
  datastore.setRole('public', 'editor');
  await datastore.commit();
  const shared = await (await sam.manager('sam')).open(datastore.id);
  expect([datastore.effectiveRole, shared.effectiveRole]).toEqual(['owner', 'editor']);
  expect([...shared.listRoles()]).toEqual([['public', 'editor']]);
  await shared.transaction(() => void shared.table('tasks').insert({ taskname: 'from Sam' }));
  await datastore.loadDeltas();
  expect(datastore.table('tasks').query({ taskname: 'from Sam' }).hasResults).toBe(true);
});
