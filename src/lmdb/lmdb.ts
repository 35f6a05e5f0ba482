import { createRequire } from 'node:module';
import { ServiceError } from '../errors/datastore-error.js';

/** The part of the package `lmdb` that is used here; its own declarations compile as CommonJS only. */
export interface Lmdb {
  open(options: RootOptions & { readonly eventTurnBatching: boolean }): RootDatabase;
}

export type Key = string | Uint8Array | readonly (string | number)[];

export interface Database<Value, K extends Key> {
  get(key: K): Value | undefined;
  putSync(key: K, value: Value): void;
  removeSync(key: K): boolean;
  getRange(options: { readonly start?: K; readonly end?: K }): Iterable<{ readonly key: K; readonly value: Value }>;
  getKeys(options: { readonly start?: K; readonly end?: K }): Iterable<K>;
}

export interface RootDatabase {
  openDB<Value, K extends Key>(options: DatabaseOptions): Database<Value, K>;
  /** Runs in the next write transaction, together with others; resolves when that is on the disk. */
  transaction<Result>(action: () => Result): Promise<Result>;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly name: string;
  /** `binary`: keys are bytes, in their order. */
  readonly keyEncoding?: 'binary';
  /** `binary`: values are bytes; else MessagePack. */
  readonly encoding?: 'binary';
}

export interface RootOptions {
  readonly path: string;
  readonly overlappingSync?: boolean;
  readonly mapSize?: number;
}

/**
 * Opens an environment in a directory, which is made if it is missing.
 *
 * @throws ServiceError `storage` if the package is not installed or the environment cannot be opened.
 */
export function openEnvironment(options: RootOptions): RootDatabase {
  // A native module that not everybody installs: loaded when it is needed, so that its absence can be explained.
  const load = createRequire(import.meta.url);
  let lmdb: Lmdb;
  try {
    lmdb = load('lmdb') as Lmdb;
  } catch (error) {
    throw new ServiceError('storage', 'the package "lmdb" is needed and cannot be loaded: npm install lmdb', {}, error);
  }
  try {
    return withHeardFailures(lmdb.open({ ...options, eventTurnBatching: false }));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError('storage', `cannot open the LMDB environment in "${options.path}": ${reason}`, {}, error);
  }
}

/**
 * A commit that fails also rejects promises that `lmdb` does not return, and an unhandled rejection ends the process.
 * One of them comes with the error, so it can be handled here. The other is made by `eventTurnBatching`, which is off.
 */
function withHeardFailures(root: RootDatabase): RootDatabase {
  const transaction = root.transaction.bind(root);
  root.transaction = async (action) => {
    try {
      return await transaction(action);
    } catch (error) {
      const { commitError } = error as { commitError?: Promise<never> };
      if (commitError === undefined) throw error;
      const reason = commitError.catch((cause: unknown) => cause);
      throw await Promise.race([reason, new Promise((resolve) => setImmediate(resolve, error))]);
    }
  };
  return root;
}
