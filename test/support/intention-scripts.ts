import type { FieldOp } from '../../src/index.js';
import { type Action, type Check, insertAt, listOf, type Person, RECORD, TABLE, update } from './intention-search.js';

/** What one person can do, in every order: the scripts of a search. Items are lower case at the start. */

export interface Named extends Action {
  readonly kind: 'type' | 'append' | 'front' | 'delete' | 'put' | 'move' | 'field' | 'create' | 'undo' | 'redo';
}

const LETTERS: readonly string[] = ['ABC', 'MNO'];

function apply({ replica }: Person, field: string, op: FieldOp): void {
  replica.apply([{ type: 'update', table: TABLE, record: RECORD, ops: new Map([[field, op]]) }]);
}

/** Notes what a place was given. Once two edits were about it, nobody can say what must be there. */
function note({ facts }: Person, place: string, value: string | undefined): void {
  facts.values.set(place, facts.values.has(place) ? undefined : value);
}

/** Behind the last letter, or behind the first item. */
function type(letter: string): Named {
  return {
    name: `type ${letter}`,
    kind: 'type',
    perform: (person) => {
      const items = listOf(person);
      const caret = person.caret === undefined ? -1 : items.indexOf(person.caret);
      insertAt(person, caret >= 0 ? caret + 1 : Math.min(1, items.length), letter);
    },
  };
}

function front(letter: string): Named {
  return {
    name: `put ${letter} in front`,
    kind: 'front',
    perform: (person) => {
      person.caret = undefined;
      insertAt(person, 0, letter);
    },
  };
}

function append(letter: string): Named {
  return {
    name: `append ${letter}`,
    kind: 'append',
    perform: (person) => {
      person.caret = undefined;
      person.facts.inserted.add(letter);
      const index = listOf(person).length;
      person.replica.apply([update('f', [{ type: 'insert', index, value: letter, atEnd: true }])]);
    },
  };
}

function remove(item: string): Named {
  return {
    name: `delete ${item}`,
    kind: 'delete',
    perform: (person) => {
      const index = listOf(person).indexOf(item);
      person.facts.touched.add(item);
      note(person, `item ${item}`, undefined);
      if (index >= 0) person.replica.apply([update('f', [{ type: 'delete', index }])]);
    },
  };
}

function putItem(item: string, value: string): Named {
  return {
    name: `put ${value} for ${item}`,
    kind: 'put',
    perform: (person) => {
      const index = listOf(person).indexOf(item);
      person.facts.touched.add(item);
      note(person, `item ${item}`, index < 0 ? undefined : value);
      if (index >= 0) person.replica.apply([update('f', [{ type: 'put', index, value }])]);
    },
  };
}

function move(item: string, to: 'start' | 'end'): Named {
  return {
    name: `move ${item} to the ${to}`,
    kind: 'move',
    perform: (person) => {
      const items = listOf(person);
      const from = items.indexOf(item);
      const target = to === 'start' ? 0 : items.length - 1;
      if (from >= 0 && from !== target) person.replica.apply([update('f', [{ type: 'move', from, to: target }])]);
    },
  };
}

function putField(field: string, value: string): Named {
  return {
    name: `put ${value} in ${field}`,
    kind: 'field',
    perform: (person) => {
      note(person, `field ${field}`, value);
      apply(person, field, { type: 'put', value });
    },
  };
}

/** A list that whoever comes first creates. */
function create(letter: string): Named {
  return {
    name: `create a list with ${letter}`,
    kind: 'create',
    perform: (person) => {
      person.facts.created.add(letter);
      const isNew = person.replica.get(TABLE, RECORD)?.get('c') === undefined;
      const index = listOf(person, 'c').length;
      person.replica.apply([update('c', [{ type: 'insert', index, value: letter, atEnd: true }], isNew)]);
    },
  };
}

function again(kind: 'undo' | 'redo'): Named {
  return {
    name: kind,
    kind,
    perform: (person) => {
      person.caret = undefined;
      person.replica[kind]();
    },
  };
}

function vocabulary(who: number, at: number): Named[] {
  const letter = LETTERS[who]?.[at] as string;
  return [
    type(letter),
    front(letter),
    append(letter),
    remove('x'),
    remove('y'),
    putItem('x', `${letter}x`),
    move('x', 'end'),
    move('y', 'start'),
    putField(who === 0 ? 'g' : 'h', letter),
    create(letter),
    again('undo'),
    again('redo'),
  ];
}

/** Everything that one can do with so many edits. Undo needs something to undo, and redo follows undo. */
export function scriptsOf(who: number, edits: number): Named[][] {
  let scripts: Named[][] = [[]];
  for (let at = 0; at < edits; at++) {
    scripts = scripts.flatMap((script) => vocabulary(who, at).map((action) => [...script, action]));
  }
  return scripts.filter((script) =>
    script.every(({ kind }, at) => {
      if (kind === 'redo') return script[at - 1]?.kind === 'undo';
      return kind !== 'undo' || (at > 0 && script[at - 1]?.kind !== 'redo');
    }),
  );
}

/** What one put, and nobody else touched, stands. */
export const valuesStand: Check = ([person], { values }) => {
  if (person === undefined) return undefined;
  const items = listOf(person);
  for (const [place, value] of values) {
    if (value === undefined) continue;
    const [kind, name = ''] = place.split(' ');
    const isThere = kind === 'item' ? items.includes(value) : person.replica.get(TABLE, RECORD)?.get(name) === value;
    if (!isThere) return `${value} does not stand in ${place}`;
  }
  return undefined;
};

/** What several inserted in a list that they created is there. */
export const createdOnce: Check = ([person], { created }) => {
  if (person === undefined) return undefined;
  const items = listOf(person, 'c');
  const wanted = [...created].filter((item) => items.filter((other) => other === item).length !== 1);
  return wanted.length === 0 ? undefined : `${wanted.join(' ')} not once in the new list: ${items.join(' ')}`;
};

/** No item is there twice, whatever was undone. */
export const neverTwice: Check = ([person]) => {
  const items = person === undefined ? [] : listOf(person);
  const twice = items.find((item, at) => items.indexOf(item) !== at);
  return twice === undefined ? undefined : `${twice} is there twice: ${items.join(' ')}`;
};
