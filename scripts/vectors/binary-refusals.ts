/** Files that the encoder never writes, one for each thing that a decoder has to look at. */

import { type Columns, fileWith, PUT_TRUE, packed, type Refusal } from './binary-file.js';
import { HISTORY_REFUSALS } from './binary-history-refusals.js';

const VALID = fileWith({});
const DAMAGED_FROM = 16;

/** A put of field f to a value of this tag and content. */
const put = (tag: number, columns: Partial<Columns>): Uint8Array => fileWith({ tags: [tag], ...columns });
/** An edit of the list in field f, of so many operations. */
const edit = (count: number, listEdits: readonly number[], columns: Partial<Columns> = {}): Uint8Array =>
  fileWith({ tags: [0x0d], content: [count], listEdits, ...columns });
/** A put of field f to a list with these tags of its items. */
const list = (count: readonly number[], tags: readonly number[], columns: Partial<Columns> = {}): Uint8Array =>
  fileWith({ tags: [0x0c, ...tags], content: count, ...columns });

const ENVELOPES: readonly Refusal[] = [
  ['nothing', new Uint8Array()],
  ['a file cut short', VALID.subarray(0, VALID.length - 1)],
  ['a byte too many', Uint8Array.from([...VALID, 0xc0])],
  ['a map', packed({ kind: 'deltaic/delta' })],
  ['a kind that is not known', packed(['deltaic/other', 1])],
  ['another kind', fileWith({}, 'deltaic/state')],
  ['a version that is not known', packed(['deltaic/delta', 2])],
  ['a column too few', packed(['deltaic/delta', 1, ...Array.from({ length: 12 }, () => null)])],
  ['a column that is empty and not nil', Uint8Array.from([...VALID.subarray(0, -1), 0xc4, 0])],
  ['a column that is a string', Uint8Array.from([...VALID.subarray(0, -1), 0xa1, 0x61])],
  ['a column that is an array', Uint8Array.from([...VALID.subarray(0, -1), 0x91, 0xc0])],
  [
    'a column with a long header',
    Uint8Array.from([...VALID.subarray(0, DAMAGED_FROM), 0xc5, 0, ...VALID.subarray(17)]),
  ],
  ['a column of four gigabytes', Uint8Array.from([...VALID.subarray(0, DAMAGED_FROM), 0xc6, 255, 255, 255, 255])],
  ['an array of 2^32 elements', Uint8Array.of(0xdd, 255, 255, 255, 255)],
  ['arrays in arrays', new Uint8Array(1000).fill(0x91)],
];

/** The valid file with other bytes in place of its version. */
const versioned = (...version: readonly number[]): Refusal => [
  `a version that begins with ${version.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}`,
  Uint8Array.from([...VALID.subarray(0, DAMAGED_FROM - 1), ...version, ...VALID.subarray(DAMAGED_FROM)]),
];

const VERSIONS: readonly Refusal[] = [
  ...[
    versioned(0),
    versioned(0x7f),
    versioned(0xff),
    versioned(0xc0),
    versioned(0xc3),
    versioned(0x90),
    versioned(0xc4, 0),
  ],
  ...[
    versioned(0xcc, 1),
    versioned(0xcc, 0x80),
    versioned(0xcd, 1, 0),
    versioned(0xce, 0, 0, 0, 1),
    versioned(0xa1, 0x31),
  ],
  ['a version that is not known, and nothing after it', packed(['deltaic/delta', 2])],
  ['a version that is not known of another kind', packed(['deltaic/state', 2])],
  ['no version', packed(['deltaic/delta'])],
];

const NAMES: readonly Refusal[] = [
  ['names out of order', fileWith({ names: [0x80, 0x72, 0x80, 0x66, 0x80, 0x74] })],
  ['a name twice', fileWith({ names: [0x80, 0x66, 0x81, 0x80, 0x74] })],
  ['a name that shares more than there is', fileWith({ names: [0x80, 0x66, 0x82, 0x72, 0x80, 0x74] })],
  ['a name that repeats what it shares', fileWith({ names: [0x80, 0x66, 0x80, 0x66, 0x66, 0x80, 0x74] })],
  ['a name without a beginning', fileWith({ names: [0x66, 0x80, 0x72, 0x80, 0x74] })],
  ['a name of letters that no name has', fileWith({ names: [0x80, 0x20, 0x80, 0x72, 0x80, 0x74] })],
  [
    'a name of 65 letters',
    fileWith({ names: [0x80, ...Array.from({ length: 65 }, () => 0x61), 0x80, 0x72, 0x80, 0x74] }),
  ],
  ['a name that is not used', fileWith({ names: [0x80, 0x66, 0x80, 0x72, 0x80, 0x74, 0x80, 0x75] })],
  ['a table without a name', fileWith({ groups: [0x01, 3] })],
  ['a record before the first name', fileWith({ records: [1] })],
];

