/**
 * The storage of a device in Node, Bun or Electron. Needs the package `lmdb`.
 *
 * @module deltaic/storage/lmdb
 */

export { LmdbStorage, type LmdbStorageOptions } from './lmdb-storage.js';
