import { compress } from '../../src/index.js';
import { insert, remove, update, was } from './changes.js';
import type { Family } from './family.js';
import type { Json, JsonObject } from './json.js';
import { readDelta, writeDelta } from './notation.js';
import { answerOrError } from './outcome.js';

const RECORDS: readonly (readonly [name: string, changes: Json])[] = [
  ['nothing', []],
  ['insert', [insert({ f: 1 })]],
  ['insert without fields', [insert({})]],
  ['insert, update: one insert', [insert({ f: 1 }), update({ g: ['P', 2] })]],
  ['insert, update: a later put wins', [insert({ f: 1 }), update({ f: ['P', 2] })]],
  ['insert, update: a deleted field is not inserted', [insert({ f: 1, g: 2 }), update({ f: ['D'] })]],
  ['insert, update: deleting an absent field does nothing', [insert({ g: 2 }), update({ f: ['D'] })]],
  ['insert, update: a created list', [insert({}), update({ f: ['LC'] }), update({ f: ['LI', 0, 'a'] })]],
  ['insert, update: list operations fold', [insert({ f: ['a', 'b'] }), update({ f: ['LM', 0, 1] })]],
  ['insert, delete: nothing', [insert({ f: 1 }), remove()]],
  ['insert, delete, insert: the last insert', [insert({ f: 1 }), remove(), insert({ g: 2 })]],
  ['insert, delete, insert, delete: nothing', [insert({}), remove(), insert({}), remove()]],
  ['update, delete: delete', [update({ f: ['P', 1] }), remove()]],
  ['delete, insert: both stay', [remove(), insert({ f: 1 })]],
  ['delete, insert, update: the insert is updated', [remove(), insert({ f: 1 }), update({ g: ['P', 2] })]],
  ['delete, insert, delete: delete', [remove(), insert({ f: 1 }), remove()]],
  ['update, delete, insert: update is gone', [update({ f: ['P', 1] }), remove(), insert({ g: 2 })]],
  ['an update without operations is dropped', [update({})]],
  [
    'records of a name in two tables stay apart',
    [
      ['D', 'u', 'r'],
      ['I', 't', 'r', {}],
    ],
  ],
];

const ORDERS: readonly (readonly [name: string, changes: Json])[] = [
  [
    'tables and records by code point',
    [
      ['D', 'b', 'x'],
      ['D', 'a', 'x'],
      ['D', 'B', 'x'],
      ['D', 'a', 'X'],
    ],
  ],
  [
    'a record is one change wherever its changes stood',
    [['D', 't', 's'], update({ f: ['D'] }), ['I', 't', 's', {}], update({ g: ['D'] })],
  ],
  [
    'reserved names sort by code point too',
    [
      ['D', 'a', 'x'],
      ['D', ':a', 'x'],
      ['D', '9', 'x'],
      ['D', '_', 'x'],
    ],
  ],
];

const FIELDS: readonly (readonly [name: string, changes: Json])[] = [
  ['puts on two fields: one update', [update({ g: ['P', 1] }), update({ f: ['P', 2] })]],
  ['create: it stays, without steps', [update({ f: ['LC'] })]],
  ['put, put: the last', [update({ f: ['P', 1] }), update({ f: ['P', 2] })]],
  ['put, delete: delete', [update({ f: ['P', 1] }), update({ f: ['D'] })]],
  ['delete, put: put', [update({ f: ['D'] }), update({ f: ['P', 1] })]],
  ['delete, delete: delete', [update({ f: ['D'] }), update({ f: ['D'] })]],
  ['list operations, put: put', [update({ f: ['LI', 0, 'a'] }), update({ f: ['P', 1] })]],
  ['list operations, delete: delete', [update({ f: ['LI', 0, 'a'] }), update({ f: ['D'] })]],
  [
    'put of a list, list operations: they fold',
    [
      update({ f: ['P', ['a', 'b', 'c']] }),
      update({ f: ['LD', 0] }),
      update({ f: ['LP', 0, 'x'] }),
      update({ f: ['LM', 0, 1] }),
      update({ f: ['LI', 2, 'y'] }),
    ],
  ],
  ['create, delete: delete', [update({ f: ['LC'] }), update({ f: ['LI', 0, 'a'] }), update({ f: ['D'] })]],
  ['create, put: put', [update({ f: ['LC'] }), update({ f: ['P', 1] })]],
  ['delete, create: put of an empty list', [update({ f: ['D'] }), update({ f: ['LC'] })]],
  [
    'delete, create, insert: put of the list',
    [update({ f: ['D'] }), update({ f: ['LC'] }), update({ f: ['LI', 0, 'a'] })],
  ],
  ['put, delete, create: put of an empty list', [update({ f: ['P', 1] }), update({ f: ['D'] }), update({ f: ['LC'] })]],
  [
    'create, list operations: kept apart, in sequence',
    [update({ f: ['LC'] }), update({ f: ['LI', 0, 'a'] }), update({ f: ['LI', 1, 'b'] })],
  ],
  [
    'list operations are not compressed',
    [
      update({ f: ['LI', 0, 'a'] }),
      update({ f: ['LP', 0, 'b'] }),
      update({ f: ['LM', 1, 1] }),
      update({ f: ['LD', 0] }),
    ],
  ],
  [
    'two fields with list operations',
    [update({ g: ['LI', 0, 'a'] }), update({ f: ['LD', 0], g: ['LD', 1] }), update({ e: ['P', 1] })],
  ],
];

