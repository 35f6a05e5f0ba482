import {
  type Change,
  type Fields,
  type ListOp,
  parseState,
  type Row,
  type State,
  type Value,
} from '../../src/index.js';
import { randomFrom } from './random.js';

export const TABLE = 't';
export const RECORD = 'r';
export const FIELD = 'f';

/** How many fields each of the many records has. */
export const FIELDS = 10;

export function recordId(number: number): string {
  return `record${number}`;
}

export function fieldName(number: number): string {
  return `field${number}`;
}

/** One field of one record set to a number. */
export interface FieldUpdate {
  readonly record: string;
  readonly field: string;
  readonly value: number;
}

/** Random updates of distinct fields, among twice as many as there are. */
export function fieldUpdates(count: number, seed: number): FieldUpdate[] {
  const random = randomFrom(seed);
  const records = Math.max(1, Math.ceil((2 * count) / FIELDS));
  const chosen = new Set<number>();
  while (chosen.size < count) chosen.add(Math.floor(random() * records * FIELDS));
  return [...chosen].map((place, number) => ({
    record: recordId(Math.floor(place / FIELDS)),
    field: fieldName(place % FIELDS),
    value: seed * 1_000_000 + number,
  }));
}

/** All records that `count` updates may edit, with all their fields. */
export function recordRows(count: number): Row[] {
  const records = Math.max(1, Math.ceil((2 * count) / FIELDS));
  return Array.from({ length: records }, (_, number) => ({
    tid: TABLE,
    rowid: recordId(number),
    data: Object.fromEntries(Array.from({ length: FIELDS }, (_, field) => [fieldName(field), field])),
  }));
}

/** Each update a change of its own. */
export function updatesDelta(updates: readonly FieldUpdate[]): readonly Change[] {
  return updates.map(({ record, field, value }) => ({
    type: 'update',
    table: TABLE,
    record,
    ops: new Map([[field, { type: 'put', value }]]),
  }));
}

export function insertsDelta(records: ReadonlyMap<string, Fields>): readonly Change[] {
  return [...records].map(([record, fields]) => ({ type: 'insert', table: TABLE, record, fields }));
}

export function listDelta(ops: readonly ListOp[]): readonly Change[] {
  return [
    { type: 'update', table: TABLE, record: RECORD, ops: new Map([[FIELD, { type: 'list', create: false, ops }]]) },
  ];
}

/** A state with one list. */
export function listState(items: readonly string[]): State {
  return parseState([{ tid: TABLE, rowid: RECORD, data: { [FIELD]: items } }]);
}

export function listItems(length: number): string[] {
  return Array.from({ length }, (_, number) => `item ${number}`);
}

export function listOf(state: { get(table: string, record: string): Fields | undefined }): Value | undefined {
  return state.get(TABLE, RECORD)?.get(FIELD);
}

/** What a delta of field updates puts, by record and field. */
export function putsOf(delta: Iterable<Change>): Map<string, unknown> {
  const values = new Map<string, unknown>();
  for (const change of delta) {
    if (change.type !== 'update') throw new Error(`not an update: ${change.type}`);
    for (const [field, op] of change.ops) {
      if (op.type !== 'put') throw new Error(`not a put: ${op.type}`);
      values.set(`${change.record}/${field}`, op.value);
    }
  }
  return values;
}
