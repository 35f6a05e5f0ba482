import { expectObject } from '../../codec/wire/json.js';
import { DatastoreError } from '../../errors/datastore-error.js';
import { checkRole, type Role } from '../../sync/role.js';

/** What is stored of one datastore: how the server names it, and the saved replica. Spec: STORE-7. */
export interface CachedDatastore {
  /** The handle on the server, or `undefined` while the server has not been told of the datastore. */
  readonly handle: string | undefined;
  readonly role: Role;
  /** What `Replica.save` gave, as JSON that `Replica.load` reads. */
  readonly replica: unknown;
}

/** What is known of a cached datastore without reading it. Spec: STORE-7. */
export interface CacheSummary {
  readonly handle: string | undefined;
  readonly role: Role;
  readonly title: string | undefined;
  readonly mtime: Date | undefined;
  /** Whether the server has every edit that is cached. If not, perhaps it has all the same. */
  readonly isUploaded: boolean;
}

export function formatCached({ handle, role, replica }: CachedDatastore): unknown {
  return { format: 1, handle: handle ?? null, role, replica };
}

/** Reads what {@link formatCached} wrote. @throws DatastoreError `invalid-json`, `invalid-option`. */
export function parseCached(json: unknown): CachedDatastore {
  const { format, handle, role, replica } = expectObject(json, 'a cached datastore');
  if (format !== 1) throw new DatastoreError('invalid-json', 'a cached datastore has format 1');
  checkRole(role);
  return { handle: textOrNull(handle, 'a handle'), role, replica };
}

export function formatSummary({ handle, role, title, mtime, isUploaded }: CacheSummary): unknown {
  return { handle: handle ?? null, role, title: title ?? null, mtime: mtime?.getTime() ?? null, isUploaded };
}

/** Reads what {@link formatSummary} wrote. @throws DatastoreError `invalid-json`, `invalid-option`. */
export function parseSummary(json: unknown): CacheSummary {
  const { handle, role, title, mtime, isUploaded } = expectObject(json, 'the summary of a datastore');
  checkRole(role);
  if (typeof isUploaded !== 'boolean') throw new DatastoreError('invalid-json', 'isUploaded must be true or false');
  return {
    handle: textOrNull(handle, 'a handle'),
    role,
    title: textOrNull(title, 'a title'),
    mtime: timeOrNull(mtime),
    isUploaded,
  };
}

/** @throws DatastoreError `invalid-json` for anything but a string or null, which stands for `undefined`. */
export function textOrNull(json: unknown, what: string): string | undefined {
  if (json === null) return undefined;
  if (typeof json === 'string') return json;
  throw new DatastoreError('invalid-json', `${what} must be a string or null`);
}

/** @throws DatastoreError `invalid-json` for anything but milliseconds or null, which stands for `undefined`. */
export function timeOrNull(json: unknown): Date | undefined {
  if (json === null) return undefined;
  if (typeof json === 'number' && Number.isSafeInteger(json)) return new Date(json);
  throw new DatastoreError('invalid-json', 'a time must be whole milliseconds or null');
}
