import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ByteReader, ByteWriter } from '../../src/codec/binary/byte-column.js';
import { decodeUtf8 } from '../../src/codec/binary/text-column.js';
import { DatastoreError } from '../../src/index.js';
import { arbitraryDouble, arbitraryLong, arbitraryText } from '../support/arbitraries/values.js';

function written(write: (writer: ByteWriter) => void): number[] {
  const writer = new ByteWriter();
  write(writer);
  return [...writer.finish()];
}

function reader(bytes: readonly number[]): ByteReader {
  return new ByteReader(Uint8Array.from(bytes), 'column');
}

describe('a number is written in the fewest groups of seven bits', () => {
  test.each([
    [0, [0]],
    [127, [0x7f]],
    [128, [0x80, 0x01]],
    [300, [0xac, 0x02]],
    [16_384, [0x80, 0x80, 0x01]],
    [2 ** 32, [0x80, 0x80, 0x80, 0x80, 0x10]],
    [2 ** 53 - 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('%d', (number, bytes) => {
    expect(written((writer) => writer.varint(number))).toEqual(bytes);
    expect(reader(bytes).varint()).toBe(number);
  });

  test.each([
    [0, [0]],
    [-1, [1]],
    [1, [2]],
    [-64, [0x7f]],
    [64, [0x80, 0x01]],
    [-65, [0x81, 0x01]],
    [8_640_000_000_000_000, [0x80, 0x80, 0xe0, 0xad, 0x98, 0x82, 0xd9, 0x1e]],
    [-(2 ** 53) + 1, [0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f]],
  ])('%d with its sign', (number, bytes) => {
    expect(written((writer) => writer.signed(number))).toEqual(bytes);
    expect(reader(bytes).signed()).toBe(number);
    expect(written((writer) => writer.long(BigInt(number)))).toEqual(bytes);
  });

  test('and read back, for every long, in the zigzag form of 64 bits', () => {
    fc.assert(
      fc.property(arbitraryLong(), (long) => {
        const bytes = written((writer) => writer.long(long));
        expect(reader(bytes).long()).toBe(long);
        const zigzag = BigInt.asUintN(64, (long << 1n) ^ (long >> 63n));
        expect(bytes.reduceRight((sum, byte) => (sum << 7n) | BigInt(byte & 0x7f), 0n)).toBe(zigzag);
      }),
    );
  });

  test('and in any other form refused', () => {
    const forms = [[0x80, 0x00], [0xff, 0x80, 0x00], [0x80], [], [255, 255, 255, 255, 255, 255, 255, 0x10]];
    for (const bytes of forms) {
      expect(() => reader(bytes).varint(), String(bytes)).toThrow(DatastoreError);
    }
  });
});

describe('a double', () => {
  test('takes eight bytes, the sign first, and is read back exactly', () => {
    fc.assert(
      fc.property(arbitraryDouble(), (double) => {
        const bytes = written((writer) => writer.double(double));
        const view = new DataView(Uint8Array.from(bytes).buffer);
        expect([bytes.length, view.getFloat64(0)]).toEqual([8, double]);
        expect(reader(bytes).double()).toBe(double);
      }),
    );
  });

  test('that is NaN has one form, wherever it came from', () => {
    const payload = new Float64Array(Uint32Array.of(1, 0xfff80000).buffer)[0] ?? 0;
    expect(written((writer) => writer.double(payload))).toEqual([0x7f, 0xf8, 0, 0, 0, 0, 0, 0]);
    for (const bytes of [
      [0xff, 0xf8, 0, 0, 0, 0, 0, 0],
      [0x7f, 0xf8, 0, 0, 0, 0, 0, 1],
    ]) {
      expect(() => reader(bytes).double()).toThrow('a NaN must be written as 7ff8000000000000');
    }
  });
});

describe('text is UTF-8', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  test('as the platform writes it', () => {
    fc.assert(
      fc.property(arbitraryText(), (text) => {
        const bytes = written((writer) => writer.text(text));
        expect(bytes).toEqual([...new TextEncoder().encode(text)]);
        expect(decodeUtf8(Uint8Array.from(bytes))).toBe(text);
      }),
    );
  });

  test('and what the platform refuses is refused, and nothing else', () => {
    const byte = fc.oneof(
      fc.constantFrom(
        0x61,
        0x80,
        0x8f,
        0x90,
        0x9f,
        0xa0,
        0xbf,
        0xc0,
        0xc1,
        0xc2,
        0xdf,
        0xe0,
        0xed,
        0xef,
        0xf0,
        0xf4,
        0xf5,
      ),
      fc.integer({ min: 0, max: 255 }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), fc.array(byte, { maxLength: 6 }), (some, others) => {
        for (const bytes of [some, Uint8Array.from(others)]) {
          expect(outcome(() => decodeUtf8(bytes))).toBe(outcome(() => strict.decode(bytes)));
        }
      }),
      { numRuns: 5000 },
    );
  });

  test('of any length', () => {
    for (const text of ['x'.repeat(10_000), 'é'.repeat(10_000), '\u{1f600}'.repeat(5000)]) {
      expect(decodeUtf8(new TextEncoder().encode(text))).toBe(text);
    }
  });
});

function outcome(decode: () => string): string {
  try {
    return `text ${decode()}`;
  } catch {
    return 'refused';
  }
}
