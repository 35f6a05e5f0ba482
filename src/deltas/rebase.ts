import type { Change } from '../operations/change.js';
import { ResolutionRules } from '../rules/resolution-rules.js';
import type { Rule } from '../rules/rule.js';
import type { ConflictListener } from './conflict.js';
import { changesIn, Delta, type DeltaInput, deltaInNormalForm } from './delta.js';
import { editFinder } from './find-edits.js';
import { rebaseRecord } from './rebase-record.js';
import { changesOf, editAt, type RecordEdit } from './record-edit.js';
import { Replacement } from './replacement.js';
import { changeWithoutBefore } from './without-before.js';

/**
 * Where a merge looks up the rules: `ResolutionRules`, which does not look at the record, or the pending edits of a
 * replica, which keep the rule that each field of each record had when it was edited.
 */
export interface RuleLookup {
  /** The rule of one field of one record. */
  get(table: string, field: string, record: string): Rule;
}

/** How two deltas are merged. */
export interface TransformOptions {
  /** The rules of the fields: `remote` everywhere unless given. */
  readonly rules?: RuleLookup;
  /** Called for every conflict, in the order of table, record, field and index. */
  readonly onConflict?: ConflictListener;
}

/**
 * Brings pending local deltas, made one after the other, past one remote delta made on the same state.
 *
 * The pending deltas meet the remote one as one sequence, so that what the user deleted still anchors what they typed
 * next, and each stays a delta of its own. If they are applied, so are the results; the remote result carries no
 * `before`.
 *
 * Laws: `state · remote · pending′ = state · pending · remote′`; `compose(...rebase(p, r).pending)` equals
 * `transform(compose(...p), r).local` for applied deltas.
 *
 * @throws DatastoreError for malformed deltas, `incompatible-deltas` for deltas that cannot have been made on the same
 * state, `before-missing` and `invalid-rule` from the rules. Nothing is changed then.
 * Spec: REB-1 to REB-4, MERGE-1 to MERGE-10, LIM-4.
 */
export function rebase(
  pending: readonly DeltaInput[],
  remote: DeltaInput,
  { rules = new ResolutionRules(), onConflict }: TransformOptions = {},
): { pending: Delta[]; remote: Delta } {
  const deltas = pending.map(Delta.from);
  const normalRemote = changesIn(Delta.from(remote));
  const rebasedPending = deltas.map((delta) => new Replacement(delta));
  const rebasedRemote: Change[] = [];
  const find = editFinder(deltas.map(changesIn), normalRemote.length);
  for (let others = editAt(normalRemote, 0); others !== undefined; others = editAt(normalRemote, others.end)) {
    const { table, record } = others;
    const found = find(table, record);
    if (found.every(({ placed }) => areApart(placed.edit, others.edit))) {
      for (let at = others.start; at < others.end; at++) {
        rebasedRemote.push(changeWithoutBefore(normalRemote[at] as Change));
      }
      continue;
    }
    const own = found.map(({ step, placed }) => ({ step, edit: placed.edit }));
    const merged = rebaseRecord(own, others.edit, {
      table,
      record,
      ruleOf: (field) => rules.get(table, field, record),
    });
    if (onConflict !== undefined) for (const conflict of merged.conflicts()) onConflict(conflict);
    const kept = new Map(merged.pending.map(({ step, edit }) => [step, edit]));
    for (const { step, placed } of found) {
      const edit = kept.get(step);
      rebasedPending[step]?.add(placed, edit === undefined ? [] : changesOf(table, record, edit));
    }
    if (merged.remote !== undefined) rebasedRemote.push(...changesOf(table, record, merged.remote));
  }
  return {
    pending: rebasedPending.map((replacement) => replacement.finish()),
    remote: deltaInNormalForm(rebasedRemote),
  };
}

/** Whether two edits of one record update different fields, so that each stays as it is. Spec: MERGE-4. */
function areApart(own: RecordEdit, others: RecordEdit): boolean {
  if (own.type !== 'update' || others.type !== 'update') return false;
  for (const field of others.ops.keys()) if (own.ops.has(field)) return false;
  return true;
}
