import type { DatastoreError } from '../../errors/datastore-error.js';
import type { ReplicaStatus } from '../../sync/replica-status.js';
import type { LinkStatus } from './host.js';

/** How a datastore stands with the server. Several can be true at once. */
export interface DatastoreStatus {
  /** The server can be reached, so that others' edits will be known soon. */
  readonly isConnected: boolean;
  /** There are remote edits to be received. True until the first answer of the server, and always if there is none. */
  readonly isDownloading: boolean;
  /** There are sealed local edits that the log does not have, as far as is known. */
  readonly isUploading: boolean;
  /** The next `sync()` brings in something. */
  readonly hasIncoming: boolean;
  /** There are local edits that `sync()` has not sealed. */
  readonly hasOutgoing: boolean;
  /** The datastore was deleted on the server: close it, and uncache or delete it. */
  readonly needsReset: boolean;
  readonly downloadError: DatastoreError | undefined;
  readonly uploadError: DatastoreError | undefined;
  /** Either error, if there is one. */
  readonly anyError: DatastoreError | undefined;
}

export function datastoreStatus(replica: ReplicaStatus, link: LinkStatus): DatastoreStatus {
  return Object.freeze({
    isConnected: link.isConnected,
    isDownloading: link.isDownloading || replica.hasGap || replica.needsReload,
    isUploading: replica.hasOutgoing || replica.isInFlight,
    hasIncoming: replica.hasIncoming,
    hasOutgoing: replica.hasOpen,
    needsReset: link.isDeleted,
    downloadError: link.downloadError,
    uploadError: link.uploadError,
    anyError: link.downloadError ?? link.uploadError,
  });
}

export function isSameStatus(left: DatastoreStatus, right: DatastoreStatus): boolean {
  const names = Object.keys(left) as (keyof DatastoreStatus)[];
  return names.every((name) => left[name] === right[name]);
}
