/** Values of another realm, as from an iframe or jsdom, and objects that only look like values. */

import { createContext, runInContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { decodeDelta, encodeDelta } from '../../src/codec/binary/index.js';
import {
  AccountManager,
  type DeviceStorage,
  MemoryServer,
  MemoryStorage,
  type StorageLease,
} from '../../src/datastore/index.js';
import { ManualEnvironment } from '../../src/datastore/testing/index.js';
import * as core from '../../src/index.js';
import { Replica, Sequencer } from '../../src/sync/index.js';
import { Desk, failure } from '../datastore/support/desk.js';

const context = createContext({});

/** Evaluates an expression in another realm. */
function foreign<Made>(code: string): Made {
  return runInContext(`(${code})`, context) as Made;
}

const VALUES: readonly (readonly [type: core.ValueType, here: core.Value, code: string])[] = [
  ['date', new Date(5), 'new Date(5)'],
  ['bytes', new Uint8Array([1, 2]), 'new Uint8Array([1, 2])'],
  ['list', [new Date(5), new Uint8Array([1])], '[new Date(5), new Uint8Array([1])]'],
];

describe.each(VALUES)('a %s of another realm', (type, here, code) => {
  const value = foreign<core.Value>(code);
  const change = { type: 'insert', table: 't', record: 'r', fields: new Map([['f', value]]) } as const;

  test('is none of this realm', () => {
    const ownPrototypes: unknown[] = [Date.prototype, Uint8Array.prototype, Array.prototype];
    expect(ownPrototypes).not.toContain(Object.getPrototypeOf(value));
  });

  test('is one for every function of the core', () => {
    expect(core.typeOfValue(value)).toBe(type);
    expect(core.ownValue(value)).toStrictEqual(here);
    expect(core.formatValue(value)).toStrictEqual(core.formatValue(here));
    expect(core.sizeOfValue(value)).toBe(core.sizeOfValue(here));
    expect(core.compareValues(value, here)).toBe(0);
    expect(core.valuesMatch(here, value)).toBe(true);
    const state = new core.State();
    state.apply([change]);
    expect(state.get('t', 'r')?.get('f')).toStrictEqual(here);
    expect(state.find('t', { f: value })).toEqual(['r']);
  });

  test('is one for bytes, replicas and datastores', () => {
    expect(decodeDelta(encodeDelta([change])).equals(core.Delta.from([change]))).toBe(true);
    const replica = new Replica({ nextNonce: () => 'n' });
    replica.apply([change]);
    expect(replica.get('t', 'r')?.get('f')).toStrictEqual(here);
    const table = new Desk().datastore.table('t');
    const record = table.insert('r', { f: value });
    expect(record.set('g', value).get('g')).toStrictEqual(here);
    expect(table.query({ f: value }).count).toBe(1);
  });
});

test('Maps of another realm are fields, operations and conditions', () => {
  const insert = foreign<core.Change>('{ type: "insert", table: "t", record: "r", fields: new Map([["f", 1]]) }');
  const update = foreign<core.Change>(
    '{ type: "update", table: "t", record: "r", ops: new Map([["f", { type: "put", value: 2 }]]) }',
  );
  const state = new core.State();
  state.apply([insert, update]);
  const fields = foreign<core.Fields>('new Map([["f", 2]])');
  expect(state.query('t', fields)).toHaveLength(1);
  expect(core.sizeOfRecord(fields)).toBe(200);
  const table = new Desk().datastore.table('t');
  expect(table.insert('r', fields).get('f')).toBe(2);
  expect(table.insert('s').update(fields).get('f')).toBe(2);
});

test('what a merge function makes in another realm is a value', () => {
  const edit = (value: string): core.Change[] => [
    { type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'put', value }]]) },
  ];
  const rules = new core.ResolutionRules().set('t', 'f', foreign<core.MergeFunction>('() => new Date(7)'));
  const merged = core.transform(edit('a'), edit('b'), { rules });
  expect(core.formatDelta(merged.local)).toEqual([['U', 't', 'r', { f: ['P', { T: '7' }] }]]);
});

test('a conflict with fields of another realm is written as JSON', () => {
  const conflict = foreign<core.Conflict>(
    '{ table: "t", record: "r", rule: "delete-wins", base: new Map([["f", new Date(1)]]), lost: [] }',
  );
  expect(core.conflictToJSON(conflict)).toMatchObject({ base: { f: { T: '1' } }, result: null });
});

test('a promise of another realm is refused as a link', async () => {
  const accounts = await AccountManager.open({
    storage: new MemoryStorage(),
    environment: new ManualEnvironment(),
    connect: () => foreign('Promise.resolve()'),
  });
  await expect(accounts.link('ann')).rejects.toThrow('connect must return a link, got a promise');
  await accounts.close();
});

