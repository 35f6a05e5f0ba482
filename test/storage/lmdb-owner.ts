import { openEnvironment } from '../../src/lmdb/lmdb.js';
import { LmdbStorage } from '../../src/storage/lmdb/index.js';

/**
 * A process that takes the lease of a storage and writes numbered batches as fast as it can, until it is killed. It
 * prints the number of each batch once that is acknowledged.
 */
const [path = '', end = ''] = process.argv.slice(2);
const lease = await new LmdbStorage({ path }).acquire({ wait: true });
const last = await lease.get('count');
let count = last === undefined ? 0 : new DataView(last.buffer, last.byteOffset).getUint32(0);
console.log(`lease ${lease.generation} ${count}`);
if (end === 'stop') {
  // Within a transaction, so that the lock of LMDB stays taken while the process is stopped.
  await openEnvironment({ path, overlappingSync: false }).transaction(() => {
    console.log('stopping');
    process.kill(process.pid, 'SIGSTOP');
  });
}
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
