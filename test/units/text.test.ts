import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareText, isWellFormed, utf8ByteLength } from '../../src/values/text.js';
import { arbitraryText } from '../support/arbitraries/values.js';
import { runs } from '../support/seed.js';

const UNITS = [
  '\0',
  '\x7f',
  '\x80',
  '\u07ff',
  '\u0800',
  '\ud7ff',
  '\ud800',
  '\udbff',
  '\udc00',
  '\udfff',
  '\ue000',
  '\uffff',
];
const SHORT_TEXTS = [
  '',
  ...UNITS,
  ...UNITS.flatMap((a) => UNITS.flatMap((b) => [a + b, ...UNITS.map((c) => a + b + c)])),
];

/** URI encoding writes UTF-8 and refuses what UTF-8 cannot carry. */
function hasUtf8(text: string): boolean {
  try {
    encodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

const WELL_FORMED = SHORT_TEXTS.filter(hasUtf8);

describe('isWellFormed', () => {
  it('accepts what can be written as UTF-8, for all texts of up to three units on the edges', () => {
    expect(SHORT_TEXTS.filter(isWellFormed)).toEqual(WELL_FORMED);
    expect(WELL_FORMED.length).toBeLessThan(SHORT_TEXTS.length);
  });

  it('sees a lone surrogate at either end of a long text', () => {
    const long = 'a\u{1f600}'.repeat(100_000);
    expect([long, `${long}\ud800`, `\udc00${long}`].map(isWellFormed)).toEqual([true, false, false]);
  });
});

describe('utf8ByteLength', () => {
  it('is the length of the UTF-8', () => {
    for (const text of WELL_FORMED) expect(utf8ByteLength(text)).toBe(Buffer.byteLength(text));
    fc.assert(
      fc.property(arbitraryText(100), (text) => {
        expect(utf8ByteLength(text)).toBe(Buffer.byteLength(text));
      }),
    );
  });
});

describe('compareText', () => {
  it('orders like UTF-8 bytes, which is code point order, for all pairs of short texts', () => {
    const texts = WELL_FORMED.filter((text) => text.length < 3).map((text) => ({ text, utf8: Buffer.from(text) }));
    for (const left of texts) {
      for (const right of texts) {
        if (Math.sign(compareText(left.text, right.text)) !== Buffer.compare(left.utf8, right.utf8)) {
          expect.fail(JSON.stringify([left.text, right.text]));
        }
      }
    }
  });

  it('orders like UTF-8 bytes where texts differ late', () => {
    fc.assert(
      fc.property(arbitraryText(20), arbitraryText(), arbitraryText(), (shared, left, right) => {
        const expected = Buffer.compare(Buffer.from(left), Buffer.from(right));
        expect(Math.sign(compareText(shared + left, shared + right))).toBe(expected);
      }),
      { numRuns: runs(1000) },
    );
  });
});
