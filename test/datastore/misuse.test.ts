/** Wrong arguments for everything that the entry exports: each is a typed error at the call, or works as arrays do. */

import { describe, expect, test } from 'vitest';
import * as entry from '../../src/datastore/index.js';
import {
  AccountManager,
  type AccountManagerOptions,
  DatastoreError,
  type DatastoreErrorCode,
  DatastoreRecord,
  FieldSet,
  FieldView,
  inspectStorage,
  List,
  MemoryServer,
  MemoryStorage,
  ReadableList,
  ResolutionRules,
} from '../../src/datastore/index.js';
import { ManualEnvironment, settled } from '../../src/datastore/testing/index.js';

const WRONG: readonly unknown[] = [
  ...[undefined, null, true, 0, -1, 1.5, Number.NaN, 2 ** 53, 1n, '', 'due date', '__proto__', ':info', '\ud800'],
  ...[Symbol('x'), () => 1, async () => undefined, [], [1n], [[]], [null], new Array(3), {}, { constructor: 1 }],
  ...[{ __proto__: null }, Object.create(null), new Map(), new Map([[1, 2]]), new Set([1]), new Date(Number.NaN)],
  ...[new Uint8Array(2), Promise.resolve(), new FieldSet(), new List(), new ResolutionRules(), new Error('x')],
];

class Fixture {
  readonly server = new MemoryServer();
  readonly environment = new ManualEnvironment();
  readonly failures: unknown[] = [];
  readonly options: AccountManagerOptions = {
    storage: new MemoryStorage(),
    environment: this.environment,
    connect: (id) => this.server.link(id),
    onFailure: (error) => void this.failures.push(error),
  };

  async open() {
    this.server.setAccount('ann', { userName: 'Ann' });
    const accounts = await AccountManager.open(this.options);
    const account = await accounts.link('ann');
    const manager = await accounts.managerFor(account);
    const datastore = await manager.create();
    const table = datastore.table('tasks');
    const record = table.insert('milk', { title: 'Milk', tags: ['a', 'b', 'c'] });
    return { accounts, account, manager, datastore, table, record, list: record.getList('tags') };
  }
}

type Opened = Awaited<ReturnType<Fixture['open']>>;
type Call = (wrong: never, opened: Opened) => unknown;

