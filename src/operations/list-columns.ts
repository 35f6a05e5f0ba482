import { visitEach } from '../values/frozen-array.js';
import type { Atom } from '../values/value.js';
import { type ListOp, listDelete, listInsert, listMove, listPut } from './list-operation.js';

/** The kinds of list operations in {@link ListColumns}. */
export const INSERT = 0;
export const PUT = 1;
export const DELETE = 2;
export const MOVE = 3;

/** From this many operations on, typed arrays pay off: making one costs as much as making two or three objects. */
export const COLUMNS_LEAST = 8;

/** Numbers by operation. A column may have room behind its last operation. */
export type NumberColumn = Uint8Array | Int32Array | number[];

/**
 * Operations on one list, as one array for each property instead of one object for each operation. A merge, an edit of a
 * long list, and the binary form read and write millions of operations this way without making an object.
 *
 * Columns are immutable once they are made, so results may share whole columns with what they came from.
 */
export interface ListColumns {
  /** How many operations there are. */
  readonly count: number;
  /** INSERT, PUT, DELETE or MOVE. */
  readonly kinds: NumberColumn;
  /** The index of each operation; `from` of a move. */
  readonly indexes: NumberColumn;
  /** `to` of each move, anything elsewhere; `undefined` where nothing moves. */
  readonly targets: NumberColumn | undefined;
  /** The value of each insert and put. */
  readonly values: readonly (Atom | undefined)[];
  /** What each put and delete overwrote, where it says so; `undefined` where none does. */
  readonly befores: readonly (Atom | undefined)[] | undefined;
}

/** Collects operations into columns. */
export class ListColumnsBuilder {
  #count = 0;
  #kinds: NumberColumn;
  #indexes: NumberColumn;
  #targets: NumberColumn | undefined;
  readonly #values: (Atom | undefined)[] = [];
  #befores: (Atom | undefined)[] | undefined;

  /** @param room for how many operations to make room at once; more may be added. */
  constructor(room: number) {
    this.#kinds = room < COLUMNS_LEAST ? [] : new Uint8Array(room);
    this.#indexes = room < COLUMNS_LEAST ? [] : new Int32Array(room);
  }

  get count(): number {
    return this.#count;
  }

  insert(index: number, value: Atom): void {
    this.#add(INSERT, index, value, undefined);
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

  /** The columns. Nothing may be added after this. */
  finish(): ListColumns {
    return {
      count: this.#count,
      kinds: this.#kinds,
      indexes: this.#indexes,
      targets: this.#targets,
      values: this.#values,
      befores: this.#befores,
    };
  }

  #add(kind: number, index: number, value: Atom | undefined, before: Atom | undefined): void {
    const at = this.#count++;
    if (at === this.#kinds.length && !Array.isArray(this.#kinds)) this.#grow();
    this.#kinds[at] = kind;
    this.#indexes[at] = index;
    this.#values.push(value);
    if (before !== undefined) this.#befores ??= new Array<undefined>(at).fill(undefined);
    this.#befores?.push(before);
  }

  #grow(): void {
    const room = 2 * this.#kinds.length;
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
  const columns = new ListColumnsBuilder(ops.length);
  visitEach(ops, (op) => {
    if (op.type === 'insert') columns.insert(op.index, op.value);
    else if (op.type === 'delete') columns.delete(op.index, op.before);
    else if (op.type === 'put') columns.put(op.index, op.value, op.before);
    else columns.move(op.from, op.to);
  });
  return columns.finish();
}

export function opsOfColumns(columns: ListColumns): ListOp[] {
  const ops: ListOp[] = [];
  for (let at = 0; at < columns.count; at++) ops.push(opAt(columns, at));
  return ops;
}

/** One of the operations, as an object. */
export function opAt({ kinds, indexes, targets, values, befores }: ListColumns, at: number): ListOp {
  const index = indexes[at] as number;
  switch (kinds[at]) {
    case INSERT:
      return listInsert(index, values[at] as Atom);
    case PUT:
      return listPut(index, values[at] as Atom, befores?.[at]);
    case DELETE:
      return listDelete(index, befores?.[at]);
    default:
      return listMove(index, targets?.[at] as number);
  }
}
