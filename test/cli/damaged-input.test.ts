import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeDelta, encodeReplica, encodeSequencer, encodeState } from '../../src/codec/binary/index.js';
import { parseDelta, parseState } from '../../src/index.js';
import { Replica, Sequencer } from '../../src/sync/index.js';
import { runWith } from './support/memory-io.js';

const household = new URL('../../examples/household/', import.meta.url);
const NAMES = ['base', 'alice', 'bob', 'rules'];
const FILES = NAMES.map((name) => readFileSync(new URL(`${name}.json`, household), 'utf8'));

const VALUES = /(?<=[:,[]\s*)(?:"[^"]*"(?!:)|\d+|true|false|\[[^[\]]*\]|\{[^{}]*\})/g;
const PATCHES = ['0', '-1', '"D"', '["D"]', '["LC"]', '["LD",0]', '["LM",0,3]', '["P",{"I":"7"}]', 'null', '[]', '{}'];

type Damage = (text: string) => string;

/** Doubles or removes a line. */
const damagedLine: fc.Arbitrary<Damage> = fc.tuple(fc.nat(), fc.constantFrom(0, 2)).map(([at, copies]) => (text) => {
  return text
    .split('\n')
    .flatMap((line, index, lines) => Array.from({ length: index === at % lines.length ? copies : 1 }, () => line))
    .join('\n');
});

/** Replaces a value by another one of the file, or by one that may not belong there. */
const damagedValue: fc.Arbitrary<Damage> = fc
  .tuple(fc.nat(), fc.option(fc.constantFrom(...PATCHES), { freq: 2 }), fc.nat())
  .map(([at, patch, from]) => (text) => {
    const values = [...text.matchAll(VALUES)];
    const value = values[at % values.length];
    const other = values[from % values.length];
    if (value === undefined || other === undefined) return text;
    return text.slice(0, value.index) + (patch ?? other[0]) + text.slice(value.index + value[0].length);
  });

/** Replaces any piece of text. */
const damagedText: fc.Arbitrary<Damage> = fc
  .tuple(fc.nat(), fc.nat({ max: 5 }), fc.string({ maxLength: 3 }))
  .map(([at, length, patch]) => (text) => {
    const start = at % text.length;
    return text.slice(0, start) + patch + text.slice(start + length);
  });

const damage = fc.tuple(
  fc.nat({ max: FILES.length - 1 }),
  fc.oneof({ weight: 2, arbitrary: damagedLine }, { weight: 4, arbitrary: damagedValue }, damagedText),
);

test('damaged files are merged or rejected with one line, and never a defect', () => {
  const runsByStatus = new Map<number, number>();
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), fc.boolean(), (damages, isJson) => {
      const texts = [...FILES];
      for (const [file, change] of damages) texts[file] = change(texts[file] ?? '');
      const files = Object.fromEntries(NAMES.map((name, at) => [name, texts[at]]));
      const argv = ['merge', 'base', 'alice', 'bob', '--rules', 'rules', ...(isJson ? ['--json'] : [])];
      const { status, stdout, stderr } = runWith(files, ...argv);
      runsByStatus.set(status, (runsByStatus.get(status) ?? 0) + 1);
      if (status === 0) {
        expect(stderr).toBe('');
        expect(stdout).toMatch(isJson ? /^\{"rows":.*\}\n$/ : /^MERGED ROWS\n/);
      } else {
        expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
        expect(stderr).toMatch(/^(base|alice|bob|rules)[^\n]*: [^\n]+\n$/);
      }
    }),
    { numRuns: 1000 },
  );
  expect(runsByStatus.get(0)).toBeGreaterThan(100);
  expect(runsByStatus.get(2)).toBeGreaterThan(100);
});

test('damaged files in the binary form are shown or rejected with one line, and never a defect', () => {
  const replica = new Replica({ nextNonce: () => 'n' });
  replica.apply(parseDelta([['I', 't', 'r', { f: ['a', 'b'], g: 'text' }]]));
  replica.sync(new Date(0));
  replica.outgoing();
  const whole = [
    encodeState(parseState(JSON.parse(FILES[0] ?? '[]'))),
    encodeDelta(parseDelta(JSON.parse(FILES[1] ?? '[]'))),
    encodeReplica(replica.save()),
    encodeSequencer(new Sequencer().save()),
  ];
  for (const bytes of whole)
    expect(runWith({ file: bytes }, 'inspect', 'file')).toMatchObject({ status: 0, stderr: '' });
  let rejected = 0;
  fc.assert(
    fc.property(fc.constantFrom(...whole), fc.nat(), fc.nat(255), fc.boolean(), (bytes, place, byte, isCut) => {
      const at = place % bytes.length;
      const damaged = isCut ? bytes.subarray(0, at) : bytes.with(at, byte);
      const { status, stdout, stderr } = runWith({ file: damaged }, 'inspect', 'file');
      rejected += Number(status !== 0);
      if (status === 0) expect({ stderr, isValid: / valid /.test(stdout) }).toEqual({ stderr: '', isValid: true });
      else expect({ status, stdout, isOneLine: /^file[^\n]*: [^\n]+\n$/.test(stderr) }).toEqual(REJECTED);
    }),
    { numRuns: 500 },
  );
  expect(rejected).toBeGreaterThan(200);
});

const REJECTED = { status: 2, stdout: '', isOneLine: true };
