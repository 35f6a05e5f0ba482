import { isCharacter, utf8ByteLength } from '../../values/text.js';
import { invalidBinary } from './byte-reader.js';
import { decodeUtf8 } from './utf8.js';

const SURROGATE_FIRST = 0xd800;
const SURROGATE_END = 0xe000;

/** Cuts a column of UTF-8 into texts, whose lengths are counted in bytes. Spec: BIN-9. */
export class TextReader {
  readonly #text: string;
  readonly #offset: number;
  /** Where every character is one byte, bytes are counted by counting units. */
  readonly #isAscii: boolean;
  #at = 0;

  /** @throws DatastoreError `invalid-binary` unless all of it is UTF-8. */
  constructor(bytes: Uint8Array) {
    this.#text = decodeUtf8(bytes);
    this.#offset = bytes.byteOffset;
    this.#isAscii = this.#text.length === bytes.length;
  }

  /** The next text, of so many bytes and more than one character. */
  text(byteCount: number): string {
    const end = this.#isAscii ? this.#at + byteCount : this.#endOf(byteCount);
    if (end > this.#text.length) this.fail('more is needed than there is');
    const text = this.#text.slice(this.#at, end);
    if (isCharacter(text)) this.fail('a single character has a form of its own');
    this.#at = end;
    return text;
  }

  /** The next character. */
  character(): string {
    const unit = this.#text.charCodeAt(this.#at);
    if (Number.isNaN(unit)) this.fail('more is needed than there is');
    const end = this.#at + (unit >= SURROGATE_FIRST && unit < SURROGATE_END ? 2 : 1);
    const character = this.#text.slice(this.#at, end);
    this.#at = end;
    return character;
  }

  finish(): void {
    if (this.#at < this.#text.length) this.fail('there is more than is needed');
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
