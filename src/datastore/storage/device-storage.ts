/**
 * The disk of a device, as a manager uses it: bytes under keys, written in atomic batches, by one owner at a time.
 *
 * A storage has a *lease*. Its holder reads and writes; nobody else does. A lock alone does not keep a former holder
 * from writing: a stopped process may continue, and a browser releases the locks of a page that it puts aside. So a
 * lease has a *generation*, which is raised each time the lease is taken, and every batch compares it inside its own
 * transaction. A holder that has lost its lease can write nothing any more, and gets the code `lease-lost`.
 *
 * `deviceStorageConformance` is the contract as tests. Spec: STORE-1 to STORE-5, STORE-8.
 */

/** What is written at once: all of it or, whatever happens, nothing. */
export interface Batch {
  /** Values by key. A key must not occur twice in a batch. */
  readonly puts?: readonly (readonly [key: string, value: Uint8Array])[];
  /** Keys whose values are deleted. Deleting a key without a value does nothing. */
  readonly deletes?: readonly string[];
  /**
   * Whether it must survive a power cut, and not only the end of the process. The nonce of a put is written so: if it
   * were lost, the delta would be sent again under another nonce, and count twice.
   */
  readonly isStrict?: boolean;
}

/** How to take a lease that somebody holds. */
export interface AcquireOptions {
  /** Waits until the lease is free, or until the signal aborts. Without it, a lease that is held is an error. */
  readonly wait?: AbortSignalLike | true | undefined;
}

/** The part of the platform's `AbortSignal` that is used. */
export interface AbortSignalLike {
  /** Whether it has aborted. */
  readonly aborted: boolean;
  /** Adds a listener that hears when it aborts. */
  addEventListener(type: 'abort', listener: () => void): void;
  /** Removes a listener. */
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** A place on a device that keeps what a manager must not lose. */
export interface DeviceStorage {
  /**
   * Takes the lease.
   *
   * @throws DatastoreError `already-open` if somebody holds it, or if the wait was aborted. ServiceError `storage` if the
   * medium fails. DatastoreError `unknown-version` if a newer version wrote it; nothing of it is changed then.
   */
  acquire(options?: AcquireOptions): Promise<StorageLease>;
}

/**
 * The right to use a storage, until it is released or lost.
 *
 * Calls take effect in the order in which they are made. Keys are strings of 1 to 400 bytes as UTF-8; values are bytes of
 * any length, and are the caller's again once a call has returned.
 */
export interface StorageLease {
  /** Higher than that of every lease before. */
  readonly generation: number;

  /** The value of a key, or `undefined` where there is none: which is not the same as an empty value. */
  get(key: string): Promise<Uint8Array | undefined>;

  /** All keys that begin with a prefix, with their values, by key in code point order. */
  getAll(prefix: string): Promise<readonly (readonly [key: string, value: Uint8Array])[]>;

  /**
   * Writes a batch. When it resolves, the batch survives the end of the process, and if it is strict a power cut.
   *
   * @throws ServiceError `lease-lost` if somebody else has taken the lease, `storage` if the medium fails: then nothing
   * of the batch is there, or, where the medium cannot tell, all of it. DatastoreError `closed` after the release.
   */
  write(batch: Batch): Promise<void>;

  /** Releases the lease, once all earlier calls are done. A second call does nothing. */
  release(): Promise<void>;
}
