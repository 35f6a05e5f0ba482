import { normalColumnsOf } from '../deltas/compose-columns.js';
import {
  changesIn,
  columnsIn,
  Delta,
  type DeltaInput,
  deltaInNormalForm,
  deltaOf,
  deltaOfApplied,
  sizeOfDelta,
} from '../deltas/delta.js';
import { invertChange } from '../deltas/invert.js';
import { normalFormOf } from '../deltas/normal-form.js';
import { checkOptions, invalidArgument } from '../errors/arguments.js';
import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { InvariantError } from '../errors/invariant-error.js';
import { quote } from '../errors/quote.js';
import { invertListOp } from '../lists/apply.js';
import {
  type Change,
  type FieldOp,
  type InsertChange,
  insertChange,
  type ListOp,
  type ListPlace,
  type UpdateChange,
} from '../operations/change.js';
import { lendListOp } from '../operations/lend.js';
import { ownChanges, ownRecordId, ownRows, ownSingleListOp, ownTableId } from '../operations/ownership.js';
import { type CellBefore, changesOfRows, type RecordColumns } from '../operations/record-columns.js';
import { RecordMap } from '../operations/record-map.js';
import { growthOfChange, growthOfListOp, sizeOfChanges } from '../operations/size.js';
import { isMap } from '../values/brands.js';
import { type Fields, sortedEntries } from '../values/fields.js';
import { objectOf } from '../values/json.js';
import { isObjectOfFields, ownFields } from '../values/ownership.js';
import { compareText } from '../values/text.js';
import type { Value } from '../values/value.js';
import { checkGrowth, checkLimits, type Limits, NO_LIMITS } from './limits.js';
import { RecordReader } from './record-reader.js';
import { Conditions, StoredRecord } from './stored-record.js';
import { Tables } from './tables.js';

/** How a delta is applied. */
export interface ApplyOptions {
  /** What the state and the delta may weigh: no limits unless given. */
  readonly limits?: Limits;
}

const NO_OPTIONS: ApplyOptions = {};

/** A record that a query found. */
export interface FoundRecord {
  readonly record: string;
  readonly fields: Fields;
}

/** What a query asks for: fields by name, as a Map or as an object of its own properties. */
export type Where = Fields | Readonly<Record<string, Value>>;

/** A state as a plain object: fields by name, in records by id, in tables by id. */
export type StateObject = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, Value | undefined>>>>>
>;

/**
 * The state that inserts make. For the engine only: it copies nothing.
 *
 * @throws DatastoreError `record-exists` for a record that is inserted twice, naming the position.
 */
export let stateOfInserts: (inserts: readonly InsertChange[]) => State;

/**
 * The inserts that make a state, in code point order of table and record. For the engine only: the values are those
 * that the state keeps, and must not get out.
 */
export let insertsOf: (state: State) => InsertChange[];

/**
 * {@link State.apply} for changes that the engine owns. They are performed and returned as they are, with what they
 * overwrote. The size of the delta is not limited. For the engine only: the returned values are the ones that the state
 * keeps.
 */
export let applyChanges: (state: State, changes: readonly Change[], limits: Limits) => readonly Change[];

/**
 * {@link State.editList} that returns what the state keeps, and nothing where there is no such list. For the engine only.
 *
 * @param own checks and copies the operation.
 */
export let editListIn: (
  state: State,
  place: ListPlace,
  own: (place: Place) => ListOp,
  limits: Limits,
) => ListOp | undefined;

/**
 * The tables of a datastore at one revision: exactly the user's data, with no trace of how it came about. What goes in
 * and out is copied where it could be changed, so nothing outside can reach in. Spec: VAL-7, VAL-8, CHG-4 to CHG-6.
 */
export class State {
  readonly #tables = new Tables();

  static {
    stateOfInserts = (inserts) => {
      const state = new State();
      for (const [position, insert] of inserts.entries()) state.#tables.apply(insert, position);
      return state;
    };
    insertsOf = (state) =>
      requireState(state)
        .tables()
        .flatMap((table) =>
          state.#recordsOf(table).map(([record, stored]) => insertChange(table, record, stored.fields())),
        );
    applyChanges = (state, changes, limits) => state.#applyAll(changes, limits, Number.POSITIVE_INFINITY);
    editListIn = (state, place, own, limits) => state.#editList(place, own, limits);
  }

