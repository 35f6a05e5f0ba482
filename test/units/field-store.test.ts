import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FieldStore, storeParts } from '../../src/state/field-store.js';
import { compareText } from '../../src/values/text.js';
import { runs } from '../support/seed.js';

/** Stores that come from one another, each beside a plain Map. */
type Pair = { readonly store: FieldStore<number>; readonly twin: Map<string, number> };

type Step =
  | { readonly type: 'set'; readonly at: number; readonly field: string; readonly entry: number }
  | { readonly type: 'delete'; readonly at: number; readonly field: string }
  | { readonly type: 'copy'; readonly at: number }
  | { readonly type: 'make'; readonly like: number; readonly fields: readonly (readonly [string, number])[] };

// Names of two scripts whose code units and code points are in different order, and one that objects treat specially.
const FIELDS = [
  'a',
  'b',
  'c',
  'd',
  '__proto__',
  '\u{1f600}',
  '\ufb00',
  ...Array.from({ length: 20 }, (_, at) => `f${at}`),
];

const field = fc.constantFrom(...FIELDS);
const entry = fc.nat({ max: 9 });
const at = fc.nat({ max: 20 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant('set' as const), at, field, entry }) },
  { weight: 8, arbitrary: fc.record({ type: fc.constant('delete' as const), at, field }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('copy' as const), at }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('make' as const),
      like: at,
      fields: fc.uniqueArray(fc.tuple(field, entry), { selector: ([name]) => name, maxLength: 30 }),
    }),
  },
);

function storeOf(fields: readonly (readonly [string, number])[], like?: FieldStore<number>): FieldStore<number> {
  const names = fields.map(([name]) => name);
  const entries = fields.map(([, value]) => value);
  return new FieldStore(storeParts(names, entries, like));
}

function contentOf(store: FieldStore<number>): [string, number][] {
  const content: [string, number][] = [];
  store.forEach((name, value) => {
    content.push([name, value]);
  });
  return content;
}

function expectSame({ store, twin }: Pair): void {
  const sorted = [...twin].sort(([left], [right]) => compareText(left, right));
  const held = [contentOf(store), store.count, FIELDS.map((name) => store.entryOf(name))];
  const expected = [sorted, twin.size, FIELDS.map((name) => twin.get(name))];
  // As text, which is compared faster: this is done for each store after each step.
  if (JSON.stringify(held) !== JSON.stringify(expected)) expect(held).toEqual(expected);
}

function perform(pairs: Pair[], one: Step): void {
  const pairAt = (position: number): Pair => pairs[position % pairs.length] as Pair;
  switch (one.type) {
    case 'set':
      pairAt(one.at).store.replace(one.field, one.entry);
      pairAt(one.at).twin.set(one.field, one.entry);
      break;
    case 'delete':
      pairAt(one.at).store.replace(one.field, undefined);
      pairAt(one.at).twin.delete(one.field);
      break;
    case 'copy': {
      const { store, twin } = pairAt(one.at);
      pairs.push({ store: new FieldStore(store.copyParts()), twin: new Map(twin) });
      break;
    }
    case 'make':
      pairs.push({ store: storeOf(one.fields, pairAt(one.like).store), twin: new Map(one.fields) });
  }
}

describe('FieldStore', () => {
  it('holds what a Map holds, in code point order, whatever its copies and those made like it do', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const pairs: Pair[] = [{ store: storeOf([]), twin: new Map() }];
        for (const one of steps) {
          perform(pairs, one);
          pairs.forEach(expectSame);
        }
      }),
      { numRuns: runs(200) },
    );
  });

  it('shares the layout of another store that has the same fields in the same order, and of no other', () => {
    const store = new FieldStore(storeParts(['a', 'b'], [1, 2]));
    expect(store.shareLayout(['a', 'b'])).toBe(store.layout);
    expect(store.shareLayout(['b', 'a'])).toBeUndefined();
    expect(store.shareLayout(['a'])).toBeUndefined();
    expect(store.shareLayout(['a', 'b', 'c'])).toBeUndefined();
  });

  it('forgets the names of deleted fields, so that a record does not grow with all the fields that it ever had', () => {
    const names = Array.from({ length: 16 }, (_, number) => `field${String(number).padStart(2, '0')}`);
    const store = new FieldStore(storeParts(names, [...names.keys()]));
    for (const name of names.slice(0, 8)) store.replace(name, undefined);
    expect([...store.layout.positions.keys()], 'half of the names are not worth clearing').toEqual(names);
    store.replace(names[8] ?? '', undefined);
    expect([...store.layout.positions.keys()]).toEqual(names.slice(9));
  });
});