const NUMBERS: readonly Refusal[] = [
  ['a number longer than it needs', fileWith({ groups: [0x01, 0x82, 0x00] })],
  ['a number beyond 2^53', fileWith({ fields: [0, 255, 255, 255, 255, 255, 255, 255, 31] })],
  ['a number without an end', fileWith({ records: [0x82] })],
  ['a long of more than 64 bits', put(0x04, { content: [255, 255, 255, 255, 255, 255, 255, 255, 255, 2] })],
  ['a long of 2^64, before it is halved', put(0x04, { content: [128, 128, 128, 128, 128, 128, 128, 128, 128, 2] })],
  ['a long of eleven bytes', put(0x04, { content: [255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0] })],
  ['a long longer than it needs', put(0x04, { content: [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0] })],
  ['a whole double in eight bytes', put(0x06, { content: [0x3f, 0xf0, 0, 0, 0, 0, 0, 0] })],
  ['a NaN of its own', put(0x06, { content: [0x7f, 0xf8, 0, 0, 0, 0, 0, 1] })],
  ['a double of seven bytes', put(0x06, { content: [0x3f, 0xf8, 0, 0, 0, 0, 0] })],
  ['a whole number of 2^53', put(0x05, { content: [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20] })],
  ['a whole number of -2^53', put(0x05, { content: [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f] })],
  ['a date after the greatest', put(0x0b, { content: [0x82, 0x80, 0xe0, 0xad, 0x98, 0x82, 0xd9, 0x1e] })],
];

const STRINGS: readonly Refusal[] = [
  ['a text that is not UTF-8', put(0x08, { content: [2], text: [0xc3, 0x28] })],
  ['an overlong character', put(0x08, { content: [3], text: [0xc0, 0x80, 0x61] })],
  ['half of a surrogate pair', put(0x08, { content: [4], text: [0xed, 0xa0, 0x80, 0x61] })],
  ['a character above 10FFFF', put(0x08, { content: [5], text: [0xf4, 0x90, 0x80, 0x80, 0x61] })],
  ['a text cut inside a character', put(0x08, { content: [2], text: 'aé' })],
  ['a text of more than there is', put(0x08, { content: [200, 1], text: 'aé' })],
  ['text that is left over', put(0x08, { content: [2], text: 'abc' })],
  ['one character as a string', put(0x08, { content: [2], text: 'é' })],
  ['a character that is not there', put(0x07, {})],
  ['a string in place that occurs twice', list([2, 2, 2], [0x18], { text: 'abab' })],
  [
    'a string in place that is numbered',
    list([3, 0, 0, 2], [0x19, 0x08], { stringLengths: [2], strings: 'ab', text: 'ab' }),
  ],
  ['a numbered string that occurs once', list([1, 0], [0x09], { stringLengths: [2], strings: 'ab' })],
  ['numbered strings out of order', list([4, 0, 0, 1, 1], [0x39], { stringLengths: [2, 2], strings: 'baab' })],
  ['a numbered string of 257 bytes', list([2, 0, 0], [0x19], { stringLengths: [0x81, 2], strings: 'x'.repeat(257) })],
  ['a number that no string has', list([2, 0, 1], [0x19], { stringLengths: [2], strings: 'ab' })],
  ['bytes of more than there are', put(0x0a, { content: [3, 1, 2] })],
  ['bytes of 2^53 - 1', put(0x0a, { content: [255, 255, 255, 255, 255, 255, 255, 15] })],
];

