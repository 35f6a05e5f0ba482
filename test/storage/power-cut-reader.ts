import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LmdbStorage } from '../../src/storage/lmdb/index.js';

/**
 * Reads the storages in the folders `0`, `1`, … under a folder, and prints what is wrong with them. Each folder has a file
 * with the numbers of the batches that were acknowledged. A process of its own, since a storage can be broken so badly that
 * LMDB crashes.
 */
const [root = ''] = process.argv.slice(2);
for (let number = 0; existsSync(join(root, String(number))); number++) {
  const path = join(root, String(number));
  const acknowledged = JSON.parse(readFileSync(join(path, 'acknowledged.json'), 'utf8')) as string[];
  try {
    const lease = await new LmdbStorage({ path }).acquire();
    const keys = new Set((await lease.getAll('batch/')).map(([key]) => key));
    await lease.release();
    const batches = new Set([...keys].map((key) => key.split('/')[1] ?? ''));
    for (const batch of batches) {
      if (!keys.has(`batch/${batch}/a`) || !keys.has(`batch/${batch}/b`)) console.log(`batch ${batch} is torn`);
    }
    for (const batch of acknowledged) if (!batches.has(batch)) console.log(`batch ${batch} is lost`);
  } catch (error) {
    console.log(`it cannot be read: ${String(error)}`);
  }
}
console.log('end');
