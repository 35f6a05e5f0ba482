export { Datastore, type DatastoreHandle, openDatastore } from './model/datastore.js';
export type { DatastoreHost, DatastoreOwner, LinkStatus } from './model/host.js';
export { type Listener, Listeners } from './model/listeners.js';
export type { SessionOptions } from './model/session.js';
export type { DatastoreStatus } from './model/status.js';
