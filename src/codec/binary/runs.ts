import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';

/** Counts from here on do not fit beside the kind, and follow as a number. */
const LONG_RUN = 16;

/**
 * The longest run of what takes no bytes of its own, such as booleans. It is what keeps a few bytes from declaring a
 * billion items: everything that is read is paid for by an eighth of a byte at least. Spec: BIN-10.
 */
export const UNPAID_RUN_MAX = 8;

/** So many of one kind in a row. */
export interface Run {
  readonly kind: number;
  readonly count: number;
}

/** Writes a run: the kind in the low half of a byte, the count in the high half, and beside it if it is long. */
export function writeRun(column: ByteWriter, kind: number, count: number): void {
  column.byte(((Math.min(count, LONG_RUN) - 1) << 4) | kind);
  if (count >= LONG_RUN) column.varint(count - LONG_RUN);
}

/** Reads what {@link writeRun} wrote; `kindCount` is how many kinds there are. */
export function readRun(column: ByteReader, kindCount: number): Run {
  const byte = column.byte();
  const kind = byte & 0x0f;
  if (kind >= kindCount) column.fail('a kind that does not exist');
  const short = (byte >> 4) + 1;
  return { kind, count: short < LONG_RUN ? short : LONG_RUN + column.varint() };
}
