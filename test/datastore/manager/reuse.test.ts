/** Opening a datastore that is open, where that is asked for. */

import { beforeEach, describe, expect, test } from 'vitest';
import { type DatastoreManager, MemoryServer, ResolutionRules } from '../../../src/datastore/index.js';
import { codeOf } from './support/code-of.js';
import { addAccounts, Device } from './support/device.js';
import { hold } from './support/gate.js';

let server: MemoryServer;
let phone: Device;
let manager: DatastoreManager;

beforeEach(async () => {
  server = addAccounts(new MemoryServer());
  phone = new Device(server);
  manager = await phone.manager();
});

describe('16: opening with reuse', () => {
  test('gets the same object, which is closed when all have closed it', async () => {
    const first = await manager.openDefault();
    const second = await manager.openDefault({ reuse: true });
    const third = await manager.open('default', { reuse: true });
    expect([second === first, third === first]).toEqual([true, true]);
    first.table('t').insert('r');
    second.close();
    first.close();
    expect([first.isOpen, third.table('t').query().length]).toEqual([true, 1]);
    third.close();
    expect(first.isOpen).toBe(false);
    first.close();
    const anew = await manager.openDefault({ reuse: true });
    expect(anew).not.toBe(first);
    anew.close();
    expect(anew.isOpen).toBe(false);
  });

  test('waits for a call that is opening it, and opens it by itself if that fails', async () => {
    const other = new Device(server);
    const shared = await (await other.manager()).create();
    await shared.sync();
    await other.rest();
    const gate = hold(phone.link(), 'find', 'answer');
    const opens = [
      manager.open(shared.id, { reuse: true }),
      manager.open(shared.id, { reuse: true }),
      manager.open(shared.id, { reuse: true }),
    ];
    await phone.rest();
    expect(gate.isReached).toBe(true);
    gate.open();
    const [one, two, three] = await Promise.all(opens);
    expect([two === one, three === one]).toEqual([true, true]);
    for (const datastore of [one, two, three]) {
      expect(datastore?.isOpen).toBe(true);
      datastore?.close();
    }
    expect(one?.isOpen).toBe(false);
  });

  test('of many at once opens it once', async () => {
    const opened = await Promise.all(Array.from({ length: 5 }, () => manager.openDefault({ reuse: true })));
    expect(new Set(opened).size).toBe(1);
  });

  test('fails where there is nothing to open, each call by itself', async () => {
    const calls = [1, 2].map(() => codeOf(manager.open('.unknown', { reuse: true })));
    expect(await Promise.all(calls)).toEqual(['not-found', 'not-found']);
  });

  test('is not what a call gets that does not ask', async () => {
    const first = await manager.openDefault({ reuse: true });
    expect(await codeOf(manager.openDefault())).toBe('already-open');
    expect(await codeOf(manager.openDefault({ reuse: 1 as never }))).toBe('invalid-option');
    expect(await codeOf(manager.delete('default'))).toBe('already-open');
    first.close();
    expect(first.isOpen).toBe(false);
  });

  test('takes the rules that it was opened with, and no others', async () => {
    const rules = new ResolutionRules();
    const first = await manager.openDefault({ rules });
    expect(await manager.openDefault({ reuse: true, rules })).toBe(first);
    expect(await codeOf(manager.openDefault({ reuse: true, rules: new ResolutionRules() }))).toBe('invalid-option');
    first.close();
    first.close();
    expect(first.isOpen).toBe(false);
  });

  test('ends for all when the manager is shut down', async () => {
    const first = await manager.openDefault();
    await manager.openDefault({ reuse: true });
    await manager.shutDown();
    expect(first.isOpen).toBe(false);
    expect(await codeOf(manager.openDefault({ reuse: true }))).toBe('shut-down');
  });
});
