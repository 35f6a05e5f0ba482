/**
 * From this many operations on, a list edit keeps columns instead of objects, and so does a delta from this many changes on:
 * making a typed array costs as much as making two or three objects. In a file of its own, so that tests can set it to 1.
 */
export const COLUMNS_LEAST = 8;
