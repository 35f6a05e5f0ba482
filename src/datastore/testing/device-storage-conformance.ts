import type { DeviceStorage, StorageLease } from '../storage/device-storage.js';
import { type ConformanceCase, casesOf, expectRejection, expectSame, expectThat } from './conformance-case.js';
import {
  type ConformanceOptions,
  expectMethods,
  expectPromise,
  type Patience,
  patienceOf,
  watchedCalls,
} from './watched-calls.js';

/** A storage to be tested. */
export interface DeviceStorageFixture {
  /** An empty one. */
  readonly storage: DeviceStorage;
  /** The same medium as another process or tab opens it. */
  reopen(): Promise<DeviceStorage>;
  /**
   * Lets the owner of the lease die without releasing it, as `kill -9` or a crashed tab does; left out where the test
   * cannot do that.
   */
  kill?(): Promise<void>;
  /** Cleans up, if needed. */
  close?(): Promise<void>;
}

/** The storage behind a fixture whose calls have deadlines and give promises in any case. */
interface WatchedStorage extends DeviceStorageFixture {
  /** As it was opened. */
  readonly bare: DeviceStorage;
  readonly patience: Patience;
}

type Check = (fixture: WatchedStorage) => Promise<void>;

const LEASE_METHODS = ['get', 'getAll', 'write', 'release'] as const;

const HARD_KEYS: readonly string[] = [
  ...['space-1/data/.Abc', 'space-1/data/.abc', 'space-1/data/abc', 'space-1/data/abc.', 'space-1/data/'],
  ...['space-1', 'space-1/', 'space-10/data/abc', '__proto__', 'constructor', '..', '../up', 'a:b*c?"<>|%2F\\'],
  ...['\u0000', '\u0001', 'é', 'ö', '\uffff', '\u{10000}', '\u{10ffff}', ' ', 'a\nb', `long/${'x'.repeat(390)}`],
];

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function textOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && String.fromCharCode(...bytes);
}

async function textsIn(lease: StorageLease, prefix = ''): Promise<string[]> {
  return (await lease.getAll(prefix)).map(([key, value]) => `${key}=${textOf(value)}`);
}

