import { invariant } from '../../errors/invariant-error.js';
import { compareText, isCharacter, utf8ByteLength } from '../../values/text.js';
import type { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { TextReader } from './text-reader.js';

/**
 * Strings of more bytes than this are written in place, however often they occur. A number of one byte stands for a
 * repeated string; were there no bound, a small file could hold more text than anybody can count the size of. Spec: BIN-12.
 */
const REPEATED_SIZE_MAX = 256;

/** Whether a string is written once and numbered if it occurs more than once. */
export function isNumberedWhenRepeated(text: string): boolean {
  return text.length <= REPEATED_SIZE_MAX && !isCharacter(text) && utf8ByteLength(text) <= REPEATED_SIZE_MAX;
}

/** The strings that occur more than once, and their numbers in code point order. Spec: BIN-12. */
export class StringIndex {
  readonly #numbers: ReadonlyMap<string, number>;

  /** @param counts how often each string occurs that is numbered when it is repeated. */
  constructor(counts: ReadonlyMap<string, number>) {
    const repeated: string[] = [];
    for (const [text, count] of counts) if (count > 1) repeated.push(text);
    this.#numbers = new Map(repeated.sort(compareText).map((text, number) => [text, number]));
  }

  /** `undefined` for a string that occurs once. */
  numberOf(text: string): number | undefined {
    return this.#numbers.get(text);
  }

  encode(): { lengths: Uint8Array; text: Uint8Array } {
    const lengths = new ByteWriter();
    const text = new ByteWriter();
    for (const string of this.#numbers.keys()) {
      lengths.varint(text.text(string));
    }
    return { lengths: lengths.finish(), text: text.finish() };
  }
}

/** The repeated strings of a file by number. It sees to it that a string has one form: repeated, or once and in place. */
export class StringTable {
  readonly #strings: string[] = [];
  readonly #uses: Uint8Array;
  readonly #seen: Set<string>;
  readonly #lengths: ByteReader;

  /** @throws DatastoreError `invalid-binary` for what {@link StringIndex.encode} does not write. */
  constructor(lengths: ByteReader, text: TextReader) {
    this.#lengths = lengths;
    while (!lengths.isAtEnd) {
      const byteCount = lengths.varint();
      if (byteCount > REPEATED_SIZE_MAX) lengths.fail('a string of this length is not numbered');
      const string = text.text(byteCount);
      const previous = this.#strings.at(-1);
      if (previous !== undefined && compareText(previous, string) >= 0) text.fail('the strings are out of order');
      this.#strings.push(string);
    }
    text.finish();
    this.#uses = new Uint8Array(this.#strings.length);
    this.#seen = new Set(this.#strings);
  }

  /** The string with the number that `column` gives next. */
  next(column: ByteReader): string {
    const number = column.varint();
    const string = this.#strings[number];
    if (string === undefined) column.fail('there is no repeated string of this number');
    const uses = this.#uses[number];
    invariant(uses !== undefined, 'uses are counted of every string');
    if (uses < 2) this.#uses[number] = uses + 1;
    return string;
  }

  /** Takes note of a string of so many bytes that stands in place. */
  note(string: string, byteCount: number, text: TextReader): void {
    if (byteCount > REPEATED_SIZE_MAX) return;
    if (this.#seen.has(string)) text.fail('a string that occurs more than once is not in place');
    this.#seen.add(string);
  }

  finish(): void {
    if (this.#uses.some((uses) => uses < 2)) this.#lengths.fail('a string is not repeated');
  }
}
