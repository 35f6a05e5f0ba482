import type { Before } from '../../operations/change.js';
import { visitEach } from '../../values/frozen-array.js';
import { isCharacter } from '../../values/text.js';
import { type Atom, isList, type Value } from '../../values/value.js';
import { ByteReader, ByteWriter, readRun, UNPAID_RUN_MAX, writeRun } from './byte-column.js';
import { COST, type MemoryBudget } from './memory-budget.js';
import type { StringIndex, StringTable } from './shared-tables.js';
import { TextReader } from './text-column.js';

/*
 * Tags: the kinds of a run of values. Tags up to TRUE say everything, so their values take no further bytes; values with
 * the other tags take at least one. Spec: BIN-13.
 */

/** Nothing: the field is absent. */
export const ABSENT = 0;
export const UNKNOWN = 1;
export const FALSE = 2;
export const TRUE = 3;
export const LONG = 4;
/** A double that is a whole number below 2^53, but not −0. */
export const WHOLE = 5;
export const DOUBLE = 6;
/** A string of one character. */
export const CHARACTER = 7;
/** A string that occurs once in the file, or is long. */
export const STRING = 8;
export const REPEATED_STRING = 9;
export const BYTES = 10;
export const DATE = 11;
export const LIST = 12;
/** Not a value: operations on a list. */
export const EDIT_LIST = 13;
/** The same, after the list was created. */
export const CREATE_LIST = 14;

export const TAG_COUNT = 15;

/** Whether values with this tag take bytes of their own, so that a run of them may have any length. */
export function isPaid(tag: number): boolean {
  return tag > TRUE;
}

/** Whether a double is written as a whole number. */
export function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/** Writes values to three columns: tags in runs; numbers, lengths and bytes; and text. Spec: BIN-13, BIN-14. */
export class ValueWriter {
  readonly #tags = new ByteWriter();
  readonly #content = new ByteWriter();
  readonly #text = new ByteWriter();
  readonly #strings: StringIndex;
  #runTag = ABSENT;
  #runCount = 0;
  #isAllUnknown = true;

  constructor(strings: StringIndex) {
    this.#strings = strings;
  }

  value(value: Value): void {
    if (isList(value)) {
      this.#tag(LIST);
      this.#content.varint(value.length);
      visitEach(value, (item) => this.atom(item));
    } else {
      this.atom(value);
    }
  }

  atom(value: Atom): void {
    switch (typeof value) {
      case 'boolean':
        this.#tag(value ? TRUE : FALSE);
        break;
      case 'bigint':
        this.#tag(LONG);
        this.#content.long(value);
        break;
      case 'number':
        this.#double(value);
        break;
      case 'string':
        this.#string(value);
        break;
      default:
        if (value instanceof Date) {
          this.#tag(DATE);
          this.#content.signed(value.getTime());
        } else {
          this.#tag(BYTES);
          this.#content.varint(value.length);
          this.#content.bytes(value);
        }
    }
  }

  absent(): void {
    this.#tag(ABSENT);
  }

  /** It is not known what was overwritten. */
  unknown(): void {
    this.#tag(UNKNOWN);
  }

  /** Operations on a list, which are written to another column. */
  listEdit(isCreated: boolean, operationCount: number): void {
    this.#tag(isCreated ? CREATE_LIST : EDIT_LIST);
    this.#content.varint(operationCount);
  }

  /** The columns. They are empty if only `unknown` was written. */
  finish(): readonly [tags: Uint8Array, content: Uint8Array, text: Uint8Array] {
    if (this.#isAllUnknown) return [new Uint8Array(), new Uint8Array(), new Uint8Array()];
    this.#endRun();
    return [this.#tags.finish(), this.#content.finish(), this.#text.finish()];
  }

  #double(value: number): void {
    if (isWhole(value)) {
      this.#tag(WHOLE);
      this.#content.signed(value);
    } else {
      this.#tag(DOUBLE);
      this.#content.double(value);
    }
  }

  #string(value: string): void {
    if (isCharacter(value)) {
      this.#tag(CHARACTER);
      this.#text.text(value);
      return;
    }
    const number = this.#strings.numberOf(value);
    this.#tag(number === undefined ? STRING : REPEATED_STRING);
    this.#content.varint(number ?? this.#text.text(value));
  }

  #tag(tag: number): void {
    if (tag !== UNKNOWN) this.#isAllUnknown = false;
    if (tag === this.#runTag && (isPaid(tag) || this.#runCount < UNPAID_RUN_MAX)) {
      this.#runCount++;
      return;
    }
    this.#endRun();
    this.#runTag = tag;
    this.#runCount = 1;
  }

  #endRun(): void {
    if (this.#runCount > 0) writeRun(this.#tags, this.#runTag, this.#runCount);
  }
}

const TIME_MAX = 8_640_000_000_000_000;

