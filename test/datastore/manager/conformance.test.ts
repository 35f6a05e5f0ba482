import { describe, test } from 'vitest';
import { MemoryServer } from '../../../src/datastore/index.js';
import { linkConformance } from '../../../src/datastore/testing/index.js';

describe('the memory server conforms', () => {
  const cases = linkConformance(async () => {
    await Promise.resolve();
    const server = new MemoryServer();
    server.setAccount('ann', { userName: 'Ann Example', orgName: 'Example' });
    server.setAccount('cat', { userName: 'Cat Example', orgName: 'Example' });
    server.setAccount('eve', { userName: 'Eve Elsewhere', orgName: 'Elsewhere' });
    server.setAccount('sam', { userName: 'Sam Stranger' });
    const ann = server.link('ann');
    return {
      ...{ ann, annsTablet: server.link('ann'), colleague: server.link('cat') },
      ...{ outsider: server.link('eve'), stranger: server.link('sam'), strangerAccount: 'sam' },
      disconnect: async () => {
        ann.isOnline = false;
        await Promise.resolve();
      },
    };
  });
  for (const { name, run } of cases) test(name, run);
});
