import { isCharacter, utf8ByteLength } from '../../values/text.js';
import { invalidBinary } from './byte-column.js';

const SURROGATE_FIRST = 0xd800;
const SURROGATE_END = 0xe000;

/** Reads texts from a column of UTF-8; their lengths are in bytes. Spec: BIN-9. */
export class TextReader {
  readonly #text: string;
  readonly #offset: number;
  /** Whether every character is one byte, so that lengths in bytes are lengths in units. */
  readonly #isAscii: boolean;
  #at = 0;

  /** @throws DatastoreError `invalid-binary` unless all of it is UTF-8. */
  constructor(bytes: Uint8Array) {
    this.#text = bytes.length === 0 ? '' : decodeUtf8(bytes);
    this.#offset = bytes.byteOffset;
    this.#isAscii = this.#text.length === bytes.length;
  }

  /** The next text, of `byteCount` bytes. It must not be a single character. */
  text(byteCount: number): string {
    const end = this.#isAscii ? this.#at + byteCount : this.#endOf(byteCount);
    if (end > this.#text.length) this.fail('the data ends too early');
    const text = this.#text.slice(this.#at, end);
    if (isCharacter(text)) this.fail('a single character must be written as a character');
    this.#at = end;
    return text;
  }

  /** The next character. */
  character(): string {
    const unit = this.#text.charCodeAt(this.#at);
    if (Number.isNaN(unit)) this.fail('the data ends too early');
    const end = this.#at + (unit >= SURROGATE_FIRST && unit < SURROGATE_END ? 2 : 1);
    const character = this.#text.slice(this.#at, end);
    this.#at = end;
    return character;
  }

  finish(): void {
    if (this.#at < this.#text.length) this.fail('there is data left over');
  }

  fail(reason: string): never {
    const byteCount = utf8ByteLength(this.#text.slice(0, this.#at));
    throw invalidBinary(`text: ${reason}`, this.#offset + byteCount);
  }

  #endOf(byteCount: number): number {
    let end = this.#at;
    let rest = byteCount;
    while (rest > 0 && end < this.#text.length) {
      const unit = this.#text.charCodeAt(end++);
      if (unit >= SURROGATE_FIRST && unit < SURROGATE_END) {
        end++;
        rest -= 4;
      } else {
        rest -= unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
      }
    }
    if (rest < 0) this.fail('a text ends inside a character');
    return rest > 0 ? Number.POSITIVE_INFINITY : end;
  }
}

/** How many units are passed to one call; every engine takes this many arguments. */
const CHUNK = 4096;

/**
 * Decodes UTF-8. The language itself has no decoder, and the core uses nothing of the platform. Overlong forms and
 * surrogates are rejected; a byte order mark is a character like any other.
 *
 * @throws DatastoreError `invalid-binary` with the offset of the character. Spec: BIN-9.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const units = isAscii(bytes) ? bytes : unitsOf(bytes);
  let text = '';
  for (let start = 0; start < units.length; start += CHUNK) {
    // Spreading the units would use an iterator, which is many times slower.
    text += Reflect.apply(String.fromCharCode, undefined, units.subarray(start, start + CHUNK));
  }
  return text;
}

function isAscii(bytes: Uint8Array): boolean {
  let bits = 0;
  for (const byte of bytes) bits |= byte;
  return bits < 0x80;
}

/** The smallest code points that may take two, three and four bytes. */
const LEAST = [0, 0, 0x80, 0x800, 0x10000];

function unitsOf(bytes: Uint8Array): Uint16Array {
  // No character has more units than bytes.
  const units = new Uint16Array(bytes.length);
  let count = 0;
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    let point = length === 1 ? first : first & (0x7f >> length);
    let isWell = length === 1 || (first >= 0xc0 && first < 0xf8);
    for (let next = at + 1; next < at + length; next++) {
      const byte = bytes[next] ?? 0;
      isWell &&= (byte & 0xc0) === 0x80;
      point = (point << 6) | (byte & 0x3f);
    }
    isWell &&= point >= (LEAST[length] ?? 0) && point <= 0x10ffff && (point < 0xd800 || point >= 0xe000);
    if (!isWell) throw invalidBinary('invalid UTF-8', bytes.byteOffset + at);
    if (point >= 0x10000) {
      units[count++] = 0xd7c0 + (point >> 10);
      units[count++] = 0xdc00 | (point & 0x3ff);
    } else {
      units[count++] = point;
    }
    at += length;
  }
  return units.subarray(0, count);
}
