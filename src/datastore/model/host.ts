import type { DatastoreError } from '../../errors/datastore-error.js';

/**
 * What an open datastore asks of whoever opened it: the time, chance, storage and the network, none of which it reads
 * itself. It is a seam: the manager stands behind it in an application, a few lines in a test.
 */
export interface DatastoreHost {
  /** See `Datastore.manager`. */
  readonly manager: DatastoreOwner;
  /** The time, which becomes the modified time of what is edited. */
  now(): Date;
  /** A record id that no record of any replica has, such as a random UUID. */
  newRecordId(): string;
  /** Stores the replica as it is now, and resolves when that is safe. Called after edits were sealed. */
  save(): Promise<void>;
  /** There are other local edits than before, or they were sealed: the host may send. Must not throw. */
  changed(): void;
  /** What the network side knows. Asked often, so it should cost nothing. */
  status(): LinkStatus;
  /** Receives what the log has now; nothing of it is merged yet. */
  loadDeltas(): Promise<void>;
  /**
   * Puts the sealed edits, and resolves once the log has all of them.
   *
   * @throws DatastoreError `conflict` if others came first, after the replica has received what they did; the code of a
   * refusal; or that of a failure of storage or network.
   */
  commit(): Promise<void>;
  /** The datastore was closed, and its edits that were not sealed dropped. What is sealed should still be put. */
  closed(): void;
  /** A listener threw. Nothing else suffers from that; whoever embeds the engine decides who is told. Must not throw. */
  listenerFailed(error: unknown): void;
}

/** The manager as the datastores that it opened know it. */
export interface DatastoreOwner {
  /** Whether its datastores live on this device only. */
  readonly isLocal: boolean;
  readonly isShutDown: boolean;
}

/** How the exchange with the server stands. */
export interface LinkStatus {
  /** The server can be reached, as far as is known. */
  readonly isConnected: boolean;
  /** What the server has is still to be received: from the start until the first answer. Always true of local datastores. */
  readonly isDownloading: boolean;
  /** The server has deleted the datastore. */
  readonly isDeleted: boolean;
  /** What keeps remote edits from being received, if anything. */
  readonly downloadError: DatastoreError | undefined;
  /** What keeps local edits from being put, if anything. */
  readonly uploadError: DatastoreError | undefined;
}
