/** The largest long, and the smallest, that is written by way of a number. */
const SMALL_LONG = 2n ** 52n;
const GROUP = 0x80;
const NAN_BITS = 0x7ff8n << 48n;

/** Puts together a column of bytes. Numbers are written as BIN-5 to BIN-8 say. Spec: BIN-5 to BIN-8. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  /** A whole number from 0 to 2^53 − 1, seven bits a byte, the lowest first. */
  varint(value: number): void {
    let rest = value;
    while (rest >= GROUP) {
      // Bit operators end at 32 bits, so only what is kept goes through them.
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
      // Twice the magnitude need not be exact any more, so the first byte is split off before.
      this.byte(low | GROUP);
      this.varint(Math.floor(magnitude / 64));
    }
  }

  /** A long, in the form of {@link signed} continued to 64 bits. */
  long(value: bigint): void {
    if (value > -SMALL_LONG && value < SMALL_LONG) this.signed(Number(value));
    else this.#largeLong(value);
  }

  /** A double in its eight bytes, the sign first. Every NaN is the same. */
  double(value: number): void {
    this.#reserve(8);
    const view = new DataView(this.#bytes.buffer, this.#length, 8);
    // The language leaves open which of the NaNs is stored, so it is not asked.
    if (Number.isNaN(value)) view.setBigUint64(0, NAN_BITS);
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
    // No unit takes more bytes than three, so one check does for all.
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

  /** What was written. Nothing may be written after it. */
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
    const larger = new Uint8Array(Math.max(4 * this.#bytes.length, this.#length + count));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
