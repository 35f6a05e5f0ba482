import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64Url, encodeBase64Url } from '../../src/values/wire.js';
import { runs } from '../support/seed.js';

/** Node's reader is lenient, so what it reads must be written the same again. */
function isCanonical(text: string): boolean {
  return Buffer.from(text, 'base64url').toString('base64url') === text;
}

function expectSameAsNode(bytes: Uint8Array): void {
  const text = encodeBase64Url(bytes);
  if (text !== Buffer.from(bytes).toString('base64url')) expect.fail(`encoded ${bytes} as ${text}`);
  if (String(decodeBase64Url(text)) !== String(bytes)) expect.fail(`decoded ${text} not as ${bytes}`);
}

describe('base64url', () => {
  it('encodes as Node does and decodes what it encoded, for all arrays of up to two bytes and random longer ones', () => {
    expectSameAsNode(new Uint8Array());
    for (let first = 0; first < 256; first++) {
      expectSameAsNode(Uint8Array.of(first));
      for (let second = 0; second < 256; second++) expectSameAsNode(Uint8Array.of(first, second));
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), expectSameAsNode), { numRuns: runs(500) });
    expectSameAsNode(Uint8Array.from({ length: 1_000_003 }, (_, at) => at * 7));
  });

  it('decodes nothing that is not written so: stray bits, padding, impossible lengths, other alphabets', () => {
    const letters = [...'AQgwBZaz09-_', '=', '+', '/', ' ', '\n', '\0', 'é', '\u{1f600}'];
    const texts = [
      '',
      ...letters,
      ...letters.flatMap((a) => letters.flatMap((b) => [a + b, ...letters.map((c) => a + b + c)])),
    ];
    for (const text of texts) {
      if ((decodeBase64Url(text) !== undefined) !== isCanonical(text)) expect.fail(JSON.stringify(text));
    }
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...letters), maxLength: 9 }), (text) => {
        expect(decodeBase64Url(text) !== undefined).toBe(isCanonical(text));
      }),
      { numRuns: runs(1000) },
    );
  });

  it('decodes into bytes of its own, of exactly the length', () => {
    const bytes = decodeBase64Url('AAEC');
    expect(bytes).toEqual(Uint8Array.of(0, 1, 2));
    expect(bytes?.buffer.byteLength).toBe(3);
  });
});
