import type { RecordsByTable } from '../../state/record-watch.js';
import { FieldIndexes } from './field-index.js';
import type { Listener } from './listeners.js';
import type { OpenReplica } from './open-replica.js';
import type { RecordQuery, SortedRecord } from './query.js';
import { type QueryResult, queryResultOf } from './query-result.js';

/** What became of the result of a live query: each in the order of the result, and a record in one of them only. */
export interface QueryChange<Found> {
  /** All records of the result, as it is now. It is put together when it is asked for. */
  readonly records: QueryResult<Found>;
  /** What is new in the result. */
  readonly added: readonly Found[];
  /** What has left the result: it was deleted, does not fit any more, or lies beyond the limit. */
  readonly removed: readonly Found[];
  /** What was edited and is in the result as before, perhaps at another place. */
  readonly changed: readonly Found[];
}

/** What a live query needs of its table, and of those that tell listeners. */
export interface LiveQueryContext<Found> {
  readonly open: OpenReplica;
  readonly table: string;
  readonly query: RecordQuery;
  readonly record: (id: string) => Found;
  readonly listener: Listener<QueryChange<Found>>;
}

/**
 * The result of a query that follows every edit, local or remote.
 *
 * Law: `records` is what the same query would find now. Costs: an edit costs the records that it edits, each a search by
 * halves in the result, and nothing for tables that it does not edit; `records` costs its length, once after each change.
 */
export interface LiveQuery<Found> {
  /** The records that the query finds now. */
  readonly records: QueryResult<Found>;
  /** Ends it: it follows no edits and tells nobody any more. Has no effect if it has ended. */
  stop(): void;
  /** Ends it at the end of a `using` block. */
  [Symbol.dispose](): void;
}

/** A {@link LiveQuery}, as its datastore knows it. */
export class LiveResult<Found> implements LiveQuery<Found> {
  /** Its name among events. */
  readonly key: symbol = Symbol('watch');
  readonly #context: LiveQueryContext<Found>;
  readonly #live: LiveQueries;
  /** All records that fit, in order, also those beyond the limit. */
  #sorted: SortedRecord[] = [];
  readonly #byId = new Map<string, SortedRecord>();
  #records: QueryResult<Found> | undefined;

  constructor(context: LiveQueryContext<Found>, live: LiveQueries) {
    this.#context = context;
    this.#live = live;
    this.#fill();
    live.add(context.table, this, context.listener);
  }

  get records(): QueryResult<Found> {
    this.#context.open.requireOpen();
    this.#records ??= queryResultOf(this.#shown().map(({ id }) => this.#context.record(id)));
    return this.#records;
  }

