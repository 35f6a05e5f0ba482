import { formatState, type Row } from '../../codec/wire/state.js';
import { checkMethods, checkOptions } from '../../errors/arguments.js';
import { type DatastoreError, isDatastoreError } from '../../errors/datastore-error.js';
import type { Role } from '../../sync/messages.js';
import { wholeDeltas } from '../../sync/saved-history.js';
import { parseStored, type StoredReplica } from '../../sync/saved-replica.js';
import type { AcquireOptions, DeviceStorage } from '../storage/device-storage.js';
import { DatastoreCache } from './datastore-cache.js';
import { readDevice } from './device-record.js';
import { DeviceStore, parsedOrCorrupt } from './device-store.js';

/** What is stored of one datastore. */
export interface StoredDatastoreInfo {
  readonly id: string;
  /** The name of the datastore on the server, or `undefined` if the server does not know it. */
  readonly handle: string | undefined;
  readonly role: Role;
  /** The revision of the log that it has. */
  readonly revision: number;
  /** The number of sealed deltas that the log does not have, as far as is known. */
  readonly unsent: number;
  /** Whether the first of them was sent, and nobody knows whether it arrived. */
  readonly isInFlight: boolean;
  /** The number of changes that were not sealed. */
  readonly uncommitted: number;
  /** What the user sees: all edits included. */
  readonly rows: readonly Row[];
}

/** What one account has stored; or this device alone, without an `account`. */
export interface StoredAccountInfo {
  readonly account: string | undefined;
  readonly datastores: readonly StoredDatastoreInfo[];
}

/** Something in a storage that cannot be read. */
export interface StorageFault {
  readonly account: string | undefined;
  /** `undefined` if it is not of one datastore. */
  readonly datastore: string | undefined;
  /** `corrupt-data` names the key; `unknown-version` is of a newer version. */
  readonly error: DatastoreError;
}

/** What a storage has in it. */
export interface StorageInspection {
  readonly accounts: readonly StoredAccountInfo[];
  readonly faults: readonly StorageFault[];
}

/**
 * Reads all of a storage that account managers have written, and checks every checksum. It holds the lease meanwhile, and
 * changes nothing.
 *
 * @throws DatastoreError `invalid-option`; `already-open` if the storage is in use; `storage`; `corrupt-data` if the list of its accounts
 * is damaged; `unknown-version`.
 */
export async function inspectStorage(storage: DeviceStorage, options: AcquireOptions = {}): Promise<StorageInspection> {
  checkMethods<DeviceStorage>(storage, 'storage', ['acquire']);
  const { wait } = checkOptions(options, { wait: true });
  const store = await DeviceStore.open(storage, { wait });
  const faults: StorageFault[] = [];
  try {
    const { accounts: linked, localSpace } = await readDevice(store);
    const spaces = [
      ...linked.map(({ id, space }) => ({ account: id, space })),
      { account: undefined, space: localSpace },
    ];
    const accounts: StoredAccountInfo[] = [];
    for (const { account, space } of spaces) {
      const failed = (datastore: string | undefined, error: unknown): void => {
        if (!isDatastoreError(error)) throw error;
        faults.push({ account, datastore, error });
      };
      const datastores = await readSpace(store, space, failed);
      if (account !== undefined || datastores.length > 0) accounts.push({ account, datastores });
    }
    return { accounts, faults };
  } finally {
    await store.close();
  }
}

async function readSpace(
  store: DeviceStore,
  space: string,
  failed: (datastore: string | undefined, error: unknown) => void,
): Promise<StoredDatastoreInfo[]> {
  const found: StoredDatastoreInfo[] = [];
  try {
    const cache = await DatastoreCache.open(store, space);
    const bases = await store.keys(`${space}/data/`);
    const ids = new Set([...cache.summaries.keys(), ...bases.map((key) => key.slice(`${space}/data/`.length))]);
    for (const id of [...ids].sort()) {
      try {
        found.push(...(await readDatastore(cache, id)));
      } catch (error) {
        failed(id, error);
      }
    }
  } catch (error) {
    failed(undefined, error);
  }
  return found;
}

async function readDatastore(cache: DatastoreCache, id: string): Promise<StoredDatastoreInfo[]> {
  const stored = await cache.read(id);
  if (stored === undefined) return [];
  const { handle, role, replica } = stored.cached;
  return parsedOrCorrupt(`what is stored of datastore "${id}"`, () => {
    const parsed = parseStored(replica);
    const { rev, pending, open, session, history } = parsed;
    const isInFlight = session.nonce !== undefined;
    const deltas = wholeDeltas(history?.segments, [...pending, open]);
    const uncommitted = deltas.at(-1)?.length ?? 0;
    const sizes = { revision: rev, unsent: deltas.length - 1, isInFlight, uncommitted };
    return [{ id, handle, role, ...sizes, rows: rowsOf(parsed) }];
  });
}

function rowsOf({ base, pending, open }: StoredReplica): readonly Row[] {
  const view = base.clone();
  for (const delta of [...pending, open]) view.apply(delta);
  return formatState(view);
}
