import { DatastoreError } from '../../errors/datastore-error.js';

/** Longs between minus this and this are written as numbers, which is faster. */
const SMALL_LONG = 2n ** 52n;
/** A byte from here on is not the last one of its number. */
const GROUP = 0x80;
/** The upper half of the only NaN that is written. */
const NAN_BITS = 0x7ff80000;

const NO_BYTES = new Uint8Array();
/** How many bytes a column has room for at first; most columns of a small delta are empty. */
const FIRST_ROOM = 64;

/** Writes a column of bytes. Spec: BIN-5 to BIN-8. */
export class ByteWriter {
  #bytes: Uint8Array = NO_BYTES;
  #length = 0;

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  /** A whole number from 0 to 2^53 − 1, seven bits a byte, the lowest first. */
  varint(value: number): void {
    let rest = value;
    while (rest >= GROUP) {
      // Bit operators work on 32 bits, so only the seven bits that are kept go through them.
      this.byte((rest % GROUP) | GROUP);
      rest = Math.floor(rest / GROUP);
    }
    this.byte(rest);
  }

  /** A whole number from −2^53 + 1 to 2^53 − 1; the lowest bit tells negative ones. */
  signed(value: number): void {
    const isNegative = value < 0 ? 1 : 0;
    const magnitude = isNegative ? -1 - value : value;
    const low = (magnitude % 64) * 2 + isNegative;
    if (magnitude < 64) {
      this.byte(low);
    } else {
      // Twice the magnitude may not be exact, so the first byte is split off before.
      this.byte(low | GROUP);
      this.varint(Math.floor(magnitude / 64));
    }
  }

  /** A long, in the form of {@link signed} extended to 64 bits. */
  long(value: bigint): void {
    if (value > -SMALL_LONG && value < SMALL_LONG) this.signed(Number(value));
    else this.#largeLong(value);
  }

  /** A double as eight bytes, the sign first. Every NaN is written alike. */
  double(value: number): void {
    this.#reserve(8);
    const view = new DataView(this.#bytes.buffer, this.#length, 8);
    // The language does not say which NaN `setFloat64` stores.
    if (Number.isNaN(value)) view.setUint32(0, NAN_BITS);
    else view.setFloat64(0, value);
    this.#length += 8;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Well-formed text in UTF-8. Returns its length in bytes. */
  text(text: string): number {
    const start = this.#length;
    // A unit takes at most three bytes, so one check is enough.
    this.#reserve(3 * text.length);
    const bytes = this.#bytes;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit < GROUP) bytes[this.#length++] = unit;
      else if (unit < 0xd800 || unit >= 0xe000) this.#codePoint(unit);
      else this.#codePoint(text.codePointAt(at++) ?? unit);
    }
    return this.#length - start;
  }

  /** What was written. Nothing may be written after this. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #largeLong(value: bigint): void {
    let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    while (rest >= 128n) {
      this.byte(Number(rest & 127n) | GROUP);
      rest >>= 7n;
    }
    this.byte(Number(rest));
  }

  #codePoint(point: number): void {
    const continuation = (shift: number): void => this.byte(0x80 | ((point >> shift) & 0x3f));
    if (point < 0x800) {
      this.byte(0xc0 | (point >> 6));
    } else {
      if (point < 0x10000) {
        this.byte(0xe0 | (point >> 12));
      } else {
        this.byte(0xf0 | (point >> 18));
        continuation(12);
      }
      continuation(6);
    }
    continuation(0);
  }

  #reserve(count: number): void {
    if (this.#length + count > this.#bytes.length) this.#grow(count);
  }

  #grow(count: number): void {
    const larger = new Uint8Array(Math.max(FIRST_ROOM, 4 * this.#bytes.length, this.#length + count));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** How many groups of seven bits a number holds exactly. */
const EXACT_GROUPS = 7;

/** An error in encoded bytes, at an offset in the whole file. */
export function invalidBinary(reason: string, offset: number): DatastoreError {
  return new DatastoreError('invalid-binary', reason, { offset });
}

/**
 * Reads a column of untrusted bytes. A read beyond the end of the column, or of a form that the writer does not write,
 * throws `invalid-binary` with the offset in the file. Spec: BIN-5 to BIN-8.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #name: string;
  #at = 0;

  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.#name = name;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) this.fail('the data ends too early');
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
    // A negative number is one further from 0 than its magnitude.
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
    if (zigzag < 1n << BigInt(7 * (length - 1))) this.fail('a number is not in its shortest form');
    if (zigzag >= 2n ** 64n) this.fail('a long has more than 64 bits');
    return (zigzag >> 1n) ^ -(zigzag & 1n);
  }

  /** See `ByteWriter.double`. */
  double(): number {
    const start = this.skip(8);
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + start, 8);
    const value = view.getFloat64(0);
    if (Number.isNaN(value) && (view.getUint32(0) !== NAN_BITS || view.getUint32(4) !== 0)) {
      this.fail('a NaN must be written as 7ff8000000000000');
    }
    return value;
  }

  /** A whole number of a fixed size, big-endian. */
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

  /** All bytes that are left, not copied. */
  rest(): Uint8Array {
    const start = this.#at;
    this.#at = this.#bytes.length;
    return this.#bytes.subarray(start);
  }

  /** Skips the next bytes and returns where they start. */
  skip(count: number): number {
    const start = this.#at;
    if (count > this.#bytes.length - start) this.fail('the data ends too early');
    this.#at += count;
    return start;
  }

  /** @throws DatastoreError `invalid-binary` if bytes are left over. */
  finish(): void {
    if (!this.isAtEnd) this.fail('there is data left over');
  }

  fail(reason: string): never {
    throw invalidBinary(`${this.#name}: ${reason}`, this.#bytes.byteOffset + this.#at);
  }

  /** The remaining groups of a number that begins with `low`; the next one counts `unit`. */
  #groups(low: number, unit: number, most: number): number {
    let value = low;
    let scale = unit;
    for (let count = 0; count < most; count++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte === 0) this.fail('a number is not in its shortest form');
      if (byte < GROUP) return value;
      scale *= GROUP;
    }
    return Number.POSITIVE_INFINITY;
  }

  #exact(value: number): number {
    if (value > Number.MAX_SAFE_INTEGER) this.fail('a number is above 2^53 − 1');
    return value;
  }
}

/** Counts from here on do not fit beside the kind: the rest follows as a number. */
const LONG_RUN = 16;

/**
 * The longest run of things that take no bytes of their own, such as booleans. Without this limit, a few bytes could
 * declare a billion items. With it, every item costs at least an eighth of a byte. Spec: BIN-10.
 */
export const UNPAID_RUN_MAX = 8;

/** A number of things of one kind in a row. */
export interface Run {
  readonly kind: number;
  readonly count: number;
}

/** Writes a run: the kind in the low half of a byte, the count in the high half, and the rest of a long count after it. */
export function writeRun(column: ByteWriter, kind: number, count: number): void {
  column.byte(((Math.min(count, LONG_RUN) - 1) << 4) | kind);
  if (count >= LONG_RUN) column.varint(count - LONG_RUN);
}

/** Reads what {@link writeRun} wrote; `kindCount` is how many kinds there are. */
export function readRun(column: ByteReader, kindCount: number): Run {
  const byte = column.byte();
  const kind = byte & 0x0f;
  if (kind >= kindCount) column.fail(`unknown kind ${kind} of a run`);
  const short = (byte >> 4) + 1;
  return { kind, count: short < LONG_RUN ? short : LONG_RUN + column.varint() };
}
