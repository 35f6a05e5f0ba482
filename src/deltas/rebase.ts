import { checkListener, checkOptions, invalidArgument } from '../errors/arguments.js';
import { InvariantError } from '../errors/invariant-error.js';
import type { IsOwn } from '../lists/order.js';
import type { Change } from '../operations/change.js';
import { columnsOfChanges } from '../operations/record-columns.js';
import { checkRule, ResolutionRules } from '../rules/resolution-rules.js';
import type { Rule } from '../rules/rule.js';
import { type ConflictListener, conflictLender } from './conflict.js';
import { changesIn, columnsIn, Delta, type DeltaInput, deltaInNormalForm } from './delta.js';
import { editFinder } from './edit-finder.js';
import { changeWithoutBefore } from './invert.js';
import { changesOf, editAt, type RecordEdit } from './normal-form.js';
import { Replacement } from './patch.js';
import { type ColumnsPair, rebaseColumns } from './rebase-columns.js';
import type { RecordContext } from './rebase-field.js';
import { rebaseRecord } from './rebase-record.js';

/**
 * Transforms a local and a remote delta, made on the same state: local′ applies after remote, remote′ after local. Remote is
 * already in the log, local is not.
 *
 * Law 1: `state · remote · local′ = state · local · remote′`, for every rule and every pair of valid deltas.
 *
 * The law is the transformation property TP1 (Ressel, Nitsche-Ruhland and Gunzenhäuser, "An integrating,
 * transformation-oriented approach to concurrency control and undo in group editors", CSCW 1996). One order of the log
 * makes it enough, as in Jupiter (Nichols et al., "High-latency, low-bandwidth windowing in the Jupiter collaboration
 * system", UIST 1995): TP2, which is hard to keep, is never needed.
 *
 * Both results are deltas. If local is applied, so is local′; remote′ carries no `before`. It costs what both deltas hold,
 * O((m + n) · log(m + n)) for lists, whatever the state holds.
 *
 * @throws DatastoreError as {@link rebase} does.
 * Law: MERGE-1. Spec: MERGE-1 to MERGE-10.
 */
export function transform(
  local: DeltaInput,
  remote: DeltaInput,
  options: TransformOptions = {},
): { local: Delta; remote: Delta } {
  const merged = rebase([local], remote, options);
  const [rebased] = merged.pending;
  if (rebased === undefined) throw new InvariantError('rebasing one delta gives one delta');
  return { local: rebased, remote: merged.remote };
}

/**
 * Where a merge looks up the rules: `ResolutionRules`, which does not look at the record, or the pending edits of a
 * replica, which keep the rule that each field of each record had when it was edited.
 */
export interface RuleLookup {
  /** The rule of one field of one record. */
  get(table: string, field: string, record: string): Rule;
}

/** Which items of the lists that both sides start from the local side inserted, as far as that is known. */
export interface OwnItemsLookup {
  /** For one list: whether the item at an index is local's; `undefined` where nothing is known. */
  isOwn(table: string, record: string, field: string): IsOwn | undefined;
}

/** How two deltas are merged. */
export interface TransformOptions {
  /** The rules of the fields: `remote` everywhere unless given. */
  readonly rules?: RuleLookup;
  /** What local inserted before: what it goes on to insert behind that stands before remote's. Spec: LIST-4. */
  readonly own?: OwnItemsLookup | undefined;
  /** Called for every conflict, in the order of table, record, field and index. */
  readonly onConflict?: ConflictListener;
}

