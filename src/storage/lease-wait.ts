import type { AbortSignalLike, AcquireOptions } from '../datastore/storage/device-storage.js';
import { alreadyOpen } from '../datastore/storage/lease-errors.js';

/** How long between two looks at a lease that somebody holds, in ms. */
const LOOK_INTERVAL = 250;

/**
 * Lets some time pass before the next look at a lease that is held.
 *
 * @throws DatastoreError `already-open` if the caller does not wait, or has given up.
 */
export async function waitToLookAgain(wait: AcquireOptions['wait'], where: string): Promise<void> {
  if (wait === undefined || (wait !== true && wait.aborted)) throw alreadyOpen(where);
  await pause(wait === true ? undefined : wait);
}

function pause(signal: AbortSignalLike | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, LOOK_INTERVAL);
    signal?.addEventListener('abort', end);
  });
}