const BEFORES: readonly (readonly [name: string, changes: Json])[] = [
  ['before: put, put keeps the first', [update({ f: ['P', 1, was(0)] }), update({ f: ['P', 2, was(1)] })]],
  ['before: put, delete keeps the first', [update({ f: ['P', 1, was(null)] }), update({ f: ['D', was(1)] })]],
  ['before: the first is unknown, so the result is', [update({ f: ['P', 1] }), update({ f: ['P', 2, was(1)] })]],
  ['before: the second is unknown, so the result is', [update({ f: ['P', 1, was(0)] }), update({ f: ['P', 2] })]],
  [
    'before: a put is not dropped for what it overwrites',
    [update({ f: ['P', 1, was(2)] }), update({ f: ['P', 2, was(1)] })],
  ],
  ['before: a delete of an absent field is not dropped', [update({ f: ['D', was(null)] })]],
  [
    'before: put, delete of what was absent is not dropped',
    [update({ f: ['P', 1, was(null)] }), update({ f: ['D', was(1)] })],
  ],
  [
    'before: list operations, put: the list before both',
    [update({ f: ['LI', 0, 'x'] }), update({ f: ['LD', 1, was('a')] }), update({ f: ['P', 1, was(['x', 'b'])] })],
  ],
  [
    'before: list operations with an unknown item, put: unknown',
    [update({ f: ['LD', 0] }), update({ f: ['P', 1, was(['b'])] })],
  ],
  [
    'before: list operations, put with an unknown before: unknown',
    [update({ f: ['LD', 0, was('a')] }), update({ f: ['P', 1] })],
  ],
  [
    'before: list moves, delete: the list before both',
    [update({ f: ['LM', 0, 2] }), update({ f: ['LM', 1, 1] }), update({ f: ['D', was(['b', 'c', 'a'])] })],
  ],
  [
    'before: list operations, put over what is no list: unknown',
    [update({ f: ['LI', 0, 'a'] }), update({ f: ['P', 1, was('x')] })],
  ],
  [
    'before: list operations, put over nothing: unknown',
    [update({ f: ['LI', 0, 'a'] }), update({ f: ['D', was(null)] })],
  ],
  [
    'before: list operations that cannot have led to the list, put: unknown',
    [update({ f: ['LI', 2, 'a'] }), update({ f: ['P', 1, was(['x'])] })],
  ],
  [
    'before: put of a list, a list operation that does not know: unknown',
    [update({ f: ['P', ['a'], was(1)] }), update({ f: ['LD', 0] })],
  ],
  [
    'before: put of a list that does not know, a list operation that does: unknown',
    [update({ f: ['P', ['a']] }), update({ f: ['LD', 0, was('a')] })],
  ],
  [
    'before: delete, create and a list operation that does not know: unknown',
    [update({ f: ['D', was(1)] }), update({ f: ['LC'] }), update({ f: ['LI', 0, 'a'] }), update({ f: ['LD', 0] })],
  ],
  ['before: create, put with an unknown before: unknown', [update({ f: ['LC'] }), update({ f: ['P', 1] })]],
  ['before: create, put: absent', [update({ f: ['LC'] }), update({ f: ['P', 1, was([])] })]],
  [
    'before: create and an unknown item, put: unknown',
    [update({ f: ['LC'] }), update({ f: ['LI', 0, 'a'] }), update({ f: ['LD', 0] }), update({ f: ['P', 1, was([])] })],
  ],
  [
    'before: create, delete: absent',
    [update({ f: ['LC'] }), update({ f: ['LI', 0, 'a'] }), update({ f: ['D', was(['a'])] })],
  ],
  ['before: delete, create: what the delete removed', [update({ f: ['D', was('x')] }), update({ f: ['LC'] })]],
  [
    'before: put of a list, list operations: what the put overwrote',
    [update({ f: ['P', ['a'], was(['z'])] }), update({ f: ['LD', 0, was('a')] })],
  ],
  [
    'before: list operations keep their own',
    [update({ f: ['LP', 0, 'b', was('a')] }), update({ f: ['LP', 0, 'c', was('b')] })],
  ],
  ['before: an inserted record has none', [insert({ f: 1 }), update({ f: ['P', 2, was(1)] })]],
  ['before: delete', [remove({ f: 1 })]],
  [
    'before: update, delete: the fields before both',
    [
      update({ e: ['P', 1, was(null)], f: ['P', 2, was(0)], g: ['D', was('x')] }),
      update({ l: ['LI', 0, 'a'] }),
      remove({ e: 1, f: 2, l: ['a', 'b'], z: true }),
    ],
  ],
  ['before: update, delete: a created list was absent', [update({ f: ['LC'] }), remove({ f: [] })]],
  [
    'before: update, delete: one unknown field, all unknown',
    [update({ f: ['P', 2], g: ['P', 2, was(1)] }), remove({ f: 2, g: 2 })],
  ],
  ['before: delete, insert, delete keeps the first', [remove({ f: 1 }), insert({ g: 2 }), remove({ g: 2 })]],
  ['before: delete, insert, delete: the last need not be known', [remove({ f: 1 }), insert({ g: 2 }), remove()]],
  ['before: delete, insert: the delete keeps it', [remove({ f: 1 }), insert({ f: 2 })]],
];

