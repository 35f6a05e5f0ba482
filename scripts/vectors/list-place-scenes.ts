import type { Json } from './json.js';

/** A name, the rule, the base as one string, an item a letter, and the operations of both sides. */
export type ListCase = readonly [
  name: string,
  rule: string,
  base: string,
  local: readonly Json[],
  remote: readonly Json[],
];

/** Where inserts and moves of different items come to stand. */
export const PLACE_SCENES: readonly ListCase[] = [
  [
    'typing at one place stays together',
    'remote',
    'ab',
    [
      ['LI', 1, 'x'],
      ['LI', 2, 'y'],
    ],
    [
      ['LI', 1, '1'],
      ['LI', 2, '2'],
    ],
  ],
  [
    'typing backwards stays together',
    'remote',
    'ab',
    [
      ['LI', 1, 'x'],
      ['LI', 1, 'y'],
    ],
    [
      ['LI', 1, '1'],
      ['LI', 1, '2'],
    ],
  ],
  [
    'insert before a deleted item stays before an insert after it',
    'remote',
    'abc',
    [
      ['LD', 1],
      ['LI', 1, 'l'],
    ],
    [['LI', 2, 'r']],
  ],
  [
    'insert after an item, then its deletion, stays after it',
    'remote',
    'abc',
    [
      ['LI', 2, 'l'],
      ['LD', 1],
    ],
    [['LI', 1, 'r']],
  ],
  [
    'both delete an item and insert in its place',
    'remote',
    'abc',
    [
      ['LD', 1],
      ['LI', 1, 'l'],
    ],
    [
      ['LD', 1],
      ['LI', 1, 'r'],
    ],
  ],
  [
    'one inserts before and one after what both delete',
    'remote',
    'abc',
    [
      ['LI', 1, 'l'],
      ['LD', 2],
    ],
    [
      ['LI', 2, 'r'],
      ['LD', 1],
    ],
  ],
  ['the left neighbour is deleted remotely', 'remote', 'abc', [['LI', 1, 'l']], [['LD', 0]]],
  [
    'both neighbours are deleted remotely',
    'remote',
    'abc',
    [['LI', 2, 'l']],
    [
      ['LD', 1],
      ['LD', 1],
    ],
  ],
  [
    'everything is deleted remotely',
    'remote',
    'ab',
    [
      ['LI', 0, 'l'],
      ['LI', 2, 'm'],
      ['LI', 4, 'n'],
    ],
    [
      ['LD', 0],
      ['LD', 0],
    ],
  ],
  [
    'an insert after an inserted item that is gone',
    'remote',
    'a',
    [
      ['LI', 1, 'l'],
      ['LI', 2, 'm'],
      ['LD', 1],
    ],
    [['LI', 1, 'r']],
  ],
  [
    'an insert where a moved item was',
    'remote',
    'abc',
    [
      ['LM', 0, 2],
      ['LI', 0, 'l'],
    ],
    [['LI', 1, 'r']],
  ],
  [
    'an insert after a moved item goes with it',
    'remote',
    'abc',
    [
      ['LM', 0, 2],
      ['LI', 3, 'l'],
    ],
    [['LI', 3, 'r']],
  ],
  ['an insert after an item that the other moves stays', 'remote', 'abc', [['LI', 1, 'l']], [['LM', 0, 2]]],
  ['right-moves of both to one gap: heads', 'remote', 'abc', [['LM', 0, 2]], [['LM', 1, 2]]],
  ['left-moves of both to one gap: tails', 'remote', 'abc', [['LM', 2, 0]], [['LM', 1, 0]]],
  [
    'head and tail of both in one gap',
    'remote',
    'abc',
    [
      ['LM', 0, 2],
      ['LI', 3, 'l'],
    ],
    [
      ['LM', 1, 2],
      ['LI', 3, 'r'],
    ],
  ],
  ['local head, remote tail', 'remote', 'ab', [['LM', 0, 1]], [['LI', 2, 'r']]],
  ['local tail, remote head', 'remote', 'ab', [['LI', 2, 'l']], [['LM', 0, 1]]],
  [
    'a right-move behind an insert is no head',
    'remote',
    'abcd',
    [
      ['LI', 3, 'l'],
      ['LM', 0, 3],
    ],
    [['LM', 1, 2]],
  ],
  [
    'a right-move before an insert joins the head',
    'remote',
    'abc',
    [
      ['LI', 2, 'l'],
      ['LM', 0, 1],
    ],
    [['LI', 2, 'r']],
  ],
  [
    'two right-moves of one item to one gap',
    'remote',
    'abc',
    [
      ['LM', 0, 1],
      ['LM', 1, 2],
    ],
    [['LM', 1, 2]],
  ],
  [
    'a right-move behind an insert that is gone is no head either',
    'remote',
    'abcd',
    [
      ['LI', 3, 'l'],
      ['LM', 0, 3],
      ['LD', 2],
    ],
    [['LI', 3, 'r']],
  ],
  [
    'a head whose item is gone',
    'remote',
    'abcd',
    [
      ['LM', 0, 2],
      ['LD', 2],
    ],
    [['LM', 1, 2]],
  ],
];
