import { AccountManager, type DeviceStorage, environmentOf } from '../../src/datastore/index.js';
import { httpLink } from '../../src/http/index.js';
import { LmdbStorage } from '../../src/storage/lmdb/index.js';

/**
 * A process that edits a datastore as fast as it can, until it is killed. Every edit puts a name into a list, adds one to
 * a sum and makes a record. It prints an edit before it is made, and what is stored: what a `sync()` or `flush()` that has
 * resolved was called after.
 *
 * @param fault `early` for a storage that acknowledges what it has not written yet.
 */
const [path = '', url = '', token = '', life = '', fault = ''] = process.argv.slice(2);
const disk = new LmdbStorage({ path });
const accounts = await AccountManager.open({
  storage: fault === 'early' ? acknowledgingEarly(disk) : disk,
  wait: true,
  environment: environmentOf(globalThis),
  connect: () => httpLink({ url, getToken: () => token, timeout: 5_000 }),
  retryDelays: { first: 20, most: 200 },
  autosave: 5,
});
const manager = await accounts.managerFor(await accounts.link('ann'));
const datastore = await manager.openDefault();
const journal = datastore.table('journal').setResolutionRule('sum', 'sum').getOrInsert('j');
console.log('open');
for (let count = 0; ; count++) {
  const name = `${life}-${count}`;
  console.log(`edit ${name}`);
  datastore.groupEdits(() => {
    journal.getOrCreateList('names').push(name);
    journal.set('sum', (journal.has('sum') ? journal.getLong('sum') : 0n) + 1n);
    datastore.table('edits').insert(name, { at: count });
  });
  if (count % 3 === 0) await datastore.sync();
  else if (count % 3 === 1) await accounts.flush();
  else await new Promise((resolve) => setTimeout(resolve, 1));
  if (count % 3 < 2) console.log(`stored ${name}`);
}

function acknowledgingEarly(storage: DeviceStorage): DeviceStorage {
  return {
    acquire: async (options) => {
      const lease = await storage.acquire(options);
      return {
        generation: lease.generation,
        get: (key) => lease.get(key),
        getAll: (prefix) => lease.getAll(prefix),
        release: () => lease.release(),
        write: async (batch) => {
          setTimeout(() => void lease.write(batch), 300);
        },
      };
    },
  };
}
