import { changesIn, type Delta, deltaInNormalForm } from '../deltas/delta.js';
import { invert } from '../deltas/invert.js';
import { rebase } from '../deltas/rebase.js';
import { type Change, type FieldOp, updateChange } from '../operations/change.js';
import { freezeMap } from '../values/fields.js';

/** What undoes the user's latest edits, and what redoes those that were undone. */
export interface UndoMark {
  readonly undo: readonly Delta[];
  readonly redo: readonly Delta[];
}

/**
 * The undo history of a mesh replica. The latest delta is first and applies to what the user sees; each other one applies
 * to what the one before it leaves. They are rebased over edits of others under rule `remote`, so that those stand, or
 * under `sum`, which gives back the user's own share. Spec: PEER-5.
 */
export class UndoChain {
  readonly #depth: number;
  readonly #isSum: (table: string, field: string) => boolean;
  #undo: readonly Delta[] = [];
  #redo: readonly Delta[] = [];

  constructor(depth: number, isSum: (table: string, field: string) => boolean) {
    this.#depth = depth;
    this.#isSum = isSum;
  }

  mark(): UndoMark {
    return { undo: this.#undo, redo: this.#redo };
  }

  returnTo({ undo, redo }: UndoMark): void {
    this.#undo = undo;
    this.#redo = redo;
  }

  clear(): void {
    this.returnTo({ undo: [], redo: [] });
  }

  /** Notes edits of the user that are undone together. */
  record(applied: Delta): void {
    if (this.#depth === 0) return;
    this.#undo = [invert(applied), ...this.#undo].slice(0, this.#depth);
    this.#redo = [];
  }

  /** What undoes the latest edits that can still be undone. */
  nextUndo(): Delta | undefined {
    return this.#undo.find(isEffective);
  }

  nextRedo(): Delta | undefined {
    return this.#redo.find(isEffective);
  }

  /** Notes that {@link nextUndo} was applied, as `applied`. */
  noteUndone(applied: Delta): void {
    this.#undo = this.#undo.slice(this.#undo.findIndex(isEffective) + 1);
    this.#redo = [invert(applied), ...this.#redo];
  }

  /** Notes that {@link nextRedo} was applied, as `applied`. */
  noteRedone(applied: Delta): void {
    this.#redo = this.#redo.slice(this.#redo.findIndex(isEffective) + 1);
    this.#undo = [invert(applied), ...this.#undo].slice(0, this.#depth);
  }

  /** Follows what somebody else did to the view. */
  meet(shown: Delta): void {
    if (shown.length === 0) return;
    this.#undo = this.#carry(this.#undo, shown);
    this.#redo = this.#carry(this.#redo, shown);
  }

  #carry(chain: readonly Delta[], shown: Delta): readonly Delta[] {
    if (chain.length === 0) return chain;
    const rules = { get: (table: string, field: string) => (this.#isSum(table, field) ? 'sum' : 'remote') } as const;
    return rebase(yieldTo(chain, shown), shown, { rules }).pending;
  }
}

function isEffective(delta: Delta): boolean {
  return delta.length > 0;
}

/** What was taken out of a chain, of a record that somebody else updated. */
interface Yielded {
  readonly ops: ReadonlyMap<string, FieldOp>;
  isWhole: boolean;
  readonly fields: Set<string>;
}

/**
 * Takes out of a chain what would destroy a later edit of somebody else where a merge lets it win: the deletion of a
 * record that was updated, and the put or deletion of a field whose list was edited. What the chain goes on to do to that
 * record or field goes with it. Spec: SYNC-42.
 */
function yieldTo(chain: readonly Delta[], shown: Delta): Delta[] {
  const updated = new Map<string, Yielded>();
  for (const change of changesIn(shown)) {
    if (change.type === 'update') updated.set(keyOf(change), { ops: change.ops, isWhole: false, fields: new Set() });
  }
  if (updated.size === 0) return [...chain];
  return chain.map((delta) => {
    const kept: Change[] = [];
    for (const change of changesIn(delta)) {
      const yielded = updated.get(keyOf(change));
      const left = yielded === undefined ? change : whatIsLeft(change, yielded);
      if (left !== undefined) kept.push(left);
    }
    return deltaInNormalForm(kept);
  });
}

function whatIsLeft(change: Change, yielded: Yielded): Change | undefined {
  if (change.type === 'delete') yielded.isWhole = true;
  if (yielded.isWhole) return undefined;
  if (change.type !== 'update') return change;
  const kept = new Map<string, FieldOp>();
  for (const [field, op] of change.ops) {
    if (op.type !== 'list' && yielded.ops.get(field)?.type === 'list') yielded.fields.add(field);
    if (!yielded.fields.has(field)) kept.set(field, op);
  }
  if (kept.size === change.ops.size) return change;
  return kept.size === 0 ? undefined : updateChange(change.table, change.record, freezeMap(kept));
}

/** Names cannot contain the separator. */
function keyOf({ table, record }: Change): string {
  return `${table}\n${record}`;
}
