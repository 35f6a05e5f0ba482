import { DatastoreError, type Place, placeOfField } from '../errors/datastore-error.js';
import {
  applyListEdit,
  invertListEdit,
  listMisfit,
  misfitError,
  performListEdit,
  performListOp,
} from '../lists/apply.js';
import { ItemList } from '../lists/item-list.js';
import {
  type Before,
  beforeOf,
  type Change,
  type FieldDelete,
  type FieldList,
  type FieldOp,
  type FieldOps,
  type FieldPut,
  fieldDelete,
  fieldPut,
  fieldSet,
  type ListOp,
  listOpChange,
  valueAfter,
} from '../operations/change.js';
import { isListApplied, ListColumnsBuilder, listOfColumns, opCountOf } from '../operations/list-columns.js';
import { RecordMap } from '../operations/record-map.js';
import { type Fields, FrozenMapBuilder, sortedEntries, sortedMap } from '../values/fields.js';
import { isList, type Value } from '../values/value.js';
import { changesOf, type InsertedRecord, isNormalChange, type RecordEdit } from './normal-form.js';
import { type RecordStage, stageAfter } from './record-stage.js';

/**
 * Changes composed as they come, record by record. It is mutable: adding a change costs what the change weighs, not
 * what has gathered, and of a long run of edits only the operations are kept, not the deltas that they came in. Spec:
 * NORM-2 to NORM-9.
 */
export class DeltaDraft {
  /** A record's first change is kept as it is until another joins it: of most records there is only one. */
  readonly #records = new RecordMap<Change | RecordDraft>();

  /**
   * Adds a change of the engine's own.
   *
   * @throws DatastoreError where it cannot follow the ones before it, naming `position`.
   */
  add(change: Change, position?: number): void {
    const { table, record } = change;
    const drafted = this.#records.get(table, record);
    if (drafted === undefined && isNormalChange(change)) {
      this.#records.set(table, record, change);
      return;
    }
    this.#draftOf(drafted, table, record).add(change, { position, table, record });
  }

  /** Adds one applied operation on a list that is there. It makes no change of its own where others gather already. */
  addListOp(table: string, record: string, field: string, op: ListOp): void {
    const drafted = this.#records.get(table, record);
    if (drafted instanceof RecordDraft && drafted.addListOp(field, op)) return;
    this.add(listOpChange({ table, record, field }, op));
  }

  /** The changes of the normal form of what was added. The draft is used up. */
  finish(): Change[] {
    const changes: Change[] = [];
    for (const { table, record, entry } of this.#records.sorted()) {
      if (entry instanceof RecordDraft) {
        const edit = entry.finish();
        if (edit !== undefined) changes.push(...changesOf(table, record, edit));
      } else {
        changes.push(entry);
      }
    }
    return changes;
  }

  #draftOf(drafted: Change | RecordDraft | undefined, table: string, record: string): RecordDraft {
    if (drafted instanceof RecordDraft) return drafted;
    const draft = new RecordDraft();
    if (drafted !== undefined) draft.add(drafted, { table, record });
    this.#records.set(table, record, draft);
    return draft;
  }
}

/** Of a field that is known to be absent, as all those are that an insert does not mention. */
const NO_FIELD: FieldDelete = fieldDelete(undefined);

/**
 * Composes the changes of one record, one after the other, into the edit of the normal form. It is mutable: composing
 * costs what the later change weighs, not what has gathered. Spec: NORM-2 to NORM-9.
 */
export class RecordDraft {
  #stage: RecordStage = 'untouched';
  /** In an insert or replace, operations on absent fields; in an update, operations on the fields of the base. */
  #fields = new Map<string, FieldDraft>();
  #before: Fields | undefined;

