import type { Value } from '../values/value.js';

/** What the list of an account shows of a datastore. */
export interface ListedInfo {
  readonly title: string | undefined;
  readonly mtime: Date | undefined;
}

/**
 * Title and modified time as a store keeps them: JSON, since servers in other languages read it too. `rev` is the revision
 * of the last entry that changed them or the roles, so other servers can tell that a list has changed.
 */
export function formatInfo(title: Value | undefined, mtime: Value | undefined, rev: number): Uint8Array {
  return new TextEncoder().encode(
    JSON.stringify({
      ...(typeof title === 'string' ? { title } : {}),
      ...(mtime instanceof Date ? { mtime: mtime.getTime() } : {}),
      rev,
    }),
  );
}

export function parseInfo(bytes: Uint8Array | undefined): ListedInfo {
  if (bytes === undefined) return { title: undefined, mtime: undefined };
  const { title, mtime } = JSON.parse(new TextDecoder().decode(bytes)) as { title?: string; mtime?: number };
  return { title, mtime: mtime === undefined ? undefined : new Date(mtime) };
}
