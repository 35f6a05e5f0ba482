import { type ListColumns, ListColumnsBuilder, MOVE, type NumberColumn } from '../operations/list-columns.js';
import type { Atom } from '../values/value.js';
import type { ListConflict } from './decisions.js';

/** Two sequences of list operations, each transformed past the other. */
export interface ListMerge {
  /** What is left of local's operations, to be applied after remote's. */
  readonly local: TransformedOps;
  /** What is left of remote's operations, to be applied after local's. */
  readonly remote: TransformedOps;
  /** Finds the conflicts, in the order of the base. A merge that nobody asks is spared the search. */
  readonly conflicts: () => readonly ListConflict[];
}

export interface TransformedOps {
  readonly ops: ListColumns;
  /** By operation: the number of the one that it was made of; `undefined` if none was dropped. */
  readonly sources: ArrayLike<number> | undefined;
}

/** What is left where the other side has no operations: all but moves that go nowhere. */
export function normalizeOps(ops: ListColumns, withoutBefores: boolean): TransformedOps {
  const editor = new OpsEditor(ops, withoutBefores);
  for (let at = 0; at < ops.count; at++) if (isIdle(ops, at)) editor.drop(at);
  return editor.finish();
}

/** Whether the operation is a move that goes nowhere. */
export function isIdle({ kinds, indexes, targets }: ListColumns, at: number): boolean {
  return targets !== undefined && kinds[at] === MOVE && indexes[at] === targets[at];
}

/** Changes some of many operations, and copies only the columns that it changes. */
export class OpsEditor {
  readonly #ops: ListColumns;
  #indexes: NumberColumn | undefined;
  #targets: NumberColumn | undefined;
  #befores: (Atom | undefined)[] | undefined;
  readonly #withoutBefores: boolean;
  #isMutable = false;
  /** By operation: 1 where it was dropped. */
  #isDropped: Uint8Array | undefined;

  constructor(ops: ListColumns, withoutBefores: boolean) {
    this.#ops = ops;
    this.#withoutBefores = withoutBefores;
  }

  setIndex(at: number, index: number): void {
    this.#indexes ??= this.#ops.indexes.slice();
    this.#indexes[at] = index;
  }

  setMove(at: number, from: number, to: number): void {
    if (from === to) {
      this.drop(at);
      return;
    }
    this.setIndex(at, from);
    this.#targets ??= this.#ops.targets?.slice() ?? [];
    this.#targets[at] = to;
  }

  /** Changes what an operation overwrites, if it says so. */
  overwrite(at: number, before: Atom): void {
    const { befores } = this.#ops;
    if (this.#withoutBefores || befores?.[at] === undefined) return;
    this.#befores ??= befores.slice();
    this.#befores[at] = before;
    if (typeof before === 'object') this.#isMutable = true;
  }

  drop(at: number): void {
    this.#isDropped ??= new Uint8Array(this.#ops.count);
    this.#isDropped[at] = 1;
  }

  finish(): TransformedOps {
    const ops = this.#changed();
    return this.#isDropped === undefined ? { ops, sources: undefined } : withoutDropped(ops, this.#isDropped);
  }

  #changed(): ListColumns {
    const ops = this.#ops;
    const befores = this.#withoutBefores ? undefined : (this.#befores ?? ops.befores);
    if (this.#indexes === undefined && befores === ops.befores) return ops;
    const { count, kinds, values } = ops;
    const indexes = this.#indexes ?? ops.indexes;
    const targets = this.#targets ?? ops.targets;
    const isMutable = ops.isMutable || this.#isMutable;
    return { count, kinds, indexes, targets, values, befores, isMutable };
  }
}

function withoutDropped(ops: ListColumns, isDropped: Uint8Array): TransformedOps {
  const sources: number[] = [];
  for (let at = 0; at < ops.count; at++) if (isDropped[at] === 0) sources.push(at);
  return { ops: selectOps(ops, sources), sources };
}

/** Those of the operations that have the given numbers. */
function selectOps(columns: ListColumns, numbers: readonly number[]): ListColumns {
  const selected = new ListColumnsBuilder(numbers.length);
  for (const at of numbers) selected.append(columns, at);
  return selected.finish();
}

/** Collects what becomes of a side's operations, of which there are at most as many as before. */
export class OpsWriter {
  readonly #kinds: Uint8Array;
  readonly #indexes: Int32Array;
  readonly #targets: Int32Array | undefined;
  readonly #sources: Int32Array;
  readonly #values: (Atom | undefined)[] = [];
  readonly #befores: (Atom | undefined)[] | undefined;
  #count = 0;

  constructor(room: number, hasMoves: boolean, hasBefores: boolean) {
    this.#kinds = new Uint8Array(room);
    this.#indexes = new Int32Array(room);
    this.#targets = hasMoves ? new Int32Array(room) : undefined;
    this.#sources = new Int32Array(room);
    this.#befores = hasBefores ? [] : undefined;
  }

  add(source: number, kind: number, index: number, value: Atom | undefined, before: Atom | undefined): void {
    const at = this.#count++;
    this.#kinds[at] = kind;
    this.#indexes[at] = index;
    this.#sources[at] = source;
    this.#values.push(value);
    this.#befores?.push(before);
  }

  move(source: number, from: number, to: number): void {
    if (this.#targets !== undefined) this.#targets[this.#count] = to;
    this.add(source, MOVE, from, undefined, undefined);
  }

  /** @param isMutable whether a value may be bytes or a date. */
  finish(isMutable: boolean): TransformedOps {
    const ops = {
      count: this.#count,
      kinds: this.#kinds,
      indexes: this.#indexes,
      targets: this.#targets,
      values: this.#values,
      befores: this.#befores,
      isMutable,
    };
    return { ops, sources: this.#count === this.#kinds.length ? undefined : this.#sources };
  }
}
