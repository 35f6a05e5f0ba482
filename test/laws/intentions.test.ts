import { describe, expect, test } from 'vitest';
import type { Change } from '../../src/index.js';
import {
  type Action,
  type Check,
  converge,
  insertAt,
  listOf,
  onceEach,
  type Person,
  RECORD,
  type Script,
  SLICE,
  search,
  sideBySide,
  TABLE,
  update,
} from '../support/intention-search.js';

/** How many situations of a script are gone through if it says that it has more: the shortest come first. */
const MOST = 1_500;

function listStart(items: string): Change[] {
  return [{ type: 'insert', table: TABLE, record: RECORD, fields: new Map([['f', [...items]]]) }];
}

/** Types a letter behind the last one, or, for the first, behind what stands at `start`. */
function type(letter: string, start: number): Action {
  return {
    name: `type ${letter}`,
    perform: (person) => {
      const at = person.caret === undefined ? -1 : listOf(person).indexOf(person.caret);
      insertAt(person, at >= 0 ? at + 1 : Math.min(start, listOf(person).length), letter);
    },
  };
}

function append(item: string): Action {
  return {
    name: `append ${item}`,
    perform: (person) => {
      person.caret = undefined;
      insertAt(person, listOf(person).length, item);
      person.caret = undefined;
    },
  };
}

function remove(item: string): Action {
  return {
    name: `delete ${item}`,
    perform: (person) => {
      const index = listOf(person).indexOf(item);
      person.facts.touched.add(item);
      if (index >= 0) person.replica.apply([update('f', [{ type: 'delete', index }])]);
    },
  };
}

const undo: Action = { name: 'undo', perform: ({ replica }) => void replica.undo() };
const redo: Action = { name: 'redo', perform: ({ replica }) => void replica.redo() };

function word(letters: string, start: number): Action[] {
  return [...letters].map((letter) => type(letter, start));
}

function expectMeant(
  script: Script,
  start: readonly Change[],
  checks: readonly Check[] = [converge, onceEach, sideBySide],
  size: 'all' | 'more' = 'all',
): void {
  const most = SLICE === undefined && size === 'more' ? MOST : Number.POSITIVE_INFINITY;
  const { findings, isWhole } = search(script, start, checks, most);
  expect(findings.slice(0, 3)).toEqual([]);
  expect(isWhole).toBe(SLICE !== undefined || size === 'all');
}

describe('what people mean holds in every order of edits, puts, answers and fetches', () => {
  test('two words typed at one place', () => {
    expectMeant([word('AB', 1), word('MN', 1)], listStart('xy'));
    expectMeant([word('ABC', 1), word('MNO', 1)], listStart('xy'), undefined, 'more');
  });

  test('three words typed at one place', () => {
    expectMeant([word('A', 1), word('M', 1), word('S', 1)], listStart('xy'));
    expectMeant([word('AB', 1), word('MN', 1), word('ST', 1)], listStart('xy'), undefined, 'more');
  });

  test('a word beside appends', () => {
    expectMeant([word('AB', 2), [append('M'), append('N')]], listStart('xy'));
  });

  test('a word beside deletions', () => {
    expectMeant([word('AB', 1), [remove('x'), remove('y')]], listStart('xy'));
  });

  test('undo and redo of an insert beside a word', () => {
    expectMeant([[...word('A', 1), undo, redo], word('M', 1)], listStart('xy'), [converge, onceEach]);
    expectMeant([[...word('A', 1), undo, redo], word('MN', 1)], listStart('xy'), [converge, onceEach], 'more');
  });

  test('one who deletes, one who undoes nothing', () => {
    expectMeant(
      [
        [remove('x'), undo],
        [append('M'), undo, redo],
      ],
      listStart('axb'),
      [converge, onceEach],
      'more',
    );
  });

  test('two who delete one item and undo', () => {
    const back: Check = ([person]) =>
      person !== undefined && listOf(person).filter((item) => item === 'x').length === 1
        ? undefined
        : 'x is not there once';
    expectMeant(
      [
        [remove('x'), undo],
        [remove('x'), undo],
      ],
      listStart('axb'),
      [converge, onceEach, back],
    );
  });
});

describe('created lists', () => {
  const missing = (person: Person): boolean => person.replica.get(TABLE, RECORD) === undefined;
  const insertRecord: Action = {
    name: 'insert the record',
    perform: (person) => {
      if (missing(person)) person.replica.apply([{ type: 'insert', table: TABLE, record: RECORD, fields: new Map() }]);
    },
  };
  const createAndPush = (item: string): Action => ({
    name: `create the list and push ${item}`,
    perform: (person) => {
      if (missing(person)) return;
      const items = person.replica.get(TABLE, RECORD)?.get('f');
      person.facts.inserted.add(item);
      const ops = [{ type: 'insert' as const, index: listOf(person).length, value: item }];
      person.replica.apply([update('f', ops, items === undefined)]);
    },
  });
  const atOnce = (item: string): Action => ({
    name: `insert the record, create the list, push ${item}`,
    perform: (person) => {
      insertRecord.perform(person);
      createAndPush(item).perform(person);
    },
  });

  test('of a record that both insert merge', () => {
    expectMeant([[atOnce('A')], [atOnce('M')]], [], [converge, onceEach]);
  });

  test('of a record that both insert merge, whether or not they were sealed between', () => {
    expectMeant([[insertRecord, createAndPush('A'), createAndPush('B')], [atOnce('M')]], [], [converge, onceEach]);
  });
});
