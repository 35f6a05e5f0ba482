import type { ListCase } from './list-place-scenes.js';

/** What both sides do to one item. */
export const ITEM_SCENES: readonly ListCase[] = [
  ['both move one item, remote wins', 'remote', 'abc', [['LM', 0, 1]], [['LM', 0, 2]]],
  ['both move one item, local wins', 'local', 'abc', [['LM', 0, 1]], [['LM', 0, 2]]],
  ['both move one item, max acts as remote', 'max', 'abc', [['LM', 0, 1]], [['LM', 0, 2]]],
  ['both move one item to one place', 'remote', 'abc', [['LM', 0, 2]], [['LM', 0, 2]]],
  [
    'the loser moves twice',
    'remote',
    'abcd',
    [
      ['LM', 0, 1],
      ['LM', 1, 3],
    ],
    [['LM', 0, 2]],
  ],
  [
    'the winner moves twice',
    'local',
    'abcd',
    [
      ['LM', 0, 1],
      ['LM', 1, 3],
    ],
    [['LM', 0, 2]],
  ],
  ['two items swapped by both', 'remote', 'ab', [['LM', 0, 1]], [['LM', 1, 0]]],
  ['a move meets a delete of its item', 'local', 'abc', [['LM', 0, 2]], [['LD', 0]]],
  ['a delete meets a move of its item', 'local', 'abc', [['LD', 0]], [['LM', 0, 2]]],
  [
    'move and delete, move',
    'remote',
    'abc',
    [
      ['LM', 0, 2],
      ['LD', 2],
    ],
    [['LM', 0, 1]],
  ],
  [
    'put and delete, put: judged, and the delete stands',
    'remote',
    'ab',
    [
      ['LP', 0, 'l'],
      ['LD', 0],
    ],
    [['LP', 0, 'r']],
  ],
  ['put, put under remote', 'remote', 'a', [['LP', 0, 'l']], [['LP', 0, 'r']]],
  ['put, put under local', 'local', 'a', [['LP', 0, 'l']], [['LP', 0, 'r']]],
  ['put, put under max', 'max', 'a', [['LP', 0, 's']], [['LP', 0, 'r']]],
  ['put, put under min', 'min', 'a', [['LP', 0, 's']], [['LP', 0, 'r']]],
  ['put, equal put under max: local stays', 'max', 'a', [['LP', 0, 'x']], [['LP', 0, 'x']]],
  ['put, equal put under min: local stays', 'min', 'a', [['LP', 0, 'x']], [['LP', 0, 'x']]],
  ['put, put under sum acts as remote', 'sum', 'a', [['LP', 0, 's']], [['LP', 0, 'r']]],
  [
    'puts of the loser are all dropped',
    'max',
    'a',
    [
      ['LP', 0, 'z'],
      ['LP', 0, 'b'],
    ],
    [['LP', 0, 'm']],
  ],
  ['put of an item that the other moves', 'remote', 'abc', [['LP', 0, 'l']], [['LM', 0, 2]]],
  [
    'put of an item of one’s own',
    'remote',
    'a',
    [
      ['LI', 0, 'l'],
      ['LP', 0, 'm'],
    ],
    [['LI', 0, 'r']],
  ],
  [
    'an item of one’s own, moved',
    'remote',
    'abc',
    [
      ['LI', 0, 'l'],
      ['LM', 0, 3],
    ],
    [['LD', 2]],
  ],
  [
    'an item of one’s own, deleted',
    'remote',
    'a',
    [
      ['LI', 0, 'l'],
      ['LD', 0],
    ],
    [['LI', 0, 'r']],
  ],
  [
    'a move that comes to nothing, and an insert after the item',
    'remote',
    'ab',
    [
      ['LM', 0, 1],
      ['LI', 2, 'l'],
    ],
    [['LD', 1]],
  ],
  [
    'a move that comes to nothing still made a location',
    'remote',
    'abc',
    [
      ['LM', 0, 1],
      ['LI', 0, 'l'],
    ],
    [
      ['LD', 1],
      ['LI', 1, 'r'],
    ],
  ],
  [
    'a move to where it is, and nothing on the other side',
    'remote',
    'ab',
    [
      ['LM', 1, 1],
      ['LI', 0, 'l'],
    ],
    [],
  ],
  [
    'far apart',
    'remote',
    'abcdefghij',
    [
      ['LD', 1],
      ['LI', 8, 'l'],
    ],
    [
      ['LM', 9, 0],
      ['LP', 5, 'r'],
    ],
  ],
];
