import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readDelta } from '../../spec/generator/vector-notation.js';
import { decodeDelta, encodeDelta } from '../../src/codec/binary/index.js';
import { compress } from '../../src/index.js';

const SPEC = readFileSync(resolve(import.meta.dirname, '../../spec/binary.md'), 'utf8');

/** The bytes at the beginnings of the lines; two spaces and an explanation follow. */
function bytesOfExample(): Uint8Array {
  const [, example = ''] = /## An example, byte by byte[\s\S]*?```\n([\s\S]*?)```/.exec(SPEC) ?? [];
  const lines = example.trimEnd().split('\n');
  const bytes = lines.flatMap((line) => (line.split(/ {2,}/)[0] ?? '').split(' '));
  return Uint8Array.from(bytes.map((byte) => Number.parseInt(byte, 16)));
}

describe('the worked example', () => {
  const delta = compress(
    readDelta([
      ['I', 'lists', 'food', { items: ['milk', 'tea'], trips: { I: '300' } }],
      ['U', 'lists', 'home', { done: ['P', true, { before: null }], items: ['LI', 2, 'n'] }],
      ['U', 'lists', 'home', { items: ['LI', 3, 'e'] }],
      ['U', 'lists', 'home', { items: ['LI', 4, 'w'] }],
      ['U', 'lists', 'home', { items: ['LD', 4, { before: 'w' }] }],
    ]),
  );

  test('is what the encoder writes', () => {
    expect(bytesOfExample()).toEqual(encodeDelta(delta));
  });

  test('is what the decoder reads', () => {
    expect(decodeDelta(bytesOfExample())).toEqual(delta);
  });
});
