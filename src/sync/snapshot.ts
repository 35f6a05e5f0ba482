import { parseState } from '../codec/wire/state.js';
import type { Conflict, ConflictListener } from '../deltas/conflict.js';
import { changesIn, composeAll, type Delta, deltaOf } from '../deltas/delta.js';
import { editFinder } from '../deltas/edit-finder.js';
import type { RuleLookup } from '../deltas/rebase.js';
import { ServiceError } from '../errors/datastore-error.js';
import {
  type Change,
  type FieldOp,
  type FieldOps,
  fieldList,
  insertChange,
  type ListOp,
  type ListPut,
  listDelete,
  listInsert,
  updateChange,
} from '../operations/change.js';
import { diff } from '../state/diff.js';
import type { State } from '../state/state.js';
import { freezeMap } from '../values/fields.js';
import { isList, type Value } from '../values/value.js';
import { checkNonce, checkRevision, type Snapshot } from './messages.js';
import type { OwnItems } from './own-items.js';
import { type Rebased, rebaseSegments, type Segment } from './undo/segments.js';

/**
 * Whether the delta that a replica put against revision `base` is in the state of a snapshot. If it is in the log at
 * all, it is at revision `base` + 1, so the nonce of that revision tells; `unknown` if the snapshot's nonces do not
 * reach back so far. Spec: SYNC-31.
 */
export function findInSnapshot(snapshot: Snapshot, base: number, nonce: string): 'present' | 'absent' | 'unknown' {
  if (snapshot.rev <= base) return 'absent';
  const index = base + 1 - (snapshot.rev - snapshot.nonces.length + 1);
  if (index < 0) return 'unknown';
  return snapshot.nonces[index] === nonce ? 'present' : 'absent';
}

/**
 * The state that a snapshot holds.
 *
 * @throws DatastoreError `invalid-revision`, `invalid-nonce`, `log-mismatch` for more nonces than there are revisions
 * or one that occurs twice, and what reading the rows throws.
 */
export function stateOfSnapshot({ rev, rows, nonces }: Snapshot): State {
  checkRevision(rev);
  nonces.forEach(checkNonce);
  if (nonces.length > rev || new Set(nonces).size < nonces.length) {
    throw new ServiceError('log-mismatch', 'a snapshot must have no more nonces than revisions, and none twice');
  }
  return parseState(rows);
}

/**
 * Rebases deltas over the difference between the state that they follow and another one. Spec: SYNC-30.
 *
 * @param own the own items of the first state; afterwards those of the other.
 */
export function rebaseOverDifference(
  start: State,
  target: State,
  deltas: readonly (readonly Segment[])[],
  rules: RuleLookup,
  onConflict: ConflictListener,
  own: OwnItems,
): Rebased {
  const conflicts: Conflict[] = [];
  const pending = composeAll(deltas.flat().map(({ delta }) => delta));
  const applied = start.clone().apply(withCreatedLists(diff(start, target), pending));
  const rebased = rebaseSegments(deltas, applied, rules, (conflict) => conflicts.push(conflict), own);
  const spared = sparingNewItems(applied, conflicts);
  if (spared !== undefined) {
    const appliedSpared = start.clone().apply(spared);
    const rebasedSpared = rebaseSegments(deltas, appliedSpared, rules, onConflict, own);
    own.follow(changesIn(appliedSpared), false);
    return rebasedSpared;
  }
  own.follow(changesIn(applied), false);
  for (const conflict of conflicts) onConflict(conflict);
  return rebased;
}

/**
 * A difference cannot tell a list that somebody created from one that somebody put. Where a pending delta creates a list
 * in the same field, it is taken to be created: a value would win over that, and the user's items would be lost. Spec:
 * SYNC-30.
 */
function withCreatedLists(difference: Delta, pending: Delta): Delta {
  const find = editFinder([changesIn(pending)], difference.length);
  return deltaOf(
    changesIn(difference).flatMap((change): Change[] => {
      const { table, record } = change;
      const [found] = find(table, record);
      const mine = found?.placed.edit;
      if (change.type === 'delete' || mine?.type !== change.type) return [change];
      if (change.type === 'update') {
        const ops = new Map<string, FieldOp>();
        for (const [field, op] of change.ops) {
          ops.set(field, (op.type === 'put' && creationOf(op.value, field, mine.ops)) || op);
        }
        return [updateChange(table, record, freezeMap(ops))];
      }
      const [fields, created] = [new Map<string, Value>(), new Map<string, FieldOp>()];
      for (const [field, value] of change.fields) {
        const op = creationOf(value, field, mine.ops);
        if (op === undefined) fields.set(field, value);
        else created.set(field, op);
      }
      return [insertChange(table, record, freezeMap(fields)), updateChange(table, record, freezeMap(created))];
    }),
  );
}

/** What creates a list with these items, if operations of the user create one in the field. */
function creationOf(value: Value, field: string, mine: FieldOps): FieldOp | undefined {
  const op = mine.get(field);
  if (!isList(value) || op?.type !== 'list' || !op.create) return undefined;
  return fieldList(
    true,
    value.map((item, at) => listInsert(at, item)),
  );
}

/**
 * If an item of a list is gone and another is in its place, a difference between two states has a put: it cannot tell a
 * put from a delete and an insert. If a pending delete of the old item met a put, the new item would go with it, and
 * that may be another user's. So the puts that lost to a pending delete become a delete and an insert, and the new item
 * stays. The others stay puts, and meet pending puts and moves by the rule.
 *
 * @param conflicts those of merging the difference as it is. Spec: SYNC-30.
 * @returns the difference to merge instead, or `undefined` if no such put was lost.
 */
function sparingNewItems(difference: Delta, conflicts: readonly Conflict[]): Delta | undefined {
  const lost = new Set(conflicts.flatMap(lostPutKeys));
  if (lost.size === 0) return undefined;
  const spared = changesIn(difference).map((change): Change => {
    if (change.type !== 'update') return change;
    const ops = new Map<string, FieldOp>();
    for (const [field, op] of change.ops) {
      const isSpared = (put: ListPut): boolean => lost.has(keyOf(change.table, change.record, field, put.index));
      ops.set(
        field,
        op.type === 'list'
          ? fieldList(
              op.create,
              op.ops.flatMap((step) => spare(step, isSpared)),
            )
          : op,
      );
    }
    return updateChange(change.table, change.record, freezeMap(ops));
  });
  return deltaOf(spared);
}

/**
 * The puts of items that a conflict says remote lost to a delete. In a difference no two puts of a list have one index.
 */
function lostPutKeys({ table, record, index, rule, lost }: Conflict): string[] {
  if (index === undefined || rule !== 'delete-wins') return [];
  return lost.flatMap(({ side, field, op }) => {
    if (side !== 'remote' || op.type !== 'list') return [];
    return op.ops.flatMap((step) => (step.type === 'put' ? [keyOf(table, record, field, step.index)] : []));
  });
}

function spare(step: ListOp, isSpared: (put: ListPut) => boolean): ListOp[] {
  if (step.type !== 'put' || !isSpared(step)) return [step];
  return [listDelete(step.index, step.before), listInsert(step.index, step.value)];
}

function keyOf(table: string, record: string, field: string, index: number): string {
  return JSON.stringify([table, record, field, index]);
}
