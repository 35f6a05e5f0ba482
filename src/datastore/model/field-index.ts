import type { RecordsByTable } from '../../state/record-watch.js';
import { isDate } from '../../values/brands.js';
import { isNumber } from '../../values/order.js';
import { compareText } from '../../values/text.js';
import { isList, type Value } from '../../values/value.js';
import type { OpenReplica } from './open-replica.js';

/** What values of a field are told apart by. Values that match have the same key; a few that do not match have it as well. */
type Key = string | number | boolean;

/**
 * Which records of a table have which value in one field, as far as {@link keyOf} tells values apart. It is made when a query
 * first asks, and follows every edit from then on.
 */
class FieldIndex {
  readonly #open: OpenReplica;
  readonly #table: string;
  readonly #field: string;
  #ids: Map<Key, Set<string>> | undefined;
  readonly #keys = new Map<string, Key>();

  constructor(open: OpenReplica, table: string, field: string) {
    this.#open = open;
    this.#table = table;
    this.#field = field;
  }

  /** The records that may have a value that matches. */
  find(value: Value): ReadonlySet<string> {
    if (this.#ids === undefined) {
      this.#ids = new Map();
      for (const id of this.#open.replica.find(this.#table)) this.#add(this.#ids, id);
    }
    return this.#ids.get(keyOf(value)) ?? NO_IDS;
  }

  /** Looks at records again. */
  follow(ids: Iterable<string>): void {
    if (this.#ids === undefined) return;
    for (const id of ids) {
      this.#remove(this.#ids, id);
      this.#add(this.#ids, id);
    }
  }

  /** Forgets everything until the next query. */
  forget(): void {
    this.#ids = undefined;
    this.#keys.clear();
  }

  #add(ids: Map<Key, Set<string>>, id: string): void {
    const reader = this.#open.replica.reader(this.#table, id);
    // A list is not copied to be counted.
    const key = reader.lengthOf(this.#field) ?? keyOf(reader.get(this.#field));
    if (key === undefined) return;
    const same = ids.get(key);
    if (same === undefined) ids.set(key, new Set([id]));
    else same.add(id);
    this.#keys.set(id, key);
  }

  #remove(ids: Map<Key, Set<string>>, id: string): void {
    const key = this.#keys.get(id);
    if (key === undefined) return;
    this.#keys.delete(id);
    const same = ids.get(key);
    same?.delete(id);
    if (same?.size === 0) ids.delete(key);
  }
}

const NO_IDS: ReadonlySet<string> = new Set();

/** How many bytes of a value are looked at. */
const BYTES_MOST = 16;

function keyOf(value: Value): Key;
function keyOf(value: Value | undefined): Key | undefined;
function keyOf(value: Value | undefined): Key | undefined {
  if (value === undefined) return undefined;
  // A Map finds NaN, and takes −0 for 0, as matching does.
  if (isNumber(value)) return Number(value);
  if (isList(value)) return value.length;
  if (isDate(value)) return value.getTime();
  return typeof value === 'object' ? String(value.subarray(0, BYTES_MOST)) : value;
}

/** The indexes of an open datastore. They are right whenever no batch and no merge is under way. */
export class FieldIndexes {
  readonly #open: OpenReplica;
  readonly #tables = new Map<string, Map<string, FieldIndex>>();

  constructor(open: OpenReplica) {
    this.#open = open;
  }

  get isEmpty(): boolean {
    return this.#tables.size === 0;
  }

  /** Keeps an index of a field from now on. */
  add(table: string, field: string): void {
    const fields = this.#tables.get(table) ?? new Map<string, FieldIndex>();
    this.#tables.set(table, fields);
    if (!fields.has(field)) fields.set(field, new FieldIndex(this.#open, table, field));
  }

  /**
   * The records, by id, that may have all these values: those of the index with the fewest.
   *
   * @returns nothing where no index helps.
   */
  candidates(table: string, equal: ReadonlyMap<string, Value>): string[] | undefined {
    const fields = this.#tables.get(table);
    const { isInBatch, isMerging } = this.#open.replica;
    if (fields === undefined || isInBatch || isMerging) return undefined;
    let fewest: ReadonlySet<string> | undefined;
    for (const [field, value] of equal) {
      const found = fields.get(field)?.find(value);
      if (found !== undefined && (fewest === undefined || found.size < fewest.size)) fewest = found;
    }
    return fewest && [...fewest].sort(compareText);
  }

  /** Lets all indexes follow edits of these records. */
  follow(records: RecordsByTable): void {
    for (const [table, ids] of records) {
      for (const index of this.#tables.get(table)?.values() ?? []) index.follow(ids);
    }
  }

  /** Lets all indexes be made anew, since nobody knows what changed. */
  forget(): void {
    for (const fields of this.#tables.values()) for (const index of fields.values()) index.forget();
  }
}
