import { LIST_INDEX_MAX } from '../../operations/change.js';
import { type ListColumns, ListColumnsBuilder } from '../../operations/list-columns.js';
import type { Atom } from '../../values/value.js';
import { ByteReader, ByteWriter, type Run, readRun, UNPAID_RUN_MAX, writeRun } from './byte-column.js';
import { COST, type MemoryBudget } from './memory-budget.js';
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

const NO_RUN = KIND_COUNT;

/** The kinds of runs by the kinds of operations: INSERT, PUT, DELETE, MOVE, APPEND. Bytes do not tell appends apart. */
const RUN_KINDS = [INSERTS, PUTS, DELETES, MOVES, INSERTS];

/** For how many operations there is room before any was read. */
const ROOM_AT_FIRST = 256;

/**
 * The kind of the run of `count` operations of `runKind` if an operation of `kind` (never BACKSPACES), `distance` away from
 * the cursor, is added; NO_RUN if a new run begins. The writer cuts runs by this, and the reader checks them by it.
 */
function extend(runKind: number, count: number, kind: number, distance: number): number {
  if (kind === INSERTS || kind === PUTS) return runKind === kind && distance === 0 ? kind : NO_RUN;
  // Deletes take no bytes of their own.
  if (kind === MOVES || count >= UNPAID_RUN_MAX) return NO_RUN;
  if (distance === 0 && runKind === DELETES) return DELETES;
  const isBackward = runKind === BACKSPACES || (runKind === DELETES && count === 1);
  return distance === -1 && isBackward ? BACKSPACES : NO_RUN;
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

  constructor(values: ValueWriter, befores: ValueWriter) {
    this.#values = values;
    this.#befores = befores;
  }

  write(ops: ListColumns): void {
    const { count, kinds, indexes, targets, values, befores } = ops;
    let runKind = NO_RUN;
    let runCount = 0;
    let firstDistance = 0;
    let cursor = 0;
    for (let at = 0; at < count; at++) {
      const kind = RUN_KINDS[kinds[at] as number] as number;
      const index = indexes[at] as number;
      const distance = index - cursor;
      if (kind === INSERTS || kind === PUTS) this.#values.atom(values[at] as Atom);
      if (kind === PUTS || kind === DELETES) this.#writeBefore(befores?.[at]);
      const extended = extend(runKind, runCount, kind, distance);
      if (extended === NO_RUN) {
        this.#writeRun(runKind, runCount, firstDistance);
        runKind = kind;
        runCount = 1;
        firstDistance = distance;
      } else {
        runKind = extended;
        runCount++;
      }
      cursor = cursorAfter(kind, index);
      if (kind === MOVES) {
        cursor = targets?.[at] as number;
        this.#writeRun(MOVES, 1, firstDistance);
        this.#column.signed(cursor - index);
        runKind = NO_RUN;
        runCount = 0;
      }
    }
    this.#writeRun(runKind, runCount, firstDistance);
  }

  finish(): Uint8Array {
    return this.#column.finish();
  }

  #writeBefore(before: Atom | undefined): void {
    if (before === undefined) this.#befores.unknown();
    else this.#befores.atom(before);
  }

  #writeRun(kind: number, count: number, distance: number): void {
    if (count === 0) return;
    writeRun(this.#column, kind, count);
    this.#column.signed(distance);
  }
}

/** Reads what a {@link ListEditWriter} writes, and rejects everything else. */
export class ListEditReader {
  readonly #column: ByteReader;
  readonly #values: ValueReader;
  readonly #befores: ValueReader;
  readonly #budget: MemoryBudget;

  constructor(column: Uint8Array, values: ValueReader, befores: ValueReader, budget: MemoryBudget) {
    this.#budget = budget;
    this.#column = new ByteReader(column, 'list edits');
    this.#values = values;
    this.#befores = befores;
  }

  /** The next list edit, of `count` operations. */
  read(count: number): ListColumns {
    // The count is not trusted: room grows with what was read.
    const ops = new ListColumnsBuilder(Math.min(count, ROOM_AT_FIRST));
    this.#budget.take(COST.listEdit);
    let previousKind = NO_RUN;
    let previousCount = 0;
    let cursor = 0;
    while (ops.count < count) {
      const run = readRun(this.#column, KIND_COUNT);
      const distance = this.#column.signed();
      this.#checkRun(previousKind, previousCount, run, distance);
      if (run.count > count - ops.count) this.#column.fail('a run exceeds its list edit');
      const first = this.#index(cursor + distance);
      cursor = run.kind === MOVES ? this.#readMove(ops, first) : this.#readRun(ops, run, first);
      previousKind = run.kind;
      previousCount = run.count;
    }
    return ops.finish();
  }

  finish(): void {
    this.#column.finish();
  }

  #checkRun(previousKind: number, previousCount: number, run: Run, distance: number): void {
    const isDelete = run.kind === DELETES || run.kind === BACKSPACES;
    const kind = isDelete ? DELETES : run.kind;
    if (extend(previousKind, previousCount, kind, distance) !== NO_RUN)
      this.#column.fail('two adjacent runs must be written as one');
    if (isDelete && run.count > UNPAID_RUN_MAX) this.#column.fail(`a run has at most ${UNPAID_RUN_MAX} deletes`);
    if (run.kind === BACKSPACES && run.count === 1) this.#column.fail('a run of backspaces has at least two');
    if (run.kind === MOVES && run.count > 1) this.#column.fail('a run of moves has exactly one');
  }

  #readMove(ops: ListColumnsBuilder, from: number): number {
    const to = this.#index(from + this.#column.signed());
    this.#budget.take(COST.listOp);
    ops.move(from, to);
    return to;
  }

  /** Reads the operations of a run and returns the cursor after it. */
  #readRun(ops: ListColumnsBuilder, { kind, count }: Run, first: number): number {
    const step = kind === DELETES ? 0 : kind === BACKSPACES ? -1 : 1;
    const last = this.#index(first + step * (count - 1));
    for (let index = first, left = count; left > 0; index += step, left--) {
      this.#budget.take(COST.listOp);
      if (kind === INSERTS) ops.insert(index, this.#values.atom());
      else if (kind === PUTS) ops.put(index, this.#values.atom(), this.#befores.itemBefore());
      else ops.delete(index, this.#befores.itemBefore());
    }
    return cursorAfter(kind, last);
  }

  #index(index: number): number {
    if (index < 0 || index > LIST_INDEX_MAX) {
      this.#column.fail(`index ${index} is out of range (0 to ${LIST_INDEX_MAX})`);
    }
    return index;
  }
}