/** Each function and method that takes arguments, with a wrong one at each place. */
const CALLS: Readonly<Record<string, readonly Call[]>> = {
  'AccountManager.open': [(wrong) => AccountManager.open(wrong)],
  environmentOf: [(wrong) => entry.environmentOf(wrong)],
  inspectStorage: [(wrong) => inspectStorage(wrong), (wrong) => inspectStorage(new MemoryStorage(), wrong)],
  'AccountManager.setOnline': [(wrong, { accounts }) => accounts.setOnline(wrong)],
  'AccountManager.link': [(wrong, { accounts }) => accounts.link(wrong)],
  'AccountManager.managerFor': [(wrong, { accounts }) => accounts.managerFor(wrong)],
  'AccountManager.addListener': [(wrong, { accounts }) => accounts.addListener(wrong)],
  'AccountManager.removeListener': [(wrong, { accounts }) => accounts.removeListener(wrong)],
  'DatastoreManager.open': [
    (wrong, { manager }) => manager.open(wrong),
    (wrong, { manager }) => manager.open('notes', wrong),
  ],
  'DatastoreManager.openOrCreate': [
    (wrong, { manager }) => manager.openOrCreate(wrong).then((made) => made.close()),
    (wrong, { manager }) => manager.openOrCreate('notes', wrong).then((made) => made.close()),
  ],
  'DatastoreManager.openDefault': [(wrong, { manager }) => manager.openDefault(wrong).then((made) => made.close())],
  'DatastoreManager.create': [(wrong, { manager }) => manager.create(wrong).then((made) => made.close())],
  'DatastoreManager.delete': [(wrong, { manager }) => manager.delete(wrong)],
  'DatastoreManager.uncache': [(wrong, { manager }) => manager.uncache(wrong)],
  'DatastoreManager.addListListener': [(wrong, { manager }) => manager.addListListener(wrong)],
  'DatastoreManager.removeListListener': [(wrong, { manager }) => manager.removeListListener(wrong)],
  'DatastoreManager.migrateToAccount': [
    async (wrong, { accounts }) => await (await accounts.localManager()).migrateToAccount(wrong),
  ],
  'Account.addListener': [(wrong, { account }) => account.addListener(wrong)],
  'Account.removeListener': [(wrong, { account }) => account.removeListener(wrong)],
  'Datastore.setTitle': [(wrong, { datastore }) => datastore.setTitle(wrong)],
  'Datastore.table': [(wrong, { datastore }) => datastore.table(wrong)],
  'Datastore.getRole': [(wrong, { datastore }) => datastore.getRole(wrong)],
  'Datastore.setRole': [
    (wrong, { datastore }) => datastore.setRole(wrong, 'viewer'),
    (wrong, { datastore }) => datastore.setRole('team', wrong),
  ],
  'Datastore.deleteRole': [(wrong, { datastore }) => datastore.deleteRole(wrong)],
  'Datastore.transaction': [
    (wrong, { datastore }) => datastore.transaction(wrong),
    (wrong, { datastore }) => datastore.transaction(() => 1, wrong),
    (wrong, { datastore }) => datastore.transaction(() => 1, { maxTries: wrong }),
  ],
  'Datastore.batch': [(wrong, { datastore }) => datastore.batch(wrong)],
  'Datastore.groupEdits': [(wrong, { datastore }) => datastore.groupEdits(wrong)],
  'Datastore.on': [
    (wrong, { datastore }) => datastore.on(wrong, () => undefined),
    (wrong, { datastore }) => datastore.on('change', wrong),
  ],
  'Datastore.off': [
    (wrong, { datastore }) => datastore.off(wrong, () => undefined),
    (wrong, { datastore }) => datastore.off('change', wrong),
  ],
  'Table.setResolutionRule': [
    (wrong, { table }) => table.setResolutionRule(wrong, 'remote'),
    (wrong, { table }) => table.setResolutionRule('title', wrong),
  ],
  'Table.get': [(wrong, { table }) => table.get(wrong)],
  'Table.watch': [
    (wrong, { table }) => table.watch(wrong, () => undefined),
    (wrong, { table }) => table.watch({}, wrong),
    (wrong, { table }) => table.watch({}, () => undefined, wrong),
  ],
  'Table.declare': [(wrong, { table }) => table.declare(wrong), (wrong, { table }) => table.declare({ x: wrong })],
  'Table.index': [(wrong, { table }) => table.index(wrong), (wrong, { table }) => table.index('x', wrong)],
  'Table.record': [(wrong, { table }) => table.record(wrong)],
  'Table.getOrInsert': [
    (wrong, { table }) => table.getOrInsert(wrong),
    (wrong, { table }) => table.getOrInsert('new', wrong),
  ],
  'Table.insert': [
    (wrong, { table }) => table.insert(wrong),
    (wrong, { table }) => table.insert(wrong, {}),
    (wrong, { table }) => table.insert('new', wrong),
  ],
  'Table.query': [(wrong, { table }) => table.query(wrong)],
  'FieldView.has': [(wrong, { record }) => record.has(wrong)],
  'FieldView.get': [(wrong, { record }) => record.get(wrong)],
  'FieldView.typeOf': [(wrong, { record }) => record.typeOf(wrong)],
  'FieldView.getBoolean': [(wrong, { record }) => record.getBoolean(wrong)],
  'FieldView.getLong': [(wrong, { record }) => record.getLong(wrong)],
  'FieldView.getDouble': [(wrong, { record }) => record.getDouble(wrong)],
  'FieldView.getString': [(wrong, { record }) => record.getString(wrong)],
  'FieldView.getBytes': [(wrong, { record }) => record.getBytes(wrong)],
  'FieldView.getDate': [(wrong, { record }) => record.getDate(wrong)],
  'FieldView.getList': [(wrong, { record }) => record.getList(wrong)],
  'FieldView.getOrCreateList': [(wrong, { record }) => record.getOrCreateList(wrong)],
  'FieldView.set': [(wrong, { record }) => record.set(wrong, 1), (wrong, { record }) => record.set('other', wrong)],
  'FieldView.update': [(wrong, { record }) => record.update(wrong)],
  'FieldView.delete': [(wrong, { record }) => record.delete(wrong)],
  'FieldSet.constructor': [(wrong) => new FieldSet(wrong)],
  'List.constructor': [(wrong) => new List(wrong)],
  'ReadableList.get': [(wrong, { list }) => list.get(wrong)],
  'ReadableList.at': [(wrong, { list }) => list.at(wrong)],
  'ReadableList.typeAt': [(wrong, { list }) => list.typeAt(wrong)],
  'ReadableList.getBoolean': [(wrong, { list }) => list.getBoolean(wrong)],
  'ReadableList.getLong': [(wrong, { list }) => list.getLong(wrong)],
  'ReadableList.getDouble': [(wrong, { list }) => list.getDouble(wrong)],
  'ReadableList.getString': [(wrong, { list }) => list.getString(wrong)],
  'ReadableList.getBytes': [(wrong, { list }) => list.getBytes(wrong)],
  'ReadableList.getDate': [(wrong, { list }) => list.getDate(wrong)],
  'ReadableList.slice': [(wrong, { list }) => list.slice(wrong), (wrong, { list }) => list.slice(0, wrong)],
  'ReadableList.indexOf': [(wrong, { list }) => list.indexOf(wrong), (wrong, { list }) => list.indexOf('a', wrong)],
  'ReadableList.lastIndexOf': [(wrong, { list }) => list.lastIndexOf(wrong)],
  'ReadableList.includes': [(wrong, { list }) => list.includes(wrong), (wrong, { list }) => list.includes('a', wrong)],
  'List.add': [(wrong, { list }) => list.add(wrong)],
  'List.insert': [(wrong, { list }) => list.insert(wrong, 'x'), (wrong, { list }) => list.insert(0, wrong)],
  'List.set': [(wrong, { list }) => list.set(wrong, 'x'), (wrong, { list }) => list.set(0, wrong)],
  'List.remove': [(wrong, { list }) => list.remove(wrong)],
  'List.move': [(wrong, { list }) => list.move(wrong, 0), (wrong, { list }) => list.move(0, wrong)],
  'List.reconcile': [(wrong, { list }) => list.reconcile(wrong), (wrong, { list }) => list.reconcile([wrong])],
  'List.push': [(wrong, { list }) => list.push(wrong)],
  'List.unshift': [(wrong, { list }) => list.unshift(wrong)],
  'List.splice': [
    (wrong, { list }) => list.splice(wrong, 1),
    (wrong, { list }) => list.splice(0, wrong),
    (wrong, { list }) => list.splice(0, 0, wrong),
  ],
  'ResolutionRules.set': [
    (wrong) => new ResolutionRules().set(wrong, 'title', 'remote'),
    (wrong) => new ResolutionRules().set('tasks', wrong, 'remote'),
    (wrong) => new ResolutionRules().set('tasks', 'title', wrong),
  ],
  isDatastoreError: [(wrong) => entry.isDatastoreError(wrong)],
  isServiceError: [(wrong) => entry.isServiceError(wrong)],
  isShareableId: [(wrong) => entry.isShareableId(wrong)],
  isValidDatastoreId: [(wrong) => entry.isValidDatastoreId(wrong)],
  isValidFieldName: [(wrong) => entry.isValidFieldName(wrong)],
  isValidRecordId: [(wrong) => entry.isValidRecordId(wrong)],
  isValidTableId: [(wrong) => entry.isValidTableId(wrong)],
};