  /**
   * The state of a plain object: its tables by id, with their records by id, with their fields by name. A field that is
   * `undefined` is absent; a table without records does not exist.
   *
   * @throws DatastoreError `invalid-name` or `invalid-value`, naming the place.
   * Law: `State.fromObject(state.toObject())` holds what `state` holds.
   */
  static fromObject(tables: StateObject): State {
    const inserts: InsertChange[] = [];
    for (const [id, records] of entriesOf(tables, 'tables', {})) {
      const table = ownTableId(id);
      for (const [name, fields] of entriesOf(records, 'records', { table })) {
        const record = ownRecordId(name, { table });
        const present = entriesOf(fields, 'fields', { table, record }).filter(([, value]) => value !== undefined);
        inserts.push(insertChange(table, record, ownFields(new Map(present), { table, record })));
      }
    }
    return stateOfInserts(inserts);
  }

  /** A plain object with copies of everything: `{ table: { record: { field: value } } }`. */
  toObject(): StateObject {
    return objectOf(
      this.tables().map((table) => {
        const records = this.query(table).map(({ record, fields }) => [record, objectOf(fields)] as const);
        return [table, objectOf(records)] as const;
      }),
    );
  }

  /** How many records all tables hold together. */
  get recordCount(): number {
    return this.#tables.recordCount;
  }

  /** The size in bytes: 1000 and the sizes of all records. Kept up to date, not counted. Spec: SIZE-1, SIZE-8. */
  get size(): number {
    return this.#tables.size;
  }

  /**
   * Applies a delta, or any valid sequence of changes: all of them, or none if one does not fit.
   *
   * @returns the delta with what it overwrote: an applied delta.
   * @throws DatastoreError naming the position of the change and the place at fault; with limits, also
   * `datastore-too-large`, `record-too-large`, `delta-too-large` and `too-many-records`. Laws:
   * `state · d · invert(applied) = state`; `state · compress(d) = state · d`. Spec: CHG-1 to CHG-6, LIM-1 to LIM-3.
   */
  apply(delta: DeltaInput, options: ApplyOptions = NO_OPTIONS): Delta {
    if (options !== NO_OPTIONS) checkOptions(options, { limits: true });
    const { limits = NO_LIMITS } = options;
    if (limits !== NO_LIMITS) checkLimits(limits);
    if (!Delta.is(delta)) {
      if (limits !== NO_LIMITS) return deltaOfApplied(this.#applyAll(ownChanges(delta), limits));
      return this.#applyListOp(delta) ?? deltaOfApplied(this.#performRows(ownRows(delta)));
    }
    const columns = columnsIn(delta);
    if (columns !== undefined && limits === NO_LIMITS) {
      return deltaInNormalForm(normalColumnsOf(this.#performColumns(columns)));
    }
    const changes = changesIn(delta);
    const applied = this.#applyAll(changes, limits);
    if (applied.every((change, position) => change === changes[position])) return delta;
    return deltaInNormalForm(normalFormOf(applied));
  }

  /**
   * Edits a list that is there by one operation, as `apply` does, but without making a delta: for applications that keep their
   * own history of a text, say.
   *
   * @returns the operation with what it overwrote.
   * @throws DatastoreError as `apply` does. Nothing is changed then.
   * Law: it does what `apply` of an update with this operation does. Spec: CHG-3.
   */
  editList(table: string, record: string, field: string, op: ListOp): ListOp {
    const applied = this.#tables.editList(table, record, field, (place) => ownSingleListOp(op, place));
    if (applied !== undefined) return lendListOp(applied);
    // There is no such list, which `apply` says in detail.
    const ops = new Map<string, FieldOp>([[field, { type: 'list', create: false, ops: [op] }]]);
    this.apply([{ type: 'update', table, record, ops }]);
    throw new InvariantError('an edit of a list that is not there does not fit');
  }

  /** @returns nothing for anything but one operation on one list that is there. */
  #applyListOp(changes: Iterable<Change>): Delta | undefined {
    const single = onlyListOp(changes);
    if (single === undefined) return undefined;
    const { table, record, field } = single.place;
    const applied = this.#tables.editList(table, record, field, (place) => ownSingleListOp(single.op, place));
    return applied && deltaInNormalForm({ place: single.place, op: applied });
  }

  #editList({ table, record, field }: ListPlace, own: (place: Place) => ListOp, limits: Limits): ListOp | undefined {
    const applied = this.#tables.editList(table, record, field, own);
    if (applied === undefined || limits === NO_LIMITS) return applied;
    try {
      const sizeAfter = this.#tables.get(table, record)?.size ?? 0;
      const growth = growthOfListOp(applied);
      checkGrowth('record-too-large', sizeAfter - growth, sizeAfter, limits.recordSize, { table, record });
      checkGrowth('datastore-too-large', this.size - growth, this.size, limits.datastoreSize);
    } catch (error) {
      this.#tables.editList(table, record, field, () => invertListOp(applied));
      throw error;
    }
    return applied;
  }

  #applyAll(changes: readonly Change[], limits: Limits, deltaSizeMost: number = limits.deltaSize): readonly Change[] {
    const { size, recordCount } = this;
    const applied = this.#perform(changes);
    if (limits !== NO_LIMITS) {
      try {
        this.#checkLimits(applied, size, recordCount, limits);
        checkDeltaSize(applied, deltaSizeMost);
      } catch (error) {
        this.#takeBack(applied);
        throw error;
      }
    }
    return applied;
  }

