import { LmdbStorage } from '../../src/storage/lmdb/index.js';

/**
 * A process that takes the lease of a storage and writes numbered batches as fast as it can, until it is killed. It
 * prints the number of each batch once that is acknowledged.
 */
const [path = ''] = process.argv.slice(2);
const lease = await new LmdbStorage({ path }).acquire({ wait: true });
const last = await lease.get('count');
let count = last === undefined ? 0 : new DataView(last.buffer, last.byteOffset).getUint32(0);
console.log(`lease ${lease.generation} ${count}`);
for (;;) {
  const next = ++count;
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, next);
  await lease.write({
    puts: [
      ['count', bytes],
      [`batch/${next}`, bytes],
    ],
  });
  console.log(`written ${next}`);
}
