/**
 * What stands in a place: the kinds of a run of values. Those up to `TRUE` say everything and take no bytes of their own;
 * the others take at least one. Spec: BIN-13.
 */
export const ABSENT = 0;
export const UNKNOWN = 1;
export const FALSE = 2;
export const TRUE = 3;
export const LONG = 4;
/** A double that is a whole number below 2^53, but not −0. */
export const WHOLE = 5;
export const DOUBLE = 6;
/** A string of one character. */
export const CHARACTER = 7;
/** A string that occurs nowhere else in the file, or is long. */
export const STRING = 8;
export const REPEATED_STRING = 9;
export const BYTES = 10;
export const DATE = 11;
export const LIST = 12;
/** Not a value: operations on a list follow. */
export const EDIT_LIST = 13;
/** The same, after the list was created. */
export const CREATE_LIST = 14;

export const TAG_COUNT = 15;

/** Whether what has the tag takes bytes of its own, so that a run of it can be of any length. */
export function isPaid(tag: number): boolean {
  return tag > TRUE;
}

/** Whether a double is written as a whole number. */
export function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}
