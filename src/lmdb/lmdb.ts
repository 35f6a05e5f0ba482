import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
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
    const open = (path: string): RootDatabase => lmdb.open({ ...options, path, eventTurnBatching: false });
    if (!existsSync(join(options.path, DATA))) makeEnvironment(resolve(options.path), open);
    return withHeardFailures(open(options.path));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ServiceError('storage', `cannot open the LMDB environment in "${options.path}": ${reason}`, {}, error);
  }
}

/** The file of an environment in its directory, and how directories begin in which one is made. */
const DATA = 'data.mdb';
const MAKING = 'making-';

/**
 * Makes an environment elsewhere and gives it its name once it is on the disk. LMDB writes the first pages of a file
 * without waiting for them, and crashes the process that opens a file of which a power cut has left only some.
 */
function makeEnvironment(path: string, open: (path: string) => RootDatabase): void {
  const madeFirst = mkdirSync(path, { recursive: true });
  const folder = mkdtempSync(join(path, MAKING));
  try {
    // Nothing was written, so this closes at once.
    void open(folder).close();
    syncToDisk(join(folder, DATA), 'r+');
    giveName(join(folder, DATA), join(path, DATA));
    syncFolders(path, madeFirst ?? path);
  } catch (error) {
    // Another process was first, and has cleared up.
    if (!existsSync(join(path, DATA))) throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  // What processes left that were killed here.
  if (!existsSync(join(path, DATA))) return;
  for (const name of readdirSync(path)) {
    if (name.startsWith(MAKING)) rmSync(join(path, name), { recursive: true, force: true });
  }
}

/** The codes of a file system without links. There, LMDB makes the environment where it will stay. */
const NO_LINKS = new Set<unknown>(['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP']);

/** Unlike a new name, a link never takes the place of what another process has made meanwhile. */
function giveName(file: string, name: string): void {
  try {
    linkSync(file, name);
  } catch (error) {
    if (!NO_LINKS.has((error as { code?: unknown }).code)) throw error;
  }
}

function syncToDisk(path: string, flags: 'r' | 'r+'): void {
  const file = openSync(path, flags);
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Puts the names on the disk that are in a directory, and in those around it up to the one that holds `outermost`. */
function syncFolders(path: string, outermost: string): void {
  // Windows has no such call, and keeps names without it.
  if (process.platform === 'win32') return;
  const last = path === outermost ? path : dirname(outermost);
  for (let folder = path; ; folder = dirname(folder)) {
    syncToDisk(folder, 'r');
    if (folder === last || folder === dirname(folder)) return;
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