  /** The fields of a record, or `undefined` if there is no such record. */
  get(table: string, record: string): Fields | undefined {
    return this.#tables.get(table, record)?.lend();
  }

  /**
   * The records of a table that have all the fields of `where`, with values that match (`valuesMatch`), in code point
   * order of their ids. Without `where`, all records of the table.
   *
   * @throws DatastoreError `invalid-name` or `invalid-value` for a condition that no field can fulfil, and
   * `invalid-value` for conditions that are neither an object nor a Map. Spec: MATCH-1 to MATCH-3.
   */
  query(table: string, where: Where = new Map()): FoundRecord[] {
    return this.#find(table, where).map(([record, stored]) => ({ record, fields: stored.lend() }));
  }

  /** The ids alone of what {@link query} finds, for callers that do not need the fields. */
  find(table: string, where: Where = new Map()): string[] {
    return this.#find(table, where).map(([record]) => record);
  }

  /** Reads a record piece by piece, now and later, whether it exists or not. */
  reader(table: string, record: string): RecordReader {
    return new RecordReader(() => this.#tables.get(table, record));
  }

  /**
   * Remembers the content of a record, and returns a function that says whether it has changed since.
   *
   * @param since the first change of an edit in normal form, with what it overwrote. If that was done to the record last, the
   * content before it is meant.
   */
  watch(table: string, record: string, since?: Change): () => boolean {
    const before = contentBefore(this.#tables.get(table, record), since);
    return () => {
      const after = this.#tables.get(table, record);
      return before === undefined || after === undefined ? before !== after : !before.equals(after);
    };
  }

  /** The ids of the tables that hold any records, in code point order. */
  tables(): string[] {
    return [...this.#tables.tableIds()].sort(compareText);
  }

  /** A state of its own with the same content. It costs nothing until one of the two is edited. */
  clone(): State {
    const copy = new State();
    copy.#tables.share(this.#tables);
    return copy;
  }

  #find(table: string, where: Where): [string, StoredRecord][] {
    const conditions = new Conditions(
      ownFields(isObjectOfFields(where) ? new Map(Object.entries(where)) : where, { table }),
    );
    return this.#recordsOf(table, (stored) => stored.fits(conditions));
  }

  /** The records of a table that pass a test, in code point order. */
  #recordsOf(table: string, test: (stored: StoredRecord) => boolean = () => true): [string, StoredRecord][] {
    const found = new Map<string, StoredRecord>();
    this.#tables.forEach(table, (stored, record) => {
      if (test(stored)) found.set(record, stored);
    });
    return sortedEntries(found);
  }

  /** Applies changes that the engine owns, all or none, and returns them with what they overwrote. */
  #perform(changes: readonly Change[]): Change[] {
    if (changes.length === 1) return [this.#tables.apply(changes[0] as Change, 0)];
    const applied: Change[] = [];
    try {
      for (let at = 0; at < changes.length; at++) applied.push(this.#tables.apply(changes[at] as Change, at));
    } catch (error) {
      this.#takeBack(applied);
      throw error;
    }
    return applied;
  }

  #performRows(given: readonly Change[] | RecordColumns): readonly Change[] | RecordColumns {
    return 'ends' in given ? this.#performColumns(given) : this.#perform(given);
  }

  /** {@link #perform} for changes in columns. */
  #performColumns(columns: RecordColumns): RecordColumns {
    const befores = new Array<CellBefore>(columns.fields.length);
    const others: (Change | undefined)[] | undefined = columns.others && [];
    const applied = { ...columns, befores, others };
    let row = 0;
    try {
      for (; row < columns.ends.length; row++) {
        const other = columns.others?.[row];
        if (other === undefined) this.#tables.applyCells(columns, row, befores);
        others?.push(other && this.#tables.apply(other, row));
      }
    } catch (error) {
      this.#takeBack(changesOfRows(applied, 0, row));
      throw error;
    }
    return applied;
  }

  #takeBack(applied: readonly Change[]): void {
    for (let at = applied.length - 1; at >= 0; at--) this.#tables.apply(invertChange(applied[at] as Change));
  }

  /** @throws DatastoreError if what the delta made grow is over a limit. Spec: LIM-2. */
  #checkLimits(
    applied: readonly Change[],
    datastoreSizeBefore: number,
    recordCountBefore: number,
    limits: Limits,
  ): void {
    let growth: RecordMap<number> | undefined;
    for (const { table, record } of applied) {
      const size = this.#tables.get(table, record)?.size ?? 0;
      if (size <= limits.recordSize) continue;
      growth ??= growthByRecord(applied);
      const sizeBefore = size - (growth.get(table, record) ?? 0);
      checkGrowth('record-too-large', sizeBefore, size, limits.recordSize, { table, record });
    }
    checkGrowth('datastore-too-large', datastoreSizeBefore, this.size, limits.datastoreSize);
    checkGrowth('too-many-records', recordCountBefore, this.recordCount, limits.recordCount);
  }
}

