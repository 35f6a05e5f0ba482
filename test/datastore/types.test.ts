/** What the compiler knows of declared tables. Each `@ts-expect-error` fails the type check if its line compiles. */

import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  type AnyShape,
  type Atom,
  type ChangedRecords,
  type Datastore,
  type DatastoreManager,
  type DatastoreRecord,
  FieldSet,
  List,
  type QueryResult,
  type RecordOf,
  type Table,
  type Value,
} from '../../src/datastore/index.js';
import { Desk } from './support/desk.js';

interface Task {
  taskname: string;
  completed: boolean;
  state?: 'open' | 'done';
  priority?: number;
  votes?: bigint;
  due?: Date;
  photo?: Uint8Array;
  tags?: readonly string[];
  mixed?: readonly (string | number)[];
}

interface Setting {
  value?: string | number;
}

interface App {
  tasks: Task;
  settings: Setting;
}

function open(): Datastore<App> {
  return new Desk().datastore as unknown as Datastore<App>;
}

describe('declared tables', () => {
  const datastore = open();
  const tasks = datastore.table('tasks');
  const task = tasks.insert({ taskname: 'Buy milk', completed: false });

  test('give typed tables, records and results', () => {
    expectTypeOf(tasks).toExtend<Table<Task>>();
    expectTypeOf(task).toExtend<DatastoreRecord<Task>>();
    expectTypeOf(tasks.query()).toExtend<QueryResult<DatastoreRecord<Task>>>();
    expectTypeOf(tasks.get('x')).toExtend<DatastoreRecord<Task> | undefined>();
    // @ts-expect-error there is no such table
    datastore.table('tusks');
  });

  test('type fields, any of which can be absent', () => {
    expectTypeOf(task.get('taskname')).toEqualTypeOf<string | undefined>();
    expectTypeOf(task.get('state')).toEqualTypeOf<'open' | 'done' | undefined>();
    expectTypeOf(task.get('tags')).toEqualTypeOf<readonly string[] | undefined>();
    expectTypeOf(task.names()).toEqualTypeOf<(keyof Task)[]>();
    // @ts-expect-error there is no such field
    task.get('teskname');
  });

  test('let typed getters ask for what a field can hold', () => {
    expectTypeOf(task.getString('taskname')).toEqualTypeOf<string>();
    expectTypeOf(task.getBoolean('completed')).toEqualTypeOf<boolean>();
    expectTypeOf(() => task.getString('state')).returns.toEqualTypeOf<'open' | 'done'>();
    expectTypeOf(() => task.getDouble('priority')).returns.toEqualTypeOf<number>();
    expectTypeOf(() => task.getDouble('votes')).returns.toEqualTypeOf<number>();
    expectTypeOf(() => task.getLong('votes')).returns.toEqualTypeOf<bigint>();
    expectTypeOf(() => task.getDate('due')).returns.toEqualTypeOf<Date>();
    expectTypeOf(() => task.getBytes('photo')).returns.toEqualTypeOf<Uint8Array>();
    const setting = datastore.table('settings').insert();
    expectTypeOf(() => setting.getString('value')).returns.toEqualTypeOf<string>();
    // @ts-expect-error a double is not a long
    expect(() => task.getLong('priority')).toThrow();
    // @ts-expect-error a boolean is not a string
    expect(() => task.getString('completed')).toThrow();
  });

  test('type lists by their items', () => {
    const tags = task.getOrCreateList('tags');
    expectTypeOf(tags).toEqualTypeOf<List<string>>();
    expectTypeOf(tags.at(0)).toEqualTypeOf<string | undefined>();
    expectTypeOf([...tags]).toEqualTypeOf<string[]>();
    expectTypeOf(task.getOrCreateList('mixed')).toEqualTypeOf<List<string | number>>();
    tags.push('a', 'b').toFixed();
    // @ts-expect-error items are strings
    tags.push(1);
    // @ts-expect-error the field holds no list
    expect(() => task.getList('taskname')).toThrow();
  });

  test('let fields be set to what they hold', () => {
    task
      .set('completed', true)
      .set('tags', ['a'])
      .set('tags', new List(['b']))
      .set('state', 'done');
    task.update({ completed: false, due: undefined });
    task.delete('due');
    // @ts-expect-error a boolean is wanted
    task.set('completed', 1);
    // @ts-expect-error strings are wanted
    task.set('tags', [1]);
    // @ts-expect-error a field that must be there cannot be made absent
    task.update({ taskname: undefined });
    // @ts-expect-error there is no such field
    task.update({ color: 'red' });
  });

  test('ask of an insert what must be there', () => {
    tasks.insert('id', { taskname: 'x', completed: true, due: undefined });
    tasks.insert(new FieldSet<Task>({ taskname: 'x', completed: true }));
    tasks.getOrInsert('id', { taskname: 'x', completed: true });
    datastore.table('settings').insert();
    datastore.table('settings').getOrInsert('color');
    // @ts-expect-error `completed` is missing
    tasks.insert({ taskname: 'x' });
    // @ts-expect-error the fields are missing
    tasks.getOrInsert('other');
    // @ts-expect-error no such field
    tasks.insert({ taskname: 'x', completed: true, color: 'red' });
  });

  test('type queries, which match longs and doubles', () => {
    tasks.query({ completed: false, votes: 1, priority: 1n });
    tasks.query(new FieldSet<Task>({ completed: true }));
    // @ts-expect-error a boolean is wanted
    tasks.query({ completed: 'no' });
  });

  test('type rules by field, and what a sync returns by table', () => {
    tasks.setResolutionRule('votes', 'sum');
    // @ts-expect-error there is no such field
    tasks.setResolutionRule('vates', 'sum');
    // @ts-expect-error there is no such rule
    expect(() => tasks.setResolutionRule('votes', 'mean')).toThrow();
    expectTypeOf(datastore.sync).returns.resolves.toEqualTypeOf<ChangedRecords<App>>();
    const changed = (records: ChangedRecords<App>): void => {
      expectTypeOf(records.get('tasks')).toEqualTypeOf<ReadonlySet<RecordOf<App, 'tasks'>> | undefined>();
    };
    datastore.on('change', ({ records }) => changed(records));
    // @ts-expect-error there is no such event
    expect(() => datastore.on('chance', () => undefined)).toThrow('an event must be one of');
  });

  test('leave nothing of a declared type that cannot be a value', () => {
    const broken = new Desk().datastore as unknown as Datastore<{ t: { nested?: { a: number }; fine?: string } }>;
    const record = broken.table('t').insert();
    record.set('fine', 'x');
    // @ts-expect-error an object is not a value
    expect(() => record.set('nested', { a: 1 })).toThrow();
  });
});

