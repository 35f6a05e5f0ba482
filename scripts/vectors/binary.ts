import {
  decodeDelta,
  decodeReplica,
  decodeSequencer,
  decodeState,
  encodeDelta,
  encodeReplica,
  encodeSequencer,
  encodeState,
} from '../../src/codec/binary/index.js';
import { compress, formatValue, parseValue, State } from '../../src/index.js';
import { parseEntry, type SavedReplica, type Snapshot } from '../../src/sync/index.js';
import { BINARY_REFUSALS } from './binary-refusals.js';
import type { Family } from './family.js';
import { arrayOf, asJson, type Json, type JsonObject, objectOf } from './json.js';
import { readDelta } from './notation.js';
import { answerOrError } from './outcome.js';

const put = (value: Json, ...before: readonly Json[]): Json => [['U', 't', 'r', { f: ['P', value, ...before] }]];
const steps = (...ops: readonly Json[]): Json => ops.map((op) => ['U', 't', 'r', { f: op }]);
const inserts = (start: number, text: string): Json[] => [...text].map((item, at) => ['LI', start + at, item]);
const deletes = (count: number, index: (at: number) => number): Json[] =>
  Array.from({ length: count }, (_, at) => ['LD', index(at)]);

const VALUES: readonly (readonly [name: string, json: Json])[] = [
  ['true', true],
  ['false', false],
  ['double 0', 0],
  ['double minus zero', { N: '-0' }],
  ['double 1', 1],
  ['double -1', -1],
  ['double 64', 64],
  ['double 2^53-1', 9007199254740991],
  ['double -2^53+1', -9007199254740991],
  ['double 2^53', 9007199254740992],
  ['double 0.5', 0.5],
  ['NaN', { N: 'nan' }],
  ['minus infinity', { N: '-inf' }],
  ['long 0', { I: '0' }],
  ['long -64', { I: '-64' }],
  ['long -65', { I: '-65' }],
  ['long 2^53', { I: '9007199254740992' }],
  ['greatest long', { I: '9223372036854775807' }],
  ['least long', { I: '-9223372036854775808' }],
  ['empty string', ''],
  ['one character', 'x'],
  ['one character of four bytes', '\u{1f600}'],
  ['string', 'aé\uffff\u{10ffff}'],
  ['byte order mark', '\ufeffa'],
  ['string of 128 bytes', 'x'.repeat(128)],
  ['no bytes', { B: '' }],
  ['bytes', { B: '_wA' }],
  ['date', { T: '1385164800000' }],
  ['least date', { T: '-8640000000000000' }],
  ['empty list', []],
  ['list', [true, { I: '1' }, 1, 'a', { B: 'AA' }, { T: '0' }, { N: 'nan' }]],
  ['nine booleans', Array.from({ length: 9 }, () => true)],
  ['seventeen characters', [...'abcdefghijklmnopq']],
  ['repeated strings', ['two', 'one', 'two', 'one', 'once']],
  ['repeated strings of 256 and 257 bytes', ['x'.repeat(256), 'x'.repeat(256), 'y'.repeat(257), 'y'.repeat(257)]],
];