/** Reads what a {@link ValueWriter} writes, and rejects everything else. */
export class ValueReader {
  readonly #tags: ByteReader;
  readonly #content: ByteReader;
  readonly #text: TextReader;
  readonly #strings: StringTable;
  readonly #budget: MemoryBudget;
  /** Whether the columns are empty, which means that everything is unknown. */
  readonly #isAllUnknown: boolean;
  #hasKnown = false;
  #runTag = -1;
  #runCount = 0;
  #left = 0;

  constructor(
    [tags, content, text]: readonly [tags: Uint8Array, content: Uint8Array, text: Uint8Array],
    strings: StringTable,
    budget: MemoryBudget,
  ) {
    this.#tags = new ByteReader(tags, 'tags');
    this.#content = new ByteReader(content, 'content');
    this.#text = new TextReader(text);
    this.#strings = strings;
    this.#budget = budget;
    this.#isAllUnknown = tags.length === 0;
  }

  /** The tag of the next value. */
  tag(): number {
    if (this.#left === 0) this.#nextRun();
    this.#left--;
    return this.#runTag;
  }

  /** The next value, whose tag was read already. */
  value(tag: number): Value {
    if (tag !== LIST) return this.#atom(tag);
    const count = this.#content.varint();
    const items: Atom[] = [];
    this.#budget.take(COST.list);
    // The count is not trusted: a list that claims too many items meets the end of the tags.
    for (let index = 0; index < count; index++) {
      this.#budget.take(COST.item);
      items.push(this.atom());
    }
    return Object.freeze(items);
  }

  /** The next value, which is not a list. */
  atom(): Atom {
    return this.#atom(this.tag());
  }

  /** What a put or delete of a field overwrote. */
  before(): Before<Value> {
    const tag = this.#isAllUnknown ? UNKNOWN : this.tag();
    if (tag === UNKNOWN) return undefined;
    return { value: tag === ABSENT ? undefined : this.value(tag) };
  }

  /** What a put or delete of an item overwrote. */
  itemBefore(): Atom | undefined {
    const tag = this.#isAllUnknown ? UNKNOWN : this.tag();
    return tag === UNKNOWN ? undefined : this.#atom(tag);
  }

  /** How many operations a list edit has. */
  operationCount(): number {
    return this.#content.varint();
  }

  fail(reason: string): never {
    this.#tags.fail(reason);
  }

  finish(): void {
    if (this.#left > 0) this.#tags.fail('there is data left over');
    this.#tags.finish();
    this.#content.finish();
    this.#text.finish();
    if (!this.#isAllUnknown && !this.#hasKnown) this.#tags.fail('columns in which everything is unknown must be empty');
  }

  #nextRun(): void {
    const previous = this.#runTag;
    const isFull = !isPaid(previous) && this.#runCount === UNPAID_RUN_MAX;
    const { kind, count } = readRun(this.#tags, TAG_COUNT);
    if (kind === previous && !isFull) this.#tags.fail('two adjacent runs must be written as one');
    if (!isPaid(kind) && count > UNPAID_RUN_MAX) this.#tags.fail(`a run may have at most ${UNPAID_RUN_MAX}`);
    if (kind !== UNKNOWN) this.#hasKnown = true;
    this.#runTag = kind;
    this.#runCount = count;
    this.#left = count;
  }

  #atom(tag: number): Atom {
    switch (tag) {
      case FALSE:
      case TRUE:
        return tag === TRUE;
      case LONG:
        this.#budget.take(COST.long);
        return this.#content.long();
      case WHOLE:
        this.#budget.take(COST.double);
        return this.#content.signed();
      case DOUBLE:
        return this.#double();
      case CHARACTER:
        return this.#text.character();
      case STRING:
        return this.#string();
      case REPEATED_STRING:
        return this.#strings.next(this.#content);
      case BYTES:
        return this.#bytes();
      case DATE:
        return this.#date();
      default:
        return this.#tags.fail(`tag ${tag} is not allowed here`);
    }
  }

  #bytes(): Uint8Array {
    const bytes = this.#content.bytes(this.#content.varint());
    this.#budget.take(COST.bytes + bytes.length);
    return bytes;
  }

  #double(): number {
    this.#budget.take(COST.double);
    const value = this.#content.double();
    if (isWhole(value)) this.#content.fail('a whole number must be written as a whole double');
    return value;
  }

  #string(): string {
    const byteCount = this.#content.varint();
    const string = this.#text.text(byteCount);
    this.#budget.take(COST.string + 2 * byteCount);
    this.#strings.note(string, byteCount, this.#text);
    return string;
  }

  #date(): Date {
    this.#budget.take(COST.date);
    const time = this.#content.signed();
    if (Math.abs(time) > TIME_MAX) this.#content.fail('date out of range (±8.64e15 ms)');
    return new Date(time);
  }
}
