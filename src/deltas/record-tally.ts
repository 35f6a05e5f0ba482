import { invariant } from '../errors/invariant-error.js';
import type { Change, FieldOps } from '../operations/change.js';
import type { FieldOp } from '../operations/field-operation.js';
import { growthOfFieldOp, listOperationCount, sizeOfFieldOpValues } from '../operations/size.js';
import type { Fields } from '../values/fields.js';
import { BASE_CHANGE_SIZE, BASE_FIELD_SIZE, sizeOfValue } from '../values/size.js';

/** What a field operation of the normal form weighs, and what it takes to go on composing. */
type FieldTally =
  | { readonly type: 'put'; readonly values: number }
  | { readonly type: 'delete' }
  | { readonly type: 'list'; readonly values: number; readonly operations: number };

const DELETED: FieldTally = { type: 'delete' };

/**
 * The size of what a normal form does to one record, kept while applied changes are added to it: adding costs what the
 * change weighs, however much has gathered. Spec: SIZE-5 to SIZE-8.
 */
export class RecordTally {
  /** `vanished` is a record that was inserted and deleted, and leaves nothing. */
  #state: 'untouched' | 'insert' | 'update' | 'delete' | 'replace' | 'vanished' = 'untouched';
  readonly #fields = new Map<string, FieldTally>();
  /** Over all fields: the bytes of their values, and the list operations, each of which travels on its own. */
  #values = 0;
  #operations = 0;

  /** In bytes. Law: after any applied changes it is what the record's changes weigh in the normal form. */
  get size(): number {
    switch (this.#state) {
      case 'insert':
        return BASE_CHANGE_SIZE + this.#values;
      case 'replace':
        return 2 * BASE_CHANGE_SIZE + this.#values;
      case 'delete':
        return BASE_CHANGE_SIZE;
      case 'update':
        return this.#fields.size === 0 ? 0 : this.#values + BASE_CHANGE_SIZE * Math.max(1, this.#operations);
      default:
        return 0;
    }
  }

  copy(): RecordTally {
    const copy = new RecordTally();
    copy.#state = this.#state;
    for (const [field, tally] of this.#fields) copy.#fields.set(field, tally);
    copy.#values = this.#values;
    copy.#operations = this.#operations;
    return copy;
  }

  add(change: Change): void {
    switch (change.type) {
      case 'insert':
        this.#insert(change.fields);
        break;
      case 'update':
        this.#update(change.ops);
        break;
      case 'delete':
        this.#clear();
        this.#state = this.#state === 'insert' ? 'vanished' : 'delete';
        break;
    }
  }

  #insert(fields: Fields): void {
    this.#clear();
    this.#state = this.#state === 'delete' ? 'replace' : 'insert';
    for (const [field, value] of fields) this.#set(field, undefined, { type: 'put', values: sizeOfValue(value) });
  }

  #update(ops: FieldOps): void {
    if (this.#state === 'untouched') this.#state = 'update';
    // Of a record that did not exist before, a field that is not there is known to be absent.
    const isNewLife = this.#state !== 'update';
    for (const [field, op] of ops) {
      const before = this.#fields.get(field);
      const after = composed(before ?? (isNewLife ? DELETED : undefined), op);
      this.#set(field, before, isNewLife && after === DELETED ? undefined : after);
    }
    invariant(this.#values >= 0, 'what has gathered weighs no less than nothing');
  }

  #set(field: string, before: FieldTally | undefined, after: FieldTally | undefined): void {
    this.#values += valuesOf(after) - valuesOf(before);
    this.#operations += operationsOf(after) - operationsOf(before);
    if (after === undefined) this.#fields.delete(field);
    else this.#fields.set(field, after);
  }

  #clear(): void {
    this.#fields.clear();
    this.#values = 0;
    this.#operations = 0;
  }
}

/** What an operation after another comes to, or `undefined` where a list operation without steps leaves nothing. */
function composed(before: FieldTally | undefined, op: FieldOp): FieldTally | undefined {
  if (op.type === 'delete') return DELETED;
  const values = sizeOfFieldOpValues(op);
  if (op.type === 'put') return { type: 'put', values };
  if (before === undefined || before.type === 'list') {
    const operations = operationsOf(before) + listOperationCount(op);
    return operations === 0 ? undefined : { type: 'list', values: valuesOf(before) + values, operations };
  }
  // The operations fold into a list that was put, or into the empty one that `create` puts where a field was deleted.
  if (before.type === 'delete') return { type: 'put', values: growthOfFieldOp(op) - BASE_FIELD_SIZE };
  return { type: 'put', values: before.values + growthOfFieldOp(op) };
}

function valuesOf(tally: FieldTally | undefined): number {
  return tally === undefined || tally.type === 'delete' ? 0 : tally.values;
}

function operationsOf(tally: FieldTally | undefined): number {
  return tally?.type === 'list' ? tally.operations : 0;
}