const DELTAS: readonly (readonly [name: string, delta: Json])[] = [
  ['nothing', []],
  ['insert', [['I', 't', 'r', { a: 1, b: { I: '1' } }]]],
  ['insert without fields', [['I', 't', 'r', {}]]],
  ['delete', [['D', 't', 'r']]],
  ['delete of known fields', [['D', 't', 'r', { before: { f: 1 } }]]],
  ['delete of no fields', [['D', 't', 'r', { before: {} }]]],
  ['put over a known value', put('new', { before: 'old' })],
  ['put over absence', put(1, { before: null })],
  ['delete of a field', steps(['D'])],
  ['delete of a known field', steps(['D', { before: [1] }])],
  ['known and unknown', [['U', 't', 'r', { a: ['P', 1, { before: 2 }], b: ['P', 1], c: ['D', { before: null }] }]]],
  ['create', steps(['LC'])],
  ['create and insert', steps(['LC'], ['LI', 0, 'a'])],
  ['typing', steps(...inserts(5, 'typing'))],
  ['typing with a correction', steps(...inserts(5, 'tpo'), ['LD', 7], ['LD', 6], ...inserts(6, 'ypo'))],
  ['ten deletes', steps(...deletes(10, () => 3))],
  ['ten backspaces', steps(...deletes(10, (at) => 20 - at))],
  ['two deletes, then one before', steps(['LD', 5], ['LD', 5], ['LD', 4])],
  ['deletes of known items', steps(['LD', 5, { before: 'a' }], ['LD', 5, { before: 'b' }])],
  ['puts', steps(['LP', 2, 'x', { before: 'y' }], ['LP', 3, true])],
  ['the greatest index', steps(['LI', 536870911, 'x'], ['LM', 536870911, 0], ['LM', 0, 536870911])],
  [
    'inserts, a put and deletes apart',
    steps(['LI', 0, 'a'], ['LI', 0, 'b'], ['LP', 1, 'c'], ['LP', 1, 'd'], ['LD', 4], ['LD', 2], ['LD', 2]),
  ],
  [
    'sixteen, seventeen and eighteen moves and puts',
    steps(
      ...[16, 17, 18].flatMap((count) => [
        ['LM', 0, 1],
        ...Array.from({ length: count }, (_, at): Json => ['LP', at, 1]),
      ]),
    ),
  ],
  ['moves', steps(['LM', 0, 2], ['LM', 2, 0])],
  [
    'shared names',
    [
      ['I', 'task', 'task-10', { tasks: 1 }],
      ['I', 'task', 'task-1', { task: 1 }],
    ],
  ],
  ['names of every kind', [['U', '__proto__', ':constructor', JSON.parse('{"__proto__":["P",1],"f":["D"]}') as Json]]],
  [
    'the same fields twice',
    [
      ['U', 't', 'a', { f: ['P', 1], g: ['P', 2] }],
      ['U', 't', 'b', { f: ['D'], g: ['P', 2] }],
    ],
  ],
  [
    'two tables',
    [
      ['I', 't', 'a', {}],
      ['D', 'u', 'a'],
      ['I', 'u', 'b', { f: 1 }],
    ],
  ],
];

const SEQUENCES: readonly (readonly [name: string, changes: Json])[] = [
  ['not in normal form', [...arrayOf(put(2)), ...arrayOf(put(1)), ['D', 't', 'a']]],
  [
    'insert, then delete',
    [
      ['I', 't', 'r', { f: 1 }],
      ['D', 't', 'r'],
    ],
  ],
];

const STATES: readonly (readonly [name: string, rows: Json])[] = [
  ['empty', []],
  [
    'of records in any order',
    [
      { tid: 'u', rowid: 'b', data: { f: ['a', 'b'] } },
      { tid: 't', rowid: 'b', data: {} },
      { tid: 't', rowid: 'a', data: { f: 'twice', g: ['twice'] } },
    ],
  ],
];

const REPLICAS: readonly (readonly [name: string, replica: Json])[] = [
  [
    'new',
    {
      ...{ format: 1, rev: 0, rows: [], pending: [], nonce: null, refusal: null, open: [], rules: [] },
      ...{ needsReload: false, isLogLost: false },
    },
  ],
  [
    'with edits under way',
    {
      ...{ format: 1, rev: 300, rows: [{ tid: 't', rowid: 'r', data: { f: 1 } }] },
      ...{ pending: [put(2), put(3)], nonce: 'n-1', open: put(4) },
      refusal: { reason: 'limit', code: 'record-too-large', message: 'é', place: { table: 't', record: 'r' } },
      rules: [
        ['t', 'r', 'f', 'function'],
        ['t', 'r', 'e', 'max'],
      ],
      ...{ needsReload: true, isLogLost: true },
    },
  ],
  [
    'with an empty pending delta, one that does not fit, and a lost log without a reload',
    {
      ...{
        format: 1,
        rev: 1,
        rows: [],
        pending: [put(1), []],
        nonce: 'n',
        refusal: null,
        open: [['D', 't', 'r']],
        rules: [],
      },
      ...{ needsReload: false, isLogLost: true },
    },
  ],
  [
    'at the greatest revision, with a refusal that says no more than it must',
    {
      ...{ format: 1, rev: 9007199254740991, rows: [], pending: [put(1)], nonce: 'n', open: [], rules: [] },
      ...{ refusal: { reason: 'permission', message: '' }, needsReload: true, isLogLost: false },
    },
  ],
  [
    'with a refusal in which everything is escaped that is, and every part of a place',
    {
      ...{ format: 1, rev: 1, rows: [], pending: [put(1)], nonce: '~'.repeat(128), open: [] },
      refusal: {
        ...{
          reason: 'invalid',
          code: 'index-out-of-range',
          message: '"\\/\b\f\n\r\t\u0000\u001f\u007f\u2028é\u{1f600}',
        },
        place: { table: 't', record: 'r', field: 'f', index: 2 ** 53 - 1, position: 0 },
      },
      rules: [
        ['t', 'r', 'g', 'local'],
        ['t', 'q', 'f', 'sum'],
        ['t', 'r', 'f', 'min'],
      ],
      ...{ needsReload: false, isLogLost: false },
    },
  ],
];

