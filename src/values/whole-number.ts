/** Whether something can be a count, an index or a revision: a whole number from 0 to 2^53 − 1. */
export function isWholeNumber(something: unknown): something is number {
  return Number.isSafeInteger(something) && (something as number) >= 0;
}
