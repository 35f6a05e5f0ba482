/** Files in the binary form made by hand, column by column, to be damaged one column at a time. */

import { Packr } from 'msgpackr';

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