test('a time of another realm is one for a replica', () => {
  const replica = new Replica({ nextNonce: () => 'n' });
  replica.setTitle('t');
  replica.sync(foreign<Date>('new Date(9)'));
  expect(replica.mtime).toStrictEqual(new Date(9));
});

test('bytes of another realm are what a storage keeps', async () => {
  const inner = new MemoryStorage();
  const abroad = (bytes: Uint8Array): Uint8Array =>
    foreign<(items: number[]) => Uint8Array>('(items) => Uint8Array.from(items)')([...bytes]);
  const lend = (lease: StorageLease): StorageLease => ({
    generation: lease.generation,
    get: async (key) => {
      const value = await lease.get(key);
      return value && abroad(value);
    },
    getAll: async (prefix) => (await lease.getAll(prefix)).map(([key, value]) => [key, abroad(value)] as const),
    write: ({ puts = [], ...rest }) =>
      lease.write({ ...rest, puts: puts.map(([key, value]) => [key, abroad(value)] as const) }),
    release: () => lease.release(),
  });
  const storage: DeviceStorage = { acquire: async (options) => lend(await inner.acquire(options)) };
  for (const expected of [1, 2]) {
    const environment = new ManualEnvironment(expected);
    const server = new MemoryServer();
    const accounts = await AccountManager.open({ storage, environment, connect: (id) => server.link(id) });
    const datastore = await accounts.localManager().then((manager) => manager.openDefault());
    datastore.table('t').insert();
    await datastore.sync();
    expect(datastore.table('t').query().count).toBe(expected);
    await accounts.close();
  }
});

describe('what only looks like a value', () => {
  class Late extends Date {
    override getTime(): number {
      return 0;
    }
  }
  const detached = new Uint8Array(4);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const disguised = Object.setPrototypeOf(new Float64Array([1.5]), Uint8Array.prototype) as Uint8Array;
  const cases: readonly (readonly [title: string, value: core.Value])[] = [
    ['a date whose class hides that it is invalid', new Late(Number.NaN)],
    ['bytes whose buffer was transferred away', detached],
    ['doubles under the prototype of bytes', disguised],
    ['an object under the prototype of dates', Object.create(Date.prototype) as Date],
    ['an object without a prototype', Object.create(null) as Date],
  ];

  test.each(cases)('%s is refused wherever a value enters, and changes nothing', (_title, value) => {
    expect(failure(() => core.ownValue(value))).toBe('invalid-value');
    expect(failure(() => core.ownValue([1, value as core.Atom]))).toBe('invalid-value at 1');
    const desk = new Desk();
    const record = desk.datastore.table('t').insert('r', { f: 1 });
    expect(failure(() => record.set('f', value))).toBe('invalid-value at t/r/f');
    expect(failure(() => record.getOrCreateList('g').push(value as core.Atom))).toContain('invalid-value');
    expect(Object.fromEntries(record)).toEqual({ f: 1, g: [] });
    const sequencer = new Sequencer();
    const delta = [{ type: 'insert', table: 't', record: 'r', fields: new Map([['f', value]]) }] as const;
    expect(sequencer.put(0, 'n', delta, 'owner')).toMatchObject({ type: 'refused', reason: 'invalid' });
  });

  test('a date is what it holds, whatever its class says', () => {
    expect(core.formatValue(new Late(5))).toEqual({ T: '5' });
    expect(core.compareValues(new Late(5), new Date(5))).toBe(0);
    expect(core.ownValue(new Late(5))).toStrictEqual(new Date(5));
  });

  test('bytes whose buffer was transferred away are not written as none', () => {
    expect(() => core.formatValue(detached)).toThrow('the buffer of the bytes was transferred away');
  });
});

test('a getter that puts while its delta is read does not part state and log', () => {
  const sequencer = new Sequencer();
  const insert = (record: string): core.Change => ({ type: 'insert', table: 't', record, fields: new Map() });
  const outcome = sequencer.put(
    0,
    'outer',
    [
      {
        ...insert('outer'),
        get table() {
          sequencer.put(0, 'inner', [insert('inner')], 'owner');
          return 't';
        },
      },
    ],
    'owner',
  );
  expect(outcome).toMatchObject({ type: 'conflict', entries: [{ rev: 1, nonce: 'inner' }] });
  const { snapshot, log } = sequencer.save();
  const again = Sequencer.restore({ type: 'snapshot', rev: 0, rows: [], nonces: [] }, log);
  expect(again.snapshot().rows).toEqual(snapshot.rows);
});
