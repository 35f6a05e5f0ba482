import { changesIn, type Delta, deltaOf } from '../deltas/delta.js';
import type { OwnItemsLookup } from '../deltas/rebase.js';
import { DatastoreError } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import type { IsOwn } from '../lists/order.js';
import {
  type Change,
  type FieldOp,
  isListIndex,
  LIST_INDEX_MAX,
  listInsert,
  updateChange,
} from '../operations/change.js';
import {
  APPEND,
  columnsIn,
  columnsOf,
  DELETE,
  isInsertKind,
  type ListColumns,
  listOfOps,
  MOVE,
} from '../operations/list-columns.js';
import { ownRecordId, ownTableId } from '../operations/ownership.js';
import { freezeMap } from '../values/fields.js';
import { expectArray, expectItems } from '../values/json.js';
import { ownFieldName } from '../values/ownership.js';
import { isList } from '../values/value.js';

/**
 * How many runs of a list are remembered, the latest, and of how many lists, those edited last. A user types at a few
 * places; what is forgotten merges as if somebody else had inserted it.
 */
const RUNS_MAX = 16;
const LISTS_MAX = 256;

/** Own items of one list: from `start` up to, not including, `end`. */
export type OwnRun = readonly [start: number, end: number];

/** The own items of the lists that were edited last, the least recently edited list first. */
export type SavedOwnList = readonly [table: string, record: string, field: string, runs: readonly OwnRun[]];

/**
 * Which items of the lists in a state this replica inserted, as far as it remembers. Nothing is marked on items or
 * operations, and nothing travels: it is runs of indexes, which follow every delta that the state is given.
 *
 * A merge uses it to keep together what one user types (LIST-4). It is worth saving with the state, and not worth
 * anything else: forgetting any of it changes only where concurrent inserts at one place stand.
 *
 * Costs: O(RUNS_MAX) for each operation on a remembered list, and nothing for others' edits elsewhere.
 * Spec: SYNC-56.
 */
export class OwnItems implements OwnItemsLookup {
  /** By place, which is table, record and field with spaces between: names have none. The last is the latest. */
  readonly #lists: Map<string, OwnRun[]>;

  private constructor(lists: Map<string, OwnRun[]>) {
    this.#lists = lists;
  }

  static none(): OwnItems {
    return new OwnItems(new Map());
  }

  static restore(saved: readonly SavedOwnList[]): OwnItems {
    return new OwnItems(
      new Map(saved.map(([table, record, field, runs]) => [placeOf(table, record, field), [...runs]])),
    );
  }

