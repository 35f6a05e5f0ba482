import {
  type Change,
  compress,
  type DeltaInput,
  type FieldOp,
  type Fields,
  type ListOp,
  sizeOfValue,
  type Value,
} from '../../src/index.js';
import { readShared, type SequentialTrace } from '../../test/support/shared-data.js';
import { operationsOf } from '../../test/support/trace-operations.js';
import { randomFrom } from './random.js';

const RECORDS = 1000;
const SEQUENTIAL = 'traces/sequential-automerge-paper.json.gz';
const WORDS = 'water the plants before we leave and call about boat milk winter tyres new keys again'.split(' ');
const STATUSES = ['open', 'in progress', 'waiting', 'done'];
const PEOPLE = ['Ada Lovelace', 'Grace Hopper', 'Edsger Dijkstra', 'Barbara Liskov', 'Donald Knuth'];

/** Updates of ten fields each, of as many records. */
export function taskUpdates(count: number = RECORDS): DeltaInput {
  const random = randomFrom(1);
  const changes = Array.from({ length: count }, (): Change => {
    const ops = [...taskFields(random)].map(([field, value]): [string, FieldOp] => [field, { type: 'put', value }]);
    return { type: 'update', table: 'tasks', record: recordId(random), ops: new Map(ops) };
  });
  return compress(changes);
}

/** Inserts of records with ten fields each. */
export function taskInserts(count: number = RECORDS): Change[] {
  const random = randomFrom(2);
  return Array.from(
    { length: count },
    (): Change => ({ type: 'insert', table: 'tasks', record: recordId(random), fields: taskFields(random) }),
  );
}

/** The automerge-paper trace, or its beginning, as one delta of list operations. */
export function traceDelta(most: number = Number.POSITIVE_INFINITY): DeltaInput {
  const { txns } = JSON.parse(readShared(SEQUENTIAL)) as SequentialTrace;
  const ops: ListOp[] = txns.flatMap(({ patches }) => patches.flatMap(operationsOf)).slice(0, most);
  return [{ type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'list', create: false, ops }]]) }];
}

function recordId(random: () => number): string {
  return Array.from({ length: 12 }, () => Math.floor(random() * 36).toString(36)).join('');
}

/** A task as an application would store it: prose, choices, numbers, dates, flags and tags. */
function taskFields(random: () => number): Fields {
  const below = (bound: number): number => Math.floor(random() * bound);
  const pick = (from: readonly string[]): string => from[below(from.length)] ?? '';
  const words = (count: number): string => Array.from({ length: count }, () => pick(WORDS)).join(' ');
  return new Map<string, Value>([
    ['title', words(3 + below(4))],
    ['notes', words(below(12))],
    ['status', pick(STATUSES)],
    ['assignee', pick(PEOPLE)],
    ['done', random() < 0.3],
    ['priority', BigInt(below(5))],
    ['estimate', below(40) / 4],
    ['progress', random()],
    ['due', new Date(1_700_000_000_000 + below(10_000_000) * 1000)],
    ['tags', Array.from({ length: below(4) }, () => pick(WORDS))],
  ]);
}

/** The bytes of all values, and of every name once: 8 a number or date, 1 a boolean. */
export function rawSize(inserts: readonly Change[]): number {
  const names = new Set<string>();
  let size = 0;
  for (const change of inserts) {
    names.add(change.table).add(change.record);
    if (change.type !== 'insert') continue;
    for (const [field, value] of change.fields) {
      names.add(field);
      for (const item of Array.isArray(value) ? value : [value]) size += rawSizeOf(item);
    }
  }
  for (const name of names) size += name.length;
  return size;
}

function rawSizeOf(value: Value): number {
  if (typeof value === 'boolean') return 1;
  return typeof value === 'string' || value instanceof Uint8Array ? sizeOfValue(value) : 8;
}
