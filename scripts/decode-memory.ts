/**
 * Measures what decoders build against what they count (`src/codec/binary/memory-budget.ts`): for files that hold as much
 * as possible for their size, of one kind each, the memory that is used once they are decoded.
 *
 *     node --expose-gc --import tsx scripts/decode-memory.ts
 */

import { decodeChanges, encodeChanges } from '../src/codec/binary/encoded-delta.js';
import { MemoryBudget } from '../src/codec/binary/memory-budget.js';
import { type Change, Delta, type FieldOp, type ListOp, type Value } from '../src/index.js';

const collect = (globalThis as { gc?: () => void }).gc;
if (collect === undefined) throw new Error('run with node --expose-gc --import tsx');

const COUNT = 20_000;
/** So many are held at once, and what one of them takes is the average. */
const COPIES = 6;

const field = (at: number): string => `f${String(at).padStart(3, '0')}`;
const record = (at: number): string => `r${String(at).padStart(6, '0')}`;
const many = <Item>(count: number, item: (at: number) => Item): Item[] =>
  Array.from({ length: count }, (_, at) => item(at));

function inserts(fieldCount: number, value: () => Value): Change[] {
  return many(COUNT / Math.max(fieldCount, 1), (at) => {
    const fields = new Map(many(fieldCount, (each) => [field(each), value()] as const));
    return { type: 'insert', table: 't', record: record(at), fields };
  });
}

function updates(fieldCount: number, op: () => FieldOp): Change[] {
  return many(COUNT / fieldCount, (at) => {
    const ops = new Map(many(fieldCount, (each) => [field(each), op()] as const));
    return { type: 'update', table: 't', record: record(at), ops };
  });
}

function listOf(item: (at: number) => Value): Change[] {
  const list = many(10 * COUNT, item) as Value & readonly Value[];
  return [{ type: 'insert', table: 't', record: 'r', fields: new Map([['f', list as Value]]) }];
}

const edits = (count: number): FieldOp => ({
  type: 'list',
  create: false,
  ops: many<ListOp>(count, () => ({ type: 'delete', index: 0 })),
});

const SHAPES: Readonly<Record<string, () => Change[]>> = {
  'records without fields': () => inserts(0, () => true),
  'records of one boolean': () => inserts(1, () => true),
  'records of 100 booleans': () => inserts(100, () => true),
  'records of 100 empty lists': () => inserts(100, () => []),
  'records of 100 empty bytes': () => inserts(100, () => new Uint8Array()),
  'lists of booleans': () => listOf(() => true),
  'lists of empty bytes': () => listOf(() => new Uint8Array()),
  'lists of dates': () => listOf(() => new Date(0)),
  'lists of longs': () => listOf((at) => BigInt(at % 60)),
  'lists of whole numbers': () => listOf((at) => at % 60),
  'lists of doubles': () => listOf((at) => at + 0.5),
  'lists of short strings': () => listOf((at) => record(at)),
  'updates of 100 puts': () => updates(100, () => ({ type: 'put', value: true, before: undefined })),
  'updates of 100 deletes': () => updates(100, () => ({ type: 'delete', before: undefined })),
  'updates of one list operation': () => updates(100, () => edits(1)),
  'updates of seven list operations': () => updates(100, () => edits(7)),
  'updates of nine list operations': () => updates(100, () => edits(9)),
  'a long list edit': () => updates(COUNT, () => edits(100)).slice(0, 1),
  'deletes of records': () => many(COUNT, (at): Change => ({ type: 'delete', table: 't', record: record(at) })),
};

let counted = 0;
const take = MemoryBudget.prototype.take;
MemoryBudget.prototype.take = function (this: MemoryBudget, bytes: number): void {
  counted += bytes;
  take.call(this, bytes);
};

const used = async (): Promise<number> => {
  for (let round = 0; round < 4; round++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

console.log('what                               file    memory/file  memory/counted');
for (const [name, make] of Object.entries(SHAPES)) {
  const bytes = encodeChanges(Delta.from(make()).changes);
  // The first ones warm up: what they leave behind is not of the decoder.
  const held = [decodeChanges(bytes), decodeChanges(bytes)];
  const before = await used();
  counted = 0;
  for (let copy = 0; copy < COPIES; copy++) held.push(decodeChanges(bytes));
  const counts = counted / COPIES;
  const memory = ((await used()) - before) / COPIES;
  const shown = [bytes.length, (memory / bytes.length).toFixed(0), (memory / counts).toFixed(2)];
  console.log(name.padEnd(34), ...shown.map((text) => String(text).padStart(9)), held.length > COPIES ? '' : 'nothing');
}