/** The order of the UTF-8 bytes, which is that of the code points. */
function byCodePoints(one: string, other: string): number {
  const [left, right] = [[...one], [...other]];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const difference = (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

const VALUES: Readonly<Record<string, Check>> = {
  'tells a missing value from an empty one': async ({ storage }) => {
    const lease = await storage.acquire();
    expectSame(await lease.get('key'), undefined, 'the value of a key that was not written');
    await lease.write({ puts: [['key', new Uint8Array()]] });
    expectSame((await lease.get('key'))?.length, 0, 'the length of an empty value');
    await lease.write({ deletes: ['key', 'another'] });
    expectSame(await lease.get('key'), undefined, 'the value of a deleted key');
    await lease.release();
  },
  'gives back the very bytes, large ones too': async ({ storage }) => {
    const lease = await storage.acquire();
    const large = Uint8Array.from({ length: 5 << 20 }, (_, at) => (at * 2_654_435_761) >>> 24);
    const all = Uint8Array.from({ length: 256 }, (_, at) => at);
    await lease.write({
      puts: [
        ['all', all],
        ['large', large],
      ],
    });
    expectSame([...((await lease.get('all')) ?? [])], [...all], 'all bytes');
    const found = await lease.get('large');
    expectThat(
      found?.length === large.length && found.every((byte, at) => byte === large[at]),
      'the bytes of a large value differ',
    );
    await lease.release();
  },
  'keeps what it was given, whatever the caller does with the bytes': async ({ storage }) => {
    const lease = await storage.acquire();
    const given = bytesOf('value');
    const written = lease.write({ puts: [['key', given]] });
    given.fill(0);
    await written;
    (await lease.get('key'))?.fill(0);
    expectSame(textOf(await lease.get('key')), 'value', 'the value');
    await lease.release();
  },
  'takes every key that is text, and tells them apart': async ({ storage, reopen }) => {
    const lease = await storage.acquire();
    await lease.write({ puts: HARD_KEYS.map((key, at) => [key, bytesOf(String(at))]) });
    await lease.release();
    const again = await (await reopen()).acquire();
    for (const [at, key] of HARD_KEYS.entries()) expectSame(textOf(await again.get(key)), String(at), `key ${at}`);
    await again.release();
  },
  'reads by prefix, in the order of code points': async ({ storage }) => {
    const lease = await storage.acquire();
    await lease.write({ puts: HARD_KEYS.map((key) => [key, bytesOf('')]) });
    for (const prefix of ['', 'space-1', 'space-1/', 'space-1/data/', 'é', '\uffff', 'none']) {
      const expected = HARD_KEYS.filter((key) => key.startsWith(prefix)).sort(byCodePoints);
      const found = (await lease.getAll(prefix)).map(([key]) => key);
      expectSame(found, expected, `the keys that begin with "${prefix}"`);
    }
    await lease.release();
  },
  'reads many keys': async ({ storage }) => {
    const lease = await storage.acquire();
    const keys = Array.from({ length: 3000 }, (_, at) => `k/${String(at).padStart(6, '0')}`);
    await lease.write({ puts: keys.map((key, at) => [key, bytesOf(String(at))]) });
    const found = await lease.getAll('k/');
    expectSame([found.length, found[0]?.[0], found[2999]?.[0]], [3000, keys[0], keys[2999]], 'how many, and which');
    await lease.write({ deletes: keys.slice(0, 2990) });
    expectSame(
      (await lease.getAll('k/')).map(([key]) => key),
      keys.slice(2990),
      'those that are left',
    );
    await lease.release();
  },
  'refuses a key or a value that is none, and changes nothing': async ({ storage }) => {
    const lease = await storage.acquire();
    const value = bytesOf('v');
    const wrong: [string, unknown][][] = [
      ...['', 'x'.repeat(401), '\ud800', 'é'.repeat(201)].map((key): [string, unknown][] => [
        ['good', value],
        [key, value],
      ]),
      [
        ['good', value],
        ['good', value],
      ],
      [
        ['good', value],
        ['text', 'text'],
      ],
    ];
    for (const puts of wrong) {
      await expectRejection(lease.write({ puts: puts as [string, Uint8Array][] }), 'invalid-option', 'a wrong batch');
    }
    await expectRejection(
      lease.write({ puts: [['a', value]], deletes: ['a'] }),
      'invalid-option',
      'a put that deletes',
    );
    await expectRejection(lease.get(''), 'invalid-option', 'an empty key');
    expectSame(await textsIn(lease), [], 'what is there');
    await lease.release();
  },
};

const ANSWERS: Readonly<Record<string, Check>> = {
  'answers each call by a promise, and a failure too': async ({ bare, patience }) => {
    const acquired = bare.acquire();
    await expectPromise('acquire', patience, () => acquired);
    const lease = await acquired;
    expectMethods('a lease', lease, LEASE_METHODS);
    await expectPromise('a second acquire', patience, () => bare.acquire());
    await expectPromise('write', patience, () => lease.write({ puts: [['key', bytesOf('v')]] }));
    await expectPromise('get', patience, () => lease.get('key'));
    await expectPromise('getAll', patience, () => lease.getAll(''));
    await expectPromise('a wrong get', patience, () => lease.get(''));
    await expectPromise('a wrong write', patience, () => lease.write({ puts: [['', bytesOf('v')]] }));
    await expectPromise('release', patience, () => lease.release());
    await expectPromise('a get after the release', patience, () => lease.get('key'));
  },
  'answers every call, even if there is nothing to do': async ({ storage, reopen }) => {
    const lease = await storage.acquire();
    await lease.write({});
    await lease.write({ puts: [], deletes: [], isStrict: true });
    await Promise.all([lease.write({ deletes: ['none'] }), lease.write({}), lease.get('none'), lease.getAll('none')]);
    const aborted = { aborted: true, addEventListener: () => undefined, removeEventListener: () => undefined };
    await expectRejection(
      (await reopen()).acquire({ wait: aborted }),
      'already-open',
      'a wait that was aborted before',
    );
    await lease.release();
    await lease.release();
  },
};

const ORDER: Readonly<Record<string, Check>> = {
  'lets overlapping batches take effect in the order of the calls': async ({ storage, reopen }) => {
    const lease = await storage.acquire();
    const writes = Array.from({ length: 50 }, (_, at) =>
      lease.write({
        puts: [
          ['last', bytesOf(String(at))],
          [`n/${at}`, bytesOf('')],
        ],
        deletes: at === 0 ? [] : [`n/${at - 1}`],
        isStrict: at % 3 === 0,
      }),
    );
    const seen = await textsIn(lease);
    expectSame(seen, ['last=49', 'n/49='], 'what a read after them sees');
    await Promise.all(writes);
    await lease.release();
    expectSame(await textsIn(await (await reopen()).acquire()), ['last=49', 'n/49='], 'what is there afterwards');
  },
  'has everything that was written after a new start': async ({ storage, reopen }) => {
    const lease = await storage.acquire();
    await lease.write({
      puts: [
        ['a', bytesOf('1')],
        ['b', bytesOf('2')],
      ],
    });
    await lease.write({ puts: [['c', bytesOf('3')]], deletes: ['a'], isStrict: true });
    await lease.release();
    expectSame(await textsIn(await (await reopen()).acquire()), ['b=2', 'c=3'], 'what is there');
  },
  'has everything that was acknowledged after its owner died, and each batch whole': async (fixture) => {
    const { storage, reopen, kill } = fixture;
    if (kill === undefined) return;
    let medium = storage;
    // The owner dies a little later in each round, so that it dies before, in and after the last batch.
    for (let round = 0; round < 12; round++) {
      const lease = await medium.acquire({ wait: true });
      await lease.write({
        puts: [
          ['a', bytesOf(`${round}`)],
          ['b', bytesOf(`${round}`)],
        ],
      });
      const last = lease
        .write({
          puts: [
            ['a', bytesOf('last')],
            ['b', bytesOf('last')],
          ],
        })
        .catch(() => undefined);
      for (let turn = 0; turn < round; turn++) await undefined;
      await kill.call(fixture);
      await last;
      medium = await reopen();
      const again = await medium.acquire({ wait: true });
      const [a, b] = [textOf(await again.get('a')), textOf(await again.get('b'))];
      expectSame(a, b, 'the two values of one batch');
      expectThat(a === `${round}` || a === 'last', `an acknowledged batch is gone: ${a}`);
      await again.release();
    }
  },
};

const LEASES: Readonly<Record<string, Check>> = {
  'has one owner: a second one fails at once': async ({ storage, reopen }) => {
    const lease = await storage.acquire();
    await expectRejection(storage.acquire(), 'already-open', 'a second lease of the same object');
    await expectRejection((await reopen()).acquire(), 'already-open', 'a second lease of another process');
    await lease.write({ puts: [['key', bytesOf('v')]] });
    await lease.release();
    await (await (await reopen()).acquire()).release();
  },
  'lets one wait, and gives the lease to it with all that was written': async ({ storage, reopen }) => {
    const lease = await storage.acquire();
    const waiting = (await reopen()).acquire({ wait: true });
    await lease.write({ puts: [['key', bytesOf('v')]] });
    const write = lease.write({ puts: [['last', bytesOf('w')]] });
    await lease.release();
    await write;
    const next = await waiting;
    expectThat(next.generation > lease.generation, `generation ${next.generation} follows ${lease.generation}`);
    expectSame(await textsIn(next), ['key=v', 'last=w'], 'what the next owner finds');
    await next.release();
  },
  'ends a wait that is aborted, and takes nothing': async ({ storage, reopen }) => {
    const lease = await storage.acquire();
    const listeners = new Set<() => void>();
    const signal = {
      aborted: false,
      addEventListener: (_: 'abort', listener: () => void): void => void listeners.add(listener),
      removeEventListener: (_: 'abort', listener: () => void): void => void listeners.delete(listener),
    };
    const waiting = (await reopen()).acquire({ wait: signal });
    await lease.write({ puts: [['key', bytesOf('v')]] });
    signal.aborted = true;
    for (const listener of listeners) listener();
    await expectRejection(waiting, 'already-open', 'the wait');
    await lease.release();
    await (await storage.acquire()).release();
  },
  'gives each lease a higher generation': async ({ storage, reopen }) => {
    const generations: number[] = [];
    for (let round = 0; round < 4; round++) {
      const lease = await (round % 2 === 0 ? storage : await reopen()).acquire();
      generations.push(lease.generation);
      await lease.release();
    }
    expectSame(
      [...new Set(generations)].sort((one, other) => one - other),
      generations,
      'the generations',
    );
  },
  'refuses everything after the release, and a second release does nothing': async ({ storage, reopen }) => {
    const lease = await storage.acquire();
    await lease.release();
    const next = await (await reopen()).acquire();
    await lease.release();
    await expectRejection(lease.write({ puts: [['key', bytesOf('v')]] }), 'closed', 'a write');
    await expectRejection(lease.get('key'), 'closed', 'a read');
    await expectRejection(lease.getAll(''), 'closed', 'a read by prefix');
    await expectRejection(storage.acquire(), 'already-open', 'a lease that the late release must not have freed');
    expectSame(await textsIn(next), [], 'what is there');
    await next.release();
  },
  'is free again when its owner has died, and fences that owner off': async (fixture) => {
    const { storage, reopen, kill } = fixture;
    if (kill === undefined) return;
    const dead = await storage.acquire();
    await dead.write({ puts: [['key', bytesOf('v')]] });
    await kill.call(fixture);
    const next = await (await reopen()).acquire({ wait: true });
    const late = await dead.write({ puts: [['key', bytesOf('late')]] }).then(
      () => 'wrote',
      () => 'refused',
    );
    expectSame(late, 'refused', 'what the dead owner was told, if it still ran');
    expectSame(await textsIn(next), ['key=v'], 'what the next owner finds');
    await next.release();
  },
};

/** What every {@link DeviceStorage} must do, as tests. `open` is called for each. Spec: STORE-1 to STORE-5, STORE-8. */
export function deviceStorageConformance(
  open: () => Promise<DeviceStorageFixture>,
  options: ConformanceOptions = {},
): readonly ConformanceCase[] {
  const patience = patienceOf(options);
  return casesOf({ ...VALUES, ...ANSWERS, ...ORDER, ...LEASES }, async () => {
    const fixture = await open();
    return {
      bare: fixture.storage,
      patience,
      storage: watchedStorage(fixture.storage, patience),
      reopen: async () => watchedStorage(await fixture.reopen(), patience),
      ...(fixture.kill === undefined ? {} : { kill: () => (fixture as Required<DeviceStorageFixture>).kill() }),
      close: async () => await fixture.close?.(),
    };
  });
}

function watchedStorage(storage: DeviceStorage, patience: Patience): DeviceStorage {
  const { acquire } = watchedCalls('a storage', storage, ['acquire'], patience);
  return {
    acquire: async (options) => {
      const lease = await acquire(options);
      const calls = watchedCalls('a lease', lease, LEASE_METHODS, patience);
      return { generation: lease.generation, ...calls };
    },
  };
}
