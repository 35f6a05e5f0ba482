import { DatastoreError } from '../../errors/datastore-error.js';

const GROUP = 0x80;
/** Groups of seven bits that a number holds exactly. */
const EXACT_GROUPS = 7;
const NAN_BITS = 0x7ff80000;

/** An error of encoded bytes at an offset in the whole file. */
export function invalidBinary(reason: string, offset: number): DatastoreError {
  return new DatastoreError('invalid-binary', reason, { offset });
}

/**
 * Reads a column of bytes, and believes nothing: every read that leaves the column, or meets a form that is not the one
 * that is written, throws `invalid-binary` with the offset in the file. Spec: BIN-5 to BIN-8.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #name: string;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.#name = name;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) this.fail('more is needed than there is');
    this.#at++;
    return byte;
  }

  /** See `ByteWriter.varint`. */
  varint(): number {
    const first = this.byte();
    return first < GROUP ? first : this.#exact(this.#groups(first - GROUP, GROUP, EXACT_GROUPS));
  }

  /** See `ByteWriter.signed`. */
  signed(): number {
    const first = this.byte();
    const low = (first >> 1) & 0x3f;
    const magnitude = first < GROUP ? low : this.#exact(this.#groups(low, 64, EXACT_GROUPS));
    // A negative number is one further from 0 than its magnitude says.
    return (first & 1) === 0 ? magnitude : -this.#exact(magnitude + 1);
  }

  /** See `ByteWriter.long`. */
  long(): bigint {
    let length = 1;
    while ((this.#bytes[this.#at + length - 1] ?? 0) >= GROUP) length++;
    if (length <= EXACT_GROUPS) return BigInt(this.signed());
    if (length > 10) this.fail('a long has more than 64 bits');
    let zigzag = 0n;
    for (let shift = 0; shift < 7 * length; shift += 7) zigzag |= BigInt(this.byte() & 0x7f) << BigInt(shift);
    if (zigzag < 1n << BigInt(7 * (length - 1))) this.fail('a number is longer than it needs to be');
    if (zigzag >= 2n ** 64n) this.fail('a long has more than 64 bits');
    return (zigzag >> 1n) ^ -(zigzag & 1n);
  }

  /** See `ByteWriter.double`. */
  double(): number {
    const start = this.skip(8);
    const value = this.#view.getFloat64(start);
    if (Number.isNaN(value) && (this.#view.getUint32(start) !== NAN_BITS || this.#view.getUint32(start + 4) !== 0)) {
      this.fail('a NaN has a form of its own');
    }
    return value;
  }

  /** A whole number of a fixed size, the highest byte first. */
  number(size: number): number {
    let value = 0;
    for (let count = 0; count < size; count++) value = value * 256 + this.byte();
    return value;
  }

  /** A copy of the next bytes. */
  bytes(count: number): Uint8Array {
    const start = this.skip(count);
    return this.#bytes.slice(start, start + count);
  }

  /** Passes over the next bytes and returns where they start. */
  skip(count: number): number {
    const start = this.#at;
    if (count > this.#bytes.length - start) this.fail('more is needed than there is');
    this.#at += count;
    return start;
  }

  /** @throws DatastoreError `invalid-binary` if anything is left. */
  finish(): void {
    if (!this.isAtEnd) this.fail('there is more than is needed');
  }

  fail(reason: string): never {
    throw invalidBinary(`${this.#name}: ${reason}`, this.#bytes.byteOffset + this.#at);
  }

  /** The further groups of a number that begins with `low`, of which the next is worth `unit`. */
  #groups(low: number, unit: number, most: number): number {
    let value = low;
    let scale = unit;
    for (let count = 0; count < most; count++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte === 0) this.fail('a number is longer than it needs to be');
      if (byte < GROUP) return value;
      scale *= GROUP;
    }
    return Number.POSITIVE_INFINITY;
  }

  #exact(value: number): number {
    if (value > Number.MAX_SAFE_INTEGER) this.fail('a number is beyond 2^53 − 1');
    return value;
  }
}
