import { isDatastoreError, isServiceError } from '../../errors/datastore-error.js';
import { DatastoreCache } from '../manager/datastore-cache.js';
import { readDevice } from '../manager/device-record.js';
import { DeviceStore } from '../manager/device-store.js';
import type { Environment } from '../manager/environment.js';
import type { AbortSignalLike, DeviceStorage, StorageLease } from '../storage/device-storage.js';
import type { TabHost } from './tab-host.js';

/** A slot, and the lease of its storage. */
export interface TakenSlot {
  readonly slot: number;
  readonly lease: StorageLease;
}

interface ReadSlot extends TakenSlot {
  readonly isUnsent: boolean;
}

/** A datastore with edits that the server does not have, as far as is known. */
export interface UnsentDatastore {
  /** `undefined` for the local datastores, which are never sent. */
  readonly account: string | undefined;
  readonly id: string;
}

/** How long a tab waits for the slot that it had: a page that is reloaded may still hold it. In ms. */
const MOMENT = 500;

/**
 * Takes a slot for a tab: the one that it had, if that is free within a moment; else a free one with edits that the server
 * does not have; else the lowest free one. Its lease is taken before anything of it is read, and it is in the registry
 * before anything is written to it. A slot that cannot be read is left alone. Spec: TAB-3.
 *
 * @throws ServiceError `storage`.
 */
export async function takeSlot(
  host: TabHost,
  environment: Environment,
  failed: (error: unknown) => void,
): Promise<TakenSlot> {
  const { remembered } = host;
  const known = (await host.slots.list()).map(({ slot }) => slot).sort((one, other) => one - other);
  const had = remembered !== undefined && known.includes(remembered) ? remembered : undefined;
  const take = async (slot: number, wait?: AbortSignalLike): Promise<ReadSlot | undefined> => {
    let lease: StorageLease | undefined;
    try {
      lease = await tryToAcquire(host.slots.storage(slot), wait);
      return lease && { slot, lease, isUnsent: (await unsentIn(lease)).length > 0 };
    } catch (error) {
      if (lease !== undefined) await release(lease);
      if (!isServiceError(error, 'lease-lost')) failed(error);
      return undefined;
    }
  };

  const own = had === undefined ? undefined : await take(had, timeoutSignal(environment, MOMENT));
  if (own !== undefined) return own;
  let lowest: TakenSlot | undefined;
  for (const slot of known) {
    const taken = slot === had ? undefined : await take(slot);
    if (taken === undefined) continue;
    if (taken.isUnsent) {
      if (lowest !== undefined) await release(lowest.lease);
      return taken;
    }
    if (lowest === undefined) lowest = taken;
    else await release(taken.lease);
  }
  return lowest ?? (await newSlot(host, known));
}

async function newSlot({ slots }: TabHost, known: readonly number[]): Promise<TakenSlot> {
  for (let slot = 0; ; slot++) {
    if (known.includes(slot)) continue;
    await slots.put({ slot, stuck: [] });
    // Another tab may have taken it meanwhile.
    const lease = await tryToAcquire(slots.storage(slot));
    if (lease !== undefined) return { slot, lease };
  }
}

/** The lease of a storage, if nobody holds it. @throws DatastoreError as `DeviceStorage.acquire` does. */
export async function tryToAcquire(storage: DeviceStorage, wait?: AbortSignalLike): Promise<StorageLease | undefined> {
  try {
    return await storage.acquire({ wait });
  } catch (error) {
    if (isDatastoreError(error) && error.code === 'already-open') return undefined;
    throw error;
  }
}

/** The datastores under a lease that have edits which the server does not have. @throws DatastoreError `corrupt-data`, … */
export async function unsentIn(lease: StorageLease): Promise<readonly UnsentDatastore[]> {
  const store = await DeviceStore.open(handedOver(lease), {});
  const { accounts, localSpace } = await readDevice(store);
  const spaces = [
    ...accounts.map(({ id, space }) => ({ account: id, space })),
    { account: undefined, space: localSpace },
  ];
  const unsent: UnsentDatastore[] = [];
  for (const { account, space } of spaces) {
    const { summaries } = await DatastoreCache.open(store, space);
    for (const [id, { isUploaded }] of summaries) if (!isUploaded) unsent.push({ account, id });
  }
  return unsent;
}

/** A storage whose lease was taken before. */
export function handedOver(lease: StorageLease): DeviceStorage {
  return { acquire: () => Promise.resolve(lease) };
}

/** Gives a lease back. If that fails, the lease is held until this tab is gone. */
export async function release(lease: StorageLease): Promise<void> {
  await lease.release().catch(() => undefined);
}

function timeoutSignal(environment: Environment, delay: number): AbortSignalLike {
  const listeners = new Set<() => void>();
  const signal = {
    aborted: false,
    addEventListener: (_type: 'abort', listener: () => void) => void listeners.add(listener),
    removeEventListener: (_type: 'abort', listener: () => void) => void listeners.delete(listener),
  };
  environment.schedule(delay, () => {
    signal.aborted = true;
    for (const listener of listeners) listener();
  });
  return signal;
}
