import fc from 'fast-check';
import type { Change, FieldOp, Fields, ListOp, Value } from '../../src/index.js';

/** A choice of an edit, as plain numbers; it means something that fits whatever the state is. So cases shrink freely. */
export interface EditChoice {
  readonly kind: number;
  readonly record: number;
  readonly field: number;
  readonly at: number;
  readonly to: number;
  readonly value: number;
}

export const EDIT_TABLE = 't';
export const EDIT_RECORDS: readonly string[] = ['a', 'b'];
/** The fields by the rule that tests set for them; those under `list` and `text` hold lists most of the time. */
export const EDIT_FIELDS: readonly string[] = ['remote', 'local', 'max', 'min', 'sum', 'list', 'text'];

export function arbitraryEdit(): fc.Arbitrary<EditChoice> {
  const nat = (max: number): fc.Arbitrary<number> => fc.nat({ max });
  return fc.record({
    kind: nat(15),
    record: fc.constantFrom(0, 0, 0, 1),
    field: nat(EDIT_FIELDS.length - 1),
    at: nat(7),
    to: nat(7),
    value: nat(99),
  });
}

/** The change that a choice means for a record with these fields. */
export function changeOf(choice: EditChoice, get: (table: string, record: string) => Fields | undefined): Change[] {
  const table = EDIT_TABLE;
  const record = EDIT_RECORDS[choice.record] ?? 'a';
  const fields = get(table, record);
  const field = EDIT_FIELDS[choice.field] ?? 'list';
  const insert: Change = { type: 'insert', table, record, fields: new Map([[field, newValue(choice, field)]]) };
  if (fields === undefined) return [insert];
  if (choice.kind === 0) return [{ type: 'delete', table, record }];
  if (choice.kind === 1) return [{ type: 'delete', table, record }, insert];
  return [{ type: 'update', table, record, ops: new Map([[field, fieldOp(choice, field, fields.get(field))]]) }];
}

function fieldOp(choice: EditChoice, field: string, current: Value | undefined): FieldOp {
  if (choice.kind === 2) return { type: 'delete' };
  const isListField = field === 'list' || field === 'text';
  if (isListField && current === undefined && choice.kind > 4) {
    return { type: 'list', create: true, ops: [{ type: 'insert', index: 0, value: choice.value }] };
  }
  if (isListField && Array.isArray(current) && choice.kind > 3) {
    return { type: 'list', create: false, ops: [listOp(choice, current.length)] };
  }
  if (typeof current === 'bigint' && field === 'sum') return { type: 'put', value: current + BigInt(choice.value) };
  return { type: 'put', value: newValue(choice, field) };
}

function listOp({ kind, at, to, value }: EditChoice, length: number): ListOp {
  if (length === 0 || kind < 10) return { type: 'insert', index: at % (length + 1), value };
  if (kind < 12) return { type: 'delete', index: at % length };
  if (kind < 13) return { type: 'put', index: at % length, value };
  return { type: 'move', from: at % length, to: to % length };
}

function newValue({ value }: EditChoice, field: string): Value {
  if (field === 'list' || field === 'text') return [value];
  return BigInt(value);
}
