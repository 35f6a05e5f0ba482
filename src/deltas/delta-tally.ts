import { invariant } from '../errors/invariant-error.js';
import type { Change, Delta, FieldOps } from '../operations/change.js';
import type { FieldOp } from '../operations/field-operation.js';
import { growthOfFieldOp, listOperationCount, sizeOfFieldOpValues } from '../operations/size.js';
import { BASE_CHANGE_SIZE, BASE_DELTA_SIZE, BASE_FIELD_SIZE, sizeOfValue } from '../values/size.js';

/** What a field operation of the normal form weighs, and what it takes to go on composing. */
type FieldTally =
  | { readonly type: 'put'; readonly values: number }
  | { readonly type: 'delete' }
  | { readonly type: 'list'; readonly values: number; readonly operations: number };

/** The same for what a normal form does to one record; `vanished` was inserted and deleted, and leaves nothing. */
interface RecordTally {
  readonly state: 'insert' | 'update' | 'delete' | 'replace' | 'vanished';
  readonly fields: ReadonlyMap<string, FieldTally>;
  readonly values: number;
  readonly operations: number;
}

/** A tally with more changes, worked out and not yet taken over. */
export interface PlannedTally {
  readonly size: number;
  readonly records: ReadonlyMap<string, ReadonlyMap<string, RecordTally>>;
}

const NO_FIELDS: ReadonlyMap<string, FieldTally> = new Map();

/**
 * The size of the composition of applied changes, kept while changes are added, without composing them: adding costs
 * what the change and its record's fields weigh, however much has gathered.
 *
 * Law: after any applied changes, `size` is `sizeOfDelta(compress(changes))`. Spec: SIZE-5 to SIZE-8.
 */
export class DeltaTally {
  readonly #records = new Map<string, Map<string, RecordTally>>();
  #size = 0;

  get size(): number {
    return this.#size === 0 ? 0 : BASE_DELTA_SIZE + this.#size;
  }

  /** What the tally would be after more applied changes. */
  plan(applied: Delta): PlannedTally {
    const records = new Map<string, Map<string, RecordTally>>();
    let growth = 0;
    for (const change of applied) {
      const { table, record } = change;
      const planned = records.get(table) ?? new Map<string, RecordTally>();
      records.set(table, planned);
      const before = planned.get(record) ?? this.#records.get(table)?.get(record);
      const after = addChange(before, change);
      growth += sizeOfTally(after) - sizeOfTally(before);
      planned.set(record, after);
    }
    const size = this.#size + growth;
    return { size: size === 0 ? 0 : BASE_DELTA_SIZE + size, records };
  }

  /** Takes over what {@link plan} worked out; nothing may have been added in between. */
  take({ size, records }: PlannedTally): void {
    this.#size = size === 0 ? 0 : size - BASE_DELTA_SIZE;
    for (const [table, planned] of records) {
      const kept = this.#records.get(table) ?? new Map<string, RecordTally>();
      this.#records.set(table, kept);
      for (const [record, tally] of planned) kept.set(record, tally);
    }
  }

  add(applied: Delta): void {
    this.take(this.plan(applied));
  }
}

function addChange(tally: RecordTally | undefined, change: Change): RecordTally {
  switch (change.type) {
    case 'insert': {
      const fields = new Map<string, FieldTally>();
      for (const [field, value] of change.fields) fields.set(field, { type: 'put', values: sizeOfValue(value) });
      return total(tally?.state === 'delete' ? 'replace' : 'insert', fields);
    }
    case 'update':
      return addUpdate(tally ?? { state: 'update', fields: NO_FIELDS, values: 0, operations: 0 }, change.ops);
    case 'delete':
      return total(tally?.state === 'insert' ? 'vanished' : 'delete', NO_FIELDS);
  }
}

function addUpdate(tally: RecordTally, ops: FieldOps): RecordTally {
  const fields = new Map(tally.fields);
  const isNewLife = tally.state !== 'update';
  for (const [field, op] of ops) {
    const before = fields.get(field) ?? (isNewLife ? ({ type: 'delete' } as const) : undefined);
    const after = addFieldOp(before, op);
    if (after === undefined || (isNewLife && after.type === 'delete')) fields.delete(field);
    else fields.set(field, after);
  }
  return total(tally.state, fields);
}

/** The composed operation, or `undefined` where a list operation without steps leaves nothing. */
function addFieldOp(before: FieldTally | undefined, op: FieldOp): FieldTally | undefined {
  const values = sizeOfFieldOpValues(op);
  if (op.type === 'put') return { type: 'put', values };
  if (op.type === 'delete') return { type: 'delete' };
  if (before === undefined || before.type === 'list') {
    const operations = (before?.operations ?? 0) + listOperationCount(op);
    return operations === 0 ? undefined : { type: 'list', values: (before?.values ?? 0) + values, operations };
  }
  // The operations fold into a list that was put, or into the empty one that `create` puts where a field was deleted.
  if (before.type === 'delete') return { type: 'put', values: growthOfFieldOp(op) - BASE_FIELD_SIZE };
  return { type: 'put', values: before.values + growthOfFieldOp(op) };
}

function total(state: RecordTally['state'], fields: ReadonlyMap<string, FieldTally>): RecordTally {
  let values = 0;
  let operations = 0;
  for (const field of fields.values()) {
    if (field.type !== 'delete') values += field.values;
    if (field.type === 'list') operations += field.operations;
  }
  invariant(values >= 0, 'what has gathered weighs no less than nothing');
  return { state, fields, values, operations };
}

function sizeOfTally(tally: RecordTally | undefined): number {
  switch (tally?.state) {
    case 'insert':
      return BASE_CHANGE_SIZE + tally.values;
    case 'replace':
      return 2 * BASE_CHANGE_SIZE + tally.values;
    case 'delete':
      return BASE_CHANGE_SIZE;
    case 'update':
      return tally.fields.size === 0 ? 0 : tally.values + BASE_CHANGE_SIZE * Math.max(1, tally.operations);
    default:
      return 0;
  }
}
