import { D, type FieldCase, LC, long, P } from './field-scene.js';

/** A put or delete on one side, list operations on the other. */
export const PUT_AND_LIST_SCENES: readonly FieldCase[] = [
  [
    'put beats remote list operations',
    'remote',
    ['a'],
    [P(1)],
    [
      ['LI', 1, 'r'],
      ['LD', 0],
    ],
  ],
  [
    'put beats local list operations',
    'local',
    ['a'],
    [
      ['LI', 1, 'l'],
      ['LD', 0],
    ],
    [P(2)],
  ],
  ['put of a list beats list operations', 'max', ['a'], [P(['x'])], [['LI', 1, 'r']]],
  ['delete beats remote list operations', 'remote', ['a'], [D], [['LI', 1, 'r']]],
  ['delete beats local list operations', 'local', ['a'], [['LI', 1, 'l']], [D]],
  ['put beats a remote create', 'remote', null, [P(1)], [LC, ['LI', 0, 'r']]],
  ['put beats a local create', 'local', null, [LC, ['LI', 0, 'l']], [P(2)]],
  ['delete of an absent field beats a remote create', 'remote', null, [D], [LC]],
  ['delete of an absent field beats a local create', 'local', null, [LC], [D]],
  ['rule sum does not touch list operations', 'sum', ['a'], [P(long(1))], [['LI', 1, 'r']]],
];

