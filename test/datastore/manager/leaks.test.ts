import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { type Datastore, MemoryServer } from '../../../src/datastore/index.js';
import { addAccounts, Device } from './support/device.js';

const OPENS = 1_000;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapInUse(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test('1,000 opens and closes keep memory flat', { timeout: 120_000 }, async () => {
  const device = new Device(addAccounts(new MemoryServer()));
  const manager = await device.manager();
  const cycle = async (at: number): Promise<void> => {
    const datastore = await manager.openOrCreate(`notes-${at % 5}`);
    datastore.on('change', () => undefined);
    datastore.on('syncStatus', () => undefined);
    datastore.table('t').getOrInsert('r').set('n', at);
    if (at % 10 === 0) await datastore.sync();
    datastore.close();
    if (at % 100 === 0) await turn(device);
  };
  // The log of the server grows, and not with what is measured.
  for (let at = 0; at < OPENS / 2; at++) await cycle(at);
  await turn(device);
  for (let id = 0; id < 5; id++) trim(device, id);
  const before = heapInUse();
  for (let at = 0; at < OPENS; at++) await cycle(at);
  await turn(device);
  for (let id = 0; id < 5; id++) trim(device, id);
  const after = heapInUse();
  // What is stored of five datastores is in this memory too, and grows and shrinks.
  expect(after - before).toBeLessThan(1_500_000);
  expect(device.environment.timerCount).toBe(0);
});

test('what was closed is let go of, with its listeners, while the manager lives on', async () => {
  const device = new Device(addAccounts(new MemoryServer()));
  const manager = await device.manager();
  const held: WeakRef<object>[] = [];
  const open = async (): Promise<void> => {
    const datastore: Datastore = await manager.openOrCreate('notes');
    const listener = (): void => undefined;
    datastore.on('change', listener);
    datastore.on('syncStatus', listener);
    manager.addListListener(listener);
    await device.rest();
    manager.removeListListener(listener);
    datastore.close();
    held.push(new WeakRef(datastore), new WeakRef(listener));
  };
  await open();
  await turn(device);
  collectGarbage();
  expect(held.map((reference) => reference.deref())).toEqual([undefined, undefined]);
  expect(manager.isShutDown).toBe(false);
});

/** Lets everything happen, and the engine forget the weak references that were read in this turn. */
async function turn(device: Device): Promise<void> {
  await device.rest();
  await new Promise((resolve) => setTimeout(resolve, 0));
}

function trim(device: Device, id: number): void {
  const sequencer = device.server.sequencer('ann', `notes-${id}`);
  sequencer.trim(sequencer.revision);
}
