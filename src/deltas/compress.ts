import type { Change, Delta } from '../operations/change.js';
import { hasMutablePut, isMutableChange } from '../operations/lend.js';
import { ownDelta } from '../operations/ownership.js';
import { sortedEntries } from '../values/fields.js';
import { RecordDraft } from './record-draft.js';
import { changesOf } from './record-edit.js';

/**
 * The normal forms that this module has made and that nobody can change: frozen, and without bytes or dates, which cannot
 * be frozen. They need not be checked, copied and composed again. This saves work and nothing else: forgetting it
 * changes no result.
 */
const normalForms = new WeakSet<Delta>();

/**
 * The smallest delta that does what `changes` do, in normal form: per record at most one change, or a delete and then
 * an insert; per field one operation; sorted by table, record and field in code point order. Where the changes are
 * applied, each `before` is the oldest of its place.
 *
 * Laws: `state · compress(d) = state · d` (NORM-1); compressing is idempotent; merging is defined on normal forms.
 *
 * @throws DatastoreError for malformed changes, and where a change cannot follow the ones before it.
 * Spec: NORM-1 to NORM-9, NORM-11.
 */
export function compress(changes: Delta): Delta {
  if (normalForms.has(changes)) return changes;
  return compressOwned(ownDelta(changes));
}

/**
 * The delta that does what `deltas` do one after the other, in normal form.
 *
 * Law: composing is associative, and `compose()` is the delta that does nothing.
 *
 * @throws DatastoreError as {@link compress} does.
 * Spec: NORM-10.
 */
export function compose(...deltas: readonly Delta[]): Delta {
  return compressOwned(deltas.flatMap((delta) => (normalForms.has(delta) ? delta : ownDelta(delta))));
}

/** {@link compress} for changes that are the engine's own. */
export function compressOwned(changes: Delta): Delta {
  const tables = new Map<string, Map<string, RecordDraft>>();
  changes.forEach((change, position) => {
    const { table, record } = change;
    draftFor(tables, table, record).add(change, { position, table, record });
  });
  const compressed: Change[] = [];
  for (const [table, records] of sortedEntries(tables)) {
    for (const [record, draft] of sortedEntries(records)) {
      const edit = draft.finish();
      if (edit !== undefined) compressed.push(...changesOf(table, record, edit));
    }
  }
  return asNormalForm(compressed);
}

/** Declares that `changes`, which nobody else holds, are in normal form. */
export function asNormalForm(changes: Change[]): Delta {
  return declare(changes, !changes.some(isMutableChange));
}

/**
 * {@link asNormalForm} for what a merge of known normal forms made. Only a merge function can have brought in a value
 * that somebody could change, and only as the put of a whole field; so long lists need not be searched for one.
 *
 * @param merged those of the changes that are new.
 */
export function asMergedNormalForm(changes: Change[], merged: readonly Change[]): Delta {
  return declare(changes, !merged.some(hasMutablePut));
}

function declare(changes: Change[], isUnchangeable: boolean): Delta {
  const normalForm = Object.freeze(changes);
  if (isUnchangeable) normalForms.add(normalForm);
  return normalForm;
}

/** Whether this is known to be a normal form that nobody can change. */
export function isNormalForm(delta: Delta): boolean {
  return normalForms.has(delta);
}

function draftFor(tables: Map<string, Map<string, RecordDraft>>, table: string, record: string): RecordDraft {
  const records = tables.get(table) ?? new Map<string, RecordDraft>();
  tables.set(table, records);
  const draft = records.get(record) ?? new RecordDraft();
  records.set(record, draft);
  return draft;
}
