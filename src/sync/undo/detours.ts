import { changesIn, composeAll, type Delta, deltaInNormalForm, sizeOfDelta } from '../../deltas/delta.js';
import { editFinder } from '../../deltas/edit-finder.js';
import { changesOf, editAt, type InsertedRecord, type RecordEdit } from '../../deltas/normal-form.js';
import { applyListEdit } from '../../lists/apply.js';
import { withoutDetours } from '../../lists/detours.js';
import { type Change, type FieldOp, type FieldOps, fieldSet, valueAfter } from '../../operations/change.js';
import { areChangesEqual, isFieldOpEqual } from '../../operations/equality.js';
import { listOfOps, opCountOf } from '../../operations/list-columns.js';
import { type Fields, sortedMap } from '../../values/fields.js';
import { valuesEqual } from '../../values/order.js';

/** The most that detours are looked for in, in bytes: about 2,500 items inserted or deleted. */
const SIZE_MAX = 256 * 1024;

/** Whether two deltas are so large together that {@link straight} only composes them. */
export function isTooLarge(first: Delta, second: Delta): boolean {
  return sizeOfDelta(first) + sizeOfDelta(second) > SIZE_MAX;
}

/**
 * Two applied deltas as one, without *detours*: a field that has its old value again did not change, and neither did a
 * record that was deleted and inserted again, but for the fields that differ; for those of lists see `withoutDetours`.
 * Detours within the first stay.
 *
 * Law: `state · straight(a, b) = state · a · b`. Spec: SYNC-63.
 */
export function straight(first: Delta, second: Delta): Delta {
  const both = composeAll([first, second]);
  if (isTooLarge(first, second)) return both;
  const find = editFinder([changesIn(first)], both.length);
  return mapEdits(both, (edit, table, record) => {
    switch (edit.type) {
      case 'update': {
        const [found] = find(table, record);
        const done = found?.placed.edit.type === 'update' ? found.placed.edit.ops : undefined;
        return updateOf(edit.ops, (op, field) => straightOp(op, done?.get(field)));
      }
      case 'replace':
        return edit.before === undefined ? edit : updateOf(differences(edit.before, fieldsOf(edit)), (op) => op);
      default:
        return edit;
    }
  });
}

/** What a delta does to records that any of others edits, and, where all only update one, to the fields they edit. */
export function within(delta: Delta, others: readonly Delta[]): Delta {
  const find = editFinder(others.map(changesIn), delta.length);
  return mapEdits(delta, (edit, table, record) => {
    const found = find(table, record).map(({ placed }) => placed.edit);
    if (edit.type !== 'update') return found.length === 0 ? undefined : edit;
    return updateOf(edit.ops, (op, field) =>
      found.some((other) => other.type !== 'update' || other.ops.has(field)) ? op : undefined,
    );
  });
}

/** What a delta does in places that `above` edits, and in others where another delta does not do the same. */
export function unlike(delta: Delta, other: Delta, above: Delta): Delta {
  const find = editFinder([changesIn(other), changesIn(above)], delta.length);
  return mapEdits(delta, (edit, table, record) => {
    const found = find(table, record);
    const [same, met] = [0, 1].map((index) => found.find(({ deltaIndex }) => deltaIndex === index)?.placed.edit);
    if (edit.type === 'update' && same?.type === 'update' && (met === undefined || met.type === 'update')) {
      return updateOf(edit.ops, (op, field) => {
        const otherOp = met?.ops.has(field) === true ? undefined : same.ops.get(field);
        return otherOp !== undefined && isFieldOpEqual(op, otherOp) ? undefined : op;
      });
    }
    const isSame =
      met === undefined &&
      same !== undefined &&
      areChangesEqual(changesOf(table, record, edit), changesOf(table, record, same));
    return isSame ? undefined : edit;
  });
}

function straightOp(op: FieldOp, done: FieldOp | undefined): FieldOp | undefined {
  if (op.type !== 'list') return 'before' in op && valuesEqual(op.before, valueAfter(op)) ? undefined : op;
  const ops = withoutDetours(op.ops, done?.type === 'list' ? opCountOf(done) : 0);
  return op.create || ops.length > 0 ? listOfOps(op.create, ops) : undefined;
}

/** The fields of a record that was inserted, those with created lists too. */
function fieldsOf({ fields, ops }: InsertedRecord): Fields {
  const all = new Map(fields);
  for (const [field, op] of ops) if (op.type === 'list') all.set(field, applyListEdit([], op));
  return all;
}

function differences(before: Fields, after: Fields): FieldOps {
  const ops = new Map<string, FieldOp>();
  for (const field of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(field), after.get(field)];
    if (!valuesEqual(was, is)) ops.set(field, fieldSet(is, { value: was }));
  }
  return ops;
}

/** An update with its operations changed or left out, unless none is left. */
function updateOf(ops: FieldOps, change: (op: FieldOp, field: string) => FieldOp | undefined): RecordEdit | undefined {
  const changed = new Map<string, FieldOp>();
  for (const [field, op] of ops) {
    const left = change(op, field);
    if (left !== undefined) changed.set(field, left);
  }
  return changed.size === 0 ? undefined : { type: 'update', ops: sortedMap(changed) };
}

/** A normal form with the edit of each record changed or left out. */
function mapEdits(
  delta: Delta,
  change: (edit: RecordEdit, table: string, record: string) => RecordEdit | undefined,
): Delta {
  const normalForm = changesIn(delta);
  const changed: Change[] = [];
  for (let placed = editAt(normalForm, 0); placed !== undefined; placed = editAt(normalForm, placed.end)) {
    const edit = change(placed.edit, placed.table, placed.record);
    if (edit !== undefined) changed.push(...changesOf(placed.table, placed.record, edit));
  }
  return deltaInNormalForm(changed);
}
