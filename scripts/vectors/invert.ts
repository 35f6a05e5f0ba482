import { invert, State } from '../../src/index.js';
import { insert, remove, rowsOf, update, was } from './changes.js';
import type { Family } from './family.js';
import type { Json, JsonObject } from './json.js';
import { readDelta, writeDelta } from './notation.js';
import { answerOrError } from './outcome.js';

const LIST = rowsOf({ f: ['a', 'b', 'c'] });
const ONE = rowsOf({ f: 1 });

const CASES: readonly (readonly [name: string, rows: Json, changes: Json])[] = [
  ['nothing', ONE, []],
  ['insert', [], [insert({ f: 1 })]],
  ['delete', rowsOf({ f: 1, g: ['a'] }), [remove()]],
  ['replace', ONE, [remove(), insert({ g: 2 })]],
  ['insert, delete', [], [insert({ f: 1 }), remove()]],
  ['put over a value', ONE, [update({ f: ['P', 2] })]],
  ['put of an absent field', ONE, [update({ g: ['P', 2] })]],
  ['delete of a field', ONE, [update({ f: ['D'] })]],
  ['delete of an absent field', ONE, [update({ g: ['D'] })]],
  ['delete of a list', LIST, [update({ f: ['D'] })]],
  ['put over a list', LIST, [update({ f: ['P', 1] })]],
  ['create', ONE, [update({ g: ['LC'] })]],
  ['create and insert', ONE, [update({ g: ['LC'] }), update({ g: ['LI', 0, 'a'] })]],
  ['list put', LIST, [update({ f: ['LP', 1, 'x'] })]],
  ['list insert', LIST, [update({ f: ['LI', 1, 'x'] })]],
  ['list delete', LIST, [update({ f: ['LD', 1] })]],
  ['list move', LIST, [update({ f: ['LM', 0, 2] })]],
  [
    'list operations in reverse order',
    LIST,
    [update({ f: ['LD', 0] }), update({ f: ['LM', 0, 1] }), update({ f: ['LP', 0, 'x'] })],
  ],
  ['puts in sequence', ONE, [update({ f: ['P', 2] }), update({ f: ['P', 3] })]],
  ['list operations, then a put', LIST, [update({ f: ['LD', 0] }), update({ f: ['P', 3] })]],
  ['update, delete', ONE, [update({ f: ['P', 2] }), remove()]],
  ['several records', rowsOf({ f: 1 }, { f: 2 }), [['D', 't', 's'], update({ f: ['P', 3] })]],
];

const UNKNOWN: readonly (readonly [name: string, changes: Json])[] = [
  ['refused: a delete that does not say what it removed', [remove()]],
  ['refused: a put that does not say what it overwrote', [update({ f: ['P', 1] })]],
  ['refused: a delete of a field that does not say what it removed', [update({ f: ['D'] })]],
  ['refused: a list put that does not say what it overwrote', [update({ f: ['LP', 2, 'x'] })]],
  ['refused: a list delete that does not say what it removed', [insert({}), ['U', 't', 's', { f: ['LD', 2] }]]],
  [
    'refused: the first change that does not know, and in it the first field in code point order, is named',
    [update({ f: ['P', 1, was(0)] }), update({ z: ['P', 1], a: ['P', 1, was(0)], b: ['D'] }), remove()],
  ],
  ['what is known is enough: a list move', [update({ f: ['LM', 2, 0] })]],
  ['what is known is enough: a put of an absent field', [update({ f: ['P', 1, was(null)] })]],
];

export const inversion: Family = {
  file: 'invert.json',
  description:
    'The delta that undoes others. With `rows`, the changes are applied to them first and the inverse leads back to them; without, the changes are inverted as they stand.',
  inputs: [
    ...CASES.map(([name, rows, changes]) => ({ name, rows, changes })),
    ...UNKNOWN.map(([name, changes]) => ({ name, changes })),
  ],
  outputs: ['inverse'],
  complete: ({ rows, changes }: JsonObject): JsonObject =>
    answerOrError(() => {
      const delta = readDelta(changes);
      return { inverse: writeDelta(invert(rows === undefined ? delta : State.fromRows(rows).apply(delta))) };
    }),
};