/**
 * The operation, not checked yet, of changes that are one operation on one list, as most edits are. If there is such a list,
 * its names are valid, so that the operation is all that is to be checked.
 */
export function onlyListOp(changes: Iterable<Change>): { readonly place: ListPlace; readonly op: unknown } | undefined {
  if (!Array.isArray(changes) || changes.length !== 1) return undefined;
  const { type, table, record, ops } = (changes[0] ?? {}) as Partial<UpdateChange>;
  if (type !== 'update' || typeof table !== 'string' || typeof record !== 'string') return undefined;
  if (!isMap(ops) || ops.size !== 1) return undefined;
  for (const [field, edit] of ops) {
    if (edit?.type !== 'list' || edit.create !== false || !Array.isArray(edit.ops) || edit.ops.length !== 1) break;
    return { place: { table, record, field }, op: edit.ops[0] };
  }
  return undefined;
}

/** What a record was before an edit of it that begins with a change. */
function contentBefore(stored: StoredRecord | undefined, first: Change | undefined): StoredRecord | undefined {
  if (first?.type === 'insert') return undefined;
  if (first?.type === 'delete') return first.before && StoredRecord.from({}, first.before);
  const content = stored?.snapshot();
  const undo = first && invertChange(first);
  if (undo?.type === 'update') content?.perform(undo.ops);
  return content;
}

/** @throws DatastoreError `delta-too-large`. Spec: LIM-3. */
function checkDeltaSize(applied: readonly Change[], most: number): void {
  // Compressing never makes a delta larger, so it is only needed where the delta as given is over the limit.
  if (most === Number.POSITIVE_INFINITY || sizeOfChanges(applied) <= most) return;
  checkGrowth('delta-too-large', 0, sizeOfDelta(deltaOf([...applied])), most);
}

/** @throws DatastoreError `invalid-option` for anything but a state. */
export function requireState(given: State): State {
  if (given instanceof State) return given;
  throw invalidArgument('expected a State, which parseState makes of rows', given);
}

/** By how many bytes applied changes make each record larger. */
function growthByRecord(applied: readonly Change[]): RecordMap<number> {
  const growth = new RecordMap<number>();
  for (const change of applied) {
    const { table, record } = change;
    growth.set(table, record, (growth.get(table, record) ?? 0) + growthOfChange(change));
  }
  return growth;
}

function entriesOf(given: unknown, what: string, place: Place): [string, unknown][] {
  if (isObjectOfFields(given)) return Object.entries(given);
  throw new DatastoreError('invalid-value', `${what} must be a plain object, got ${quote(given)}`, place);
}
