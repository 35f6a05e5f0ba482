/**
 * The records that a query found, in its order: a real array, which is read-only by type. The selection is made once; each
 * record shows what it holds now.
 */
export interface QueryResult<Found> extends ReadonlyArray<Found> {
  /** Whether any record was found. */
  readonly hasResults: boolean;
  /** How many records were found. */
  readonly count: number;
  /** The same array, which may be sorted or otherwise changed. */
  asList(): Found[];
}

class FoundRecords<Found> extends Array<Found> implements QueryResult<Found> {
  /** What `map`, `filter` and the like make is an ordinary array. */
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  get hasResults(): boolean {
    return this.length > 0;
  }

  get count(): number {
    return this.length;
  }

  asList(): Found[] {
    return this;
  }
}

/** The result of a query that found these. */
export function queryResultOf<Found>(found: Iterable<Found>): QueryResult<Found> {
  const result = new FoundRecords<Found>();
  for (const each of found) result.push(each);
  return result;
}
