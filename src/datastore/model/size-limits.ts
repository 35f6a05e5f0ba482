import { DEFAULT_LIMITS } from '../../state/limits.js';
import { BASE_DELTA_SIZE } from '../../values/size.js';

/** The most that a datastore may weigh, in bytes, unless the embedder set other limits. */
export const DATASTORE_SIZE_LIMIT: number = DEFAULT_LIMITS.datastoreSize;
/** The most that a record may weigh, in bytes. */
export const RECORD_SIZE_LIMIT: number = DEFAULT_LIMITS.recordSize;
/** The most that the edits between two calls of `sync()` may weigh, in bytes. */
export const UNSYNCED_CHANGES_SIZE_LIMIT: number = DEFAULT_LIMITS.deltaSize;
/** The most records that a datastore may hold. */
export const RECORD_COUNT_LIMIT: number = DEFAULT_LIMITS.recordCount;
/** What unsynced changes weigh before any change, in bytes. */
export const BASE_UNSYNCED_CHANGES_SIZE: number = BASE_DELTA_SIZE;
