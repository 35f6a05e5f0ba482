import { DatastoreError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { expectItems, expectObject } from '../../values/json.js';
import { type DeviceStore, textOrNull } from './device-store.js';
import type { AccountProfile } from './link.js';

/** What is stored of a linked account. */
export interface AccountRecord {
  readonly id: string;
  /** The beginning of the keys of its cache. */
  readonly space: string;
  /** What the server last said about its user. */
  readonly profile: AccountProfile | undefined;
}

/** The linked accounts of a device, and which part of the storage belongs to whom. Spec: STORE-6. */
export interface DeviceRecord {
  /** In the order in which they were linked. */
  readonly accounts: readonly AccountRecord[];
  /** The beginning of the keys of the local datastores. */
  readonly localSpace: string;
  /** The number of the next new space. */
  readonly nextSpace: number;
}

const KEY = 'device';
const SPACE = 'space-';

/** The record of a device that has no account yet. */
export const NEW_DEVICE: DeviceRecord = { accounts: [], localSpace: `${SPACE}0`, nextSpace: 1 };

/** The record with one more account, which gets a space of its own. */
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

/** The record after a migration: the local space belongs to an account, and there is a new local space. */
export function withMigration(record: DeviceRecord, id: string): DeviceRecord {
  const { accounts, localSpace, nextSpace } = record;
  return {
    accounts: accounts.map((account) => (account.id === id ? { ...account, space: localSpace } : account)),
    localSpace: `${SPACE}${nextSpace}`,
    nextSpace: nextSpace + 1,
  };
}

/** @throws DatastoreError `storage` or `corrupt-data`. */
export async function readDevice(store: DeviceStore): Promise<DeviceRecord> {
  return (await store.read(KEY, parseDevice)) ?? NEW_DEVICE;
}

/** @throws DatastoreError `storage`. */
export async function writeDevice(store: DeviceStore, record: DeviceRecord): Promise<void> {
  const accounts = record.accounts.map(({ id, space, profile }) => ({
    id,
    space,
    userName: profile?.userName ?? null,
    orgName: profile?.orgName ?? null,
  }));
  await store.write({ puts: [[KEY, { format: 1, ...record, accounts }]], isStrict: true });
}

/** Deletes the spaces that belong to nobody any more, after an unlinking or a migration. @throws DatastoreError `storage`. */
export async function clearSpaces(
  store: DeviceStore,
  { accounts, localSpace, nextSpace }: DeviceRecord,
): Promise<void> {
  const live = new Set([localSpace, ...accounts.map(({ space }) => space)]);
  for (let number = 0; number < nextSpace; number++) {
    const space = `${SPACE}${number}`;
    // A space that belongs to nobody never belongs to anybody again. It is cleared at once, or not at all.
    const deletes = live.has(space) ? [] : await store.keys(`${space}/`);
    if (deletes.length > 0) await store.write({ deletes });
  }
}

function parseDevice(json: unknown): DeviceRecord {
  const { format, accounts, localSpace, nextSpace } = expectObject(json, 'the record of a device');
  if (format !== 1) throw new DatastoreError('invalid-json', `format must be 1, got ${quote(format)}`);
  if (typeof localSpace !== 'string' || typeof nextSpace !== 'number') {
    throw new DatastoreError(
      'invalid-json',
      `localSpace and nextSpace must be a string and a number, got ${quote(json)}`,
    );
  }
  return { accounts: expectItems(accounts, 'accounts', parseAccount), localSpace, nextSpace };
}

function parseAccount(json: unknown): AccountRecord {
  const { id, space, userName, orgName } = expectObject(json, 'an account');
  if (typeof id !== 'string' || typeof space !== 'string') {
    throw new DatastoreError('invalid-json', `the id and the space of an account must be strings, got ${quote(json)}`);
  }
  const name = textOrNull(userName, 'userName');
  const profile = name === undefined ? undefined : { userName: name, orgName: textOrNull(orgName, 'orgName') };
  return { id, space, profile };
}
