import {
  LIST_INDEX_MAX,
  type ListOp,
  listDelete,
  listInsert,
  listMove,
  listPut,
} from '../../operations/list-operation.js';
import { visitEach } from '../../values/frozen-array.js';
import type { Atom } from '../../values/value.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { type Run, readRun, UNPAID_RUN_MAX, writeRun } from './runs.js';
import type { ValueReader } from './value-reader.js';
import type { ValueWriter } from './value-writer.js';

/**
 * The kinds of runs of list operations. In a run of inserts or puts each index is one more than the one before; deletes
 * stay where they are, as the delete key does, or go back by one, as backspace does. A move stands alone. Spec: BIN-16.
 */
const INSERTS = 0;
const PUTS = 1;
const DELETES = 2;
const BACKSPACES = 3;
const MOVES = 4;
const KIND_COUNT = 5;

const NO_RUN: Run = { kind: KIND_COUNT, count: 0 };

/**
 * The run that `run` becomes when the next operation is of `kind` (which is never `BACKSPACES`) and `distance` away from
 * the cursor, or `undefined` if a new one begins. The writer cuts by this, and the reader checks the cuts by it.
 */
function extend(run: Run, kind: number, distance: number): Run | undefined {
  const count = run.count + 1;
  if (kind === INSERTS || kind === PUTS) return run.kind === kind && distance === 0 ? { kind, count } : undefined;
  // A delete takes no bytes of its own.
  if (kind === MOVES || run.count >= UNPAID_RUN_MAX) return undefined;
  const isAlone = run.kind === DELETES && run.count === 1;
  if (distance === 0 && run.kind === DELETES) return { kind: DELETES, count };
  return distance === -1 && (isAlone || run.kind === BACKSPACES) ? { kind: BACKSPACES, count } : undefined;
}

/** Where the cursor stands after operations of a run: on the next index of inserts and puts, on what was last deleted. */
function cursorAfter(kind: number, index: number): number {
  return kind === INSERTS || kind === PUTS ? index + 1 : index;
}

/** Writes operations on lists in runs; the values in them go to other columns. Spec: BIN-15, BIN-16. */
export class ListEditWriter {
  readonly #column = new ByteWriter();
  readonly #values: ValueWriter;
  readonly #befores: ValueWriter;
  #run = NO_RUN;
  #distance = 0;
  #cursor = 0;

  constructor(values: ValueWriter, befores: ValueWriter) {
    this.#values = values;
    this.#befores = befores;
  }

  write(ops: readonly ListOp[]): void {
    this.#run = NO_RUN;
    this.#cursor = 0;
    visitEach(ops, (op) => this.#writeOp(op));
    this.#endRun();
  }

  finish(): Uint8Array {
    return this.#column.finish();
  }

  #writeOp(op: ListOp): void {
    switch (op.type) {
      case 'insert':
        this.#values.atom(op.value);
        this.#step(INSERTS, op.index);
        break;
      case 'put':
        this.#values.atom(op.value);
        this.#writeBefore(op.before);
        this.#step(PUTS, op.index);
        break;
      case 'delete':
        this.#writeBefore(op.before);
        this.#step(DELETES, op.index);
        break;
      case 'move':
        this.#step(MOVES, op.from);
        this.#endRun();
        this.#column.signed(op.to - op.from);
        this.#run = NO_RUN;
        this.#cursor = op.to;
    }
  }

  #writeBefore(before: Atom | undefined): void {
    if (before === undefined) this.#befores.unknown();
    else this.#befores.atom(before);
  }

  #step(kind: number, index: number): void {
    const distance = index - this.#cursor;
    this.#cursor = cursorAfter(kind, index);
    const extended = extend(this.#run, kind, distance);
    if (extended === undefined) {
      this.#endRun();
      this.#distance = distance;
    }
    this.#run = extended ?? { kind, count: 1 };
  }

  #endRun(): void {
    if (this.#run.count === 0) return;
    writeRun(this.#column, this.#run.kind, this.#run.count);
    this.#column.signed(this.#distance);
  }
}

/** Reads what a `ListEditWriter` wrote, and refuses what it does not write. */
export class ListEditReader {
  readonly #column: ByteReader;
  readonly #values: ValueReader;
  readonly #befores: ValueReader;

  constructor(column: Uint8Array, values: ValueReader, befores: ValueReader) {
    this.#column = new ByteReader(column, 'list edits');
    this.#values = values;
    this.#befores = befores;
  }

  /** The next operations of one list, `count` in all. */
  read(count: number): ListOp[] {
    const ops: ListOp[] = [];
    let previous = NO_RUN;
    let cursor = 0;
    while (ops.length < count) {
      const run = readRun(this.#column, KIND_COUNT);
      const distance = this.#column.signed();
      this.#checkRun(previous, run, distance);
      if (run.count > count - ops.length) this.#column.fail('a run is longer than the edit that it is in');
      const first = this.#index(cursor + distance);
      cursor = run.kind === MOVES ? this.#readMove(ops, first) : this.#readRun(ops, run, first);
      previous = run;
    }
    return ops;
  }

  finish(): void {
    this.#column.finish();
  }

  #checkRun(previous: Run, run: Run, distance: number): void {
    const isDelete = run.kind === DELETES || run.kind === BACKSPACES;
    const kind = isDelete ? DELETES : run.kind;
    if (previous.count > 0 && extend(previous, kind, distance) !== undefined) this.#column.fail('a run is cut in two');
    if (isDelete && run.count > UNPAID_RUN_MAX) this.#column.fail('a run is too long');
    if (run.kind === BACKSPACES && run.count === 1) this.#column.fail('a single delete goes nowhere');
    if (run.kind === MOVES && run.count > 1) this.#column.fail('a move stands alone');
  }

  #readMove(ops: ListOp[], from: number): number {
    const to = this.#index(from + this.#column.signed());
    ops.push(listMove(from, to));
    return to;
  }

  /** Reads the operations of a run and returns where the cursor stands after it. */
  #readRun(ops: ListOp[], { kind, count }: Run, first: number): number {
    const step = kind === DELETES ? 0 : kind === BACKSPACES ? -1 : 1;
    const last = this.#index(first + step * (count - 1));
    for (let index = first, left = count; left > 0; index += step, left--) ops.push(this.#readOp(kind, index));
    return cursorAfter(kind, last);
  }

  #readOp(kind: number, index: number): ListOp {
    if (kind === INSERTS) return listInsert(index, this.#values.atom());
    if (kind === PUTS) return listPut(index, this.#values.atom(), this.#befores.itemBefore());
    return listDelete(index, this.#befores.itemBefore());
  }

  #index(index: number): number {
    if (index < 0 || index > LIST_INDEX_MAX) this.#column.fail('an index is out of range');
    return index;
  }
}
