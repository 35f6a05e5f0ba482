import { describe, test } from 'vitest';
import { MemoryServer, MemoryStorage } from '../../../src/datastore/index.js';
import { linkConformance, storageConformance } from '../../../src/datastore/testing/index.js';

describe('the memory storage conforms', () => {
  const cases = storageConformance(async () => {
    await Promise.resolve();
    const storage = new MemoryStorage();
    return { storage, reopen: async () => await Promise.resolve(storage.copy()) };
  });
  for (const { name, run } of cases) test(name, run);
});

describe('a memory storage with delays conforms', () => {
  const cases = storageConformance(async () => {
    await Promise.resolve();
    let turn = 0;
    const storage = new MemoryStorage(async () => {
      for (let left = ++turn % 5; left > 0; left--) await Promise.resolve();
    });
    return { storage, reopen: async () => await Promise.resolve(storage.copy()) };
  });
  for (const { name, run } of cases) test(name, run);
});

describe('the memory server conforms', () => {
  const cases = linkConformance(async () => {
    await Promise.resolve();
    const server = new MemoryServer();
    server.setAccount('ann', { userName: 'Ann Example', orgName: 'Example' });
    server.setAccount('cat', { userName: 'Cat Example', orgName: 'Example' });
    server.setAccount('sam', { userName: 'Sam Stranger' });
    const [ann, annsTablet, colleague, stranger] = ['ann', 'ann', 'cat', 'sam'].map((id) => server.link(id));
    if (!ann || !annsTablet || !colleague || !stranger) throw new Error('there are four links');
    return { ann, annsTablet, colleague, stranger };
  });
  for (const { name, run } of cases) test(name, run);
});
