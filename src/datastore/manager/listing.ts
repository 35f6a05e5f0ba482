import { canWrite, type Role } from '../../sync/role.js';
import { isShareableId } from '../../values/names.js';
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
 * The datastores of a manager, by id: what the server says, but what this device says of those with edits that the
 * server has not got; and those that the server has not been told of. Sorted by id, in code point order.
 */
export function listing(
  remote: readonly RemoteDatastore[],
  local: ReadonlyMap<string, CacheSummary>,
): readonly DatastoreInfo[] {
  const infos = new Map(remote.map((listed) => [listed.id, infoOf(listed.id, listed)]));
  const handles = new Map(remote.map(({ id, handle }) => [id, handle]));
  for (const [id, summary] of local) {
    const isNew = summary.handle === undefined;
    // What has a handle and is not listed under it was deleted there, or replaced by another. What has none and was
    // never edited says less than the server does.
    if (
      isNew ? summary.mtime !== undefined || !infos.has(id) : !summary.isUploaded && handles.get(id) === summary.handle
    ) {
      infos.set(id, infoOf(id, summary));
    }
  }
  return [...infos.values()].sort((left, right) => compareText(left.id, right.id));
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
