/**
 * From this many operations on, a list edit that waits is looked through for transient items: a few cost little, and an
 * edit that stays as it was written is easier to follow. In a file of its own, so that tests can set it to 1.
 */
export const SHORTEN_LEAST = 32;
