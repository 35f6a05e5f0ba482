import { invariant } from '../../errors/invariant-error.js';
import { beforeOf, type Change, type FieldOp } from '../../operations/change.js';
import { visitListOps } from '../../operations/list-columns.js';
import type { RecordColumns } from '../../operations/record-columns.js';
import type { Fields } from '../../values/fields.js';
import { visitEach } from '../../values/frozen-array.js';
import { isValidFieldName } from '../../values/names.js';
import { compareText, isCharacter, utf8ByteLength } from '../../values/text.js';
import { isList, type Value } from '../../values/value.js';
import { ByteReader, ByteWriter } from './byte-column.js';
import { COST, type MemoryBudget } from './memory-budget.js';
import type { TextReader } from './text-column.js';

/** The names in changes, and how often each of their strings occurs. All changes are counted before any is written. */
export class Inventory {
  readonly names: Set<string> = new Set();
  readonly strings: Map<string, number> = new Map();

  addRows({ tables, records, others, fields, values, befores }: RecordColumns): void {
    addAll(this.names, tables);
    addAll(this.names, records);
    addAll(this.names, fields);
    if (others !== undefined) visitEach(others, (change) => change !== undefined && this.#addContent(change));
    for (let cell = 0; cell < values.length; cell++) {
      this.#addValue(values[cell]);
      if (befores !== undefined) this.#addValue(befores[cell] ?? undefined);
    }
  }

  #addContent(change: Change): void {
    switch (change.type) {
      case 'insert':
        this.#addFields(change.fields);
        break;
      case 'update':
        for (const [field, op] of change.ops) {
          this.names.add(field);
          this.#addFieldOp(op);
        }
        break;
      case 'delete':
        if (change.before !== undefined) this.#addFields(change.before);
    }
  }

  #addFields(fields: Fields): void {
    for (const [field, value] of fields) {
      this.names.add(field);
      this.#addValue(value);
    }
  }

  #addFieldOp(op: FieldOp): void {
    if (op.type === 'list') {
      visitListOps(op, (_, value, before) => {
        this.#addValue(value);
        this.#addValue(before);
      });
      return;
    }
    if (op.type === 'put') this.#addValue(op.value);
    this.#addValue(beforeOf(op)?.value);
  }

  #addValue(value: Value | undefined): void {
    if (typeof value === 'string') {
      if (isNumberedWhenRepeated(value)) this.strings.set(value, (this.strings.get(value) ?? 0) + 1);
    } else if (isList(value)) {
      visitEach(value, (item) => this.#addValue(item));
    }
  }
}

/** Most names come after one that is the same. */
function addAll(set: Set<string>, names: readonly string[]): void {
  let previous: string | undefined;
  for (const name of names) {
    if (name !== previous) set.add(name);
    previous = name;
  }
}

/** A byte that occurs in no name, so that it can separate names. */
const MARK = 0x80;

/** The names of tables, records and fields of a file, and their numbers in code point order. */
export class NameIndex {
  readonly #numbers = new Map<string, number>();

  constructor(names: ReadonlySet<string>) {
    // Names are ASCII, for which every sort order is code point order.
    for (const name of [...names].sort()) this.#numbers.set(name, this.#numbers.size);
  }

  numberOf(name: string): number {
    const number = this.#numbers.get(name);
    invariant(number !== undefined, 'every name was counted before it is written');
    return number;
  }

  /** The names in order, each without the letters that it shares with the one before. Spec: BIN-11. */
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

/** The names of a file by number. Records which are used, because the encoder writes no others. */
export class NameTable {
  readonly #names: readonly string[];
  readonly #column: ByteReader;
  readonly #isUsed: Uint8Array;

  /** @throws DatastoreError `invalid-binary` for what {@link NameIndex.encode} does not write. */
  constructor(bytes: Uint8Array, budget: MemoryBudget) {
    this.#column = new ByteReader(bytes, 'names');
    this.#names = readNames(this.#column, budget);
    this.#isUsed = new Uint8Array(this.#names.length);
  }

  /** The name with a number that was read from `column`. */
  at(number: number, column: ByteReader): string {
    const name = this.#names[number];
    if (name === undefined) column.fail(`no name has number ${number}`);
    this.#isUsed[number] = 1;
    return name;
  }

