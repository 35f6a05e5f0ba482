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
import { ByteReader, ByteWriter, type Run, readRun, UNPAID_RUN_MAX, writeRun } from './byte-column.js';
import type { ValueReader, ValueWriter } from './value-columns.js';

/*
 * The kinds of runs of list operations. In a run of inserts or puts, each index is one more than the one before. In a run
 * of deletes, all have the same index, as the delete key makes them. In a run of backspaces, each index is one less. A move
 * is a run of one. Spec: BIN-16.
 */
const INSERTS = 0;
const PUTS = 1;
const DELETES = 2;
const BACKSPACES = 3;
const MOVES = 4;
const KIND_COUNT = 5;

const NO_RUN: Run = { kind: KIND_COUNT, count: 0 };

/**
 * What `run` becomes if the next operation is of `kind` (never BACKSPACES) and `distance` away from the cursor, or
 * `undefined` if a new run begins. The writer cuts runs by this, and the reader checks them by it.
 */
function extend(run: Run, kind: number, distance: number): Run | undefined {
  const count = run.count + 1;
  if (kind === INSERTS || kind === PUTS) return run.kind === kind && distance === 0 ? { kind, count } : undefined;
  // Deletes take no bytes of their own.
  if (kind === MOVES || run.count >= UNPAID_RUN_MAX) return undefined;
  const isAlone = run.kind === DELETES && run.count === 1;
  if (distance === 0 && run.kind === DELETES) return { kind: DELETES, count };
  return distance === -1 && (isAlone || run.kind === BACKSPACES) ? { kind: BACKSPACES, count } : undefined;
}

/** The cursor after an operation at `index`: the next index after inserts and puts, the same index after deletes. */
function cursorAfter(kind: number, index: number): number {
  return kind === INSERTS || kind === PUTS ? index + 1 : index;
}

/** Writes list operations in runs; their values go to other columns. Spec: BIN-15, BIN-16. */
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

/** Reads what a {@link ListEditWriter} writes, and rejects everything else. */
export class ListEditReader {
  readonly #column: ByteReader;
  readonly #values: ValueReader;
  readonly #befores: ValueReader;

  constructor(column: Uint8Array, values: ValueReader, befores: ValueReader) {
    this.#column = new ByteReader(column, 'list edits');
    this.#values = values;
    this.#befores = befores;
  }

  /** The next list edit, of `count` operations. */
  read(count: number): ListOp[] {
    const ops: ListOp[] = [];
    let previous = NO_RUN;
    let cursor = 0;
    while (ops.length < count) {
      const run = readRun(this.#column, KIND_COUNT);
      const distance = this.#column.signed();
      this.#checkRun(previous, run, distance);
      if (run.count > count - ops.length) this.#column.fail('a run exceeds its list edit');
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
    if (previous.count > 0 && extend(previous, kind, distance) !== undefined)
      this.#column.fail('two runs that must be one');
    if (isDelete && run.count > UNPAID_RUN_MAX) this.#column.fail(`a run may have at most ${UNPAID_RUN_MAX}`);
    if (run.kind === BACKSPACES && run.count === 1) this.#column.fail('a run of backspaces has at least two');
    if (run.kind === MOVES && run.count > 1) this.#column.fail('a run of moves has exactly one');
  }

  #readMove(ops: ListOp[], from: number): number {
    const to = this.#index(from + this.#column.signed());
    ops.push(listMove(from, to));
    return to;
  }

  /** Reads the operations of a run and returns the cursor after it. */
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
    if (index < 0 || index > LIST_INDEX_MAX)
      this.#column.fail(`index ${index} is out of range (0 to ${LIST_INDEX_MAX})`);
    return index;
  }
}