/** What is not listed: it takes no argument, or only hosts of tests call it. */
const LEFT_OUT: readonly string[] = [
  ...[
    'AccountManager.unlink',
    'AccountManager.close',
    'AccountManager.localManager',
    'Account.unlink',
    'DatastoreManager.list',
    'DatastoreManager.flush',
    'AccountManager.flush',
    'Tab.close',
  ],
  // Takes what another account manager gives, never what an application makes.
  'AccountManager.adopt',
  ...['DatastoreManager.shutDown', 'Datastore.tables', 'Datastore.listRoles', 'Datastore.sync', 'Datastore.rollback'],
  ...[
    'Datastore.loadDeltas',
    'Datastore.commit',
    'Datastore.close',
    'Datastore.undo',
    'Datastore.redo',
    'FieldView.names',
    'FieldView.entries',
  ],
  ...['DatastoreRecord.deleteRecord', 'ReadableList.toArray', 'List.clear', 'List.pop', 'List.shift'],
  'ResolutionRules.get',
  ...['Datastore', 'Table', 'FieldView'].flatMap((owner) => [`${owner}.toObject`, `${owner}.toJSON`]),
  'ReadableList.toJSON',
  ...['MemoryStorage.acquire', 'MemoryStorage.copy', 'MemoryStorage.kill', 'MemoryStorage.cutPower'],
  ...['MemoryServer.setAccount', 'MemoryServer.removeAccount', 'MemoryServer.deleteAccount', 'MemoryServer.restore'],
  ...['MemoryServer.link', 'MemoryServer.sequencer'],
];

