/** Files in the binary form made by hand, column by column, so that they can be damaged one column at a time. */

import { Packr } from 'msgpackr';

export type BinaryKind = 'delta' | 'state' | 'replica' | 'sequencer';

/** The bytes of a column, or null for nil. */
export type Column = Uint8Array | null;

const hex = (bytes: string): Uint8Array => new Uint8Array(Buffer.from(bytes.replaceAll(' ', ''), 'hex'));
const text = (content: string): Uint8Array => new Uint8Array(Buffer.from(content));

/** The columns of BIN-4 in their order: one update of table t, record r, in which field f is put to true. */
const PUT_TRUE: Readonly<Record<string, Column>> = {
  names: hex('80 66 80 72 80 74'),
  stringLengths: null,
  strings: null,
  groups: hex('01 02'),
  records: hex('02'),
  fields: hex('00 01 00'),
  listEdits: null,
  tags: hex('03'),
  content: null,
  text: null,
  beforeTags: null,
  beforeContent: null,
  beforeText: null,
};

/** An undamaged file of each kind. The ones of sync begin with the columns of BIN-23, BIN-24 and BIN-22. */
const WHOLE: Readonly<Record<BinaryKind, Readonly<Record<string, Column>>>> = {
  delta: PUT_TRUE,
  state: PUT_TRUE,
  // At revision 1, with PUT_TRUE in flight and refused, and rule max for its field.
  replica: {
    head: hex('01 00'),
    nonce: text('n'),
    refusal: text('{"reason":"limit","message":"m"}'),
    rules: hex('02 01 00 02'),
    counts: hex('00 01 00'),
    ...PUT_TRUE,
  },
  // At revision 3, of which the snapshot has the nonces of 1 to 3, with PUT_TRUE as its only entry.
  sequencer: { head: hex('03 03 00'), nonces: text('n1 n2 n3'), counts: hex('00 01'), ...PUT_TRUE },
};

/** The undamaged file of a kind with some of its columns exchanged. */
export function binaryFile(kind: BinaryKind, columns: ReadonlyMap<string, Column>): Uint8Array {
  const whole = new Map(Object.entries(WHOLE[kind]));
  for (const [name, column] of columns) {
    if (!whole.has(name)) throw new Error(`A ${kind} has no column ${name}`);
    whole.set(name, column);
  }
  return new Uint8Array(new Packr({ useRecords: false }).pack([`deltaic/${kind}`, 1, ...whole.values()]));
}
