/**
 * The records that a query found, in code point order of their ids. Which ones they are is settled when the query is
 * made; each shows what it holds now.
 */
export class QueryResult<Found> implements Iterable<Found> {
  readonly #found: Found[];

  /** Not for applications: a table makes it. */
  constructor(found: Found[]) {
    this.#found = found;
  }

  get hasResults(): boolean {
    return this.#found.length > 0;
  }

  get count(): number {
    return this.#found.length;
  }

  /** The records as an array that may be sorted, or changed otherwise: this result then goes by it. */
  asList(): Found[] {
    return this.#found;
  }

  [Symbol.iterator](): IterableIterator<Found> {
    return this.#found[Symbol.iterator]();
  }
}
