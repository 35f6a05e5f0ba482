import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { NameIndex, NameTable } from './name-table.js';

/**
 * Which fields a change is about, in code point order. A set of fields is written where it comes first and numbered; from
 * then on its number is enough. Spec: BIN-18.
 */
export class FieldSetWriter {
  readonly #column = new ByteWriter();
  readonly #names: NameIndex;
  readonly #numbers = new Map<string, number>();
  #previous: readonly string[] = [];
  #previousNumber = -1;

  constructor(names: NameIndex) {
    this.#names = names;
  }

  write(fields: readonly string[]): void {
    if (this.#previousNumber < 0 || !isSame(fields, this.#previous)) this.#find(fields);
    else this.#column.varint(this.#previousNumber);
  }

  finish(): Uint8Array {
    return this.#column.finish();
  }

  #find(fields: readonly string[]): void {
    // No name holds a space, so joined names are as different as the sets.
    const key = fields.join(' ');
    const known = this.#numbers.get(key);
    const number = known ?? this.#numbers.size;
    this.#column.varint(number);
    this.#previous = fields;
    this.#previousNumber = number;
    if (known !== undefined) return;
    this.#numbers.set(key, number);
    this.#column.varint(fields.length);
    let next = 0;
    for (const field of fields) {
      const number = this.#names.numberOf(field);
      this.#column.varint(number - next);
      next = number + 1;
    }
  }
}

/** Reads what a {@link FieldSetWriter} wrote, and refuses what it does not write. */
export class FieldSetReader {
  readonly #column: ByteReader;
  readonly #names: NameTable;
  readonly #sets: (readonly string[])[] = [];
  readonly #keys = new Set<string>();

  constructor(column: Uint8Array, names: NameTable) {
    this.#column = new ByteReader(column, 'fields');
    this.#names = names;
  }

  read(): readonly string[] {
    const number = this.#column.varint();
    const known = this.#sets[number];
    if (known !== undefined) return known;
    if (number > this.#sets.length) this.#column.fail('there are no fields of this number');
    return this.#readNew();
  }

  finish(): void {
    this.#column.finish();
  }

  #readNew(): readonly string[] {
    const count = this.#column.varint();
    const fields: string[] = [];
    for (let next = 0; fields.length < count; ) {
      const number = next + this.#column.varint();
      fields.push(this.#names.at(number, this.#column));
      next = number + 1;
    }
    const key = fields.join(' ');
    if (this.#keys.has(key)) this.#column.fail('the same fields have a number already');
    this.#keys.add(key);
    this.#sets.push(fields);
    return fields;
  }
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, at) => name === right[at]);
}
