import type { Change, FieldOp, ListOp, Rule, Value } from '../../src/index.js';

const TABLE = 't';
const RECORD = 'r';
const FIELD = 'f';

/** A small value of every type, with equal numbers of both types among them. */
export const SMALL_VALUES: readonly Value[] = [
  false,
  2n,
  2,
  -0.5,
  'b',
  new Uint8Array([7]),
  new Date(-1),
  [],
  ['x', 1n],
];

/** A function that can return a new value, either side's, and none. It depends on all it is given. */
export const MERGE_FUNCTION: Rule = ({ base, local, remote }) => {
  if (base === undefined && local === undefined) return remote;
  if (typeof local === 'string' || typeof remote === 'string') return undefined;
  return [base, local, remote].filter((value) => typeof value === 'bigint' || typeof value === 'number').length > 1
    ? 'merged'
    : local;
};

export const ALL_RULES: readonly Rule[] = ['remote', 'local', 'max', 'min', 'sum', MERGE_FUNCTION];

export function ruleTitle(rule: Rule): string {
  return typeof rule === 'function' ? 'a function' : rule;
}

/** A record before both sides edit it: `undefined` is no record, otherwise its one field, which may be absent. */
export type BaseRecord = { readonly field: Value | undefined } | undefined;

export const BASE_RECORDS: readonly BaseRecord[] = [
  undefined,
  { field: undefined },
  ...SMALL_VALUES.map((field) => ({ field })),
];

export function insertOf(field: Value | undefined): Change {
  return {
    type: 'insert',
    table: TABLE,
    record: RECORD,
    fields: new Map(field === undefined ? [] : [[FIELD, field]]),
  };
}

export function updateOf(op: FieldOp): Change {
  return { type: 'update', table: TABLE, record: RECORD, ops: new Map([[FIELD, op]]) };
}

export const deletion: Change = { type: 'delete', table: TABLE, record: RECORD };

/** The base record as the delta that makes it. */
export function deltaOf(base: BaseRecord): readonly Change[] {
  return base === undefined ? [] : [insertOf(base.field)];
}

/** Every delta on one record with one field: every kind of change, over the given values. */
export function allDeltas(base: BaseRecord, values: readonly Value[], tag: string): (readonly Change[])[] {
  const inserts = allInserts(values, tag);
  if (base === undefined) return [[], ...inserts];
  return [
    [],
    ...fieldOperations(base.field, values, tag).map((op) => [updateOf(op)]),
    [deletion],
    ...inserts.map((insert) => [deletion, ...insert]),
  ];
}

/** Every insert of the record: without the field, with each value, and with what a normal form can have behind it. */
function allInserts(values: readonly Value[], tag: string): (readonly Change[])[] {
  const behind: FieldOp[] = [
    { type: 'delete' },
    { type: 'list', create: true, ops: [] },
    { type: 'list', create: true, ops: [{ type: 'insert', index: 0, value: tag }] },
  ];
  return [
    ...[undefined, ...values].map((value) => [insertOf(value)]),
    ...behind.map((op) => [insertOf(undefined), updateOf(op)]),
  ];
}

/** Every operation on a field that holds `current`. */
export function fieldOperations(current: Value | undefined, values: readonly Value[], tag: string): FieldOp[] {
  const ops: FieldOp[] = [{ type: 'delete' }, ...values.map((value) => ({ type: 'put' as const, value }))];
  if (current === undefined) {
    ops.push({ type: 'list', create: true, ops: [] });
    ops.push({ type: 'list', create: true, ops: [{ type: 'insert', index: 0, value: tag }] });
  }
  if (Array.isArray(current)) {
    for (const op of listOperations(current.length, tag)) ops.push({ type: 'list', create: false, ops: [op] });
  }
  return ops;
}

function listOperations(length: number, tag: string): ListOp[] {
  const insert: ListOp = { type: 'insert', index: length, value: tag };
  if (length === 0) return [insert];
  return [insert, { type: 'put', index: 0, value: tag }, { type: 'delete', index: length - 1 }];
}
