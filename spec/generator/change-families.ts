/** Normal form, applying and inverting. */

import { compress, DEFAULT_LIMITS, invert, type Limits, NO_LIMITS, State } from '../../src/index.js';
import { readCases } from './case-reader.js';
import type { Family } from './family.js';
import { asJson, type Json, numberOf, objectOf } from './json.js';
import { answerOrError, readDelta, writeDelta } from './vector-notation.js';

export const compression: Family = {
  file: 'compression.json',
  description:
    'Sequences of changes and their normal form, or the error if a change cannot follow those before it. If a change says what it overwrote, the normal form does too.',
  inputs: () => readCases('compression.txt').map((line) => ({ name: line.name, changes: line.column().delta() })),
  outputs: ['normal'],
  complete: ({ changes }) => answerOrError(() => ({ normal: writeDelta(compress(readDelta(changes))) })),
};

export const apply: Family = {
  file: 'apply.json',
  description:
    'Rows, changes made on them, and the outcome: the rows afterwards and the changes with what they overwrote, or the error and its place, with the rows unchanged. Limits that a case does not name are the defaults if it has `limits`; otherwise there are no limits.',
  inputs: () =>
    readCases('apply.txt').map((line) => ({
      name: line.name,
      rows: line.column().rows(),
      changes: line.column().delta(),
      ...line.options(),
    })),
  outputs: ['after', 'applied'],
  complete: ({ rows, changes, limits }) => {
    const state = State.fromRows(rows);
    const before = JSON.stringify(state.toRows());
    const answer = answerOrError(() => {
      const applied = state.apply(readDelta(changes), { limits: readLimits(limits) });
      return { after: asJson(state.toRows()), applied: writeDelta(applied) };
    });
    const isUnchanged = JSON.stringify(state.toRows()) === before;
    if (answer['error'] !== undefined && !isUnchanged) throw new Error('A rejected delta has changed the state');
    return answer;
  },
};

function readLimits(json: Json | undefined): Limits {
  if (json === undefined) return NO_LIMITS;
  const given = Object.entries(objectOf(json)).map(([limit, most]) => [limit, numberOf(most)]);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(given) };
}

export const inversion: Family = {
  file: 'invert.json',
  description:
    'The delta that undoes another. With `rows`, the changes are applied to them first and the inverse leads back to them; without, the changes are inverted as they are.',
  inputs: () =>
    readCases('invert.txt').map((line) => ({
      name: line.name,
      ...(line.column().take('?') ? {} : { rows: line.rows() }),
      changes: line.column().delta(),
    })),
  outputs: ['inverse'],
  complete: ({ rows, changes }) =>
    answerOrError(() => {
      const delta = readDelta(changes);
      return { inverse: writeDelta(invert(rows === undefined ? delta : State.fromRows(rows).apply(delta))) };
    }),
};
