import type { KeyValueStorage } from '../manager/storage.js';
import { type ConformanceCase, expectSame } from './conformance-case.js';

/** A storage to be tested. */
export interface StorageFixture {
  /** An empty one. */
  readonly storage: KeyValueStorage;
  /** A storage over the same medium, as another process would open it after this one has ended. */
  reopen(): Promise<KeyValueStorage>;
  /** Cleans up, if needed. */
  close?(): Promise<void>;
}

type Check = (storage: KeyValueStorage, fixture: StorageFixture) => Promise<void>;

const VALUES: readonly unknown[] = [
  ...[null, true, false, 0, -1, 1.5, 1e300, 2 ** 53 - 1, '', 'text', '\u0000 "\\ \n', 'ä€😀'],
  ...[[], {}, [1, [2, [3]]], { a: { b: [null, { c: '' }] } }],
  JSON.parse('{"__proto__": {"a": 1}, "constructor": 2, "": 3, "length": 4}'),
];

/** Keys that a careless medium would mix up or reject. */
const HARD_KEYS: readonly string[] = [
  ...['space-1/data/.Abc', 'space-1/data/.abc', 'space-1/data/abc', 'space-1/data/abc.', 'space-1/data/'],
  ...['space-1', 'space-1/', 'space-10/data/abc', '__proto__', 'constructor', '..', '../up', 'a:b*c?"<>|%2F\\'],
  `space-1/data/.${'x'.repeat(180)}`,
];

const CHECKS: Readonly<Record<string, Check>> = {
  'has no value under a key that was not set': async (storage) => {
    expectSame(await storage.get('key'), undefined, 'the value of an unknown key');
  },
  'gives back every kind of value': async (storage) => {
    for (const [at, value] of VALUES.entries()) await storage.set(`value-${at}`, value);
    for (const [at, value] of VALUES.entries()) expectSame(await storage.get(`value-${at}`), value, `value ${at}`);
  },
  'puts a value in place of another': async (storage) => {
    await storage.set('key', { long: 'x'.repeat(1000) });
    await storage.set('key', { short: true });
    expectSame(await storage.get('key'), { short: true }, 'the value that was set last');
    expectSame((await storage.keys('')).length, 1, 'how many keys there are');
  },
  'removes a value, and only that': async (storage) => {
    await storage.set('a', 1);
    await storage.set('b', 2);
    await storage.delete('a');
    await storage.delete('a');
    await storage.delete('never set');
    expectSame([await storage.get('a'), await storage.get('b')].map(String), ['undefined', '2'], 'what is left');
  },
  'tells all keys apart': async (storage) => {
    for (const [at, key] of HARD_KEYS.entries()) await storage.set(key, at);
    for (const [at, key] of HARD_KEYS.entries()) expectSame(await storage.get(key), at, JSON.stringify(key));
    expectSame([...(await storage.keys(''))].sort(), [...HARD_KEYS].sort(), 'all keys');
  },
  'lists the keys with a prefix': async (storage) => {
    for (const key of HARD_KEYS) await storage.set(key, null);
    for (const prefix of ['space-1', 'space-1/', 'space-1/data/', 'space-1/data/.a', '..', 'nothing', '%']) {
      const wanted = HARD_KEYS.filter((key) => key.startsWith(prefix)).sort();
      expectSame([...(await storage.keys(prefix))].sort(), wanted, `the keys with ${prefix}`);
    }
  },
  'lets the later of two calls for a key win, even while the earlier is under way': async (storage) => {
    const calls: Promise<void>[] = [];
    for (let value = 0; value < 50; value++)
      calls.push(storage.set('key', { value, padding: 'x'.repeat(5000 - value) }));
    calls.push(storage.set('gone', 1), storage.delete('gone'), storage.delete('back'), storage.set('back', 2));
    await Promise.all(calls);
    const { value } = (await storage.get('key')) as { value: number };
    expectSame(
      [value, await storage.get('gone'), await storage.get('back')].map(String),
      ['49', 'undefined', '2'],
      'all',
    );
  },
  'reads what an earlier call of the same turn writes': async (storage) => {
    const written = storage.set('key', 'new');
    const [value, keys] = await Promise.all([storage.get('key'), storage.keys('')]);
    await written;
    expectSame([value, keys], ['new', ['key']], 'what is read after a write that was called before');
  },
  'keeps the value and not the object': async (storage) => {
    const given = { list: [1, 2, 3] };
    const written = storage.set('key', given);
    given.list.push(4);
    await written;
    const first = (await storage.get('key')) as typeof given;
    expectSame(first, { list: [1, 2, 3] }, 'what was set');
    first.list.length = 0;
    expectSame(await storage.get('key'), { list: [1, 2, 3] }, 'what is there after a reader changed what it got');
  },
  'keeps everything for the next process': async (storage, fixture) => {
    await storage.set('kept', ['kept']);
    await storage.set('replaced', 1);
    await storage.set('replaced', 2);
    await storage.set('removed', 3);
    await storage.delete('removed');
    const next = await fixture.reopen();
    expectSame([...(await next.keys(''))].sort(), ['kept', 'replaced'], 'the keys');
    expectSame([await next.get('kept'), await next.get('replaced')], [['kept'], 2], 'the values');
  },
  'holds large values, and many': async (storage) => {
    const large = { text: 'ä'.repeat(2_000_000), items: Array.from({ length: 10_000 }, (_, at) => ({ at })) };
    await storage.set('large', large);
    await Promise.all(Array.from({ length: 500 }, (_, at) => storage.set(`many/${at}`, at)));
    expectSame(await storage.get('large'), large, 'the large value');
    expectSame((await storage.keys('many/')).length, 500, 'how many there are');
  },
};

/**
 * The contract of a storage as tests. `open` is called for each test, and makes an empty storage. Spec: STORE-1 to
 * STORE-5.
 */
export function storageConformance(open: () => Promise<StorageFixture>): readonly ConformanceCase[] {
  return Object.entries(CHECKS).map(([name, check]) => ({
    name: `a storage ${name}`,
    run: async () => {
      const fixture = await open();
      try {
        await check(fixture.storage, fixture);
      } finally {
        await fixture.close?.();
      }
    },
  }));
}