/**
 * Rebases pending local deltas, made one after the other, over one remote delta made on the same state.
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
  options: TransformOptions = {},
): { pending: Delta[]; remote: Delta } {
  const { onConflict, ...others } = checkedOptions(options);
  if (onConflict === undefined) return rebaseWithin(pending, remote, others);
  const lend = conflictLender();
  return rebaseWithin(pending, remote, { ...others, onConflict: (conflict) => onConflict(lend(conflict)) });
}

/** {@link rebase} for the engine: the values in conflicts are those that it keeps. */
export function rebaseWithin(
  pending: readonly DeltaInput[],
  remote: DeltaInput,
  options: TransformOptions = {},
): { pending: Delta[]; remote: Delta } {
  if (!Array.isArray(pending)) throw invalidArgument('pending must be an array of deltas', pending);
  const { rules, own: ownItems, onConflict } = checkedOptions(options);
  const deltas: Delta[] = [];
  // A loop sees the holes of a sparse array.
  for (const delta of pending) deltas.push(Delta.from(delta));
  const normal = Delta.from(remote);
  const [first] = deltas;
  const columns = first === undefined || deltas.length > 1 ? undefined : columnsOfBoth(first, normal);
  if (first !== undefined && columns !== undefined) {
    const contextOf = (table: string, record: string) => recordContext(table, record, rules, ownItems);
    const merged = rebaseColumns(columns, { contextOf, onConflict });
    const local = merged.local === columns.local ? first : deltaInNormalForm(merged.local);
    return { pending: [local], remote: deltaInNormalForm(merged.remote) };
  }
  const normalRemote = changesIn(normal);
  const rebasedPending = deltas.map((delta) => new Replacement(delta));
  const rebasedRemote: Change[] = [];
  const find = editFinder(deltas.map(changesIn), normalRemote.length);
  for (let placed = editAt(normalRemote, 0); placed !== undefined; placed = editAt(normalRemote, placed.end)) {
    const { table, record, edit: remoteEdit } = placed;
    const found = find(table, record);
    if (found.every((local) => areApart(local.placed.edit, remoteEdit))) {
      for (let at = placed.start; at < placed.end; at++) {
        rebasedRemote.push(changeWithoutBefore(normalRemote[at] as Change));
      }
      continue;
    }
    const localEdits = found.map((local) => ({ deltaIndex: local.deltaIndex, edit: local.placed.edit }));
    const merged = rebaseRecord(localEdits, remoteEdit, recordContext(table, record, rules, ownItems));
    if (onConflict !== undefined) for (const conflict of merged.conflicts()) onConflict(conflict);
    const kept = new Map(merged.pending.map(({ deltaIndex, edit }) => [deltaIndex, edit]));
    for (const local of found) {
      const edit = kept.get(local.deltaIndex);
      rebasedPending[local.deltaIndex]?.add(local.placed, edit === undefined ? [] : changesOf(table, record, edit));
    }
    if (merged.remote !== undefined) rebasedRemote.push(...changesOf(table, record, merged.remote));
  }
  return {
    pending: rebasedPending.map((replacement) => replacement.finish()),
    remote: deltaInNormalForm(rebasedRemote),
  };
}

/** If one delta has more than 16 times as many rows as the other, merging objects costs less: it visits only what both edit. */
const UNEVEN = 16;

/** Both deltas as columns, if they have many changes and about as many of them. */
function columnsOfBoth(first: Delta, second: Delta): ColumnsPair | undefined {
  const [local, remote] = [columnsIn(first), columnsIn(second)];
  if (local === undefined && remote === undefined) return undefined;
  if (first.length > UNEVEN * second.length || second.length > UNEVEN * first.length) return undefined;
  return {
    local: local ?? columnsOfChanges(changesIn(first)),
    remote: remote ?? columnsOfChanges(changesIn(second)),
  };
}

const OPTIONS = { rules: true, own: true, onConflict: true } as const;

function checkedOptions(options: TransformOptions): TransformOptions & { readonly rules: RuleLookup } {
  const { rules = new ResolutionRules(), own, onConflict } = checkOptions(options, OPTIONS);
  if (typeof rules?.get !== 'function')
    throw invalidArgument('rules must be ResolutionRules, or have a method get', rules);
  if (own !== undefined && typeof own?.isOwn !== 'function') throw invalidArgument('own must have a method isOwn', own);
  checkListener(onConflict, 'onConflict');
  return { ...options, rules };
}

/** What the merge of one record asks. @throws DatastoreError `invalid-rule` when a rule is asked for that is none. */
export function recordContext(
  table: string,
  record: string,
  rules: RuleLookup,
  own: OwnItemsLookup | undefined,
): RecordContext {
  return {
    table,
    record,
    ruleOf: (field) => {
      const rule: unknown = rules.get(table, field, record);
      checkRule(rule, { table, record, field });
      return rule;
    },
    isOwnOf: (field) => own?.isOwn(table, record, field),
  };
}

/** Whether two edits of one record update different fields, so that each stays as it is. Spec: MERGE-4. */
function areApart(local: RecordEdit, remote: RecordEdit): boolean {
  if (local.type !== 'update' || remote.type !== 'update') return false;
  for (const field of remote.ops.keys()) if (local.ops.has(field)) return false;
  return true;
}