async function outcomeOf(call: Call, wrong: unknown, opened: Opened): Promise<unknown> {
  try {
    await call(wrong as never, opened);
    return 'accepted';
  } catch (error) {
    return error;
  }
}

function contentsOf({ datastore, table }: Opened): unknown {
  return [datastore.title, [...table.query()].map((record) => [record.id, [...record]])];
}

describe.each(Object.entries(CALLS))('%s', (_name, calls) => {
  test('throws nothing but typed errors, which change nothing', async () => {
    const fixture = new Fixture();
    const opened = await fixture.open();
    for (const call of calls) {
      for (const wrong of WRONG) {
        const before = contentsOf(opened);
        const outcome = await outcomeOf(call, wrong, opened);
        if (outcome === 'accepted') opened.datastore.rollback();
        else expect(outcome, String(outcome)).toBeInstanceOf(DatastoreError);
        if (outcome !== 'accepted') expect(contentsOf(opened)).toEqual(before);
        if (!opened.record.has('tags')) opened.table.getOrInsert('milk').set('tags', ['a', 'b', 'c']);
      }
    }
    await fixture.environment.advance(0);
    await settled();
    expect(fixture.failures).toEqual([]);
  });
});

test('everything that the entry exports is covered above', () => {
  const names = Object.entries(entry).flatMap(([name, exported]) => {
    if (typeof exported !== 'function') return [];
    if (!/^[A-Z]/.test(name)) return [name];
    const { prototype } = exported as { prototype: object };
    const members = Object.entries(Object.getOwnPropertyDescriptors(prototype));
    return members.flatMap(([member, { value }]) =>
      typeof value === 'function' && member !== 'constructor' ? [`${name}.${member}`] : [],
    );
  });
  expect(names.filter((name) => !(name in CALLS) && !LEFT_OUT.includes(name))).toEqual([]);
  expect([FieldView, DatastoreRecord, ReadableList].every((made) => typeof made === 'function')).toBe(true);
});

