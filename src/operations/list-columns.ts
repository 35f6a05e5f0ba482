import { someOf, sumOf, visitEach } from '../values/frozen-array.js';
import type { Atom } from '../values/value.js';
import { type FieldList, fieldList, type ListOp, listDelete, listInsert, listMove, listPut } from './change.js';
import { COLUMNS_LEAST } from './columns-least.js';

/** The kinds of list operations in {@link ListColumns}. */
export const INSERT = 0;
export const PUT = 1;
export const DELETE = 2;
export const MOVE = 3;
/** An insert that is meant as "at the end". It is an insert in all but the head of a gap; see {@link isInsertKind}. */
export const APPEND = 4;

export function isInsertKind(kind: number | undefined): boolean {
  return kind === INSERT || kind === APPEND;
}

/** Numbers by operation. A column may have room behind its last operation. */
export type NumberColumn = Uint8Array | Int32Array | number[];

/**
 * Operations on one list, as one array for each property instead of one object for each operation. A merge, an edit of
 * a long list, and the binary form read and write millions of operations this way without making an object.
 *
 * Columns are immutable once they are made, so results may share whole columns with what they came from.
 */
export interface ListColumns {
  /** How many operations there are. */
  readonly count: number;
  /** INSERT, PUT, DELETE, MOVE or APPEND. */
  readonly kinds: NumberColumn;
  /** The index of each operation; `from` of a move. */
  readonly indexes: NumberColumn;
  /** `to` of each move, anything elsewhere; `undefined` where nothing moves. */
  readonly targets: NumberColumn | undefined;
  /** The value of each insert and put. */
  readonly values: readonly (Atom | undefined)[];
  /** What each put and delete overwrote, where it says so; `undefined` where none does. */
  readonly befores: readonly (Atom | undefined)[] | undefined;
  /** Whether a value may be bytes or a date, which others could change; `false` says that none is. */
  readonly isMutable: boolean;
}

/** Collects operations into columns. */
export class ListColumnsBuilder {
  #count = 0;
  /** How many operations fit into typed arrays; 0 while plain arrays hold them. */
  #room: number;
  #kinds: NumberColumn;
  #indexes: NumberColumn;
  #targets: NumberColumn | undefined;
  readonly #values: (Atom | undefined)[];
  #befores: (Atom | undefined)[] | undefined;
  #isMutable = false;

  /** @param room for how many operations to make room at once; more may be added. */
  constructor(room: number) {
    this.#room = room < COLUMNS_LEAST ? 0 : room;
    this.#kinds = this.#room === 0 ? [] : new Uint8Array(room);
    this.#indexes = this.#room === 0 ? [] : new Int32Array(room);
    this.#values = this.#room === 0 ? [] : new Array<Atom | undefined>(room);
  }

  get count(): number {
    return this.#count;
  }

  insert(index: number, value: Atom, atEnd = false): void {
    this.#add(atEnd ? APPEND : INSERT, index, value, undefined);
  }

  put(index: number, value: Atom, before: Atom | undefined): void {
    this.#add(PUT, index, value, before);
  }

  delete(index: number, before: Atom | undefined): void {
    this.#add(DELETE, index, undefined, before);
  }

  move(from: number, to: number): void {
    this.#add(MOVE, from, undefined, undefined);
    this.#targets ??= sameKindOf(this.#indexes);
    this.#targets[this.#count - 1] = to;
  }

  /** Adds an operation. */
  add(op: ListOp): void {
    if (op.type === 'insert') this.insert(op.index, op.value, op.atEnd);
    else if (op.type === 'delete') this.delete(op.index, op.before);
    else if (op.type === 'put') this.put(op.index, op.value, op.before);
    else this.move(op.from, op.to);
  }

  /** Adds one of the operations in columns. */
  append({ kinds, indexes, targets, values, befores }: ListColumns, at: number): void {
    const index = indexes[at] as number;
    if (kinds[at] === MOVE) this.move(index, targets?.[at] as number);
    else this.#add(kinds[at] as number, index, values[at], befores?.[at]);
  }

  /** Adds all operations of a list edit. */
  appendAll(list: FieldList): void {
    const columns = columnsIn(list);
    if (columns === undefined) visitEach(list.ops, (op) => this.add(op));
    else for (let at = 0; at < columns.count; at++) this.append(columns, at);
  }

