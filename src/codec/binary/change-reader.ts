import {
  type Change,
  type Delta,
  deleteChange,
  type FieldOps,
  type InsertChange,
  insertChange,
  updateChange,
} from '../../operations/change.js';
import { type FieldOp, fieldDelete, fieldList, fieldPut } from '../../operations/field-operation.js';
import { type Fields, FrozenMapBuilder } from '../../values/fields.js';
import type { Value } from '../../values/value.js';
import { ByteReader } from './byte-reader.js';
import { CHANGE_KIND_COUNT, DELETED, INSERTED, UPDATED } from './change-kind.js';
import { FieldSetReader } from './field-sets.js';
import { ListEditReader } from './list-edits.js';
import { NameTable } from './name-table.js';
import { readRun } from './runs.js';
import { StringTable } from './string-table.js';
import { TextReader } from './text-reader.js';
import { ValueReader } from './value-reader.js';
import { ABSENT, CREATE_LIST, EDIT_LIST } from './value-tag.js';

/** How many columns a `ChangeWriter` writes. */
export const CHANGE_COLUMN_COUNT = 13;

const NO_COLUMN = new Uint8Array();

/** Reads the deltas that a `ChangeWriter` wrote, and refuses what it does not write. */
export class ChangeReader {
  readonly names: NameTable;
  readonly #strings: StringTable;
  readonly #groups: ByteReader;
  readonly #records: ByteReader;
  readonly #fields: FieldSetReader;
  readonly #edits: ListEditReader;
  readonly #values: ValueReader;
  readonly #befores: ValueReader;
  #record = 0;

  constructor(columns: readonly Uint8Array[]) {
    const column = (at: number): Uint8Array => columns[at] ?? NO_COLUMN;
    this.names = new NameTable(column(0));
    this.#strings = new StringTable(new ByteReader(column(1), 'string lengths'), new TextReader(column(2)));
    this.#groups = new ByteReader(column(3), 'groups');
    this.#records = new ByteReader(column(4), 'records');
    this.#fields = new FieldSetReader(column(5), this.names);
    this.#values = new ValueReader(column(7), column(8), column(9), this.#strings);
    this.#befores = new ValueReader(column(10), column(11), column(12), this.#strings);
    this.#edits = new ListEditReader(column(6), this.#values, this.#befores);
  }

  /** The next delta, of so many changes, or of all that there are. */
  delta(count?: number): Delta {
    return Object.freeze(this.#changes(count, () => undefined));
  }

  /** The inserts of the next state: of so many records, or of all that there are. */
  inserts(count?: number): readonly InsertChange[] {
    const inserts: InsertChange[] = [];
    this.#changes(count, (change) => {
      const previous = inserts.at(-1);
      if (change.type !== 'insert') this.#records.fail('a state has inserts and nothing else');
      if (previous !== undefined && !isBefore(previous, change)) this.#records.fail('the records are out of order');
      inserts.push(change);
    });
    return inserts;
  }

  /** @throws DatastoreError `invalid-binary` if anything is left that was not read. */
  finish(): void {
    for (const part of [this.#groups, this.#records, this.#fields, this.#edits]) part.finish();
    for (const part of [this.#values, this.#befores, this.#strings, this.names]) part.finish();
  }

  #changes(count: number | undefined, check: (change: Change) => void): Change[] {
    const changes: Change[] = [];
    let previous: { readonly kind: number; readonly table: string } | undefined;
    while (count === undefined ? !this.#groups.isAtEnd : changes.length < count) {
      const run = readRun(this.#groups, CHANGE_KIND_COUNT);
      const table = this.names.at(this.#groups.varint(), this.#groups);
      if (previous?.kind === run.kind && previous.table === table) this.#groups.fail('a run is cut in two');
      if (count !== undefined && run.count > count - changes.length) {
        this.#groups.fail('a run is longer than the delta that it is in');
      }
      // The count is not trusted: a run that claims too much meets the end of the records.
      for (let left = run.count; left > 0; left--) {
        const change = this.#change(run.kind, table);
        check(change);
        changes.push(change);
      }
      previous = { kind: run.kind, table };
    }
    return changes;
  }

  #change(kind: number, table: string): Change {
    this.#record += this.#records.signed();
    const record = this.names.at(this.#record, this.#records);
    if (kind === INSERTED) return insertChange(table, record, this.#readFields());
    if (kind === UPDATED) return updateChange(table, record, this.#readOps());
    return deleteChange(table, record, kind === DELETED ? undefined : this.#readFields());
  }

  #readFields(): Fields {
    const fields = new FrozenMapBuilder<string, Value>();
    for (const field of this.#fields.read()) fields.set(field, this.#values.value(this.#values.tag()));
    return fields.finish();
  }

  #readOps(): FieldOps {
    const ops = new FrozenMapBuilder<string, FieldOp>();
    for (const field of this.#fields.read()) ops.set(field, this.#readOp(this.#values.tag()));
    return ops.finish();
  }

  #readOp(tag: number): FieldOp {
    if (tag === EDIT_LIST || tag === CREATE_LIST) {
      return fieldList(tag === CREATE_LIST, this.#edits.read(this.#values.operationCount()));
    }
    if (tag === ABSENT) return fieldDelete(this.#befores.before());
    return fieldPut(this.#values.value(tag), this.#befores.before());
  }
}

/** Whether one record stands before another in code point order. Names are plain ASCII, where all orders agree. */
function isBefore(left: InsertChange, right: InsertChange): boolean {
  return left.table === right.table ? left.record < right.record : left.table < right.table;
}
