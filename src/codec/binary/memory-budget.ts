import { checkOptions } from '../../errors/arguments.js';
import { DatastoreError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';

/** How bytes are decoded. */
export interface DecodeOptions {
  /**
   * How much memory the decoder may use for what it builds, in bytes: {@link DEFAULT_MAX_BYTES} unless given, and
   * `Infinity` for bytes that you wrote yourself. It is an estimate: `scripts/decode-memory.ts` measures it. Spec: BIN-27.
   */
  readonly maxBytes?: number;
}

/** 256 MiB: a state within the default limits takes less than half of it. */
export const DEFAULT_MAX_BYTES: number = 256 * 2 ** 20;

/** For bytes that this program wrote: they were in its memory before. */
export const UNLIMITED: DecodeOptions = { maxBytes: Number.POSITIVE_INFINITY };

/** What the parts of deltas and states take in memory, in bytes. `scripts/decode-memory.ts` measures them. */
export const COST = {
  name: 100,
  change: 300,
  field: 80,
  /** Operations on one list, besides the operations. */
  listEdit: 700,
  listOp: 40,
  list: 50,
  item: 10,
  /** A string, besides two bytes for each byte of its text. */
  string: 40,
  /** Bytes, besides their length. */
  bytes: 200,
  date: 100,
  long: 32,
  double: 16,
  /** An event of a mesh, besides its delta; or a rule; or whatever else has a few numbers. */
  entry: 400,
} as const;

/** Counts what a decoder builds, so that it ends before it has used more memory than its caller allows. */
export class MemoryBudget {
  readonly #maxBytes: number;
  #left: number;

  /** @throws DatastoreError `invalid-option`. */
  constructor(options: DecodeOptions = {}) {
    const { maxBytes = DEFAULT_MAX_BYTES } = checkOptions(options, { maxBytes: true });
    if (typeof maxBytes !== 'number' || !(maxBytes >= 0)) {
      throw new DatastoreError('invalid-option', `maxBytes must be a number from 0, got ${quote(maxBytes)}`);
    }
    this.#maxBytes = maxBytes;
    this.#left = maxBytes;
  }

  /** Takes memory for something that is about to be built. @throws DatastoreError `decoded-too-large`. */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    throw new DatastoreError(
      'decoded-too-large',
      `decoding takes more than ${this.#maxBytes} bytes of memory: set maxBytes if the source is trusted`,
    );
  }
}