const SEQUENCERS: readonly (readonly [name: string, sequencer: Json])[] = [
  ['new', { snapshot: { type: 'snapshot', rev: 0, rows: [], nonces: [] }, log: [] }],
  [
    'with entries before and after its snapshot',
    {
      snapshot: { type: 'snapshot', rev: 2, rows: [{ tid: 't', rowid: 'r', data: { f: 2 } }], nonces: ['n1', 'n2'] },
      log: [
        { rev: 2, nonce: 'n2', delta: put(2) },
        { rev: 3, nonce: 'n3', delta: put(3) },
      ],
    },
  ],
  [
    'with fewer nonces than entries, one of them empty',
    {
      snapshot: { type: 'snapshot', rev: 2, rows: [], nonces: ['n2'] },
      log: [
        { rev: 1, nonce: 'n1', delta: [] },
        { rev: 2, nonce: 'n2', delta: put(2) },
      ],
    },
  ],
  [
    'with more nonces than entries, and none after its snapshot',
    { snapshot: { type: 'snapshot', rev: 300, rows: [], nonces: ['a', 'b', '!', '~'] }, log: [] },
  ],
];

const DECODERS = { delta: decodeDelta, state: decodeState, replica: decodeReplica, sequencer: decodeSequencer };

export const binary: Family = {
  file: 'binary.json',
  description:
    'Deltas, states, saved replicas and saved sequencers with the bytes that encode them, and bytes that are refused.',
  inputs: [
    ...VALUES.map(([name, json]) => ({ name: `value: ${name}`, delta: put(json) })),
    ...DELTAS.map(([name, delta]) => ({ name: `delta: ${name}`, delta })),
    ...SEQUENCES.map(([name, changes]) => ({ name: `changes: ${name}`, changes })),
    ...STATES.map(([name, rows]) => ({ name: `state: ${name}`, rows })),
    ...REPLICAS.map(([name, replica]) => ({ name: `replica: ${name}`, replica })),
    ...SEQUENCERS.map(([name, sequencer]) => ({ name: `sequencer: ${name}`, sequencer })),
    ...BINARY_REFUSALS.map(([name, bytes, kind]) => ({
      ...{ name: `refused: ${name}`, kind: kind ?? 'delta', encoded: base64Of(bytes) },
    })),
  ],
  outputs: ['bytes'],
  complete: (input: JsonObject): JsonObject =>
    answerOrError(() => {
      const { encoded, kind } = input;
      if (encoded === undefined) return { bytes: base64Of(encode(input)) };
      const bytes = parseValue(encoded);
      DECODERS[kind as keyof typeof DECODERS](bytes);
      throw new Error(`${String(input['name'])} is not refused`);
    }),
};

/** The bytes of what a case holds; decoding must lead back to it. */
function encode({ delta, changes, rows, replica, sequencer }: JsonObject): Uint8Array {
  if (delta !== undefined) return thatDecodes(encodeDelta(compress(readDelta(delta))), decodeDelta, encodeDelta);
  if (changes !== undefined) return thatDecodes(encodeDelta(readDelta(changes)), decodeDelta, encodeDelta);
  if (rows !== undefined) return thatDecodes(encodeState(State.fromRows(rows)), decodeState, encodeState);
  if (replica !== undefined) {
    return thatDecodes(encodeReplica(replica as unknown as SavedReplica), decodeReplica, encodeReplica);
  }
  const { snapshot, log } = objectOf(sequencer);
  const saved = { snapshot: snapshot as unknown as Snapshot, log: arrayOf(log).map(parseEntry) };
  return thatDecodes(encodeSequencer(saved), decodeSequencer, encodeSequencer);
}

function thatDecodes<Content>(
  bytes: Uint8Array,
  decode: (bytes: unknown) => Content,
  again: (content: Content) => Uint8Array,
): Uint8Array {
  if (Buffer.compare(again(decode(bytes)), bytes) !== 0) throw new Error('no round trip');
  return bytes;
}

/** Bytes as wire JSON writes them. */
function base64Of(bytes: Uint8Array): Json {
  return asJson(formatValue(bytes));
}
