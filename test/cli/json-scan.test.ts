import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonFault, scanJson } from '../../src/cli/json-scan.js';

function isRefused(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (error instanceof JsonFault || error instanceof SyntaxError) return true;
    throw error;
  }
}

test('rejects what JSON.parse rejects, and nothing else', () => {
  const character = fc.constantFrom(...'[]{}",:\\/ \n\t0123456789.eE+-truefalsn\u0000\u0001é\ud83d');
  const soup = fc.string({ unit: character, maxLength: 12 });
  const damaged = fc
    .tuple(fc.json({ maxDepth: 4 }), fc.nat(), fc.nat({ max: 2 }), fc.string({ unit: character, maxLength: 2 }))
    .map(([text, at, length, patch]) => {
      const start = at % (text.length + 1);
      return text.slice(0, start) + patch + text.slice(start + length);
    });
  let refused = 0;
  fc.assert(
    fc.property(fc.oneof(damaged, soup), (text) => {
      // Repeated names and huge numbers are rejected on purpose, and have tests of their own.
      fc.pre(!isRefusedOnPurpose(text));
      const isWrong = isRefused(() => JSON.parse(text));
      refused += Number(isWrong);
      expect(
        isRefused(() => scanJson(text)),
        JSON.stringify(text),
      ).toBe(isWrong);
    }),
    { numRuns: 5000 },
  );
  expect(refused).toBeGreaterThan(500);
});

function isRefusedOnPurpose(text: string): boolean {
  try {
    scanJson(text);
    return false;
  } catch (error) {
    return error instanceof JsonFault && /twice|too large/.test(error.message);
  }
}

test('finds where the elements of the outermost array begin', () => {
  expect(scanJson(' [ [1, [2]],\n{"a": [3]} , "x" ]')).toEqual([3, 13, 26]);
  expect(scanJson('{"a": [1, 2]}')).toEqual([]);
  expect(scanJson('[]')).toEqual([]);
});

test('handles a string of many megabytes', () => {
  expect(scanJson(`["${'x\\n'.repeat(2_000_000)}","${'y'.repeat(5_000_000)}"]`)).toEqual([1, 6_000_004]);
});
