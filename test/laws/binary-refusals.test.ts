import { describe, expect, it } from 'vitest';
import { readableFiles, refusedFiles } from '../../spec/generator/binary-family.js';
import {
  decodeDelta,
  decodeReplica,
  decodeSequencer,
  decodeState,
  encodeDelta,
  encodeState,
} from '../../src/codec/binary/index.js';
import { parseDelta, parseState, State } from '../../src/index.js';
import { checkBytes } from '../fuzz/check-message.js';
import { validMessages } from '../fuzz/message.js';
import { seedOfThisRun } from '../support/run-seed.js';
import { refusalOf } from './refusal.js';

const DECODERS = [decodeDelta, decodeState, decodeReplica, decodeSequencer] as const;

describe('what is read is what is written: encode(decode(b)) = b, or b is refused with a code and an offset', () => {
  it.each(refusedFiles().map((file) => [file.name, file] as const))('refused: %s', (_, { kind, bytes }) => {
    expect(checkBytes(kind, bytes)).toBe('refused');
  });

  it('while the same files without the damage are read', () => {
    expect(readableFiles().length).toBeGreaterThan(15);
    for (const { name, kind, bytes } of readableFiles()) expect(checkBytes(kind, bytes), name).toBe('accepted');
  });

  it('for every file cut short, at any byte', () => {
    for (const { kind, bytes } of validMessages(seedOfThisRun(), 4)) {
      for (let end = 0; end < bytes.length; end++) expect(checkBytes(kind, bytes.subarray(0, end))).toBe('refused');
    }
  });

  it('for every bit flipped', () => {
    for (const { kind, bytes } of validMessages(seedOfThisRun(), 1)) {
      for (let bit = 0; bit < 8 * bytes.length; bit++) {
        const flipped = bytes.slice();
        flipped.set([(bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))], bit >> 3);
        checkBytes(kind, flipped);
      }
    }
  });

  it('for anything but bytes', () => {
    const inputs: readonly unknown[] = [undefined, null, 1, 'x', [], {}, new ArrayBuffer(8), new Uint16Array(2)];
    const pretenders = [Object.create(Uint8Array.prototype), { length: 4, buffer: new ArrayBuffer(4) }];
    for (const input of [...inputs, ...pretenders]) {
      for (const decode of DECODERS) {
        expect(refusalOf(() => decode(input))).toEqual({ code: 'invalid-binary', offset: 0 });
      }
    }
  });

  it('and a Buffer, or a part of a larger one, is as good as an array of its own', () => {
    const bytes = encodeDelta(parseDelta([['D', 't', 'r']]));
    const part = Buffer.concat([Buffer.from('before'), bytes, Buffer.from('after')]).subarray(6, 6 + bytes.length);
    expect(decodeDelta(part)).toEqual(decodeDelta(bytes));
    expect(Object.keys(part).length).toBe(bytes.length);
  });

  it('with a version that is not known told apart', () => {
    const bytes = encodeState(new State());
    bytes[15] = 2;
    expect(refusalOf(() => decodeState(bytes))).toEqual({ code: 'unknown-version', offset: 15 });
  });
});

describe('time and memory are bounded by the number of bytes', () => {
  /** A file of mostly one byte, as long as the numbers and runs in it can make it. */
  const hostile = refusedFiles().filter(({ name }) => /million|billion|2\^|gigabytes|more records/.test(name));

  it('where a file declares more than it has', () => {
    expect(hostile.length).toBeGreaterThan(6);
    for (const { name, bytes } of hostile) {
      const start = process.memoryUsage().heapUsed;
      expect(refusalOf(() => decodeDelta(bytes))?.code, name).toBe('invalid-binary');
      expect(process.memoryUsage().heapUsed - start, name).toBeLessThan(10_000_000);
    }
  });

  it('where a short string is meant often, and a long one cannot be', () => {
    const often = (text: string): number => {
      const data = { f: Array.from({ length: 1000 }, () => text) };
      return encodeState(parseState([{ tid: 't', rowid: 'r', data }])).length;
    };
    expect(often('x'.repeat(256))).toBeLessThan(1500);
    expect(often('x'.repeat(257))).toBeGreaterThan(257_000);
  });

  it('where there are many arrays in arrays', () => {
    const nested = new Uint8Array(1_000_000).fill(0x91);
    for (const decode of DECODERS) expect(refusalOf(() => decode(nested))?.code).toBe('invalid-binary');
  });
});
