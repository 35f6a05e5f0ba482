import { Packr, Unpackr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { decodeDelta, encodeDelta, encodeSequencer, encodeState } from '../../src/codec/binary/index.js';
import type { Change, State } from '../../src/index.js';
import type { SavedSequencer } from '../../src/sync/index.js';
import { validMessages } from '../fuzz/message.js';
import { seedOfThisRun } from '../support/run-seed.js';
import { refusalOf } from './refusal.js';

const packer = new Packr({ useRecords: false });
const unpacker = new Unpackr({ useRecords: false });

/** What msgpackr, which knows nothing of this form, reads and writes again. */
function throughMsgpackr(bytes: Uint8Array): number[] {
  return [...packer.pack(unpacker.unpack(bytes))];
}

function insertOf(text: string): Change[] {
  return [{ type: 'insert', table: 't', record: 'r', fields: new Map([['f', text]]) }];
}

describe('the envelope is MessagePack, which msgpackr reads and writes again to the byte', () => {
  it('for deltas, states, replicas, sequencers and meshes', () => {
    const kinds = new Set<string>();
    for (const { kind, bytes } of validMessages(seedOfThisRun(), 20)) {
      kinds.add(kind);
      expect(throughMsgpackr(bytes), kind).toEqual([...bytes]);
      const [name, version, ...columns] = unpacker.unpack(bytes) as unknown[];
      expect([name, version]).toEqual([`deltaic/${kind}`, 1]);
      expect(columns.every((column) => column === null || column instanceof Uint8Array)).toBe(true);
    }
    expect([...kinds].sort()).toEqual(['delta', 'mesh', 'replica', 'sequencer', 'state']);
  });

  it.each([2, 254, 255, 256, 257, 65_535, 65_536, 65_537])('for a column of %i bytes', (length) => {
    const bytes = encodeDelta(insertOf('x'.repeat(length)));
    expect(throughMsgpackr(bytes)).toEqual([...bytes]);
    expect(decodeDelta(bytes).changes).toEqual(insertOf('x'.repeat(length)));
  });
});

describe('misuse is rejected at the call', () => {
  it.each([null, undefined, {}, [], 'state'])('encodeState(%j)', (misuse) => {
    expect(() => encodeState(misuse as unknown as State)).toThrow(
      expect.objectContaining({ name: 'DatastoreError', code: 'invalid-option' }),
    );
  });

  it.each([
    null,
    undefined,
    {},
    { snapshot: null, log: [] },
    { snapshot: { rev: 0, rows: [] }, log: [] },
    { snapshot: 1 },
  ])('encodeSequencer(%j)', (misuse) => {
    expect(() => encodeSequencer(misuse as unknown as SavedSequencer)).toThrow(
      expect.objectContaining({ name: 'DatastoreError', code: 'invalid-option' }),
    );
  });

  it.each([null, undefined, 5, {}, 'delta'])('encodeDelta(%j)', (misuse) => {
    expect(() => encodeDelta(misuse as unknown as Change[])).toThrow(
      expect.objectContaining({ name: 'DatastoreError', code: 'invalid-change' }),
    );
  });

  it('bytes whose buffer was transferred away', () => {
    const bytes = encodeDelta(insertOf('text'));
    structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] });
    expect(refusalOf(() => decodeDelta(bytes))).toEqual({ code: 'invalid-binary', offset: 0 });
  });
});
