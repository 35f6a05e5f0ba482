import type { Change, FieldOp, FieldOps } from '../operations/change.js';
import { RecordMap } from '../operations/record-map.js';
import { FrozenMapBuilder, sortedMap } from '../values/fields.js';
import type { Conflicts } from './conflict.js';
import { changesIn, type Delta, deltaInNormalForm, deltaOf } from './delta.js';
import { type EditFinder, editFinder, type FoundEdit } from './edit-finder.js';
import type { PendingEdit } from './incarnations.js';
import { changeWithoutBefore, fieldOpWithoutBefore } from './invert.js';
import { changesOf, editAt, type RecordEdit } from './normal-form.js';
import { Replacement } from './patch.js';
import { recordContext, type TransformOptions } from './rebase.js';
import {
  type FieldContext,
  type FieldMerge,
  fieldContext,
  type JoinedEdits,
  joinEdits,
  mergeJoined,
  type RecordContext,
  rebaseField,
  splitEdits,
} from './rebase-field.js';
import { rebaseRecord } from './rebase-record.js';

/** How one remote delta of a run is merged. */
export type RunOptions = TransformOptions & Required<Pick<TransformOptions, 'rules'>>;

/**
 * Pending deltas on their way past one remote delta after the other. What the pending deltas do to a record that remote
 * edits is taken out of them once, and put back into them when all is merged; their edits of one list stay joined
 * meanwhile. So of many pending deltas that meet many remote ones, each remote delta costs only what it meets.
 *
 * Law: `run.over(a)`, `run.over(b)` and `run.finish()` are what `rebase` makes of the pending deltas and a, and then of its
 * results and b, conflicts and all: remote deltas are never composed (MERGE-10).
 */
export class RebaseRun {
  readonly #deltas: readonly Delta[];
  readonly #find: EditFinder;
  /** The records that any remote delta has met. */
  readonly #met = new RecordMap<MetRecord>();

  /** @param recordCount about how many records the remote deltas edit. */
  constructor(deltas: readonly Delta[], recordCount: number) {
    this.#deltas = deltas;
    this.#find = editFinder(deltas.map(changesIn), recordCount);
  }

  /**
   * Merges the pending deltas, as they are by now, with one more remote delta. It takes effect with `commit`.
   *
   * @returns what remote becomes after the pending deltas.
   * @throws DatastoreError as `rebase` does.
   */
  over(remote: Delta, { rules, own, onConflict }: RunOptions): { readonly remote: Delta; readonly commit: () => void } {
    const changes = changesIn(remote);
    const left: Change[] = [];
    const commits: (() => void)[] = [];
    for (let placed = editAt(changes, 0); placed !== undefined; placed = editAt(changes, placed.end)) {
      const { table, record, edit } = placed;
      const pending = this.#meet(table, record)?.pending;
      if (pending === undefined || pending.isEmpty) {
        for (let at = placed.start; at < placed.end; at++) left.push(changeWithoutBefore(changes[at] as Change));
        continue;
      }
      const merged = pending.over(edit, recordContext(table, record, rules, own));
      if (onConflict !== undefined) for (const conflict of merged.conflicts()) onConflict(conflict);
      if (merged.remote !== undefined) left.push(...changesOf(table, record, merged.remote));
      commits.push(merged.commit);
    }
    return {
      remote: deltaInNormalForm(left),
      commit: () => {
        for (const commit of commits) commit();
      },
    };
  }

  /** Whether any pending delta makes or deletes a record by now, or edits a field of it. */
  isEdited(table: string, record: string, field: string): boolean {
    return this.#meet(table, record)?.pending.isEdited(field) ?? false;
  }

  /**
   * Whether the pending deltas from `start` up to, not including, `end` together do anything to a record by now: they have
   * no edit of it, or their edits cancel one another, or they do.
   */
  effectOn(table: string, record: string, start: number, end: number): 'none' | 'cancelled' | 'some' {
    return this.#meet(table, record)?.pending.effect(start, end, table, record) ?? 'none';
  }

