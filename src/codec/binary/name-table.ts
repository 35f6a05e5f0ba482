import { invariant } from '../../errors/invariant-error.js';
import { isValidFieldName } from '../../values/names.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';

/** A byte that no name holds, so that it can stand between them. */
const MARK = 0x80;

/** The names of tables, records and fields that are written, each once, and their numbers in code point order. */
export class NameIndex {
  readonly #numbers: ReadonlyMap<string, number>;

  constructor(names: ReadonlySet<string>) {
    // A name is plain ASCII, where every order is that of code points.
    this.#numbers = new Map([...names].sort().map((name, number) => [name, number]));
  }

  numberOf(name: string): number {
    const number = this.#numbers.get(name);
    invariant(number !== undefined, 'every name was counted before it is written');
    return number;
  }

  /** The names one after the other, each without what it shares with the one before. Spec: BIN-11. */
  encode(): Uint8Array {
    const column = new ByteWriter();
    let previous = '';
    for (const name of this.#numbers.keys()) {
      const shared = sharedLength(previous, name);
      column.byte(MARK + shared);
      column.text(name.slice(shared));
      previous = name;
    }
    return column.finish();
  }
}

/** The names of a file by number. It notes which are used, because the encoder writes no others. */
export class NameTable {
  readonly #names: readonly string[];
  readonly #column: ByteReader;
  readonly #isUsed: Uint8Array;

  /** @throws DatastoreError `invalid-binary` for what {@link NameIndex.encode} does not write. */
  constructor(bytes: Uint8Array) {
    this.#column = new ByteReader(bytes, 'names');
    this.#names = readNames(this.#column);
    this.#isUsed = new Uint8Array(this.#names.length);
  }

  /** The name with the number that `column` gives next to `base`. */
  at(number: number, column: ByteReader): string {
    const name = this.#names[number];
    if (name === undefined) column.fail('there is no name of this number');
    this.#isUsed[number] = 1;
    return name;
  }

  finish(): void {
    if (this.#isUsed.includes(0)) this.#column.fail('a name is not used');
  }
}

function readNames(column: ByteReader): string[] {
  const names: string[] = [];
  let previous = '';
  let mark = column.isAtEnd ? undefined : column.byte();
  while (mark !== undefined) {
    const shared = mark - MARK;
    if (shared < 0 || shared > previous.length) column.fail('a name does not begin as one');
    let name = previous.slice(0, shared);
    mark = undefined;
    while (mark === undefined && !column.isAtEnd) {
      const byte = column.byte();
      if (byte < MARK) name += String.fromCharCode(byte);
      else mark = byte;
    }
    if (!isValidFieldName(name)) column.fail('not a valid name');
    // In order, and with all that is shared left out: so the first letter that differs is the first that is written.
    if (name <= previous || sharedLength(previous, name) !== shared) column.fail('the names are out of order');
    names.push(name);
    previous = name;
  }
  return names;
}

function sharedLength(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length++;
  return length;
}
