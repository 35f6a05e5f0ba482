/** The first mistake in a JSON text, and where it is. */
export class JsonFault extends Error {
  override readonly name = 'JsonFault';
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(reason);
    this.offset = offset;
  }
}

const SPACE = /[ \t\n\r]*/y;
const LITERAL = /true|false|null/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// Everything from the space on, without the quote and the backslash; below are the controls, which must be escaped.
const PLAIN_CHARACTERS = /[ !#-[\]-\uffff]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Far deeper than the files of this program, and far less deep than the call stack. */
const MAX_DEPTH = 64;

/**
 * Checks JSON text and finds where each element of the outermost array begins. It is stricter than `JSON.parse`, which
 * keeps only the last of several members with one name, and reads a number too large for a double as infinity: both
 * would lose data of the file.
 *
 * @throws JsonFault at the first mistake.
 */
export function scanJson(text: string): readonly number[] {
  const scanner = new JsonScanner(text);
  scanner.scanDocument();
  return scanner.elementOffsets;
}

class JsonScanner {
  readonly elementOffsets: number[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  scanDocument(): void {
    this.#skip(SPACE);
    if (this.#at === this.#text.length) throw new JsonFault('the file is empty', this.#at);
    this.#scanValue(0);
    this.#skip(SPACE);
    if (this.#at < this.#text.length) throw this.#fault('unexpected text after the JSON value');
  }

  #scanValue(depth: number): void {
    if (depth > MAX_DEPTH) throw this.#fault(`arrays and objects are nested more than ${MAX_DEPTH} levels deep`);
    switch (this.#text[this.#at]) {
      case '[':
        this.#scanArray(depth);
        return;
      case '{':
        this.#scanObject(depth);
        return;
      case '"':
        this.#scanString();
        return;
      default:
        this.#scanScalar();
    }
  }

  #scanArray(depth: number): void {
    this.#at++;
    this.#skip(SPACE);
    if (this.#take(']')) return;
    do {
      this.#skip(SPACE);
      if (depth === 0) this.elementOffsets.push(this.#at);
      this.#scanValue(depth + 1);
      this.#skip(SPACE);
    } while (this.#take(','));
    if (!this.#take(']')) throw this.#fault('expected a comma or ]');
  }

  #scanObject(depth: number): void {
    const names = new Set<string>();
    this.#at++;
    this.#skip(SPACE);
    if (this.#take('}')) return;
    do {
      this.#skip(SPACE);
      const start = this.#at;
      if (this.#text[start] !== '"') throw this.#fault('expected a name in double quotes');
      this.#scanString();
      const name: string = JSON.parse(this.#text.slice(start, this.#at));
      if (names.has(name)) throw new JsonFault('this name is in the object twice', start);
      names.add(name);
      this.#skip(SPACE);
      if (!this.#take(':')) throw this.#fault('expected a colon');
      this.#skip(SPACE);
      this.#scanValue(depth + 1);
      this.#skip(SPACE);
    } while (this.#take(','));
    if (!this.#take('}')) throw this.#fault('expected a comma or }');
  }

  #scanString(): void {
    const start = this.#at;
    this.#at++;
    for (;;) {
      this.#skip(PLAIN_CHARACTERS);
      if (this.#take('"')) return;
      if (this.#at === this.#text.length) throw new JsonFault('the string has no closing quote', start);
      if (this.#skip(ESCAPE)) continue;
      const isBackslash = this.#text[this.#at] === '\\';
      throw this.#fault(isBackslash ? 'invalid escape in a string' : 'control character in a string: escape it');
    }
  }

  #scanScalar(): void {
    const start = this.#at;
    if (this.#skip(LITERAL)) return;
    if (!this.#skip(NUMBER)) throw this.#fault('expected a JSON value');
    if (Number.isFinite(Number(this.#text.slice(start, this.#at)))) return;
    throw new JsonFault('this number is too large for a double', start);
  }

  /** Moves past what the pattern matches here. @returns whether that is any text. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const length = pattern.exec(this.#text)?.[0].length ?? 0;
    this.#at += length;
    return length > 0;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #fault(reason: string): JsonFault {
    const isEnd = this.#at === this.#text.length;
    return new JsonFault(isEnd ? `unexpected end of the file: ${reason}` : reason, this.#at);
  }
}
