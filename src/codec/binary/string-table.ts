import { invariant } from '../../errors/invariant-error.js';
import { compareText } from '../../values/text.js';
import type { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { TextReader } from './text-reader.js';

/** The strings that occur more than once, and their numbers in code point order. Spec: BIN-12. */
export class StringIndex {
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(counts: ReadonlyMap<string, number>) {
    const repeated = [...counts].filter(([, count]) => count > 1).map(([text]) => text);
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
      const string = text.text(lengths.varint());
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

  /** Takes note of a string that stands in place. */
  note(string: string, text: TextReader): void {
    if (this.#seen.has(string)) text.fail('a string that occurs more than once is not in place');
    this.#seen.add(string);
  }

  finish(): void {
    if (this.#uses.some((uses) => uses < 2)) this.#lengths.fail('a string is not repeated');
  }
}
