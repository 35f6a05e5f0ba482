import { visitEach } from '../../values/frozen-array.js';
import { isCharacter } from '../../values/text.js';
import { type Atom, isList, type Value } from '../../values/value.js';
import { ByteWriter } from './byte-writer.js';
import { UNPAID_RUN_MAX, writeRun } from './runs.js';
import type { StringIndex } from './string-table.js';
import {
  ABSENT,
  BYTES,
  CHARACTER,
  CREATE_LIST,
  DATE,
  DOUBLE,
  EDIT_LIST,
  FALSE,
  isPaid,
  isWhole,
  LIST,
  LONG,
  REPEATED_STRING,
  STRING,
  TRUE,
  UNKNOWN,
  WHOLE,
} from './value-tag.js';

/** Values in three columns: what they are, in runs; numbers, lengths and bytes; and text. Spec: BIN-13, BIN-14. */
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

  /** What was overwritten is not known. */
  unknown(): void {
    this.#tag(UNKNOWN);
  }

  /** So many operations on a list follow elsewhere. */
  listEdit(isCreated: boolean, operationCount: number): void {
    this.#tag(isCreated ? CREATE_LIST : EDIT_LIST);
    this.#content.varint(operationCount);
  }

  /** The columns; nothing is in them where nothing but `unknown` was written. */
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