describe('what is declared', () => {
  const datastore = open();
  const table = datastore.table('tasks');

  test('can be passed where nothing is', () => {
    const counts = (any: Datastore): number => any.tables().length;
    expect(counts(datastore)).toBe(0);
    const anyTable: Table = table;
    const anyRecord: DatastoreRecord = table.insert({ taskname: 'x', completed: true });
    const anyList: List = table.insert({ taskname: 'x', completed: true }).getOrCreateList('tags');
    expectTypeOf(anyRecord.get('taskname')).toEqualTypeOf<Value | undefined>();
    expectTypeOf(anyTable.query()[0]).toEqualTypeOf<DatastoreRecord | undefined>();
    expectTypeOf(anyList.at(0)).toEqualTypeOf<Atom | undefined>();
    // @ts-expect-error the other way round it must be said what is there
    const tables: Table<Setting> = table;
    expect(tables).toBe(anyTable);
  });

  test('must be what fields can hold, when a datastore is opened', () => {
    type Opens = DatastoreManager['open'];
    const opens = (() => undefined) as unknown as Opens;
    opens<App>('id');
    opens('id');
    opens<{ t: { fine?: string[]; union: 'a' | 1 | Date; items?: readonly (string | bigint)[] } }>('id');
    // @ts-expect-error null is not a value: declare an optional field
    opens<{ t: { nothing: string | null } }>('id');
    // @ts-expect-error an object is not a value
    opens<{ t: { nested: { a: number } } }>('id');
    // @ts-expect-error a list cannot contain a list
    opens<{ t: { lists?: string[][] } }>('id');
    // @ts-expect-error a function is not a value
    opens<{ t: { method(): void } }>('id');
  });

  test('says which rules a field can have', () => {
    table.setResolutionRule('priority', 'sum').setResolutionRule('taskname', 'max');
    datastore.table('settings').setResolutionRule('value', 'sum');
    new Desk().datastore.table('t').setResolutionRule('any', 'sum');
    // @ts-expect-error strings cannot be added up
    table.setResolutionRule('taskname', 'sum');
    // @ts-expect-error lists cannot be added up
    table.setResolutionRule('tags', 'sum');
  });

  test('says which types a field can be held to', () => {
    table.declare({ votes: 'long', taskname: 'string', tags: 'list' });
    datastore.table('settings').declare({ value: 'double' });
    new Desk().datastore.table('t').declare({ any: 'long' });
    // @ts-expect-error votes are a bigint
    table.declare({ votes: 'double' });
    // @ts-expect-error there is no such field
    table.declare({ vates: 'long' });
  });

  test('types plain objects', () => {
    expectTypeOf(table.record('r').toObject().state).toEqualTypeOf<'open' | 'done' | undefined>();
    expectTypeOf(datastore.toObject().tasks?.['id']?.votes).toEqualTypeOf<bigint | undefined>();
    expectTypeOf(table.query().map(({ id }) => id)).toEqualTypeOf<string[]>();
    // @ts-expect-error a result is read-only
    const sort = (): unknown => table.query().sort();
    expect(sort).toBeDefined();
  });
});

describe('undeclared tables', () => {
  const { datastore } = new Desk();

  test('are not guessed from the first fields or items', () => {
    new FieldSet({ a: 1 }).set('b', 'x');
    new List(['a']).push(1, true);
    expectTypeOf(new List(['a'])).toEqualTypeOf<List>();
    expectTypeOf(new FieldSet({ a: 1 })).toEqualTypeOf<FieldSet>();
  });

  test('take and give any value', () => {
    const record = datastore.table('anything').insert({ a: 1, b: ['x', 1n], c: new List([true]) });
    expectTypeOf(record).toExtend<DatastoreRecord<AnyShape>>();
    expectTypeOf(record.get('a')).toEqualTypeOf<Value | undefined>();
    record.set('d', new Date(0)).update({ a: undefined });
    record.update(new Map([['m', 1n]]));
    record.getList('b').push(true);
    // @ts-expect-error null is not a value
    expect(() => record.set('a', null)).toThrow();
  });
});