  stop(): void {
    this.#live.remove(this.#context.table, this);
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  /** Follows edits of these records, and returns what to tell, if anything. */
  follow(ids: ReadonlySet<string>): (() => void) | undefined {
    const { open, table, query } = this.#context;
    const before = new Set<string>();
    const old: SortedRecord[] = [];
    for (const id of ids) {
      const record = this.#byId.get(id);
      if (record === undefined) continue;
      old.push(record);
      if (this.#positionOf(record) < query.limit) before.add(id);
    }
    const untouchedBefore = this.#shownCount - before.size;
    const fresh: SortedRecord[] = [];
    for (const id of ids) {
      const reader = open.replica.reader(table, id);
      if (query.matches(reader)) fresh.push(query.sorted(id, reader));
    }
    if (old.length + fresh.length === 0) return undefined;
    this.#replace(old, fresh);

    const after = fresh.filter((record) => this.#positionOf(record) < query.limit);
    const shown = new Set(after.map(({ id }) => id));
    const crossed = this.#crossed(ids, untouchedBefore, this.#shownCount - shown.size);
    const added = [...after.filter(({ id }) => !before.has(id)), ...crossed.added];
    const removed = [...old.filter(({ id }) => before.has(id) && !shown.has(id)), ...crossed.removed];
    const changed = after.filter(({ id }) => before.has(id));
    if (added.length + removed.length + changed.length === 0) return undefined;
    this.#records = undefined;
    const change = this.#change(added, removed, changed);
    return () => this.#live.tell(this, change);
  }

  /** Looks at everything again. */
  refresh(): void {
    this.#sorted = [];
    this.#byId.clear();
    this.#records = undefined;
    this.#fill();
  }

  get #shownCount(): number {
    return Math.min(this.#sorted.length, this.#context.query.limit);
  }

  #shown(): SortedRecord[] {
    return this.#sorted.slice(0, this.#shownCount);
  }

  #fill(): void {
    const { open, table, query } = this.#context;
    this.#sorted = findSorted(open, table, query, this.#live.indexes);
    for (const record of this.#sorted) this.#byId.set(record.id, record);
  }

  /** Takes out the old records and puts in the fresh ones: one by one, or in one go where they are many. */
  #replace(old: readonly SortedRecord[], fresh: readonly SortedRecord[]): void {
    const { query } = this.#context;
    for (const { id } of old) this.#byId.delete(id);
    for (const record of fresh) this.#byId.set(record.id, record);
    if (old.length + fresh.length > Math.sqrt(this.#sorted.length) + 1) {
      const gone = new Set(old);
      const stay = this.#sorted.filter((record) => !gone.has(record));
      this.#sorted = [...stay, ...fresh].sort((left, right) => query.compare(left, right));
      return;
    }
    for (const record of old) this.#sorted.splice(this.#positionOf(record), 1);
    for (const record of fresh) this.#sorted.splice(this.#positionOf(record), 0, record);
  }

  /** Where a record stands, or would stand: how many come before it. Found by halving. */
  #positionOf(record: SortedRecord): number {
    const { query } = this.#context;
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (query.compare(this.#sorted[middle] as SortedRecord, record) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * The records that were not edited, and came into the result or left it because others did: those next to the limit. The
   * rest keep their order among each other, so counting them is enough.
   */
  #crossed(ids: ReadonlySet<string>, before: number, after: number): Record<'added' | 'removed', SortedRecord[]> {
    const crossed = { added: [] as SortedRecord[], removed: [] as SortedRecord[] };
    for (let at = this.#shownCount - 1; crossed.added.length < after - before; at--) {
      const record = this.#sorted[at] as SortedRecord;
      if (!ids.has(record.id)) crossed.added.unshift(record);
    }
    for (let at = this.#shownCount; crossed.removed.length < before - after; at++) {
      const record = this.#sorted[at] as SortedRecord;
      if (!ids.has(record.id)) crossed.removed.push(record);
    }
    return crossed;
  }

  #change(
    added: readonly SortedRecord[],
    removed: readonly SortedRecord[],
    changed: readonly SortedRecord[],
  ): QueryChange<Found> {
    const { query, record } = this.#context;
    const recordsOf = (sorted: readonly SortedRecord[]): Found[] =>
      [...sorted].sort((left, right) => query.compare(left, right)).map(({ id }) => record(id));
    const recordsNow = (): QueryResult<Found> => this.records;
    return {
      get records() {
        return recordsNow();
      },
      added: recordsOf(added),
      removed: recordsOf(removed),
      changed: recordsOf(changed),
    };
  }
}

/** The records that a query finds, all of them, in its order. */
export function findSorted(
  open: OpenReplica,
  table: string,
  query: RecordQuery,
  indexes: FieldIndexes,
): SortedRecord[] {
  const { replica } = open;
  const candidates = indexes.candidates(table, query.equal);
  const found: SortedRecord[] = [];
  for (const id of candidates ?? replica.find(table, query.equal)) {
    const reader = replica.reader(table, id);
    const fits = candidates === undefined ? query.isInRanges(reader) : query.matches(reader);
    if (fits) found.push(query.sorted(id, reader));
  }
  return query.isById ? found : found.sort((left, right) => query.compare(left, right));
}

/** Adds, removes and calls listeners, in one order with all other events of a datastore. */
export interface WatchListeners {
  addWatch(key: symbol, listener: Listener<never>): void;
  removeWatch(key: symbol): void;
  tellWatch(key: symbol, event: unknown): void;
}

/** The live queries of an open datastore, and the indexes that help queries. */
export class LiveQueries {
  readonly indexes: FieldIndexes;
  readonly #byTable = new Map<string, Set<LiveResult<unknown>>>();
  readonly #listeners: WatchListeners;

  constructor(open: OpenReplica, listeners: WatchListeners) {
    this.indexes = new FieldIndexes(open);
    this.#listeners = listeners;
  }

  /** Whether there are none, so that nobody need look what changed. */
  get isEmpty(): boolean {
    return this.#byTable.size === 0 && this.indexes.isEmpty;
  }

  add<Found>(table: string, live: LiveResult<Found>, listener: Listener<QueryChange<Found>>): void {
    const queries = this.#byTable.get(table) ?? new Set();
    this.#byTable.set(table, queries.add(live as LiveResult<unknown>));
    this.#listeners.addWatch(live.key, listener as Listener<never>);
  }

  remove<Found>(table: string, live: LiveResult<Found>): void {
    const queries = this.#byTable.get(table);
    queries?.delete(live as LiveResult<unknown>);
    if (queries?.size === 0) this.#byTable.delete(table);
    this.#listeners.removeWatch(live.key);
  }

  /** Lets all live queries follow edits of these records, and returns what tells their listeners. */
  follow(records: RecordsByTable): () => void {
    this.indexes.follow(records);
    const tells: (() => void)[] = [];
    for (const [table, ids] of records) {
      for (const live of this.#byTable.get(table) ?? []) {
        const tell = live.follow(ids);
        if (tell !== undefined) tells.push(tell);
      }
    }
    return () => {
      for (const tell of tells) tell();
    };
  }

  /** Lets all live queries look at everything again, since nobody knows what changed. */
  refresh(): void {
    this.indexes.forget();
    for (const queries of this.#byTable.values()) for (const live of queries) live.refresh();
  }

  tell<Found>(live: LiveResult<Found>, change: QueryChange<Found>): void {
    this.#listeners.tellWatch(live.key, change);
  }
}
