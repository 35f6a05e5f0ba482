import type { Before } from '../../operations/field-operation.js';
import type { Atom, Value } from '../../values/value.js';
import { ByteReader } from './byte-reader.js';
import { readRun, UNPAID_RUN_MAX } from './runs.js';
import type { StringTable } from './string-table.js';
import { TextReader } from './text-reader.js';
import {
  ABSENT,
  BYTES,
  CHARACTER,
  DATE,
  DOUBLE,
  FALSE,
  isPaid,
  isWhole,
  LIST,
  LONG,
  REPEATED_STRING,
  STRING,
  TAG_COUNT,
  TRUE,
  UNKNOWN,
  WHOLE,
} from './value-tag.js';

const TIME_MAX = 8_640_000_000_000_000;

/** Reads what a `ValueWriter` wrote, and refuses what it does not write. */
export class ValueReader {
  readonly #tags: ByteReader;
  readonly #content: ByteReader;
  readonly #text: TextReader;
  readonly #strings: StringTable;
  /** Whether the columns are empty, so that everything is unknown. */
  readonly #isAllUnknown: boolean;
  #hasKnown = false;
  #runTag = -1;
  #runCount = 0;
  #left = 0;

  constructor(tags: Uint8Array, content: Uint8Array, text: Uint8Array, strings: StringTable) {
    this.#tags = new ByteReader(tags, 'tags');
    this.#content = new ByteReader(content, 'content');
    this.#text = new TextReader(text);
    this.#strings = strings;
    this.#isAllUnknown = tags.length === 0;
  }

  /** What stands in the next place. */
  tag(): number {
    if (this.#left === 0) this.#nextRun();
    this.#left--;
    return this.#runTag;
  }

  /** The next value, when `tag` was read already. */
  value(tag: number): Value {
    if (tag !== LIST) return this.#atom(tag);
    const count = this.#content.varint();
    const items: Atom[] = [];
    // The count is not trusted: a list that claims too much meets the end of the tags.
    for (let index = 0; index < count; index++) items.push(this.atom());
    return Object.freeze(items);
  }

  /** The next value, which is not a list. */
  atom(): Atom {
    return this.#atom(this.tag());
  }

  /** What a put or a delete of a field overwrote. */
  before(): Before<Value> {
    const tag = this.#isAllUnknown ? UNKNOWN : this.tag();
    if (tag === UNKNOWN) return undefined;
    return { value: tag === ABSENT ? undefined : this.value(tag) };
  }

  /** What a put or a delete of an item overwrote. */
  itemBefore(): Atom | undefined {
    const tag = this.#isAllUnknown ? UNKNOWN : this.tag();
    return tag === UNKNOWN ? undefined : this.#atom(tag);
  }

  /** How many operations on a list follow. */
  operationCount(): number {
    return this.#content.varint();
  }

  fail(reason: string): never {
    this.#tags.fail(reason);
  }

  finish(): void {
    if (this.#left > 0) this.#tags.fail('there is more than is needed');
    this.#tags.finish();
    this.#content.finish();
    this.#text.finish();
    if (!this.#isAllUnknown && !this.#hasKnown) this.#tags.fail('what is all unknown is left out');
  }

  #nextRun(): void {
    const previous = this.#runTag;
    const isFull = !isPaid(previous) && this.#runCount === UNPAID_RUN_MAX;
    const { kind, count } = readRun(this.#tags, TAG_COUNT);
    if (kind === previous && !isFull) this.#tags.fail('a run is cut in two');
    if (!isPaid(kind) && count > UNPAID_RUN_MAX) this.#tags.fail('a run is too long');
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
        return this.#content.long();
      case WHOLE:
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
        return this.#content.bytes(this.#content.varint());
      case DATE:
        return this.#date();
      default:
        return this.#tags.fail('this cannot stand here');
    }
  }

  #double(): number {
    const value = this.#content.double();
    if (isWhole(value)) this.#content.fail('a whole number has a form of its own');
    return value;
  }

  #string(): string {
    const byteCount = this.#content.varint();
    const string = this.#text.text(byteCount);
    this.#strings.note(string, byteCount, this.#text);
    return string;
  }

  #date(): Date {
    const time = this.#content.signed();
    if (Math.abs(time) > TIME_MAX) this.#content.fail('no date is so far away');
    return new Date(time);
  }
}
