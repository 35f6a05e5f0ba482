/**
 * The storage of a browser, in pages and workers. Needs the package `idb`.
 *
 * @module deltaic/storage/indexeddb
 */

export { BrowserTab, type BrowserTabOptions, requestPersistence } from './browser-tab.js';
export { flushWhenHidden, type Page, type PageDocument, type PageWindow } from './flush-when-hidden.js';
export { IndexedDbStorage, type IndexedDbStorageOptions } from './indexeddb-storage.js';