const VALUES: readonly Refusal[] = [
  ['a tag that does not exist', put(0x0f, {})],
  ['a run cut in two', list([2], [0x03, 0x03])],
  ['a run of nine booleans', list([9], [0x83])],
  ['a run of a million booleans', list([0xc0, 0x84, 0x3d], [0xf3, 0xb0, 0x84, 0x3d])],
  ['a list of a billion items', list([0x80, 0x94, 0xeb, 0xdc, 3], [0x73])],
  ['a list in a list', list([2, 0], [0x03, 0x0c])],
  ['a value that is unknown', put(0x01, {})],
  ['tags that are left over', fileWith({ tags: [0x13] })],
  ['content that is left over', put(0x03, { content: [0] })],
  ['befores that are all unknown', fileWith({ beforeTags: [0x01] })],
  ['a before that is an edit', fileWith({ beforeTags: [0x0d], beforeContent: [0] })],
];

const CHANGES: readonly Refusal[] = [
  ['a kind of change that does not exist', fileWith({ groups: [0x04, 2] })],
  ['groups cut in two', fileWith({ groups: [0x01, 2, 0x01, 2], records: [2, 0], fields: [0, 1, 0, 0], tags: [0x13] })],
  ['a group of more records than there are', fileWith({ groups: [0xf1, 0x80, 0x80, 0x80, 0x80, 8, 2] })],
  ['records that are left over', fileWith({ records: [2, 0] })],
  ['fields with a number too high', fileWith({ fields: [1, 1, 0] })],
  ['the same fields twice', fileWith({ groups: [0x11, 2], records: [2, 0], fields: [0, 1, 0, 1, 1, 0], tags: [0x13] })],
  ['a billion fields', fileWith({ fields: [0, 0x80, 0x94, 0xeb, 0xdc, 3, 0] })],
  ['an insert with an edit', fileWith({ groups: [0x00, 2], tags: [0x0d], content: [0] })],
  ['a state with an update', fileWith({}, 'deltaic/state'), 'state'],
  [
    'a state with a record twice',
    fileWith({ groups: [0x10, 2], records: [2, 0], fields: [0, 1, 0, 0], tags: [0x13] }, 'deltaic/state'),
    'state',
  ],
];

const LIST_EDITS: readonly Refusal[] = [
  ['a kind of list edit that does not exist', edit(1, [0x05, 0])],
  ['inserts cut in two', edit(2, [0x00, 0, 0x00, 0], { tags: [0x0d, 0x13] })],
  ['deletes cut in two', edit(2, [0x02, 0, 0x02, 0])],
  ['a backspace written as two deletes', edit(2, [0x02, 2, 0x02, 1])],
  ['a single backspace', edit(1, [0x03, 2])],
  ['nine deletes in a run', edit(9, [0x82, 0])],
  ['a million deletes in a run', edit(1, [0xf2, 0xb0, 0x84, 0x3d, 0], { content: [0xc0, 0x84, 0x3d] })],
  ['a run longer than its edit', edit(1, [0x12, 0])],
  ['two moves in a run', edit(2, [0x14, 0, 0])],
  ['an index below 0', edit(1, [0x02, 1])],
  ['an index of 2^29', edit(1, [0x02, 0x80, 0x80, 0x80, 0x80, 4])],
  ['a run that ends below 0', edit(3, [0x23, 2])],
  ['a move to below 0', edit(1, [0x04, 0, 1])],
  ['an insert of a list', edit(1, [0x00, 0], { tags: [0x0d, 0x0c], content: [1, 0] })],
  ['a delete of an item that was absent', edit(1, [0x02, 0], { beforeTags: [0x00] })],
  ['list edits that are left over', edit(1, [0x02, 0, 0x02, 4])],
];

export const BINARY_REFUSALS: readonly Refusal[] = [
  ...[ENVELOPES, VERSIONS, NAMES, NUMBERS, STRINGS, VALUES, CHANGES, LIST_EDITS, HISTORY_REFUSALS].flat(),
];

/** Shows that what is damaged above is whole without the damage. */
export const UNDAMAGED: readonly Uint8Array[] = [
  VALID,
  put(0x04, { content: [255, 255, 255, 255, 255, 255, 255, 255, 255, 1] }),
  put(0x08, { content: [3], text: 'aé' }),
  list([2, 2, 2], [0x18], { text: 'abcd' }),
  list([2, 0, 0], [0x19], { stringLengths: [2], strings: 'ab' }),
  list([8], [0x73]),
  edit(2, [0x03 + 0x10, 2]),
  edit(8, [0x72, 0]),
  fileWith({ beforeTags: [0x03] }),
  fileWith({ ...PUT_TRUE, groups: [0x11, 2], records: [2, 0], fields: [0, 1, 0, 0], tags: [0x13] }),
];
