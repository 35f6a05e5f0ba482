import { deflateSync } from 'node:zlib';
import { Packr, pack, unpack } from 'msgpackr';
import {
  type Change,
  compress,
  type Delta,
  decodeDelta,
  decodeState,
  encodeDelta,
  encodeState,
  type FieldOp,
  type Fields,
  formatDelta,
  type ListOp,
  parseDelta,
  State,
  sizeOfValue,
  type Value,
} from '../src/index.js';
import { hasShared, readShared, type SequentialTrace } from '../test/support/shared-data.js';
import { operationsOf } from '../test/support/trace-operations.js';
import { interleavedTimes } from './support/measure.js';
import { randomFrom } from './support/random.js';
import { milliseconds, type Row, type Section, times } from './support/report.js';

const SEQUENTIAL = 'traces/sequential-automerge-paper.json.gz';
const RECORDS = 1000;
const ROUNDS = 31;
const WORDS = 'water the plants before we leave and call about boat milk winter tyres new keys again'.split(' ');
const STATUSES = ['open', 'in progress', 'waiting', 'done'];
const PEOPLE = ['Ada Lovelace', 'Grace Hopper', 'Edsger Dijkstra', 'Barbara Liskov', 'Donald Knuth'];

/** Sizes and times of the binary form, beside wire JSON and msgpackr of the same objects in the same run. */
export function benchCodec(announce: (work: string) => void): Section[] {
  const sections = [fieldUpdates(), wholeState(), ...trace()];
  for (const { title, rows } of sections) for (const row of rows) announce(`${title}, ${row.work}: ${row.measured}`);
  return sections;
}

function fieldUpdates(): Section {
  const random = randomFrom(1);
  const changes = Array.from({ length: RECORDS }, (): Change => {
    const ops = [...taskFields(random)].map(([field, value]): [string, FieldOp] => [field, { type: 'put', value }]);
    return { type: 'update', table: 'tasks', record: recordId(random), ops: new Map(ops) };
  });
  const delta = compress(changes);
  return { title: 'Codec: 10,000 updates of fields in 1,000 records', rows: compare(delta) };
}

function wholeState(): Section {
  const random = randomFrom(2);
  const state = new State();
  const inserts = Array.from(
    { length: RECORDS },
    (): Change => ({ type: 'insert', table: 'tasks', record: recordId(random), fields: taskFields(random) }),
  );
  state.apply(inserts);
  const encoded = encodeState(state);
  const rows = state.toRows();
  const packed = pack(rows);
  const [encode = 0, packing = 0, decode = 0, unpacking = 0] = interleavedTimes(
    [() => encodeState(state), () => pack(rows), () => decodeState(encoded), () => unpack(packed)],
    ROUNDS,
  );
  // On their own, because they leave much garbage behind, which would be cleared away at the cost of the others.
  const [packingState = 0, unpackingState = 0] = interleavedTimes(
    [() => pack(state.toRows()), () => State.fromRows(unpack(packed))],
    ROUNDS,
  );
  const raw = rawSize(inserts);
  return {
    title: 'Codec: a state of 1,000 records of 10 fields',
    rows: [
      {
        work: 'size, against its raw values and names',
        measured: `${bytes(encoded.length)}, ${bytes(raw)} = ${times(encoded.length / raw)}`,
        target: '≤ 1.1 ×',
      },
      ...speeds('msgpackr of rows that are there', encode, packing, decode, unpacking),
      ...speeds('msgpackr from and to a state', encode, packingState, decode, unpackingState),
    ],
  };
}

function trace(): Section[] {
  if (!hasShared(SEQUENTIAL)) return [];
  const { startContent, endContent, txns } = JSON.parse(readShared(SEQUENTIAL)) as SequentialTrace;
  const ops: ListOp[] = txns.flatMap(({ patches }) => patches.flatMap(operationsOf));
  const delta: Delta = [
    { type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'list', create: false, ops }]]) },
  ];
  const encoded = encodeDelta(delta);
  const state = State.fromRows([{ tid: 't', rowid: 'r', data: { f: [...startContent] } }]);
  state.apply(delta);
  const content = encodeState(state).length;
  return [
    {
      title: 'Codec: automerge-paper as one delta',
      rows: [
        {
          work: `size of ${ops.length.toLocaleString('en')} edits`,
          measured: `${bytes(encoded.length)} = ${(encoded.length / ops.length).toFixed(2)} an edit`,
          target: '≤ 2.5 an edit',
        },
        {
          work: 'the same deflated, against the smallest history of its peers',
          measured: bytes(deflateSync(encoded).length),
          target: '≤ 109 kB',
        },
        {
          work: 'the state at its end, against the smallest of its peers, and the text alone',
          measured: `${bytes(content)}, ${bytes(Buffer.byteLength(endContent))}`,
          target: '≤ 110 kB',
        },
        ...compare(delta).slice(2),
      ],
    },
  ];
}

/** A delta beside wire JSON and msgpackr. */
function compare(delta: Delta): Row[] {
  const encoded = encodeDelta(delta);
  const wire = formatDelta(delta);
  const json = JSON.stringify(wire);
  const packed = smallestPacked(delta);
  const plain = pack(delta);
  const [encode = 0, packing = 0, decode = 0, unpacking = 0] = interleavedTimes(
    [() => encodeDelta(delta), () => pack(delta), () => decodeDelta(encoded), () => unpack(plain)],
    ROUNDS,
  );
  const [stringify = 0, parse = 0] = interleavedTimes([
    () => JSON.stringify(formatDelta(delta)),
    () => parseDelta(JSON.parse(json)),
  ]);
  return [
    {
      work: 'size, against wire JSON',
      measured: `${bytes(encoded.length)}, ${bytes(json.length)} = ${times(encoded.length / json.length)}`,
      target: '≤ 0.4 ×',
    },
    {
      work: 'size, against msgpackr with records',
      measured: `${bytes(packed.length)} = ${times(encoded.length / packed.length)}`,
      target: '< 1 ×',
    },
    ...speeds('msgpackr', encode, packing, decode, unpacking),
    {
      work: 'encode and decode, against wire JSON through text',
      measured: `${times(encode / stringify)}, ${times(decode / parse)}`,
      target: '',
    },
  ];
}

function speeds(
  yardstick: string,
  encode: number,
  pack: number,
  decode: number,
  unpack: number,
  target = '≤ 2 ×',
): Row[] {
  return [
    {
      work: `encode, against ${yardstick}`,
      measured: `${milliseconds(encode)}, ${milliseconds(pack)} = ${times(encode / pack)}`,
      target,
    },
    {
      work: `decode, against ${yardstick}`,
      measured: `${milliseconds(decode)}, ${milliseconds(unpack)} = ${times(decode / unpack)}`,
      target,
    },
  ];
}

/** What the best settings of msgpackr make of the same objects: Maps as Maps, keys stored once or not. */
function smallestPacked(objects: unknown): Uint8Array {
  const sizes = [true, false].map(
    (useRecords) => new Uint8Array(new Packr({ useRecords, mapsAsObjects: false, moreTypes: true }).pack(objects)),
  );
  return sizes.reduce((least, packed) => (packed.length < least.length ? packed : least));
}

function recordId(random: () => number): string {
  return Array.from({ length: 12 }, () => Math.floor(random() * 36).toString(36)).join('');
}

/** A task as an application would keep it: prose, choices from a few, numbers, dates, flags and tags. */
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
function rawSize(inserts: readonly Change[]): number {
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

function bytes(count: number): string {
  return count < 10_000 ? `${count} bytes` : `${(count / 1000).toFixed(1)} kB`;
}
