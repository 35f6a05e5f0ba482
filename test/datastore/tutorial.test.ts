/** The examples of the Python tutorial that concern an open datastore, in its order, as this API says them. */

import { describe, expect, test } from 'vitest';
import { type Datastore, DatastoreError, FieldSet } from '../../src/datastore/index.js';
import { Desk, settle, twoDesks } from './support/desk.js';

interface Task {
  taskname: string;
  completed: boolean;
}

interface App {
  tasks: Task;
  counters: { count?: bigint };
}

/** The open datastore of a device, with declared tables. */
function declared(desk: Desk): Datastore<App> {
  return desk.datastore as unknown as Datastore<App>;
}

describe('working with records', () => {
  test('a task is inserted, and committed', async () => {
    const [desk, other] = twoDesks();
    const datastore = declared(desk);
    const tasks = datastore.table('tasks');
    const firstTask = tasks.insert({ taskname: 'Buy milk', completed: false });
    await datastore.commit();
    await other.settle();
    expect(declared(other).table('tasks').get(firstTask.id)?.get('taskname')).toBe('Buy milk');
  });

  test('a commit that conflicts is rolled back, loaded anew, and tried again', async () => {
    const [desk, other] = twoDesks();
    const datastore = declared(desk);
    declared(other).table('tasks').insert({ taskname: 'Call Ann', completed: false });
    await other.settle();
    const outcomes: string[] = [];
    for (let tries = 0; tries < 4; tries++) {
      try {
        datastore.table('tasks').insert({ taskname: 'Buy milk', completed: false });
        await datastore.commit();
        outcomes.push('committed');
        break;
      } catch (error) {
        if (!(error instanceof DatastoreError) || error.code !== 'conflict') throw error;
        outcomes.push(error.code);
        datastore.rollback();
        await datastore.loadDeltas();
      }
    }
    expect(outcomes).toEqual(['conflict', 'committed']);
    expect([...datastore.table('tasks').query()].map((task) => task.get('taskname')).sort()).toEqual([
      'Buy milk',
      'Call Ann',
    ]);
  });

  test('a transaction does all that', async () => {
    const [desk, other] = twoDesks();
    const datastore = declared(desk);
    const tasks = datastore.table('tasks');
    declared(other).table('tasks').insert({ taskname: 'Call Ann', completed: false });
    await other.settle();
    const firstTask = await datastore.transaction(() => tasks.insert({ taskname: 'Buy milk', completed: false }), {
      maxTries: 4,
    });
    const taskname = firstTask.get('taskname');
    expect(taskname).toBe('Buy milk');
    await datastore.transaction(() => firstTask.set('completed', true), { maxTries: 4 });
    expect(firstTask.get('completed')).toBe(true);
    await datastore.transaction(() => firstTask.deleteRecord(), { maxTries: 4 });
    await settle(desk, other);
    expect(declared(other).table('tasks').query().count).toBe(1);
  });
});

describe('querying records', () => {
  test('finds those with the given fields, or all, and leaves sorting to the caller', () => {
    const tasks = declared(new Desk()).table('tasks');
    tasks.insert({ taskname: 'Buy milk', completed: false });
    tasks.insert({ taskname: 'Call Ann', completed: true });
    tasks.insert({ taskname: 'ask Bob', completed: false });
    const open: (string | undefined)[] = [];
    for (const task of tasks.query({ completed: false })) open.push(task.get('taskname'));
    expect(open.sort()).toEqual(['Buy milk', 'ask Bob']);
    // Strings are compared by case.
    expect(tasks.query({ taskname: 'buy milk' }).hasResults).toBe(false);
    const byName = tasks.query();
    byName.asList().sort((left, right) => left.getString('taskname').localeCompare(right.getString('taskname'), 'en'));
    expect([...byName].map((task) => task.getString('taskname'))).toEqual(['ask Bob', 'Buy milk', 'Call Ann']);
  });
});

describe('records and fields', () => {
  test('a record id is given or generated, and can be stored in other records', () => {
    const { datastore } = new Desk();
    const ann = datastore.table('people').insert('ann', { name: 'Ann' });
    const task = datastore.table('tasks').insert({ taskname: 'Buy milk', assignee: ann.id });
    expect(task.id).toMatch(/^record-/);
    expect(datastore.table('people').get(task.getString('assignee'))).toBe(ann);
  });

  test('a field holds a string, boolean, integer, floating point number, date, bytes or list', () => {
    const fields = new FieldSet({
      string: 'text',
      boolean: true,
      integer: 2n ** 63n - 1n,
      float: 0.1,
      date: new Date(1234),
      bytes: Uint8Array.of(0, 255),
      list: ['a', 1n],
    });
    const record = new Desk().datastore.table('t').insert(fields);
    expect(record.names().map((name) => `${name}: ${record.typeOf(name)}`)).toEqual([
      'boolean: boolean',
      'bytes: bytes',
      'date: date',
      'float: double',
      'integer: long',
      'list: list',
      'string: string',
    ]);
    expect(Object.fromEntries(record)).toStrictEqual(Object.fromEntries(fields));
  });
});

describe('customizing conflict resolution', () => {
  test('a count is increased by a transaction, which runs again as often as it must', async () => {
    const desks = twoDesks();
    const counter = declared(desks[0]).table('counters').insert('visits', { count: 0n });
    await settle(...desks);
    const increments = desks.map(async (desk) => {
      const datastore = declared(desk);
      const record = datastore.table('counters').get('visits');
      for (let visit = 0; visit < 5; visit++) {
        await datastore.transaction(() => record?.set('count', record.getLong('count') + 1n), { maxTries: 20 });
      }
    });
    await Promise.all(increments);
    await settle(...desks);
    expect(counter.getLong('count')).toBe(10n);
  });
});

describe('sharing a datastore', () => {
  test('roles are given to the public or the team, and can be listed', () => {
    const { datastore } = new Desk(undefined, { id: '.a-shareable-id' });
    datastore.setRole('public', 'editor');
    expect(new Map(datastore.listRoles())).toEqual(new Map([['public', 'editor']]));
    expect(datastore.effectiveRole).toBe('owner');
  });
});
