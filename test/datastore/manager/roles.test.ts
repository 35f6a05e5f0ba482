import { describe, expect, test } from 'vitest';
import { MemoryServer } from '../../../src/datastore/index.js';
import { addAccounts, Device } from './support/device.js';

/** Ann's datastore, and a manager of Sam, who is an editor of it. */
async function shared(server: MemoryServer) {
  const [anns, sams] = [new Device(addAccounts(server)), new Device(server)];
  const mine = await (await anns.manager('ann')).create();
  mine.setRole('usam', 'editor');
  await mine.sync();
  await anns.rest();
  const theirs = await (await sams.manager('sam')).open(mine.id);
  return { anns, sams, mine, theirs };
}

describe('an editor who changes roles', () => {
  test('is told at the call, and nothing is changed', async () => {
    const { theirs } = await shared(new MemoryServer());
    expect([theirs.effectiveRole, [...theirs.listRoles()]]).toEqual(['editor', [['usam', 'editor']]]);
    expect(() => theirs.setRole('public', 'viewer')).toThrow(expect.objectContaining({ code: 'not-permitted' }));
    expect([...theirs.listRoles()]).toEqual([['usam', 'editor']]);
    expect([theirs.syncStatus.hasOutgoing, theirs.unsyncedChangesSize]).toEqual([false, 0]);
  });

  test('past the call is refused by the server, and the next edits reach it', async () => {
    const { sams, theirs, mine, anns } = await shared(new MemoryServer());
    theirs.table(':acl').getOrInsert('public').set('role', 2000n);
    await theirs.sync();
    await sams.rest();
    await theirs.sync();
    expect([...theirs.listRoles()]).toEqual([['usam', 'editor']]);
    theirs.table('notes').getOrInsert('a');
    await theirs.sync();
    await sams.rest();
    await anns.rest();
    await mine.sync();
    expect([mine.table('notes').get('a')?.id, mine.listRoles().size]).toEqual(['a', 1]);
  });

  test('is heard by a server that lets editors change roles', async () => {
    const { sams, theirs, mine, anns } = await shared(new MemoryServer({ editorsMayChangeRoles: true }));
    theirs.table(':acl').getOrInsert('public').set('role', 1000n);
    await theirs.sync();
    await sams.rest();
    await anns.rest();
    await mine.sync();
    expect([...mine.listRoles()]).toEqual([
      ['public', 'viewer'],
      ['usam', 'editor'],
    ]);
  });
});
