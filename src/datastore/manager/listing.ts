import { canWrite, type Role } from '../../sync/role.js';
import { isShareableId } from '../../values/names.js';
import { compareValues } from '../../values/order.js';
import { compareText } from '../../values/text.js';
import type { CacheSummary } from './cached-datastore.js';
import type { RemoteDatastore } from './link.js';

/** What a list says about one datastore. */
export interface DatastoreInfo {
  readonly id: string;
  /** The title, or `undefined` if it has none. */
  readonly title: string | undefined;
  /** When it was last edited, by the clocks of those who did; `undefined` if never. */
  readonly mtime: Date | undefined;
  /** What the user may do with it. */
  readonly role: Role;
  /** Whether it can be shared with other users. */
  readonly isShareable: boolean;
  /** Whether the user may edit it. */
  readonly isWritable: boolean;
}

/**
 * The datastores of a manager, by id: what the server said, but what this device has where that is later, or holds
 * edits that the server has not got; and those that the server has not been told of. Sorted by id, in code point order.
 */
export function listing(
  remote: readonly RemoteDatastore[],
  local: ReadonlyMap<string, CacheSummary>,
): readonly DatastoreInfo[] {
  const listed = new Map(remote.map((datastore) => [datastore.id, datastore]));
  const infos = new Map(remote.map((datastore) => [datastore.id, infoOf(datastore.id, datastore)]));
  for (const [id, summary] of local) if (overrides(summary, listed.get(id))) infos.set(id, infoOf(id, summary));
  return [...infos.values()].sort((left, right) => compareText(left.id, right.id));
}

/** Whether to believe this device rather than the server's list, which may be old. */
function overrides({ handle, isUploaded, mtime }: CacheSummary, listed: RemoteDatastore | undefined): boolean {
  if (listed === undefined) return handle === undefined;
  // One that has the id and another handle took the place of what is cached here, which was deleted.
  if (handle !== undefined && handle !== listed.handle) return false;
  const hasOwnEdits = handle === undefined ? mtime !== undefined : !isUploaded;
  return hasOwnEdits || compareValues(mtime, listed.mtime) > 0;
}

function infoOf(id: string, { title, mtime, role }: Pick<CacheSummary, 'title' | 'mtime' | 'role'>): DatastoreInfo {
  return Object.freeze({
    id,
    title,
    mtime: mtime === undefined ? undefined : new Date(mtime),
    role,
    isShareable: isShareableId(id),
    isWritable: canWrite(role),
  });
}
