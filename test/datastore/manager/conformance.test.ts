import { describe, test } from 'vitest';
import { MemoryServer } from '../../../src/datastore/index.js';
import { linkConformance } from '../../../src/datastore/testing/index.js';

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
