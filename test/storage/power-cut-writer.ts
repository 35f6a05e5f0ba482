import fs from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { LmdbStorage } from '../../src/storage/lmdb/index.js';

/**
 * A process that writes numbered batches into a storage and prints each when it is acknowledged: one after the other, and
 * then some at once.
 *
 * @param fault `no-sync` for an environment that never waits for the disk, `in-place` for one that LMDB makes in its place.
 */
const [path = '', count = '0', together = '0', fault = ''] = process.argv.slice(2);
if (fault === 'no-sync') {
  const lmdb = createRequire(import.meta.url)('lmdb') as { open: (options: object) => unknown };
  const { open } = lmdb;
  lmdb.open = (options) => open({ ...options, noSync: true });
}
if (fault === 'in-place') {
  fs.linkSync = () => {
    throw Object.assign(new Error('there are no links'), { code: 'EPERM' });
  };
  syncBuiltinESMExports();
}
const lease = await new LmdbStorage({ path }).acquire();

async function write(number: number): Promise<void> {
  const value = new Uint8Array(1 + ((number * 977) % 9000)).fill(number);
  try {
    await lease.write({
      puts: [
        [`batch/${number}/a`, value],
        [`batch/${number}/b`, value],
      ],
      deletes: number > 5 ? [`batch/${number - 5}/none`] : [],
    });
    console.log(`written ${number}`);
  } catch (error) {
    console.log(`failed ${number} ${String((error as { code?: unknown }).code ?? error)}`);
  }
}

for (let number = 0; number < Number(count); number++) await write(number);
console.log('together');
await Promise.all(Array.from({ length: Number(together) }, (_, at) => write(Number(count) + at)));
console.log('end');
process.exit();
