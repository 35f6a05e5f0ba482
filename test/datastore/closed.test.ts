import { expect, test } from 'vitest';
import { Datastore, DatastoreRecord, FieldView, List, ReadableList, Table } from '../../src/datastore/index.js';
import { Desk, failure, rejection } from './support/desk.js';

/** A call of every member that needs an open datastore, by class and name. */
function calls(desk: Desk): ReadonlyMap<string, () => unknown> {
  const { datastore } = desk;
  const table = datastore.table('t');
  const record = table.insert('r', { l: ['a'] });
  const list = record.getList('l');
  const forDatastore = {
    manager: () => datastore.manager,
    effectiveRole: () => datastore.effectiveRole,
    isWritable: () => datastore.isWritable,
    title: () => datastore.title,
    mtime: () => datastore.mtime,
    size: () => datastore.size,
    recordCount: () => datastore.recordCount,
    unsyncedChangesSize: () => datastore.unsyncedChangesSize,
    syncStatus: () => datastore.syncStatus,
    setTitle: () => datastore.setTitle('x'),
    table: () => datastore.table('t'),
    tables: () => datastore.tables(),
    toObject: () => datastore.toObject(),
    toJSON: () => datastore.toJSON(),
    listRoles: () => datastore.listRoles(),
    getRole: () => datastore.getRole('public'),
    setRole: () => datastore.setRole('public', 'viewer'),
    deleteRole: () => datastore.deleteRole('public'),
    sync: () => datastore.sync(),
    rollback: () => datastore.rollback(),
    canUndo: () => datastore.canUndo,
    canRedo: () => datastore.canRedo,
    undo: () => datastore.undo(),
    redo: () => datastore.redo(),
    batch: () => datastore.batch(() => undefined),
    groupEdits: () => datastore.groupEdits(() => undefined),
    loadDeltas: () => datastore.loadDeltas(),
    commit: () => datastore.commit(),
    transaction: () => datastore.transaction(() => undefined),
  };
  const forTable = {
    setResolutionRule: () => table.setResolutionRule('f', 'max'),
    get: () => table.get('r'),
    getOrInsert: () => table.getOrInsert('r'),
    insert: () => table.insert(),
    declare: () => table.declare({ f: 'long' }),
    index: () => table.index('f'),
    query: () => table.query(),
    watch: () => table.watch({}, () => undefined),
    record: () => table.record('r'),
    toObject: () => table.toObject(),
    toJSON: () => table.toJSON(),
  };
  const forFields = {
    has: () => record.has('l'),
    get: () => record.get('l'),
    typeOf: () => record.typeOf('l'),
    names: () => record.names(),
    entries: () => [...record.entries()],
    toObject: () => record.toObject(),
    toJSON: () => record.toJSON(),
    getBoolean: () => record.getBoolean('l'),
    getLong: () => record.getLong('l'),
    getDouble: () => record.getDouble('l'),
    getString: () => record.getString('l'),
    getBytes: () => record.getBytes('l'),
    getDate: () => record.getDate('l'),
    getList: () => record.getList('l'),
    getOrCreateList: () => record.getOrCreateList('l'),
    set: () => record.set('a', 1),
    update: () => record.update({}),
    delete: () => record.delete('a'),
  };
  const forRecord = {
    isDeleted: () => record.isDeleted,
    size: () => record.size,
    deleteRecord: () => record.deleteRecord(),
  };
  const forReadableList = {
    length: () => list.length,
    isEmpty: () => list.isEmpty,
    get: () => list.get(0),
    at: () => list.at(0),
    typeAt: () => list.typeAt(0),
    getBoolean: () => list.getBoolean(0),
    getLong: () => list.getLong(0),
    getDouble: () => list.getDouble(0),
    getString: () => list.getString(0),
    getBytes: () => list.getBytes(0),
    getDate: () => list.getDate(0),
    slice: () => list.slice(),
    toArray: () => list.toArray(),
    toJSON: () => list.toJSON(),
    indexOf: () => list.indexOf('a'),
    lastIndexOf: () => list.lastIndexOf('a'),
    includes: () => list.includes('a'),
  };
  const forList = {
    add: () => list.add('b'),
    insert: () => list.insert(0, 'b'),
    set: () => list.set(0, 'b'),
    remove: () => list.remove(0),
    move: () => list.move(0, 0),
    clear: () => list.clear(),
    reconcile: () => list.reconcile(['b']),
    push: () => list.push(),
    unshift: () => list.unshift(),
    pop: () => list.pop(),
    shift: () => list.shift(),
    splice: () => list.splice(0, 0),
  };
  const all = { Datastore: forDatastore, Table: forTable, FieldView: forFields, DatastoreRecord: forRecord };
  const named = Object.entries({ ...all, ReadableList: forReadableList, List: forList });
  return new Map(
    named.flatMap(([owner, members]) =>
      Object.entries(members).map(([name, call]): [string, () => unknown] => [`${owner}.${name}`, call]),
    ),
  );
}

/** What a closed datastore still answers. */
const STILL_WORKING = ['id', 'isOpen', 'isShareable', 'close', 'on', 'off'].map((name) => `Datastore.${name}`);

test.each(['closed', 'shut-down'] as const)(
  'nothing of a datastore works once it is %s, but what says so',
  async (code) => {
    const desk = new Desk();
    const every = calls(desk);
    desk.handle.shutDown(code);
    for (const [name, call] of every) {
      const isAsync = ['sync', 'loadDeltas', 'commit', 'transaction'].some((member) => name === `Datastore.${member}`);
      expect(isAsync ? await rejection(call as () => Promise<unknown>) : failure(call), name).toBe(code);
    }
  },
);

test('no member is forgotten above', () => {
  const classes = { Datastore, Table, FieldView, DatastoreRecord, ReadableList, List };
  const members = Object.entries(classes).flatMap(([owner, { prototype }]) =>
    Object.getOwnPropertyNames(prototype).map((name) => `${owner}.${name}`),
  );
  const known = new Set([...calls(new Desk()).keys(), ...STILL_WORKING]);
  expect(members.filter((name) => !name.endsWith('.constructor') && !known.has(name))).toEqual([]);
});
