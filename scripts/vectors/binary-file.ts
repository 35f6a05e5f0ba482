/** Files in the binary form made by hand, column by column, to be damaged one column at a time. */

import { Packr } from 'msgpackr';

/** Bytes that are refused, and what they are taken for: a delta unless given. */
export type Refusal = readonly [name: string, bytes: Uint8Array, kind?: 'delta' | 'state' | 'replica' | 'sequencer'];

export type Column = readonly number[] | string | null;

/** The columns of a delta or state in the order of BIN-4. */
export interface Columns {
  readonly names: Column;
  readonly stringLengths: Column;
  readonly strings: Column;
  readonly groups: Column;
  readonly records: Column;
  readonly fields: Column;
  readonly listEdits: Column;
  readonly tags: Column;
  readonly content: Column;
  readonly text: Column;
  readonly beforeTags: Column;
  readonly beforeContent: Column;
  readonly beforeText: Column;
}

/** One update of table t, record r: field f is put to true. */
export const PUT_TRUE: Columns = {
  names: [0x80, 0x66, 0x80, 0x72, 0x80, 0x74],
  stringLengths: null,
  strings: null,
  groups: [0x01, 2],
  records: [2],
  fields: [0, 1, 0],
  listEdits: null,
  tags: [0x03],
  content: null,
  text: null,
  beforeTags: null,
  beforeContent: null,
  beforeText: null,
};

/** The same file with some columns exchanged. */
export function fileWith(columns: Partial<Columns>, kind = 'deltaic/delta'): Uint8Array {
  return packed([kind, 1, ...Object.values({ ...PUT_TRUE, ...columns }).map(columnBytes)]);
}

/** Any elements as MessagePack. */
export function packed(elements: unknown): Uint8Array {
  return new Uint8Array(new Packr({ useRecords: false }).pack(elements));
}

function columnBytes(column: Column): Uint8Array | null {
  if (column === null) return null;
  return typeof column === 'string' ? new Uint8Array(Buffer.from(column)) : Uint8Array.from(column);
}

/** The columns of a saved replica in the order of BIN-23 and BIN-22. */
export interface ReplicaColumns extends Columns {
  readonly head: Column;
  readonly nonce: Column;
  readonly refusal: Column;
  readonly rules: Column;
  readonly counts: Column;
}

/** At revision 1, with PUT_TRUE in flight and refused, and rule max for its field. */
const REPLICA: Omit<ReplicaColumns, keyof Columns> = {
  head: [1, 0],
  nonce: 'n',
  refusal: '{"reason":"limit","message":"m"}',
  rules: [2, 1, 0, 2],
  counts: [0, 1, 0],
};

/** That replica with some columns exchanged. */
export function replicaWith(columns: Partial<ReplicaColumns>): Uint8Array {
  return packed(['deltaic/replica', 1, ...Object.values({ ...REPLICA, ...PUT_TRUE, ...columns }).map(columnBytes)]);
}

/** The columns of a saved sequencer in the order of BIN-24 and BIN-22. */
export interface SequencerColumns extends Columns {
  readonly head: Column;
  readonly nonces: Column;
  readonly counts: Column;
}

/** At revision 3, of which the snapshot has the nonces of 1 to 3, with PUT_TRUE as its only entry. */
const SEQUENCER: Omit<SequencerColumns, keyof Columns> = { head: [3, 3, 0], nonces: 'n1 n2 n3', counts: [0, 1] };

/** That sequencer with some columns exchanged. */
export function sequencerWith(columns: Partial<SequencerColumns>): Uint8Array {
  return packed(['deltaic/sequencer', 1, ...Object.values({ ...SEQUENCER, ...PUT_TRUE, ...columns }).map(columnBytes)]);
}
