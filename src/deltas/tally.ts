import { invariant } from '../errors/invariant-error.js';
import type { Change, FieldOp, FieldOps, ListOp } from '../operations/change.js';
import { RecordMap } from '../operations/record-map.js';
import {
  growthOfFieldOp,
  growthOfListOp,
  listOperationCount,
  sizeOfFieldOpValues,
  sizeOfListOpValue,
} from '../operations/size.js';
import type { Fields } from '../values/fields.js';
import { BASE_CHANGE_SIZE, BASE_DELTA_SIZE, BASE_FIELD_SIZE, sizeOfValue } from '../values/size.js';
import { type RecordStage, stageAfter } from './record-stage.js';

/**
 * The size of the composition of applied changes, kept while changes are added, without composing them: adding costs
 * what is added, however much has gathered.
 *
 * Law: after any applied changes, `size` is `sizeOfDelta(compress(changes))`. Spec: SIZE-5 to SIZE-8.
 */
export class DeltaTally {
  readonly #records = new RecordMap<RecordTally>();
  /** Without the base size. */
  #size = 0;

  /** In bytes. */
  get size(): number {
    return this.#size === 0 ? 0 : BASE_DELTA_SIZE + this.#size;
  }

  add(applied: readonly Change[]): void {
    for (const change of applied) {
      const tally = this.#tallyOf(change.table, change.record);
      const before = tally.size;
      tally.add(change);
      this.#size += tally.size - before;
    }
  }

  /** {@link add} for one applied operation on a list that is there. */
  addListOp(table: string, record: string, field: string, op: ListOp): void {
    const tally = this.#tallyOf(table, record);
    const before = tally.size;
    tally.addListOp(field, op);
    this.#size += tally.size - before;
  }

  /** What `size` would be after more applied changes. It costs what the records weigh that they are about. */
  sizeWith(applied: readonly Change[]): number {
    const copy = this.#copyOf(applied);
    copy.add(applied);
    return copy.size;
  }

  #tallyOf(table: string, record: string): RecordTally {
    const known = this.#records.get(table, record);
    if (known !== undefined) return known;
    const tally = new RecordTally();
    this.#records.set(table, record, tally);
    return tally;
  }

  /** A tally of the same size that holds copies of the records that changes are about, and no others. */
  #copyOf(changes: readonly Change[]): DeltaTally {
    const copy = new DeltaTally();
    copy.#size = this.#size;
    for (const { table, record } of changes) {
      if (copy.#records.get(table, record) !== undefined) continue;
      const tally = this.#records.get(table, record);
      if (tally !== undefined) copy.#records.set(table, record, tally.copy());
    }
    return copy;
  }
}

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
  #stage: RecordStage = 'untouched';
  readonly #fields = new Map<string, FieldTally>();
  /** Over all fields: the bytes of their values, and the list operations, each of which travels on its own. */
  #values = 0;
  #operations = 0;
  /** How many fields have an operation other than a put: behind an insert those are an update. */
  #unputFields = 0;

  /** In bytes. Law: after any applied changes it is what the record's changes weigh in the normal form. */
  get size(): number {
    switch (this.#stage) {
      case 'insert':
        return BASE_CHANGE_SIZE + this.#values + this.#sizeBehindInsert();
      case 'replace':
        return 2 * BASE_CHANGE_SIZE + this.#values + this.#sizeBehindInsert();
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
    copy.#stage = this.#stage;
    for (const [field, tally] of this.#fields) copy.#fields.set(field, tally);
    copy.#values = this.#values;
    copy.#operations = this.#operations;
    copy.#unputFields = this.#unputFields;
    return copy;
  }

  add(change: Change): void {
    const stage = stageAfter(this.#stage, change);
    invariant(stage !== undefined, 'applied changes follow one another');
    this.#stage = stage;
    switch (change.type) {
      case 'insert':
        this.#insert(change.fields);
        break;
      case 'update':
        this.#update(change.ops);
        break;
      case 'delete':
        this.#clear();
        break;
    }
  }

  /** {@link add} for one applied operation on a list that is there. */
  addListOp(field: string, op: ListOp): void {
    const before = this.#fields.get(field);
    if (this.#stage === 'untouched') this.#stage = 'update';
    const isPut = before?.type === 'put';
    const values = valuesOf(before) + (isPut ? growthOfListOp(op) : sizeOfListOpValue(op));
    const after: FieldTally = isPut
      ? { type: 'put', values }
      : { type: 'list', values, operations: operationsOf(before) + 1 };
    this.#set(field, before, after);
  }

  #insert(fields: Fields): void {
    this.#clear();
    for (const [field, value] of fields) this.#set(field, undefined, { type: 'put', values: sizeOfValue(value) });
  }

  #update(ops: FieldOps): void {
    for (const [field, op] of ops) {
      const before = this.#fields.get(field);
      this.#set(field, before, composed(before, op));
    }
    invariant(this.#values >= 0, 'what has gathered weighs no less than nothing');
  }

  #set(field: string, before: FieldTally | undefined, after: FieldTally | undefined): void {
    this.#values += valuesOf(after) - valuesOf(before);
    this.#operations += operationsOf(after) - operationsOf(before);
    this.#unputFields += unputCountOf(after) - unputCountOf(before);
    if (after === undefined) this.#fields.delete(field);
    else this.#fields.set(field, after);
  }

  #clear(): void {
    this.#fields.clear();
    this.#values = 0;
    this.#operations = 0;
    this.#unputFields = 0;
  }

  /** Without the values. */
  #sizeBehindInsert(): number {
    return this.#unputFields === 0 ? 0 : BASE_CHANGE_SIZE * Math.max(1, this.#operations);
  }
}

/** The composition of two operations, or `undefined` if an empty list edit leaves nothing. */
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

function unputCountOf(tally: FieldTally | undefined): number {
  return tally === undefined || tally.type === 'put' ? 0 : 1;
}

function operationsOf(tally: FieldTally | undefined): number {
  return tally?.type === 'list' ? tally.operations : 0;
}