  /** The columns. Nothing may be added after this. */
  finish(): ListColumns {
    this.#values.length = this.#count;
    return {
      count: this.#count,
      kinds: this.#kinds,
      indexes: this.#indexes,
      targets: this.#targets,
      values: this.#values,
      befores: this.#befores,
      isMutable: this.#isMutable,
    };
  }

  #add(kind: number, index: number, value: Atom | undefined, before: Atom | undefined): void {
    const at = this.#count++;
    // One store for both kinds of arrays would be slow for both: V8 compiles a store well for arrays that all grow or all do not.
    if (this.#room === 0) {
      (this.#kinds as number[]).push(kind);
      (this.#indexes as number[]).push(index);
    } else {
      if (at === this.#room) this.#grow();
      (this.#kinds as Uint8Array)[at] = kind;
      (this.#indexes as Int32Array)[at] = index;
    }
    this.#values[at] = value;
    if (typeof value === 'object' || typeof before === 'object') this.#isMutable = true;
    if (before !== undefined) this.#befores ??= new Array<undefined>(at).fill(undefined);
    this.#befores?.push(before);
  }

  #grow(): void {
    const room = 2 * this.#room;
    this.#room = room;
    const kinds = new Uint8Array(room);
    kinds.set(this.#kinds);
    this.#kinds = kinds;
    this.#indexes = inRoom(this.#indexes, room);
    if (this.#targets !== undefined) this.#targets = inRoom(this.#targets, room);
  }
}

function sameKindOf(indexes: NumberColumn): NumberColumn {
  return Array.isArray(indexes) ? [] : new Int32Array(indexes.length);
}

function inRoom(column: NumberColumn, room: number): Int32Array {
  const larger = new Int32Array(room);
  larger.set(column);
  return larger;
}

/** Law: `opsOfColumns(columnsOfOps(ops))` equals `ops`. */
export function columnsOfOps(ops: readonly ListOp[]): ListColumns {
  const [first] = ops;
  if (first !== undefined && ops.length === 1) return columnsOfOne(first);
  const columns = new ListColumnsBuilder(ops.length);
  visitEach(ops, (op) => columns.add(op));
  return columns.finish();
}

/** A single operation: what is typed needs no builder. */
function columnsOfOne(op: ListOp): ListColumns {
  const value = itemOf(op);
  const before = beforeOf(op);
  return {
    count: 1,
    kinds: [op.type === 'insert' && op.atEnd ? APPEND : TYPES.indexOf(op.type)],
    indexes: [op.type === 'move' ? op.from : op.index],
    targets: op.type === 'move' ? [op.to] : undefined,
    values: [value],
    befores: before === undefined ? undefined : [before],
    isMutable: typeof value === 'object' || typeof before === 'object',
  };
}

export function opsOfColumns(columns: ListColumns, start = 0, end: number = columns.count): ListOp[] {
  const ops: ListOp[] = [];
  for (let at = start; at < end; at++) ops.push(opAt(columns, at));
  return ops;
}

/** One of the operations, as an object. */
export function opAt({ kinds, indexes, targets, values, befores }: ListColumns, at: number): ListOp {
  const index = indexes[at] as number;
  switch (kinds[at]) {
    case INSERT:
    case APPEND:
      return listInsert(index, values[at] as Atom, kinds[at] === APPEND);
    case PUT:
      return listPut(index, values[at] as Atom, befores?.[at]);
    case DELETE:
      return listDelete(index, befores?.[at]);
    default:
      return listMove(index, targets?.[at] as number);
  }
}

/** The columns behind lists of operations that were made from columns. */
const columnsBehind = new WeakMap<FieldList, ListColumns>();

/**
 * The edit of a field's list that has these operations. Its `ops` are made on first access, unless they are so few
 * that objects take less.
 */
export function listOfColumns(create: boolean, columns: ListColumns): FieldList {
  if (columns.count < COLUMNS_LEAST) return fieldList(create, opsOfColumns(columns));
  let made: readonly ListOp[] | undefined;
  const list: FieldList = Object.freeze({
    type: 'list',
    create,
    get ops() {
      made ??= Object.freeze(opsOfColumns(columns));
      return made;
    },
  });
  columnsBehind.set(list, columns);
  return list;
}

/** {@link listOfColumns} of objects, which become the edit's own. */
export function listOfOps(create: boolean, ops: readonly ListOp[]): FieldList {
  return ops.length < COLUMNS_LEAST ? fieldList(create, ops) : listOfColumns(create, columnsOfOps(ops));
}

/** The columns that a list edit was made from, if it was: looking at them makes no objects. */
export function columnsIn(list: FieldList): ListColumns | undefined {
  return columnsBehind.get(list);
}

/** The operations of a list edit as columns. */
export function columnsOf(list: FieldList): ListColumns {
  return columnsIn(list) ?? columnsOfOps(list.ops);
}

/** Several edits of one list, one after the other, as one. */
export function joinLists(lists: readonly FieldList[]): FieldList {
  const [first, ...others] = lists;
  if (first !== undefined && others.length === 0) return first;
  return listOfColumns(first?.create ?? false, joinColumns(lists));
}

/** The operations of several edits of one list, one after the other. */
export function joinColumns(lists: readonly FieldList[]): ListColumns {
  const [first] = lists;
  if (first !== undefined && lists.length === 1) return columnsOf(first);
  const joined = new ListColumnsBuilder(sumOf(lists, opCountOf));
  for (const list of lists) joined.appendAll(list);
  return joined.finish();
}

/** The edit of a list that is there by the operations from `start` up to, not including, `end`. */
export function listOfSlice(columns: ListColumns, start: number, end: number): FieldList {
  if (end - start < COLUMNS_LEAST) return fieldList(false, opsOfColumns(columns, start, end));
  return listOfColumns(false, sliceColumns(columns, start, end));
}

/** The operations from `start` up to, not including, `end`. */
export function sliceColumns(columns: ListColumns, start: number, end: number): ListColumns {
  const { count, targets, befores, isMutable } = columns;
  if (start === 0 && end === count) return columns;
  const kinds = columns.kinds.slice(start, end);
  const slicedBefores = befores?.slice(start, end);
  return {
    count: end - start,
    kinds,
    indexes: columns.indexes.slice(start, end),
    targets: kinds.includes(MOVE) ? targets?.slice(start, end) : undefined,
    values: columns.values.slice(start, end),
    befores: slicedBefores?.some((before) => before !== undefined) ? slicedBefores : undefined,
    isMutable,
  };
}

/** Visits what the operations of a list edit put and overwrote, without making objects or columns. */
export function visitListOps(
  list: FieldList,
  visit: (type: ListOp['type'], value: Atom | undefined, before: Atom | undefined) => void,
): void {
  const columns = columnsIn(list);
  if (columns === undefined) {
    visitEach(list.ops, (op) => visit(op.type, itemOf(op), beforeOf(op)));
    return;
  }
  const { count, kinds, values, befores } = columns;
  for (let at = 0; at < count; at++) visit(TYPES[kinds[at] as number] ?? 'move', values[at], befores?.[at]);
}

/** The types of operations by their kinds. */
const TYPES = ['insert', 'put', 'delete', 'move', 'insert'] as const;

function itemOf(op: ListOp): Atom | undefined {
  return op.type === 'insert' || op.type === 'put' ? op.value : undefined;
}

function beforeOf(op: ListOp): Atom | undefined {
  return op.type === 'put' || op.type === 'delete' ? op.before : undefined;
}

/** Whether every operation that overwrites an item says what it overwrote. */
export function isListApplied(list: FieldList): boolean {
  let isApplied = true;
  visitListOps(list, (type, _, before) => {
    if ((type === 'put' || type === 'delete') && before === undefined) isApplied = false;
  });
  return isApplied;
}

/** The edit as it travels: without what it overwrote, and with appends as inserts. */
export function listWithoutBefores(list: FieldList): FieldList {
  const columns = columnsIn(list) ?? (someOf(list.ops, saysMore) ? columnsOfOps(list.ops) : undefined);
  if (columns === undefined) return list;
  const plain = withoutAppends(columns);
  if (plain === columns && columns.befores === undefined) return list;
  return listOfColumns(list.create, { ...plain, befores: undefined });
}

/** Whether an operation says more than what travels. */
function saysMore(op: ListOp): boolean {
  return op.type === 'insert' ? op.atEnd === true : beforeOf(op) !== undefined;
}

/** The operations with inserts in place of appends. */
export function withoutAppends(columns: ListColumns): ListColumns {
  if (!columns.kinds.includes(APPEND)) return columns;
  return { ...columns, kinds: columns.kinds.map((kind: number) => (kind === APPEND ? INSERT : kind)) };
}

/** How many operations a list edit has. */
export function opCountOf(list: FieldList): number {
  return columnsIn(list)?.count ?? list.ops.length;
}