  /** The pending deltas as they are by now, each in normal form. */
  finish(): Delta[] {
    const rebased = this.#deltas.map((delta) => new Replacement(delta));
    for (const { table, record, entry } of this.#met.sorted()) {
      if (!entry.pending.isChanged) continue;
      const kept = new Map(entry.pending.edits().map(({ deltaIndex, edit }) => [deltaIndex, edit]));
      for (const { deltaIndex, placed } of entry.found) {
        const edit = kept.get(deltaIndex);
        rebased[deltaIndex]?.add(placed, edit === undefined ? [] : changesOf(table, record, edit));
      }
    }
    return rebased.map((replacement) => replacement.finish());
  }

  #meet(table: string, record: string): MetRecord | undefined {
    const known = this.#met.get(table, record);
    if (known !== undefined) return known;
    const found = this.#find(table, record);
    if (found.length === 0) return undefined;
    const edits = found.map(({ deltaIndex, placed }) => ({ deltaIndex, edit: placed.edit }));
    const met: MetRecord = { found, pending: new PendingRecord(edits) };
    this.#met.set(table, record, met);
    return met;
  }
}

interface MetRecord {
  /** Where the pending deltas had their edits of it. */
  readonly found: readonly FoundEdit[];
  readonly pending: PendingRecord;
}

/** The edits of one record, merged with a remote one. */
interface MergedRecord {
  readonly remote: RecordEdit | undefined;
  readonly conflicts: Conflicts;
  readonly commit: () => void;
}

/** What the pending deltas do to one record: any edits, or, if all are updates, operations by field. */
type Content = { readonly type: 'edits'; readonly edits: readonly PendingEdit[] } | UpdatedFields;
type UpdatedFields = { readonly type: 'updates'; readonly fields: Map<string, PendingField> };

/** The operations of pending deltas on one field: one for each of these deltas, or their edits of a list as one. */
type PendingField = { readonly deltaIndexes: readonly number[] } & (
  | { readonly type: 'ops'; readonly ops: readonly FieldOp[] }
  | { readonly type: 'list'; readonly joined: JoinedEdits }
);

class PendingRecord {
  #content: Content;
  isChanged = false;

  constructor(edits: readonly PendingEdit[]) {
    this.#content = contentOf(edits);
  }

  get isEmpty(): boolean {
    return this.#content.type === 'updates' && this.#content.fields.size === 0;
  }

  edits(): readonly PendingEdit[] {
    return this.#content.type === 'edits' ? this.#content.edits : updatesOf(this.#content);
  }