  finish(): void {
    if (this.#isUsed.includes(0)) this.#column.fail('a name is not used');
  }
}

function readNames(column: ByteReader, budget: MemoryBudget): string[] {
  const names: string[] = [];
  let previous = '';
  let mark = column.isAtEnd ? undefined : column.byte();
  while (mark !== undefined) {
    const shared = mark - MARK;
    if (shared < 0 || shared > previous.length) column.fail('expected the start of a name');
    let name = previous.slice(0, shared);
    mark = undefined;
    while (mark === undefined && !column.isAtEnd) {
      const byte = column.byte();
      if (byte < MARK) name += String.fromCharCode(byte);
      else mark = byte;
    }
    if (!isValidFieldName(name)) column.fail(`invalid name ${JSON.stringify(name)}`);
    // In ascending order, and without all of the letters that are shared.
    if (name <= previous || sharedLength(previous, name) !== shared)
      column.fail('the names must be in ascending order, each without what it shares with the one before');
    budget.take(COST.name);
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

/**
 * Longer strings, in bytes, are written in place however often they occur. A repeated string costs one byte each time, so
 * without this limit a small file could expand to an unlimited amount of text. Spec: BIN-12.
 */
const REPEATED_SIZE_MAX = 256;

/** Whether a string that occurs more than once is written once and numbered. */
export function isNumberedWhenRepeated(text: string): boolean {
  return text.length <= REPEATED_SIZE_MAX && !isCharacter(text) && utf8ByteLength(text) <= REPEATED_SIZE_MAX;
}

/** The strings that occur more than once, numbered in code point order. Spec: BIN-12. */
export class StringIndex {
  readonly #numbers: ReadonlyMap<string, number>;

  /** @param counts how often each string occurs, of those that are numbered if repeated. */
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

/** The repeated strings of a file by number. Checks that every string has one form: repeated, or in place and once. */
export class StringTable {
  readonly #strings: string[] = [];
  readonly #uses: Uint8Array;
  readonly #seen: Set<string>;
  readonly #lengths: ByteReader;

  /** @throws DatastoreError `invalid-binary` for what {@link StringIndex.encode} does not write. */
  constructor(lengths: ByteReader, text: TextReader, budget: MemoryBudget) {
    this.#lengths = lengths;
    while (!lengths.isAtEnd) {
      const byteCount = lengths.varint();
      if (byteCount > REPEATED_SIZE_MAX) lengths.fail(`a repeated string may have at most ${REPEATED_SIZE_MAX} bytes`);
      const string = text.text(byteCount);
      budget.take(COST.string + 2 * byteCount);
      const previous = this.#strings.at(-1);
      if (previous !== undefined && compareText(previous, string) >= 0)
        text.fail('the repeated strings must be in ascending order');
      this.#strings.push(string);
    }
    text.finish();
    this.#uses = new Uint8Array(this.#strings.length);
    this.#seen = new Set(this.#strings);
  }

  /** The string with the number that comes next in `column`. */
  next(column: ByteReader): string {
    const number = column.varint();
    const string = this.#strings[number];
    if (string === undefined) column.fail(`no repeated string has number ${number}`);
    const uses = this.#uses[number];
    invariant(uses !== undefined, 'uses are counted of every string');
    if (uses < 2) this.#uses[number] = uses + 1;
    return string;
  }

  /** Notes a string of `byteCount` bytes that is written in place. */
  note(string: string, byteCount: number, text: TextReader): void {
    if (byteCount > REPEATED_SIZE_MAX) return;
    if (this.#seen.has(string)) text.fail('a string that occurs more than once must be written as a repeated string');
    this.#seen.add(string);
  }

  finish(): void {
    if (this.#uses.some((uses) => uses < 2)) this.#lengths.fail('a repeated string must be used at least twice');
  }
}

/**
 * The fields that each change is about, in code point order. A set of fields is written where it first occurs, and is a
 * number from then on. Spec: BIN-18.
 */
export class FieldSetWriter {
  readonly #column = new ByteWriter();
  readonly #names: NameIndex;
  readonly #numbers = new Map<string, number>();
  readonly #sets: (readonly string[])[] = [];
  #previous = -1;

  constructor(names: NameIndex) {
    this.#names = names;
  }

  /** @param start where the set begins in `fields`. @param end where it ends. */
  write(fields: readonly string[], start = 0, end: number = fields.length): void {
    const previous = this.#sets[this.#previous];
    if (previous === undefined || !isSame(fields, start, end, previous)) this.#find(fields, start, end);
    else this.#column.varint(this.#previous);
  }

  finish(): Uint8Array {
    return this.#column.finish();
  }

  #find(fields: readonly string[], start: number, end: number): void {
    // No name has a space, so different sets have different keys.
    const key = end - start === 1 ? (fields[start] as string) : fields.slice(start, end).join(' ');
    const known = this.#numbers.get(key);
    this.#previous = known ?? this.#sets.length;
    this.#column.varint(this.#previous);
    if (known !== undefined) return;
    this.#numbers.set(key, this.#previous);
    this.#sets.push(fields.slice(start, end));
    this.#column.varint(end - start);
    let next = 0;
    for (let at = start; at < end; at++) {
      const number = this.#names.numberOf(fields[at] as string);
      this.#column.varint(number - next);
      next = number + 1;
    }
  }
}

/** Reads what a {@link FieldSetWriter} writes, and rejects everything else. */
export class FieldSetReader {
  readonly #column: ByteReader;
  readonly #names: NameTable;
  readonly #budget: MemoryBudget;
  readonly #sets: (readonly string[])[] = [];
  readonly #keys = new Set<string>();

  constructor(column: Uint8Array, names: NameTable, budget: MemoryBudget) {
    this.#column = new ByteReader(column, 'fields');
    this.#names = names;
    this.#budget = budget;
  }

  read(): readonly string[] {
    const number = this.#column.varint();
    const known = this.#sets[number];
    if (number > this.#sets.length) this.#column.fail(`no field set has number ${number}`);
    const fields = known ?? this.#readNew();
    this.#budget.take(COST.field * fields.length);
    return fields;
  }

  finish(): void {
    this.#column.finish();
  }

  #readNew(): readonly string[] {
    const count = this.#column.varint();
    const fields: string[] = [];
    for (let next = 0; fields.length < count; ) {
      const number = next + this.#column.varint();
      const field = this.#names.at(number, this.#column);
      // Once in the set, and once in the key that tells sets apart.
      this.#budget.take(COST.item + field.length);
      fields.push(field);
      next = number + 1;
    }
    const key = fields.join(' ');
    if (this.#keys.has(key)) this.#column.fail('the field set has a number already');
    this.#keys.add(key);
    this.#sets.push(fields);
    return fields;
  }
}

function isSame(left: readonly string[], start: number, end: number, right: readonly string[]): boolean {
  if (end - start !== right.length) return false;
  for (let at = start; at < end; at++) if (left[at] !== right[at - start]) return false;
  return true;
}