describe('an error names what is wrong, and what is expected', () => {
  type Row = readonly [
    what: string,
    call: (opened: Opened, fixture: Fixture) => unknown,
    code: DatastoreErrorCode,
    message: RegExp,
  ];

  test.each<Row>([
    [
      'no environment',
      (_, { options }) => AccountManager.open({ ...options, environment: undefined as never }),
      'invalid-option',
      /^environment must be an object, got undefined$/,
    ],
    [
      'a global object as the environment',
      (_, { options }) => AccountManager.open({ ...options, environment: globalThis as never }),
      'invalid-option',
      /^environment must have a method now: use environmentOf\(globalThis\), got /,
    ],
    [
      'an environment of nothing',
      () => entry.environmentOf({} as never),
      'invalid-option',
      /^environmentOf takes globalThis, or an object with a function Date.now, got \{\}$/,
    ],
    [
      'no connect',
      (_, { options }) => AccountManager.open({ ...options, connect: undefined as never }),
      'invalid-option',
      /^connect must be a function, got undefined$/,
    ],
    [
      'a storage without a lease',
      (_, { options }) => AccountManager.open({ ...options, storage: { get: () => 1 } as never }),
      'invalid-option',
      /^storage must have a method acquire, got \{get: a function\}$/,
    ],
    [
      'a misspelled option',
      (_, { options }) => AccountManager.open({ ...options, retryDelay: {} } as never),
      'invalid-option',
      /^unknown option "retryDelay": use storage, wait, environment, connect, retryDelays/,
    ],
    [
      'misspelled delays',
      (_, { options }) => AccountManager.open({ ...options, retryDelays: { first: 1000, max: 60_000 } as never }),
      'invalid-option',
      /^unknown option "max": use first, most$/,
    ],
    [
      'a delay of nothing',
      (_, { options }) => AccountManager.open({ ...options, retryDelays: { first: 0, most: 1 } }),
      'invalid-option',
      /^retryDelays.first must be a positive number of milliseconds, got 0$/,
    ],
    [
      'a missing delay',
      (_, { options }) => AccountManager.open({ ...options, retryDelays: { first: 1 } as never }),
      'invalid-option',
      /^retryDelays.most must be a positive number of milliseconds, got undefined$/,
    ],
    [
      'delays in the wrong order',
      (_, { options }) => AccountManager.open({ ...options, retryDelays: { first: 2, most: 1 } }),
      'invalid-option',
      /^retryDelays.most must not be less/,
    ],
    [
      'a missing limit',
      (_, { options }) => AccountManager.open({ ...options, limits: { recordSize: 1 } as never }),
      'invalid-option',
      /datastoreSize/,
    ],
    [
      'a misspelled limit',
      (_, { options }) => AccountManager.open({ ...options, limits: { ...entry.NO_LIMITS, size: 1 } as never }),
      'invalid-option',
      /^unknown option "size"/,
    ],
    [
      'an account that is a text',
      ({ accounts }) => accounts.managerFor('ann' as never),
      'invalid-option',
      /^an account must be an Account object, as `link` returns it, got "ann"$/,
    ],
    [
      'an invalid account id',
      ({ accounts }) => accounts.link('due date'),
      'invalid-name',
      /^invalid account id "due date": use 1–128 visible ASCII characters$/,
    ],
    [
      'an invalid datastore id',
      ({ manager }) => manager.open('No Id'),
      'invalid-name',
      /^invalid datastore id "No Id": use 1–64 of a–z 0–9/,
    ],
    [
      'an unknown event',
      ({ datastore }) => datastore.on('nothing' as never, () => undefined),
      'invalid-option',
      /^an event must be one of change, conflict, refusal, ruleFailure, syncStatus, undoStatus, got "nothing"$/,
    ],
    [
      'no listener',
      ({ datastore }) => datastore.on('change', undefined as never),
      'invalid-option',
      /^a listener must be a function, got undefined$/,
    ],
    [
      'null as a listener',
      ({ accounts }) => accounts.addListener(null as never),
      'invalid-option',
      /^a listener must be a function, got null$/,
    ],
    [
      'a text as a boolean',
      ({ accounts }) => accounts.setOnline('no' as never),
      'invalid-option',
      /^isOnline must be true or false, got "no"$/,
    ],
    [
      'a bigint as an index',
      ({ list }) => list.at(1n as never),
      'invalid-option',
      /^an index must be a number, got 1n$/,
    ],
    [
      'a bigint as a bound',
      ({ list }) => list.slice(1n as never),
      'invalid-option',
      /^an index must be a number, got 1n$/,
    ],
    [
      'an index after the end',
      ({ list }) => list.get(3),
      'index-out-of-range',
      /index 3: out of range: the length of the list is 3$/,
    ],
    [
      'an unknown role',
      ({ datastore }) => datastore.setRole('team', 'king' as never),
      'invalid-option',
      /^a role must be editor, viewer or none, got "king"$/,
    ],
    [
      'an account that no record id can name',
      ({ datastore }) => datastore.setRole('uann@example.com', 'editor'),
      'invalid-option',
      /^a principal must be public, team, or u and an account id of 1–63 of A–Z a–z 0–9 \. _ - \+ \/ =, got "uann@example.com"$/,
    ],
    [
      'a fraction of a try',
      ({ datastore }) => datastore.transaction(() => 1, { maxTries: 0.5 }),
      'invalid-option',
      /^maxTries must be a whole number, 1 or more, got 0.5$/,
    ],
    ['an async edit', ({ datastore }) => datastore.transaction(async () => 1), 'invalid-option', /must not be async/],
    [
      'a double as a text',
      ({ record }) => record.set('votes', 1).getString('votes'),
      'wrong-type',
      /field "votes": expected a string, but the value is a double$/,
    ],
    [
      'an absent field',
      ({ record }) => record.getString('note'),
      'field-missing',
      /field "note": the field is absent: check with has\(\), or use get\(\)$/,
    ],
    [
      'an edit of a deleted record',
      ({ record }) => {
        record.deleteRecord();
        record.set('title', 'x');
      },
      'record-deleted',
      /record "milk": there is no such record, or it was deleted: insert it before you edit it$/,
    ],
    [
      'a record that is too large',
      ({ record }) => record.set('title', 'x'.repeat(102_400)),
      'record-too-large',
      /record "milk": the size of the record in bytes is \d+, over the limit of 102400$/,
    ],
    [
      'a closed datastore',
      ({ datastore, record }) => {
        datastore.close();
        record.set('title', 'x');
      },
      'closed',
      /^datastore "\.[^"]+" is no longer open: open it again$/,
    ],
    [
      'a datastore that is open',
      ({ manager, datastore }) => manager.open(datastore.id),
      'already-open',
      /^datastore "\.[^"]+" is open, or is being opened or deleted: close it first$/,
    ],
    [
      'a manager that was shut down',
      async ({ manager }) => {
        await manager.shutDown();
        await manager.openDefault();
      },
      'shut-down',
      /^the manager was shut down: get another one from the account manager$/,
    ],
    [
      'an account manager that was closed',
      async ({ accounts }) => {
        await accounts.close();
        await accounts.link('ann');
      },
      'shut-down',
      /^the account manager was closed: open another one$/,
    ],
    [
      'an account that was unlinked',
      async ({ accounts, account }) => {
        await account.unlink();
        await accounts.managerFor(account);
      },
      'unauthorized',
      /^the account "ann" is not linked: link it, and use the object that `link` returns$/,
    ],
  ])('%s', async (_what, call, code, message) => {
    const fixture = new Fixture();
    const opened = await fixture.open();
    const outcome = await outcomeOf((_, used) => call(used, fixture), undefined, opened);
    expect(outcome).toBeInstanceOf(DatastoreError);
    expect((outcome as DatastoreError).code).toBe(code);
    expect((outcome as DatastoreError).message).toMatch(message);
  });

  test('an async connect, and one that gives no link', async () => {
    const { options } = new Fixture();
    for (const connect of [async () => ({}), () => undefined, () => ({ profile: 1 })]) {
      const accounts = await AccountManager.open({ ...options, connect: connect as never });
      await expect(accounts.link('ann')).rejects.toMatchObject({ code: 'invalid-option', message: /link/ });
      expect(accounts.linkedAccounts).toEqual([]);
      await accounts.close();
    }
  });
});

test('a list takes as many items at once as an array', () => {
  const items = Array.from({ length: 100_000 }, (_, at) => at);
  expect(new List().push(...items)).toBe(100_000);
  expect(new List(items).unshift(...items)).toBe(200_000);
  const list = new List<number>();
  list.insert(0, ...items);
  expect(list.splice(0, 100_000, ...items)).toHaveLength(100_000);
});