  /** @throws DatastoreError where `change` cannot follow what came before. */
  add(change: Change, place: Place): void {
    const before = this.#stage;
    const stage = stageAfter(before, change);
    if (stage === undefined) throw cannotFollow(change, place);
    this.#stage = stage;
    switch (change.type) {
      case 'insert':
        this.#fields = new Map();
        for (const [field, value] of change.fields) this.#fields.set(field, fieldPut(value, undefined));
        break;
      case 'update':
        for (const [field, op] of change.ops) this.#updateField(field, op, placeOfField(place, field));
        break;
      case 'delete':
        if (before === 'untouched') this.#before = change.before;
        if (before === 'update') this.#before = change.before && rewind(change.before, this.#finishOps());
        this.#fields = new Map();
        break;
    }
  }

  /** Adds one applied operation on a list, if others on it gather already. @returns whether they do. */
  addListOp(field: string, op: ListOp): boolean {
    const draft = this.#fields.get(field);
    if (draft?.type === 'gathered') draft.ops.add(op);
    else if (draft?.type === 'edited') performListOp(draft.list, op);
    else return false;
    return true;
  }

  /** The finished edit, or `undefined` if nothing is left. The draft is used up. */
  finish(): RecordEdit | undefined {
    switch (this.#stage) {
      case 'insert':
        return { type: 'insert', ...this.#finishInserted() };
      case 'replace':
        return { type: 'replace', before: this.#before, ...this.#finishInserted() };
      case 'delete':
        return { type: 'delete', before: this.#before };
      case 'update': {
        const ops = this.#finishOps();
        return ops.size === 0 ? undefined : { type: 'update', ops };
      }
      default:
        return undefined;
    }
  }

  #updateField(field: string, op: FieldOp, place: Place): void {
    const draft = this.#fields.get(field);
    if (this.#stage === 'update') {
      this.#fields.set(field, draft === undefined ? draftOf(op) : composeFieldOps(draft, op, place));
      return;
    }
    // The first operation on an absent field is kept as it is: a list that it creates is a created list. Behind a delete
    // it would be a value, whether or not both come in one delta, and so the delete is kept as well.
    const isCreate = draft === undefined && op.type === 'list' && op.create;
    const composed = isCreate ? draftOf(op) : composeFieldOps(draft ?? NO_FIELD, op, place);
    this.#fields.set(field, composed.type === 'delete' ? NO_FIELD : composed);
  }

  #finishInserted(): InsertedRecord {
    const fields = new FrozenMapBuilder<string, Value>();
    const ops = new FrozenMapBuilder<string, FieldOp>();
    for (const [field, draft] of sortedEntries(this.#fields)) {
      const op = finishDraft(draft);
      if (op?.type === 'put') fields.set(field, op.value);
      else if (op !== undefined) ops.set(field, op);
    }
    return { fields: fields.finish(), ops: ops.finish() };
  }

  #finishOps(): FieldOps {
    const ops = new FrozenMapBuilder<string, FieldOp>();
    for (const [field, draft] of sortedEntries(this.#fields)) {
      const op = finishDraft(draft);
      if (op !== undefined) ops.set(field, op);
    }
    return ops.finish();
  }
}

function cannotFollow({ type }: Change, place: Place): DatastoreError {
  return type === 'insert'
    ? new DatastoreError('record-exists', 'insert of a record that exists', place)
    : new DatastoreError(
        'record-missing',
        `${type === 'update' ? 'an update' : 'a delete'} of a record that does not exist`,
        place,
      );
}

/** The fields before `ops`, given those after, or `undefined` where `ops` do not say what they overwrote. */
function rewind(after: Fields, ops: FieldOps): Fields | undefined {
  const fields = new Map(after);
  for (const [field, op] of ops) {
    const before = op.type === 'list' ? undoListOps(op, { value: after.get(field) }) : beforeOf(op);
    if (before === undefined) return undefined;
    if (before.value === undefined) fields.delete(field);
    else fields.set(field, before.value);
  }
  return sortedMap(fields);
}

/**
 * A field operation that later ones are composed into. A put or a delete is kept as it is, for mostly nothing follows
 * it. What gathers is mutable, so that a long run of list operations is not copied for each: the operations themselves
 * (`gathered`), or the list that they edit, once a put made it known (`edited`).
 */
export type FieldDraft =
  | FieldPut
  | FieldDelete
  | { readonly type: 'edited'; readonly list: ItemList; readonly before: Before<Value> }
  | { readonly type: 'gathered'; readonly create: boolean; readonly ops: ListColumnsBuilder };

export function draftOf(op: FieldOp): FieldDraft {
  if (op.type !== 'list') return op;
  const ops = new ListColumnsBuilder(opCountOf(op));
  ops.appendAll(op);
  return { type: 'gathered', create: op.create, ops };
}

/** The finished operation, or `undefined` if it does nothing: a list operation without steps. */
export function finishDraft(draft: FieldDraft): FieldOp | undefined {
  switch (draft.type) {
    case 'edited':
      return fieldPut(Object.freeze(draft.list.toArray()), draft.before);
    case 'gathered':
      return draft.create || draft.ops.count > 0 ? listOfColumns(draft.create, draft.ops.finish()) : undefined;
    default:
      return draft;
  }
}

/**
 * The one operation that does what `draft` and then `op` do; `draft` may be changed and returned. A later put or delete
 * swallows what was there and keeps the oldest `before`.
 *
 * @throws DatastoreError where `op` cannot follow `draft`.
 * Spec: NORM-4 to NORM-6, NORM-9.
 */
export function composeFieldOps(draft: FieldDraft, op: FieldOp, place: Place): FieldDraft {
  return op.type === 'list'
    ? appendListOps(draft, op, place)
    : fieldSet(valueAfter(op), oldestBefore(draft, beforeOf(op)));
}

function appendListOps(draft: FieldDraft, edit: FieldList, place: Place): FieldDraft {
  const { create } = edit;
  const isAbsent = draft.type === 'delete';
  if (create && !isAbsent)
    throw new DatastoreError('field-exists', 'cannot create a list in a field that has a value', place);
  if (!create && isAbsent) throw new DatastoreError('field-missing', 'a list operation on an absent field', place);
  if (draft.type === 'gathered') {
    draft.ops.appendAll(edit);
    return draft;
  }
  const edited = draft.type === 'edited' ? draft : editedDraft(draft, place);
  const misfit = listMisfit(edited.list.length, edit);
  if (misfit !== undefined) throw misfitError(misfit, place);
  performListEdit(edited.list, edit);
  return isListApplied(edit) ? edited : { ...edited, before: undefined };
}

function editedDraft(draft: FieldPut | FieldDelete, place: Place): FieldDraft & { readonly type: 'edited' } {
  const value = draft.type === 'put' ? draft.value : [];
  if (isList(value)) return { type: 'edited', list: ItemList.from(value), before: beforeOf(draft) };
  throw new DatastoreError('not-a-list', 'a list operation on a field that does not hold a list', place);
}

/**
 * The list before `list`, given the value after it; unknown unless the operations say all that they overwrote, and can
 * have led there.
 */
export function undoListOps(list: FieldList, after: Before<Value>): Before<Value> {
  if (after === undefined || !isListApplied(list)) return undefined;
  if (list.create) return { value: undefined };
  if (!isList(after.value)) return undefined;
  try {
    return { value: applyListEdit(after.value, invertListEdit(list)) };
  } catch (error) {
    // What is said of the value is not true of any state, while the changes may well fit one.
    if (error instanceof DatastoreError) return undefined;
    throw error;
  }
}

/** Known only if both are: composing would otherwise not be associative where only some deltas are applied. */
function oldestBefore(draft: FieldDraft, after: Before<Value>): Before<Value> {
  if (draft.type === 'gathered') return undoListOps(listOfColumns(draft.create, draft.ops.finish()), after);
  if (after === undefined) return undefined;
  return draft.type === 'edited' ? draft.before : beforeOf(draft);
}
