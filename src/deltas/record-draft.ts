import { DatastoreError, type Place, placeOfField } from '../errors/datastore-error.js';
import type { Change, FieldOps } from '../operations/change.js';
import {
  type Before,
  beforeOf,
  type FieldDelete,
  type FieldOp,
  fieldDelete,
  fieldPut,
} from '../operations/field-operation.js';
import { type Fields, FrozenMapBuilder, sortedEntries, sortedMap } from '../values/fields.js';
import type { Value } from '../values/value.js';
import { composeFieldOps, draftOf, type FieldDraft, finishDraft, undoListOps } from './field-draft.js';
import type { RecordEdit } from './record-edit.js';

const ABSENT: Before<Value> = { value: undefined };
const NO_FIELD: FieldDelete = fieldDelete(ABSENT);

/**
 * Composes the changes of one record, one after the other, into the edit of the normal form. It is mutable: composing
 * costs what the later change weighs, not what has gathered. Spec: NORM-2 to NORM-9.
 */
export class RecordDraft {
  /** `vanished` is a record that was inserted and deleted: it leaves nothing, and is known not to exist. */
  #state: 'untouched' | 'insert' | 'update' | 'delete' | 'replace' | 'vanished' = 'untouched';
  /** In an insert or replace, puts over absent fields; in an update, operations on the fields of the base. */
  #fields = new Map<string, FieldDraft>();
  #before: Fields | undefined;

  /** @throws DatastoreError where `change` cannot follow what came before. */
  add(change: Change, place: Place): void {
    switch (change.type) {
      case 'insert':
        this.#insert(change.fields, place);
        break;
      case 'update':
        this.#update(change.ops, place);
        break;
      case 'delete':
        this.#delete(change.before, place);
        break;
    }
  }

  /** The finished edit, or `undefined` if nothing is left. The draft is used up. */
  finish(): RecordEdit | undefined {
    switch (this.#state) {
      case 'insert':
        return { type: 'insert', fields: this.#finishFields() };
      case 'replace':
        return { type: 'replace', before: this.#before, fields: this.#finishFields() };
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

  #insert(fields: Fields, place: Place): void {
    const isReplaced = this.#state === 'delete';
    if (!isReplaced && this.#state !== 'untouched' && this.#state !== 'vanished') {
      throw new DatastoreError('record-exists', 'insert of a record that exists', place);
    }
    this.#state = isReplaced ? 'replace' : 'insert';
    this.#fields = new Map();
    for (const [field, value] of fields) this.#fields.set(field, fieldPut(value, ABSENT));
  }

  #update(ops: FieldOps, place: Place): void {
    this.#requireRecord('an update', place);
    if (this.#state === 'untouched') this.#state = 'update';
    for (const [field, op] of ops) this.#updateField(field, op, placeOfField(place, field));
  }

  #updateField(field: string, op: FieldOp, place: Place): void {
    const draft = this.#fields.get(field);
    if (this.#state === 'update') {
      this.#fields.set(field, draft === undefined ? draftOf(op) : composeFieldOps(draft, op, place));
      return;
    }
    const composed = composeFieldOps(draft ?? NO_FIELD, op, place);
    if (composed.type === 'delete') this.#fields.delete(field);
    else this.#fields.set(field, composed);
  }

  #delete(before: Fields | undefined, place: Place): void {
    this.#requireRecord('a delete', place);
    switch (this.#state) {
      case 'untouched':
        this.#before = before;
        this.#state = 'delete';
        break;
      case 'update':
        this.#before = before === undefined ? undefined : rewind(before, this.#finishOps());
        this.#state = 'delete';
        break;
      case 'insert':
        this.#state = 'vanished';
        break;
      default:
        this.#state = 'delete';
    }
    this.#fields = new Map();
  }

  #requireRecord(what: string, place: Place): void {
    if (this.#state === 'delete' || this.#state === 'vanished') {
      throw new DatastoreError('record-missing', `${what} of a record that does not exist`, place);
    }
  }

  #finishFields(): Fields {
    const fields = new Map<string, Value>();
    for (const [field, draft] of this.#fields) {
      const op = finishDraft(draft);
      if (op?.type === 'put') fields.set(field, op.value);
    }
    return sortedMap(fields);
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
