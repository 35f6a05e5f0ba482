import { describe, expect, test } from 'vitest';
import type { Change } from '../../src/index.js';
import { createdOnce, type Named, neverTwice, scriptsOf, valuesStand } from '../support/intention-scripts.js';
import {
  type Check,
  converge,
  onceEach,
  RECORD,
  Scene,
  SLICE,
  search,
  sideBySide,
  TABLE,
} from '../support/intention-search.js';

/**
 * Every script of two people, in every order of edits, puts, answers and fetches: of an edit each, always; of more edits, a
 * normal run takes every so-manieth pair of scripts and the first orders of each, others in each run.
 * `DELTAIC_INTENTIONS=all` takes all of them, and `3/40` the third of forty parts, which make up all.
 */
const MOST = SLICE === undefined ? 60 : Number.POSITIVE_INFINITY;
const SEED = Number(process.env['DELTAIC_SEED'] ?? 0);

const START: readonly Change[] = [
  { type: 'insert', table: TABLE, record: RECORD, fields: new Map([['f', ['x', 'y']]]) },
];

type Pair = readonly [Named[], Named[]];

function pairsOf(first: number, second: number): Pair[] {
  const others = scriptsOf(1, second);
  return scriptsOf(0, first).flatMap((mine) => others.map((theirs): Pair => [mine, theirs]));
}

/** One of every so many, another one in each run; or those of the slice. */
function sampleOf(pairs: readonly Pair[], size: number): Pair[] {
  const every = Math.max(1, Math.floor(pairs.length / size));
  const { part, of } = SLICE ?? { part: (SEED % every) + 1, of: every };
  return pairs.filter((_, at) => at % of === part - 1);
}

/** Known limit: somebody moves an item to the right, behind a word that another is typing (LIST-11). */
function movesBehindWord(pair: Pair): boolean {
  return pair.some((script) => script.some(({ name }) => name === 'move x to the end'));
}

function checksFor(pair: Pair): Check[] {
  const undoes = pair.some((script) => script.some(({ kind }) => kind === 'undo'));
  if (undoes) return [converge, neverTwice];
  const checks = [converge, onceEach, valuesStand, createdOnce];
  return movesBehindWord(pair) ? checks : [...checks, sideBySide];
}

/** A line for each kind of finding, with its smallest case. */
function found(pairs: readonly Pair[], most: number): string[] {
  const findings = new Map<string, string>();
  for (const pair of pairs) {
    for (const { problem, moves } of search(pair, START, checksFor(pair), most).findings) {
      const kind = problem.replace(/:.*/, '').replace(/[A-Z]/g, 'I');
      const known = findings.get(kind);
      if (known === undefined || moves.length < known.length) findings.set(kind, `${moves} → ${problem}`);
    }
  }
  return [...findings.values()];
}

/** What all see if one edits offline, while the log has what the other did. */
function outcome([mine, theirs]: Pair, isSealed: boolean): string {
  const scene = new Scene([mine, theirs], START);
  const [person] = scene.people;
  for (const _ of theirs) scene.perform({ who: 1, type: 'edit' });
  for (let round = 0; round < 9; round++) {
    for (const type of ['put', 'hear'] as const) scene.perform({ who: 1, type });
  }
  for (const action of mine) {
    if (person === undefined) break;
    action.perform(person);
    if (isSealed) person.replica.seal(new Date(0));
  }
  person?.replica.seal(new Date(0));
  scene.settle();
  return JSON.stringify(person?.replica.toRows());
}

describe('what people mean holds', () => {
  test('two people, an edit each, in every order', () => {
    const pairs = pairsOf(1, 1);
    expect(pairs.length).toBe(100);
    expect(found(pairs, Number.POSITIVE_INFINITY)).toEqual([]);
  });

  test.each([
    ['two people, an edit and two', 1, 2, 120],
    ['two people, two edits each', 2, 2, 220],
    ['two people, three edits and one', 3, 1, 120],
  ])(
    '%s',
    (_, first, second, size) => {
      expect(found(sampleOf(pairsOf(first, second), size), MOST)).toEqual([]);
    },
    3_600_000,
  );

  test('whenever sync() is called, if nobody else’s edit comes between', () => {
    const isUndo = ({ kind }: Named): boolean => kind === 'undo' || kind === 'redo';
    const pairs = pairsOf(2, 1).filter((pair) => !pair.flat().some(isUndo));
    const apart = sampleOf(pairs, 200).filter((pair) => outcome(pair, true) !== outcome(pair, false));
    expect(apart.map((pair) => pair.map((script) => script.map(({ name }) => name)))).toEqual([]);
  });
});
