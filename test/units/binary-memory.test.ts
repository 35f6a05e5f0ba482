import { describe, expect, it } from 'vitest';
import { ByteWriter, writeRun } from '../../src/codec/binary/byte-column.js';
import { packColumns } from '../../src/codec/binary/envelope.js';
import {
  DEFAULT_MAX_BYTES,
  type DecodeOptions,
  decodeDelta,
  decodeMesh,
  decodeReplica,
  decodeSequencer,
  decodeState,
  encodeDelta,
  encodeMesh,
  encodeReplica,
  encodeSequencer,
  encodeState,
} from '../../src/codec/binary/index.js';
import { parseDelta, parseState } from '../../src/index.js';
import { MeshReplica } from '../../src/mesh/index.js';
import { Replica, Sequencer } from '../../src/sync/index.js';
import { type Kind, validMessages } from '../fuzz/message.js';
import { seedOfThisRun } from '../support/run-seed.js';

type Decode = (bytes: Uint8Array, options?: DecodeOptions) => unknown;

const DECODERS: Readonly<Record<Kind | 'mesh', Decode>> = {
  delta: decodeDelta,
  state: decodeState,
  replica: decodeReplica,
  sequencer: decodeSequencer,
  mesh: decodeMesh,
};

function codeOf(decode: Decode, bytes: Uint8Array, options?: DecodeOptions): string {
  try {
    decode(bytes, options);
    return 'read';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** The least `maxBytes` with which a file is read. */
function leastFor(decode: Decode, bytes: Uint8Array): number {
  let [low, high] = [-1, 1 << 24];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (codeOf(decode, bytes, { maxBytes: middle }) === 'read') high = middle;
    else low = middle;
  }
  return high;
}

/** A delta of `count` updates of one record, each of which puts `width` booleans: about 1/8 byte each. */
function hostileDelta(count: number, width: number): Uint8Array {
  const [names, groups, records, fields, tags] = Array.from({ length: 5 }, () => new ByteWriter());
  if (!(names && groups && records && fields && tags)) throw new Error('There are five');
  const field = (at: number): string => `f${String(at).padStart(3, '0')}`;
  const all = [...Array.from({ length: width }, (_, at) => field(at)), 'r', 't'].sort();
  let previous = '';
  for (const name of all) {
    let shared = 0;
    while (shared < previous.length && previous[shared] === name[shared]) shared++;
    names.byte(0x80 + shared);
    names.text(name.slice(shared));
    previous = name;
  }
  writeRun(groups, 1, count);
  groups.varint(all.indexOf('t'));
  records.signed(all.indexOf('r'));
  fields.varint(0);
  fields.varint(width);
  for (let at = 0; at < width; at++) fields.varint(0);
  for (let at = 1; at < count; at++) {
    records.signed(0);
    fields.varint(0);
  }
  for (let left = count * width; left > 0; left -= 8) writeRun(tags, 3, Math.min(left, 8));
  const none = new Uint8Array();
  return packColumns('deltaic/delta', [
    ...[names.finish(), none, none, groups.finish(), records.finish(), fields.finish(), none],
    ...[tags.finish(), none, none, none, none, none],
  ]);
}

describe('a decoder', () => {
  it('ends before it has used more than it may, where a small file would take hundreds of times its size', () => {
    const small = hostileDelta(20, 100);
    expect(decodeDelta(small).length).toBe(1);
    const bytes = hostileDelta(40_000, 100);
    expect(bytes.length).toBeLessThan(700_000);
    expect(codeOf(decodeDelta, bytes)).toBe('decoded-too-large');
    expect(leastFor(decodeDelta, hostileDelta(400, 100))).toBeGreaterThan(200 * hostileDelta(400, 100).length);
    const before = process.memoryUsage().heapUsed;
    expect(codeOf(decodeDelta, bytes, { maxBytes: 1_000_000 })).toBe('decoded-too-large');
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000);
  });

  it('reads every file for which it may use what that takes, and none for which it may use less', () => {
    for (const { kind, bytes } of validMessages(seedOfThisRun(), 4)) {
      const decode = DECODERS[kind];
      const least = leastFor(decode, bytes);
      for (const maxBytes of [least, least + 1, DEFAULT_MAX_BYTES, Number.POSITIVE_INFINITY]) {
        expect(codeOf(decode, bytes, { maxBytes })).toBe('read');
      }
      for (const maxBytes of new Set([0, least >> 1, least - 1])) {
        if (maxBytes >= 0 && least > 0) expect(codeOf(decode, bytes, { maxBytes })).toBe('decoded-too-large');
      }
    }
  });

  it('counts everything that can be many: the least memory grows with each', () => {
    const record = (rowid: string, data: object): object => ({ tid: 't', rowid, data });
    const state = (...rows: readonly object[]): Uint8Array => encodeState(parseState(rows));
    const delta = (...changes: readonly unknown[]): Uint8Array => encodeDelta(parseDelta(changes));
    const list = (items: readonly unknown[]): Uint8Array => state(record('r', { f: items }));
    const edit = (count: number): Uint8Array =>
      delta(...Array.from({ length: count }, () => ['U', 't', 'r', { f: ['LD', 0] }]));
    const many = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item);
    const saved = new Sequencer().save();
    const snapshot = (rev: number): Uint8Array => {
      const nonces = Array.from({ length: rev }, (_, at) => `n${at}`);
      return encodeSequencer({ snapshot: { ...saved.snapshot, rev, nonces }, log: [] });
    };
    const replica = (count: number): Uint8Array => {
      const blank = new Replica({ nextNonce: () => 'n' }).save();
      return encodeReplica({ ...blank, rules: Array.from({ length: count }, (_, at) => ['t', 'r', `f${at}`, 'max']) });
    };
    const mesh = (count: number): Uint8Array => {
      const one = new MeshReplica({ agent: 'a' });
      for (let at = 0; at < count; at++) {
        one.apply([{ type: 'insert', table: 't', record: `r${at}`, fields: new Map() }]);
        one.seal();
      }
      return encodeMesh(one.content());
    };
    const grows: Readonly<Record<string, readonly [Decode, Uint8Array, Uint8Array, least: number]>> = {
      records: [decodeState, state(record('a', {})), state(record('a', {}), record('b', {})), 300],
      fields: [decodeState, state(record('a', { f: true })), state(record('a', { f: true, g: true })), 80],
      items: [decodeState, list(many(1, true)), list(many(101, true)), 1000],
      bytes: [decodeState, list(many(1, { B: '' })), list(many(2, { B: '' })), 200],
      'long bytes': [decodeState, list([{ B: 'AA' }]), list([{ B: 'A'.repeat(4000) }]), 2999],
      dates: [decodeState, list(many(1, { T: '0' })), list(many(2, { T: '0' })), 100],
      longs: [decodeState, list(many(1, { I: '0' })), list(many(2, { I: '0' })), 32],
      'whole numbers': [decodeState, list(many(1, 1)), list(many(2, 1)), 16],
      doubles: [decodeState, list(many(1, 1.5)), list(many(2, 1.5)), 16],
      strings: [decodeState, list(['ab']), list(['ab', 'cd']), 40],
      text: [decodeState, list(['a'.repeat(300)]), list(['a'.repeat(400)]), 200],
      'repeated strings': [decodeState, list(['ab', 'ab']), list(['ab', 'ab', 'cd', 'cd']), 40],
      names: [
        decodeState,
        state(record('a', { f: true })),
        state(record('a', { f: true }), record('b', { f: true })),
        400,
      ],
      'list operations': [decodeDelta, edit(10), edit(110), 4000],
      'list edits': [decodeDelta, edit(0), edit(1), 700],
      nonces: [decodeSequencer, snapshot(1), snapshot(11), 1000],
      rules: [decodeReplica, replica(1), replica(11), 4000],
      events: [decodeMesh, mesh(1), mesh(11), 10 * 700],
    };
    for (const [what, [decode, fewer, more, least]] of Object.entries(grows)) {
      expect([what, leastFor(decode, more) - leastFor(decode, fewer) >= least]).toEqual([what, true]);
    }
  });

  it('rejects a limit that is none', () => {
    const bytes = encodeDelta([]);
    for (const decode of Object.values(DECODERS)) {
      for (const maxBytes of [-1, Number.NaN, '9', {}]) {
        expect(codeOf(decode, bytes, { maxBytes } as never)).toBe('invalid-option');
      }
    }
  });
});