  isEdited(field: string): boolean {
    if (this.#content.type === 'updates') return this.#content.fields.has(field);
    return this.#content.edits.some(({ edit }) => edit.type !== 'update' || edit.ops.has(field));
  }

  effect(start: number, end: number, table: string, record: string): 'none' | 'cancelled' | 'some' {
    // Updates cannot cancel one another.
    if (this.#content.type === 'updates') {
      for (const field of this.#content.fields.values()) if (isEditedIn(field, start, end)) return 'some';
      return 'none';
    }
    const edits = this.#content.edits.filter(({ deltaIndex }) => deltaIndex >= start && deltaIndex < end);
    if (edits.length === 0) return 'none';
    return deltaOf(edits.flatMap(({ edit }) => changesOf(table, record, edit))).length > 0 ? 'some' : 'cancelled';
  }

  over(remote: RecordEdit, context: RecordContext): MergedRecord {
    if (this.#content.type === 'updates' && remote.type === 'update') {
      return this.#overUpdate(this.#content.fields, remote.ops, context);
    }
    const merged = rebaseRecord(this.edits(), remote, context);
    const commit = (): void => {
      this.#content = contentOf(merged.pending);
      this.isChanged = true;
    };
    return { ...merged, commit };
  }

  #overUpdate(fields: Map<string, PendingField>, remote: FieldOps, context: RecordContext): MergedRecord {
    const left = new FrozenMapBuilder<string, FieldOp>();
    const merges = new Map<string, MergedField>();
    for (const [field, op] of remote) {
      const pending = fields.get(field);
      const merge = pending === undefined ? undefined : overField(pending, op, fieldContext(field, context));
      if (merge !== undefined) merges.set(field, merge);
      const stays = merge === undefined ? fieldOpWithoutBefore(op) : merge.remote;
      if (stays !== undefined) left.set(field, stays);
    }
    const ops = left.finish();
    const commit = (): void => {
      for (const [field, { pending }] of merges) {
        this.isChanged = true;
        if (pending === undefined) fields.delete(field);
        else fields.set(field, pending);
      }
    };
    return {
      remote: ops.size === 0 ? undefined : { type: 'update', ops },
      conflicts: () => [...merges.values()].flatMap(({ conflicts }) => conflicts()),
      commit,
    };
  }
}

function contentOf(edits: readonly PendingEdit[]): Content {
  const fields = new Map<string, { readonly deltaIndexes: number[]; readonly ops: FieldOp[] }>();
  for (const { deltaIndex, edit } of edits) {
    if (edit.type !== 'update') return { type: 'edits', edits };
    for (const [field, op] of edit.ops) {
      const { deltaIndexes, ops } = fields.get(field) ?? { deltaIndexes: [], ops: [] };
      fields.set(field, { deltaIndexes, ops });
      deltaIndexes.push(deltaIndex);
      ops.push(op);
    }
  }
  return {
    type: 'updates',
    fields: new Map([...fields].map(([field, pending]) => [field, { type: 'ops', ...pending }])),
  };
}

/** Deals operations by field out again to the deltas that they came from. */
function updatesOf({ fields }: UpdatedFields): PendingEdit[] {
  const updates = new Map<number, Map<string, FieldOp>>();
  for (const [field, pending] of fields) {
    opsOf(pending).forEach((op, at) => {
      const deltaIndex = pending.deltaIndexes[at];
      if (op === undefined || deltaIndex === undefined) return;
      const ops = updates.get(deltaIndex) ?? new Map<string, FieldOp>();
      updates.set(deltaIndex, ops.set(field, op));
    });
  }
  return [...updates]
    .sort(([left], [right]) => left - right)
    .map(([deltaIndex, ops]) => ({ deltaIndex, edit: { type: 'update', ops: sortedMap(ops) } }));
}

function opsOf(pending: PendingField): readonly (FieldOp | undefined)[] {
  return pending.type === 'list' ? splitEdits(pending.joined) : pending.ops;
}

function isEditedIn(pending: PendingField, start: number, end: number): boolean {
  return pending.deltaIndexes.some((deltaIndex, at) => {
    if (deltaIndex < start || deltaIndex >= end) return false;
    if (pending.type === 'ops') return true;
    const { ends } = pending.joined;
    return (ends[at] as number) > (at === 0 ? 0 : (ends[at - 1] as number));
  });
}

/** The operations of one field, merged with one of remote's; `pending` is `undefined` where nothing is left of them. */
interface MergedField extends Omit<FieldMerge, 'pending'> {
  readonly pending: PendingField | undefined;
}

function overField(pending: PendingField, remote: FieldOp, context: FieldContext): MergedField {
  const { deltaIndexes } = pending;
  const joined = remote.type === 'list' ? joinedOf(pending) : undefined;
  if (joined !== undefined && remote.type === 'list') {
    const merged = mergeJoined(joined, remote, context);
    const left: PendingField = { type: 'list', deltaIndexes, joined: merged.joined };
    return { ...merged, pending: merged.joined.ops.count === 0 ? undefined : left };
  }
  const edits = withoutEmpty(deltaIndexes, opsOf(pending));
  const merged = rebaseField(edits.ops, remote, context);
  const left = withoutEmpty(edits.deltaIndexes, merged.pending);
  return { ...merged, pending: left.ops.length === 0 ? undefined : { type: 'ops', ...left } };
}

/** Pending operations that edit the list of the base, and nothing else, as one sequence. */
function joinedOf(pending: PendingField): JoinedEdits | undefined {
  if (pending.type === 'list') return pending.joined;
  const edits = pending.ops.filter((op) => op.type === 'list');
  return edits.length === pending.ops.length ? joinEdits(edits) : undefined;
}

function withoutEmpty(
  deltaIndexes: readonly number[],
  ops: readonly (FieldOp | undefined)[],
): { readonly deltaIndexes: readonly number[]; readonly ops: readonly FieldOp[] } {
  return {
    deltaIndexes: deltaIndexes.filter((_, at) => ops[at] !== undefined),
    ops: ops.filter((op) => op !== undefined),
  };
}
