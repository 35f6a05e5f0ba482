/**
 * The storage of a browser, in pages and workers. Needs the package `idb`.
 *
 * @module deltaic/storage/indexeddb
 */

export { IndexedDbStorage, type IndexedDbStorageOptions } from './indexeddb-storage.js';