  save(): SavedOwnList[] {
    return [...this.#lists].map(([place, runs]) => {
      const [table = '', record = '', field = ''] = place.split(' ');
      return [table, record, field, runs];
    });
  }

  clone(): OwnItems {
    return new OwnItems(new Map([...this.#lists].map(([place, runs]) => [place, [...runs]])));
  }

  isOwn(table: string, record: string, field: string): IsOwn | undefined {
    if (this.#lists.size === 0) return undefined;
    const runs = this.#lists.get(placeOf(table, record, field));
    return runs && ((index) => isIn(runs, index));
  }

  /** Follows changes that the state was given, by this replica or by somebody else. */
  follow(changes: readonly Change[], isOwn: boolean): void {
    if (!isOwn && this.#lists.size === 0) return;
    for (const change of changes) {
      const { table, record } = change;
      if (change.type === 'update') {
        for (const [field, op] of change.ops) this.#followField(placeOf(table, record, field), op, isOwn);
        continue;
      }
      this.#forgetRecord(table, record);
      if (change.type === 'delete' || !isOwn) continue;
      for (const [field, value] of change.fields) {
        if (isList(value)) this.#setWhole(placeOf(table, record, field), value.length);
      }
    }
  }

  #followField(place: string, op: FieldOp, isOwn: boolean): void {
    if (op.type !== 'list') {
      this.#lists.delete(place);
      if (isOwn && op.type === 'put' && isList(op.value)) this.#setWhole(place, op.value.length);
      return;
    }
    const runs = this.#lists.get(place);
    if (runs !== undefined || isOwn) this.#set(place, followOps(runs ?? [], columnsOf(op), isOwn));
  }

  #setWhole(place: string, length: number): void {
    this.#set(place, length > 0 ? [[0, length]] : []);
  }

  #set(place: string, runs: OwnRun[]): void {
    this.#lists.delete(place);
    if (runs.length === 0) return;
    this.#lists.set(place, runs);
    if (this.#lists.size <= LISTS_MAX) return;
    const [oldest] = this.#lists.keys();
    if (oldest !== undefined) this.#lists.delete(oldest);
  }

  #forgetRecord(table: string, record: string): void {
    const start = placeOf(table, record, '');
    for (const place of this.#lists.keys()) if (place.startsWith(start)) this.#lists.delete(place);
  }
}

function placeOf(table: string, record: string, field: string): string {
  return `${table} ${record} ${field}`;
}

function isIn(runs: readonly OwnRun[], index: number): boolean {
  return runs.some(([start, end]) => index >= start && index < end);
}

/** The runs after operations; that of the latest own insert is the last. */
function followOps(
  before: readonly OwnRun[],
  { count, kinds, indexes, targets }: ListColumns,
  isOwn: boolean,
): OwnRun[] {
  let runs = [...before];
  for (let at = 0; at < count; at++) {
    const index = indexes[at] as number;
    if (isInsertKind(kinds[at])) runs = insertItem(runs, index, isOwn);
    else if (kinds[at] === DELETE) runs = deleteItem(runs, index);
    else if (kinds[at] === MOVE) {
      const to = targets?.[at] as number;
      // An item keeps whose it is.
      if (to !== index) runs = insertItem(deleteItem(runs, index), to, isIn(runs, index));
    }
  }
  return runs;
}

function insertItem(runs: readonly OwnRun[], index: number, isOwn: boolean): OwnRun[] {
  const moved: OwnRun[] = [];
  let grown: OwnRun | undefined;
  for (const [start, end] of runs) {
    if (isOwn && grown === undefined && start <= index && index <= end) grown = [start, end + 1];
    else if (end <= index) moved.push([start, end]);
    else if (start >= index) moved.push([start + 1, end + 1]);
    else moved.push([start, index], [index + 1, end + 1]);
  }
  if (isOwn) moved.push(grown ?? [index, index + 1]);
  return moved.slice(-RUNS_MAX);
}

function deleteItem(runs: readonly OwnRun[], index: number): OwnRun[] {
  return runs
    .map(([start, end]): OwnRun => [start > index ? start - 1 : start, end > index ? end - 1 : end])
    .filter(([start, end]) => end > start);
}

/** Which inserts of a saved delta were appends: the number of the delta, the field, and the numbers of the operations. */
export type SavedAppends = readonly [
  delta: number,
  table: string,
  record: string,
  field: string,
  ops: readonly number[],
];

/** What only a replica knows of its lists, as it is saved; wire JSON and bytes of deltas do not carry it. */
export interface SavedOwnItems {
  readonly items: readonly SavedOwnList[];
  readonly appends: readonly SavedAppends[];
}

export function appendsIn(deltas: readonly Delta[]): SavedAppends[] {
  return deltas.flatMap((delta, number) =>
    changesIn(delta).flatMap((change): SavedAppends[] => {
      if (change.type !== 'update') return [];
      return [...change.ops].flatMap(([field, op]): SavedAppends[] => {
        const ops = appendsOf(op);
        return ops.length === 0 ? [] : [[number, change.table, change.record, field, ops]];
      });
    }),
  );
}

/** The numbers of the operations that are appends. */
function appendsOf(op: FieldOp): number[] {
  if (op.type !== 'list') return [];
  const columns = columnsIn(op);
  if (columns === undefined) return op.ops.flatMap((step, at) => (step.type === 'insert' && step.atEnd ? [at] : []));
  const found: number[] = [];
  for (let at = columns.kinds.indexOf(APPEND); at >= 0; at = columns.kinds.indexOf(APPEND, at + 1)) found.push(at);
  return found;
}

/**
 * Marks inserts as the appends that they were.
 *
 * @throws DatastoreError `invalid-json` if there is no such insert.
 */
export function withAppends(deltas: readonly Delta[], appends: readonly SavedAppends[]): Delta[] {
  if (appends.length === 0) return [...deltas];
  const left = new Map(
    appends.map(([number, table, record, field, ops]) => [`${number} ${placeOf(table, record, field)}`, ops]),
  );
  const marked = deltas.map((delta, number) =>
    deltaOf(
      changesIn(delta).map((change): Change => {
        if (change.type !== 'update') return change;
        const ops = new Map<string, FieldOp>();
        for (const [field, op] of change.ops) {
          const place = `${number} ${placeOf(change.table, change.record, field)}`;
          const numbers = left.get(place);
          left.delete(place);
          ops.set(field, numbers === undefined ? op : withMarks(op, numbers, place));
        }
        return updateChange(change.table, change.record, freezeMap(ops));
      }),
    ),
  );
  for (const place of left.keys()) throw noSuchInsert(place);
  return marked;
}

function withMarks(op: FieldOp, numbers: readonly number[], place: string): FieldOp {
  if (op.type !== 'list') throw noSuchInsert(place);
  const ops = [...op.ops];
  for (const at of numbers) {
    const step = ops[at];
    if (step?.type !== 'insert') throw noSuchInsert(place);
    ops[at] = listInsert(step.index, step.value, true);
  }
  return listOfOps(op.create, ops);
}

function noSuchInsert(place: string): DatastoreError {
  return new DatastoreError('invalid-json', `the appends name an insert that is not there: ${quote(place)}`);
}

/** Reads what a saved replica says of its own items. @throws DatastoreError `invalid-json`, `invalid-name`. */
export function parseOwnItems(json: unknown): SavedOwnItems {
  const parts = expectArray(json, 'the own items');
  const [items, appends] = parts;
  if (parts.length > 2) throw invalid(json, 'own items are [items, appends]');
  const own = {
    items: expectItems(items, 'the own items of lists', parseOwnList),
    appends: expectItems(appends, 'the appends', parseAppends),
  };
  if (own.items.length + own.appends.length === 0) throw invalid(json, 'empty own items must be left out');
  const lists = new Set(own.items.map(([table, record, field]) => placeOf(table, record, field)));
  if (lists.size < own.items.length || lists.size > LISTS_MAX) {
    throw invalid(items, `there are own items of at most ${LISTS_MAX} lists, each named once`);
  }
  if (!own.appends.every((entry, at) => at === 0 || isBefore(own.appends[at - 1] as SavedAppends, entry))) {
    throw invalid(appends, 'the appends ascend by delta, table, record and field');
  }
  return own;
}

function isBefore(left: SavedAppends, right: SavedAppends): boolean {
  for (const part of [0, 1, 2, 3] as const) if (left[part] !== right[part]) return left[part] < right[part];
  return false;
}

function parseOwnList(json: unknown): SavedOwnList {
  const parts = expectArray(json, 'the own items of a list');
  const [table, record, field, runs] = parts;
  if (parts.length > 4) throw invalid(json, 'own items of a list are [table, record, field, runs]');
  const owner = { table: ownTableId(table), record: ownRecordId(record) };
  const parsed = expectItems(runs, 'runs', (run): OwnRun => {
    const bounds = expectArray(run, 'a run');
    const [start, end] = bounds;
    const isRun = isListIndex(start) && isListIndex(end) && start < end && bounds.length === 2;
    if (!isRun) throw invalid(run, `a run is [start, end] with 0 ≤ start < end ≤ ${LIST_INDEX_MAX}`);
    return [start, end];
  });
  const sorted = [...parsed].sort(([one], [other]) => one - other);
  const areApart = sorted.every(([start], at) => at === 0 || start >= (sorted[at - 1]?.[1] ?? 0));
  if (parsed.length === 0 || parsed.length > RUNS_MAX || !areApart) {
    throw invalid(runs, `a list has 1 to ${RUNS_MAX} runs that do not overlap`);
  }
  return [owner.table, owner.record, ownFieldName(field, owner), parsed];
}

/** @throws DatastoreError `invalid-json`. */
export function parseAppends(json: unknown): SavedAppends {
  const parts = expectArray(json, 'appends');
  const [delta, table, record, field, ops] = parts;
  if (!isListIndex(delta) || parts.length > 5) {
    throw invalid(json, 'appends are [number of the delta, table, record, field, numbers of the operations]');
  }
  const owner = { table: ownTableId(table), record: ownRecordId(record) };
  const misfit = (): DatastoreError => invalid(ops, 'the numbers of operations ascend, and there is at least one');
  let previous = -1;
  const numbers = expectItems(ops, 'the numbers of operations', (at) => {
    if (!isListIndex(at) || at <= previous) throw misfit();
    previous = at;
    return at;
  });
  if (numbers.length === 0) throw misfit();
  return [delta, owner.table, owner.record, ownFieldName(field, owner), numbers];
}

function invalid(json: unknown, expected: string): DatastoreError {
  return new DatastoreError('invalid-json', `${expected}, got ${quote(json)}`);
}
