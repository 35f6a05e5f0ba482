/** Normal form, applying and inverting. */

import {
  type Change,
  compress,
  DEFAULT_LIMITS,
  formatState,
  invert,
  type Limits,
  NO_LIMITS,
  parseState,
  type State,
} from '../../src/index.js';
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
    const state = parseState(rows);
    const before = JSON.stringify(formatState(state));
    const answer = answerOrError(() => {
      const given = readDelta(changes);
      const inOrder = state.clone();
      state.apply(given, { limits: readLimits(limits) });
      // A delta is in normal form; the vector shows the changes as they were given, each with what it overwrote.
      const applied = given.flatMap((change) => appliedAlone(inOrder, change));
      return { after: asJson(formatState(state)), applied: writeDelta(applied) };
    });
    const isUnchanged = JSON.stringify(formatState(state)) === before;
    if (answer['error'] !== undefined && !isUnchanged) throw new Error('A rejected delta has changed the state');
    return answer;
  },
};

/** One change with what it overwrote. An update without operations leaves nothing in a delta, and is shown as given. */
function appliedAlone(state: State, change: Change): readonly Change[] {
  const { changes } = state.apply([change]);
  return changes.length === 0 ? [change] : changes;
}

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
      return { inverse: writeDelta(invert(rows === undefined ? delta : parseState(rows).apply(delta))) };
    }),
};