/** List operations on both sides. */
export const LIST_SCENES: readonly FieldCase[] = [
  ['lists: edits of different items', 'remote', ['a', 'b'], [['LP', 0, 'l']], [['LD', 1]]],
  ['lists: inserts at one place', 'remote', ['a'], [['LI', 1, 'l']], [['LI', 1, 'r']]],
  ['lists: create, create', 'remote', null, [LC, ['LI', 0, 'l']], [LC, ['LI', 0, 'r']]],
  ['lists: create, create without items', 'remote', null, [LC], [LC]],
  ['lists: create, create, items on one side', 'remote', null, [LC, ['LI', 0, 'l']], [LC]],
  ['lists: put, put under remote', 'remote', ['a'], [['LP', 0, 'l']], [['LP', 0, 'r']]],
  ['lists: put, put under local', 'local', ['a'], [['LP', 0, 'l']], [['LP', 0, 'r']]],
  ['lists: put, put under max', 'max', ['a'], [['LP', 0, 'l']], [['LP', 0, 'r']]],
  ['lists: put, put under min', 'min', ['a'], [['LP', 0, 'l']], [['LP', 0, 'r']]],
  ['lists: equal puts under max, the local one stays', 'max', ['a'], [['LP', 0, 'x']], [['LP', 0, 'x']]],
  ['lists: equal puts under remote', 'remote', ['a'], [['LP', 0, 'x']], [['LP', 0, 'x']]],
  ['lists: put, put under sum acts as remote', 'sum', [long(1)], [['LP', 0, long(2)]], [['LP', 0, long(3)]]],
  [
    'lists: the last put is compared, all the loser’s are dropped',
    'max',
    ['a'],
    [
      ['LP', 0, 'z'],
      ['LP', 0, 'b'],
    ],
    [['LP', 0, 'm']],
  ],
  [
    'lists: the winner keeps every put',
    'max',
    ['a'],
    [
      ['LP', 0, 'b'],
      ['LP', 0, 'z'],
    ],
    [['LP', 0, 'm']],
  ],
  ['lists: delete, put', 'local', ['a'], [['LD', 0]], [['LP', 0, 'r']]],
  ['lists: put, delete', 'local', ['a'], [['LP', 0, 'l']], [['LD', 0]]],
  ['lists: delete, move', 'remote', ['a', 'b'], [['LD', 0]], [['LM', 0, 1]]],
  ['lists: move, delete', 'remote', ['a', 'b'], [['LM', 0, 1]], [['LD', 0]]],
  [
    'lists: delete, put and move',
    'remote',
    ['a', 'b'],
    [['LD', 0]],
    [
      ['LP', 0, 'r'],
      ['LM', 0, 1],
    ],
  ],
  ['lists: delete, delete', 'remote', ['a'], [['LD', 0]], [['LD', 0]]],
  [
    'lists: put and delete, put: the delete stands',
    'remote',
    ['a'],
    [
      ['LP', 0, 'l'],
      ['LD', 0],
    ],
    [['LP', 0, 'r']],
  ],
  ['lists: put and move of one item', 'remote', ['a', 'b'], [['LP', 0, 'l']], [['LM', 0, 1]]],
  ['lists: move, move apart under remote', 'remote', ['a', 'b', 'c'], [['LM', 0, 1]], [['LM', 0, 2]]],
  ['lists: move, move apart under local', 'local', ['a', 'b', 'c'], [['LM', 0, 1]], [['LM', 0, 2]]],
  ['lists: move, move apart under max acts as remote', 'max', ['a', 'b', 'c'], [['LM', 0, 1]], [['LM', 0, 2]]],
  ['lists: move, move to one place is no conflict', 'remote', ['a', 'b', 'c'], [['LM', 0, 1]], [['LM', 0, 1]]],
  [
    'lists: put and move, put and move',
    'max',
    ['a', 'b', 'c'],
    [
      ['LP', 0, 'z'],
      ['LM', 0, 1],
    ],
    [
      ['LP', 0, 'm'],
      ['LM', 0, 2],
    ],
  ],
  ...(['remote', 'local', 'max'] as const).flatMap((rule): FieldCase[] => [
    [
      `lists: moves apart, and a put by local, under ${rule}`,
      rule,
      ['a', 'b', 'c'],
      [
        ['LP', 0, 'l'],
        ['LM', 0, 1],
      ],
      [['LM', 0, 2]],
    ],
    [
      `lists: moves apart, and a put by remote, under ${rule}`,
      rule,
      ['a', 'b', 'c'],
      [['LM', 0, 2]],
      [
        ['LP', 0, 'r'],
        ['LM', 0, 1],
      ],
    ],
  ]),
  [
    'lists: put and move, put and move under remote',
    'remote',
    ['a', 'b', 'c'],
    [
      ['LP', 0, 'z'],
      ['LM', 0, 2],
    ],
    [
      ['LP', 0, 'm'],
      ['LM', 0, 1],
    ],
  ],
  [
    'lists: moves between which nothing stands but what local inserted',
    'remote',
    ['a', 'b'],
    [
      ['LM', 0, 1],
      ['LI', 1, 'l'],
    ],
    [['LM', 0, 1]],
  ],
  [
    'lists: moves with nothing but a deleted item between',
    'remote',
    ['a', 'b', 'c'],
    [['LM', 0, 1]],
    [
      ['LM', 0, 2],
      ['LD', 1],
    ],
  ],
  [
    'lists: both delete it, after a put, and after a move: no conflict',
    'remote',
    ['a', 'b'],
    [
      ['LP', 0, 'l'],
      ['LD', 0],
    ],
    [
      ['LM', 0, 1],
      ['LD', 1],
    ],
  ],
  [
    'lists: put and delete, put and move: all that the loser did is lost, and the base is what the put overwrote',
    'local',
    ['a', 'b'],
    [
      ['LP', 0, 'l'],
      ['LD', 0],
    ],
    [
      ['LP', 0, 'r'],
      ['LM', 0, 1],
      ['LP', 1, 's'],
    ],
  ],
  ['lists: a move to where it is does not contend', 'remote', ['a', 'b'], [['LM', 0, 1]], [['LM', 0, 0]]],
  [
    'lists: what a local operation overwrites after remote',
    'local',
    ['a', 'b'],
    [
      ['LP', 0, 'l'],
      ['LP', 0, 'm'],
      ['LD', 1],
    ],
    [
      ['LP', 0, 'r'],
      ['LP', 1, 's'],
    ],
  ],
];
