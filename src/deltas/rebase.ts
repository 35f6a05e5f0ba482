import type { Change, Delta } from '../operations/change.js';
import { ResolutionRules } from '../rules/resolution-rules.js';
import type { Rule } from '../rules/rule.js';
import { sortedMap } from '../values/fields.js';
import { compareText } from '../values/text.js';
import { asNormalForm, compress } from './compress.js';
import type { ConflictListener } from './conflict.js';
import type { PendingEdit } from './lives.js';
import { withoutBefore } from './rebase-fields.js';
import { rebaseRecord } from './rebase-record.js';
import { changesOf, type EditsByRecord, editsByRecord, type RecordEdit } from './record-edit.js';

/** Tells the rule of a field. {@link ResolutionRules} does not look at the record; a replica's pending edits do. */
export interface RuleLookup {
  get(table: string, field: string, record: string): Rule;
}

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
 * `transform(compose(...p), r).local`, but for list moves that together go nowhere (REB-4).
 *
 * @throws DatastoreError for malformed deltas, `incompatible-deltas` for deltas that cannot have been made on the same
 * state, `before-missing` and `invalid-rule` from the rules. Nothing is changed then.
 * Spec: REB-1 to REB-4, MERGE-1 to MERGE-10, LIM-4.
 */
export function rebase(
  pending: readonly Delta[],
  remote: Delta,
  { rules = new ResolutionRules(), onConflict }: TransformOptions = {},
): { pending: Delta[]; remote: Delta } {
  const pendingEdits = gatherByRecord(pending.map((delta) => editsByRecord(compress(delta))));
  const remoteEdits = editsByRecord(compress(remote));
  const rebasedPending: Change[][] = pending.map(() => []);
  const rebasedRemote: Change[] = [];
  for (const [table, record] of sortedPlaces(pendingEdits, remoteEdits)) {
    const own = pendingEdits.get(table)?.get(record) ?? [];
    const others = remoteEdits.get(table)?.get(record);
    const merged = mergeRecord(own, others, table, record, (field) => rules.get(table, field, record), onConflict);
    for (const { step, edit } of merged.pending) rebasedPending[step]?.push(...changesOf(table, record, edit));
    if (merged.remote !== undefined) rebasedRemote.push(...changesOf(table, record, merged.remote));
  }
  return { pending: rebasedPending.map(asNormalForm), remote: asNormalForm(rebasedRemote) };
}

interface PlainMerge {
  readonly pending: readonly PendingEdit[];
  readonly remote: RecordEdit | undefined;
}

function mergeRecord(
  pending: readonly PendingEdit[],
  remote: RecordEdit | undefined,
  table: string,
  record: string,
  ruleOf: (field: string) => Rule,
  onConflict: ConflictListener | undefined,
): PlainMerge {
  if (remote === undefined) return { pending, remote };
  if (pending.length === 0) return { pending, remote: editWithoutBefore(remote) };
  const merged = rebaseRecord(pending, remote, { table, record, ruleOf });
  if (onConflict !== undefined) for (const conflict of merged.conflicts) onConflict(conflict);
  return merged;
}

/** The edits of all pending deltas by record, each record's in the order of the deltas. */
function gatherByRecord(deltas: readonly EditsByRecord[]): ReadonlyMap<string, ReadonlyMap<string, PendingEdit[]>> {
  const gathered = new Map<string, Map<string, PendingEdit[]>>();
  deltas.forEach((tables, step) => {
    for (const [table, records] of tables) {
      const byRecord = gathered.get(table) ?? new Map<string, PendingEdit[]>();
      gathered.set(table, byRecord);
      for (const [record, edit] of records) {
        const edits = byRecord.get(record);
        if (edits === undefined) byRecord.set(record, [{ step, edit }]);
        else edits.push({ step, edit });
      }
    }
  });
  return gathered;
}

/** Every table and record that either side touches, in code point order. */
function* sortedPlaces(
  pending: ReadonlyMap<string, ReadonlyMap<string, unknown>>,
  remote: EditsByRecord,
): Generator<[table: string, record: string]> {
  for (const table of sortedUnion(pending, remote)) {
    for (const record of sortedUnion(pending.get(table), remote.get(table))) yield [table, record];
  }
}

function sortedUnion(
  left: ReadonlyMap<string, unknown> = new Map(),
  right: ReadonlyMap<string, unknown> = new Map(),
): string[] {
  return [...new Set([...left.keys(), ...right.keys()])].sort(compareText);
}

function editWithoutBefore(edit: RecordEdit): RecordEdit {
  switch (edit.type) {
    case 'insert':
      return edit;
    case 'update':
      return {
        type: 'update',
        ops: sortedMap(new Map([...edit.ops].map(([field, op]) => [field, withoutBefore(op)]))),
      };
    case 'delete':
    case 'replace':
      return { ...edit, before: undefined };
  }
}
