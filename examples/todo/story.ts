// Devices of one user: two go offline, both edit the list, both come back. A third one is switched off and on again.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccountManager, type DeviceStorage, MemoryServer, MemoryStorage } from 'deltaic/datastore';
import { ManualEnvironment } from 'deltaic/datastore/testing';
import { LmdbStorage } from 'deltaic/storage/lmdb';
import { TodoList } from './todo-list.js';

/** A device: its accounts, its list, and the time that passes on it. */
interface Device {
  readonly environment: ManualEnvironment;
  readonly accounts: AccountManager;
  readonly list: TodoList;
}

/**
 * Starts a device. In a real app the storage would be on a disk, as it is for the tablet below, the environment would be
 * `environmentOf(globalThis)`, and `connect` would make a link over HTTP. Here the server is in memory, and time passes
 * when it is told to, so that the story goes the same way every time.
 */
async function start(
  name: string,
  seed: number,
  server: MemoryServer,
  print: (line: string) => void,
  storage: DeviceStorage = new MemoryStorage(),
): Promise<Device> {
  const environment = new ManualEnvironment(seed);
  const accounts = await AccountManager.open({
    storage,
    environment,
    connect: (account) => server.link(account),
  });
  const manager = await accounts.managerFor(await accounts.link('ann'));
  return { environment, accounts, list: await TodoList.open(name, manager, print) };
}

/** Tells the story, line by line. */
export async function tellStory(print: (line: string) => void): Promise<void> {
  const server = new MemoryServer();
  server.setAccount('ann', { userName: 'Ann' });
  const phone = await start('phone', 1, server, print);
  const laptop = await start('laptop', 2, server, print);
  const devices = [phone, laptop];

  /** Lets the background work of both devices be done. */
  const pass = async (minutes: number): Promise<void> => {
    for (const { environment } of devices) await environment.advance(minutes * 60_000);
  };
  const setOnline = (isOnline: boolean): void => {
    for (const { accounts } of devices) accounts.setOnline(isOnline);
  };

  print('# Ann writes a list on her phone, and it appears on her laptop.');
  phone.list.add('milk', 'Buy milk');
  phone.list.add('tax', 'Tax return');
  phone.list.add('bike', 'Mend the bike');
  await phone.list.sync();
  await pass(1);
  await laptop.list.sync();
  laptop.list.show();

  print('# Both devices go offline.');
  setOnline(false);
  phone.list.tick('milk');
  phone.list.work('tax', 20n);
  phone.list.rename('tax', 'Tax return, with receipts');
  phone.list.moveToTop('bike');
  phone.list.add('gift', 'Gift for Sam');
  await phone.list.sync();
  phone.list.show();

  laptop.list.work('tax', 45n);
  laptop.list.rename('tax', 'Tax return until Friday');
  laptop.list.add('call', 'Call the plumber');
  laptop.list.remove('milk');
  await laptop.list.sync();
  laptop.list.show();
  await pass(60);
  print(`phone is ${phone.list.describeStatus()}`);
  print(`laptop is ${laptop.list.describeStatus()}`);

  print('# They come back, the laptop first.');
  laptop.accounts.setOnline(true);
  await pass(1);
  phone.accounts.setOnline(true);
  await pass(1);
  print(`phone is ${phone.list.describeStatus()}`);
  // Nothing that arrived shows before the app says so.
  await phone.list.sync();
  await pass(1);
  await laptop.list.sync();
  await pass(1);

  print('# Both devices have the same list again.');
  phone.list.show();
  laptop.list.show();
  for (const { list } of devices) list.close();

  await tellOfDisk(server, print);
}

/** A device that keeps its list on a disk, and has no network. */
async function tellOfDisk(server: MemoryServer, print: (line: string) => void): Promise<void> {
  const path = mkdtempSync(join(tmpdir(), 'deltaic-todo-'));
  try {
    print('# A tablet without a network keeps its list in a directory.');
    const tablet = await start('tablet', 3, server, print, new LmdbStorage({ path }));
    tablet.accounts.setOnline(false);
    tablet.list.add('book', 'Read a book');
    await tablet.list.sync();
    await tablet.accounts.close();

    print('# It is switched on again.');
    const again = await start('tablet', 4, server, print, new LmdbStorage({ path }));
    again.accounts.setOnline(false);
    again.list.show();
    await again.accounts.close();
  } finally {
    rmSync(path, { recursive: true });
  }
}
