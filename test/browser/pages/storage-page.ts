import type { StorageLease } from '../../../src/datastore/storage/device-storage.js';
import { ConformanceError } from '../../../src/datastore/testing/conformance-case.js';
import { deviceStorageConformance } from '../../../src/datastore/testing/device-storage-conformance.js';
import { IndexedDbStorage } from '../../../src/storage/indexeddb/index.js';

/** What a test calls in a page or a worker. */
export interface StoragePage {
  /** The names of the cases of the suite. */
  names(): string[];
  /** Runs a case; the answer is empty if it passed. */
  run(name: string): Promise<string>;
  /**
   * Takes the lease of a storage and writes numbered batches until the page is gone. Resolves with the first number. Each
   * batch waits until the test was told of the one before: a test that has little time would never get through the backlog.
   */
  writeForEver(name: string, told: (count: number) => Promise<void>): Promise<number>;
  /** Takes the lease, and tells what is there: the number, and how many batches. */
  inspect(name: string): Promise<{ count: number; batches: number; generation: number }>;
  /**
   * Lets a second owner have a storage whose first owner has lost its Web Lock and does not know, and lets the first write.
   * The answer is the code of the error, and what the second reads then.
   */
  writeWithoutLock(name: string): Promise<{ code: string; found: number }>;
  /** Takes the lease of a storage, for {@link write}, and writes number 1. */
  hold(name: string): Promise<void>;
  /** Writes a number into the storage that is held. The answer is the code of the error, or empty, and what is read. */
  write(count: number): Promise<{ code: string; found: number }>;
  /** Closes all connections behind the back of their owners, as a browser does when the machine wakes. */
  closeConnections(): number;
  /** Deletes the database of a storage, as for clearing the data of a site. The answer is whether it had to wait. */
  deleteDatabase(name: string): Promise<boolean>;
  /** Tries to take a lease without waiting; the answer is the code of the error, or empty. */
  tryToAcquire(name: string): Promise<string>;
}

let runs = 0;

let held: StorageLease | undefined;

const connections = new Set<IDBDatabase>();
const { open } = IDBFactory.prototype;
IDBFactory.prototype.open = function (...args: Parameters<typeof open>): IDBOpenDBRequest {
  const request = open.apply(this, args);
  request.addEventListener('success', () => connections.add(request.result));
  return request;
};

const suite = deviceStorageConformance(() => {
  const name = `suite-${performance.now()}-${++runs}`;
  return Promise.resolve({
    storage: new IndexedDbStorage({ name }),
    reopen: () => Promise.resolve(new IndexedDbStorage({ name })),
  });
});

export const storagePage: StoragePage = {
  names: () => suite.map(({ name }) => name),
  run: async (name) => {
    try {
      await suite.find((one) => one.name === name)?.run();
      return '';
    } catch (error) {
      return error instanceof ConformanceError ? error.message : String((error as Error).stack ?? error);
    }
  },
  writeForEver: async (name, told) => {
    const lease = await new IndexedDbStorage({ name }).acquire({ wait: true });
    const start = numberOf(await lease.get('count'));
    const write = async (): Promise<void> => {
      for (let count = start + 1; ; count++) {
        const value = bytesOf(count);
        await lease.write({
          puts: [
            ['count', value],
            [`batch/${count}`, value],
          ],
          isStrict: count % 5 === 0,
        });
        await told(count);
      }
    };
    write().catch((error: unknown) => console.error(String(error)));
    return start;
  },
  inspect: async (name) => {
    const lease = await new IndexedDbStorage({ name }).acquire({ wait: true });
    const [count, batches] = [numberOf(await lease.get('count')), (await lease.getAll('batch/')).length];
    await lease.release();
    return { count, batches, generation: lease.generation };
  },
  writeWithoutLock: async (name) => {
    const first = await new IndexedDbStorage({ name }).acquire();
    await first.write({ puts: [['count', bytesOf(1)]] });
    Object.defineProperty(navigator, 'locks', { value: undefined, configurable: true });
    const second = await new IndexedDbStorage({ name }).acquire();
    Reflect.deleteProperty(navigator, 'locks');
    const code = await codeOf(first.write({ puts: [['count', bytesOf(2)]] }));
    const found = numberOf(await second.get('count'));
    await second.release();
    return { code, found };
  },
  hold: async (name) => {
    held = await new IndexedDbStorage({ name }).acquire();
    await held.write({ puts: [['count', bytesOf(1)]] });
  },
  write: async (count) => {
    const code = await codeOf(Promise.resolve(held?.write({ puts: [['count', bytesOf(count)]] })));
    return { code, found: code === '' ? numberOf(await held?.get('count')) : 0 };
  },
  closeConnections: () => {
    for (const connection of connections) connection.close();
    return connections.size;
  },
  deleteDatabase: (name) =>
    new Promise((resolve, reject) => {
      let isBlocked = false;
      const request = indexedDB.deleteDatabase(`deltaic-v1-${name}`);
      request.addEventListener('blocked', () => {
        isBlocked = true;
      });
      request.addEventListener('success', () => resolve(isBlocked));
      request.addEventListener('error', () => reject(request.error));
    }),
  tryToAcquire: (name) => codeOf(new IndexedDbStorage({ name }).acquire().then((lease) => lease.release())),
};

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return '';
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error);
  }
}

function bytesOf(count: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, count);
  return bytes;
}

function numberOf(bytes: Uint8Array | undefined): number {
  return bytes === undefined ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

// In a worker, calls come as messages.
if (typeof document === 'undefined') {
  self.addEventListener('message', ({ data }: MessageEvent<{ id: number; name: string }>) => {
    storagePage.run(data.name).then((answer) => self.postMessage({ id: data.id, answer }));
  });
} else Object.assign(globalThis, { storagePage });