const REFUSED: readonly (readonly [name: string, changes: Json])[] = [
  ['refused: insert, insert', [insert({}), insert({})]],
  ['refused: update, insert', [update({ f: ['P', 1] }), insert({})]],
  ['refused: delete, update', [remove(), update({ f: ['P', 1] })]],
  ['refused: delete, delete', [remove(), remove()]],
  ['refused: delete, insert, insert', [remove(), insert({}), insert({})]],
  ['refused: insert, delete, update', [insert({}), remove(), update({})]],
  ['refused: an update without operations of a deleted record', [remove(), update({})]],
  [
    'refused: of several fields the first in code point order is named',
    [update({ a: ['P', 1], b: ['P', 1], z: ['P', 1] }), update({ z: ['LC'], b: ['LC'], a: ['D'] })],
  ],
  ['refused: put, create', [update({ f: ['P', 1] }), update({ f: ['LC'] })]],
  ['refused: create, create', [update({ f: ['LC'] }), update({ f: ['LC'] })]],
  ['refused: list operation, create', [update({ f: ['LI', 0, 'a'] }), update({ f: ['LC'] })]],
  ['refused: delete of a field, list operation', [update({ f: ['D'] }), update({ f: ['LI', 0, 'a'] })]],
  ['refused: list operation on a field that was not inserted', [insert({}), update({ f: ['LI', 0, 'a'] })]],
  ['refused: create of an inserted field', [insert({ f: 1 }), update({ f: ['LC'] })]],
  ['refused: put of no list, list operation', [update({ f: ['P', 1] }), update({ f: ['LI', 0, 'a'] })]],
  ['refused: index beyond a put list', [update({ f: ['P', ['a']] }), update({ f: ['LD', 1] })]],
  ['refused: insert beyond a put list', [update({ f: ['P', ['a']] }), update({ f: ['LI', 2, 'b'] })]],
  ['refused: move beyond a put list', [update({ f: ['P', ['a']] }), update({ f: ['LM', 0, 1] })]],
];

export const compression: Family = {
  file: 'compression.json',
  description:
    'Sequences of changes and their normal form, or the error where a change cannot follow those before it. Where a change says what it overwrote, the normal form says so too.',
  inputs: [...RECORDS, ...ORDERS, ...FIELDS, ...BEFORES, ...REFUSED].map(([name, changes]) => ({ name, changes })),
  outputs: ['normal'],
  complete: ({ changes }: JsonObject): JsonObject =>
    answerOrError(() => ({ normal: writeDelta(compress(readDelta(changes))) })),
};
