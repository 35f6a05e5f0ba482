import { expectArray, expectObject } from '../../codec/wire/json.js';
import { DatastoreError } from '../../errors/datastore-error.js';
import { textOrNull } from './cached-datastore.js';
import type { AccountProfile } from './link.js';
import type { Storage } from './storage.js';

/** What is stored of a linked account. */
export interface LinkedAccount {
  readonly id: string;
  /** What the keys of its cache begin with. */
  readonly space: string;
  /** What the server said of its user last. */
  readonly profile: AccountProfile | undefined;
}

/** Which accounts a device has linked, and which part of the storage belongs to whom. Spec: STORE-6. */
export interface DeviceRecord {
  /** In the order in which they were linked. */
  readonly accounts: readonly LinkedAccount[];
  /** What the keys of the local datastores begin with. */
  readonly localSpace: string;
  /** The number of the next new space. */
  readonly nextSpace: number;
}

const KEY = 'device';
const SPACE = 'space-';

/** The record of a device that has no account yet. */
export const NEW_DEVICE: DeviceRecord = { accounts: [], localSpace: `${SPACE}0`, nextSpace: 1 };

/** The record with one account more, which gets a space of its own. */
export function withAccount(record: DeviceRecord, id: string): DeviceRecord {
  const { accounts, nextSpace } = record;
  const added = { id, space: `${SPACE}${nextSpace}`, profile: undefined };
  return { ...record, accounts: [...accounts, added], nextSpace: nextSpace + 1 };
}

/** The record without an account. */
export function withoutAccount(record: DeviceRecord, id: string): DeviceRecord {
  return { ...record, accounts: record.accounts.filter((account) => account.id !== id) };
}

export function withProfile(record: DeviceRecord, id: string, profile: AccountProfile): DeviceRecord {
  const accounts = record.accounts.map((account) => (account.id === id ? { ...account, profile } : account));
  return { ...record, accounts };
}

/** The record in which the local space has become an account's, and there is a new local one. */
export function withMigration(record: DeviceRecord, id: string): DeviceRecord {
  const { accounts, localSpace, nextSpace } = record;
  return {
    accounts: accounts.map((account) => (account.id === id ? { ...account, space: localSpace } : account)),
    localSpace: `${SPACE}${nextSpace}`,
    nextSpace: nextSpace + 1,
  };
}

/** @throws DatastoreError `storage`, or `invalid-json` for a damaged record. */
export async function readDevice(storage: Storage): Promise<DeviceRecord> {
  const json = await storage.get(KEY);
  if (json === undefined) return NEW_DEVICE;
  const { format, accounts, localSpace, nextSpace } = expectObject(json, 'the record of a device');
  if (format !== 1 || typeof localSpace !== 'string' || typeof nextSpace !== 'number') {
    throw new DatastoreError('invalid-json', 'the record of a device has format 1, a local space and a next one');
  }
  return { accounts: expectArray(accounts, 'the accounts').map(parseAccount), localSpace, nextSpace };
}

/** @throws DatastoreError `storage`. */
export async function writeDevice(storage: Storage, record: DeviceRecord): Promise<void> {
  const accounts = record.accounts.map(({ id, space, profile }) => ({
    id,
    space,
    userName: profile?.userName ?? null,
    orgName: profile?.orgName ?? null,
  }));
  await storage.set(KEY, { format: 1, ...record, accounts });
}

/** Deletes what belongs to no account and is not local: what unlinking and migrating leave. @throws DatastoreError `storage`. */
export async function clearSpaces(storage: Storage, record: () => DeviceRecord): Promise<void> {
  const keys = await storage.keys(SPACE);
  // Only now, since a space that was new by then may have been among the keys.
  const { accounts, localSpace } = record();
  const live = new Set([localSpace, ...accounts.map(({ space }) => space)]);
  for (const key of keys) {
    const [space = ''] = key.split('/');
    if (!live.has(space)) await storage.delete(key);
  }
}

function parseAccount(json: unknown): LinkedAccount {
  const { id, space, userName, orgName } = expectObject(json, 'an account');
  if (typeof id !== 'string' || typeof space !== 'string') {
    throw new DatastoreError('invalid-json', 'an account has an id and a space');
  }
  const name = textOrNull(userName, 'the name of a user');
  const profile = name === undefined ? undefined : { userName: name, orgName: textOrNull(orgName, 'an organisation') };
  return { id, space, profile };
}
