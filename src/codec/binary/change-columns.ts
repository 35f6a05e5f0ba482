import { changesIn, columnsIn, type Delta } from '../../deltas/delta.js';
import {
  type Before,
  beforeOf,
  type Change,
  deleteChange,
  type FieldOp,
  type FieldOps,
  fieldDelete,
  fieldPut,
  type InsertChange,
  insertChange,
  updateChange,
  valueAfter,
} from '../../operations/change.js';
import { COLUMNS_LEAST } from '../../operations/columns-least.js';
import { columnsOf, listOfColumns } from '../../operations/list-columns.js';
import {
  beforeOfCell,
  cellBefore,
  type RecordColumns,
  RecordColumnsBuilder,
  rowsOfObjects,
  startOfRow,
} from '../../operations/record-columns.js';
import { type Fields, FrozenMapBuilder, inOrder } from '../../values/fields.js';
import type { Value } from '../../values/value.js';
import { ByteReader, ByteWriter, readRun, writeRun } from './byte-column.js';
import { ListEditReader, ListEditWriter } from './list-edit-column.js';
import { COST, type MemoryBudget } from './memory-budget.js';
import {
  FieldSetReader,
  FieldSetWriter,
  Inventory,
  NameIndex,
  NameTable,
  StringIndex,
  StringTable,
} from './shared-tables.js';
import { TextReader } from './text-column.js';
import { ABSENT, CREATE_LIST, EDIT_LIST, ValueReader, ValueWriter } from './value-columns.js';

/* The kinds of a run of changes of one table. Spec: BIN-17. */
export const INSERTED = 0;
export const UPDATED = 1;
/** Deleted, with unknown fields. */
export const DELETED = 2;
/** Deleted, with known fields. */
export const DELETED_FIELDS = 3;

/** Inserted, with an update of the same record behind the insert. It is two changes. */
export const INSERTED_UPDATED = 4;

export const CHANGE_KIND_COUNT = 5;

/**
 * Writes deltas column by column: all names, then all records, then all values, so that like is beside like, which
 * compresses well. The deltas of one file share the columns. Spec: BIN-4, BIN-17 to BIN-20.
 */
export class ChangeWriter {
  readonly names: NameIndex;
  readonly #strings: StringIndex;
  readonly #groups = new ByteWriter();
  readonly #records = new ByteWriter();
  readonly #fields: FieldSetWriter;
  readonly #edits: ListEditWriter;
  readonly #values: ValueWriter;
  readonly #befores: ValueWriter;
  #previousRecord = 0;

  /** @param inventory of exactly the changes that will be written. */
  constructor(inventory: Inventory) {
    this.names = new NameIndex(inventory.names);
    this.#strings = new StringIndex(inventory.strings);
    this.#fields = new FieldSetWriter(this.names);
    this.#values = new ValueWriter(this.#strings);
    this.#befores = new ValueWriter(this.#strings);
    this.#edits = new ListEditWriter(this.#values, this.#befores);
  }

  /** The columns of one delta alone, or of changes as they stand. */
  static encode(changes: Delta | readonly Change[]): readonly Uint8Array[] {
    const rows = rowsOf(changes);
    const inventory = new Inventory();
    inventory.addRows(rows);
    const writer = new ChangeWriter(inventory);
    writer.write(rows);
    return writer.finish();
  }

  write(rows: RecordColumns): void {
    const { tables, records, ends } = rows;
    for (let start = 0; start < ends.length; ) {
      const kind = kindOfRow(rows, start);
      const table = tables[start] as string;
      const width = changesPerRecord(kind);
      let end = start + width;
      while (tables[end] === table && kindOfRow(rows, end) === kind) end += width;
      writeRun(this.#groups, kind, (end - start) / width);
      this.#groups.varint(this.names.numberOf(table));
      for (let row = start; row < end; row++) {
        if ((row - start) % width === 0) this.#writeRecord(records[row] as string);
        const other = rows.others?.[row];
        if (other === undefined) this.#writeCells(rows, row);
        else this.#writeContent(other);
      }
      start = end;
    }
  }

  /** The columns, in the order of a file. */
  finish(): readonly Uint8Array[] {
    const strings = this.#strings.encode();
    return [
      ...[this.names.encode(), strings.lengths, strings.text],
      ...[this.#groups.finish(), this.#records.finish(), this.#fields.finish(), this.#edits.finish()],
      ...[...this.#values.finish(), ...this.#befores.finish()],
    ];
  }

  #writeRecord(name: string): void {
    const record = this.names.numberOf(name);
    this.#records.signed(record - this.#previousRecord);
    this.#previousRecord = record;
  }

  #writeCells(columns: RecordColumns, row: number): void {
    const { fields, values, befores } = columns;
    const start = startOfRow(columns, row);
    const end = columns.ends[row] as number;
    this.#fields.write(fields, start, end);
    for (let cell = start; cell < end; cell++) this.#writeSet(values[cell], beforeOfCell(befores, cell));
  }

  #writeContent(change: Change): void {
    if (change.type === 'insert') this.#writeFields(change.fields);
    else if (change.type === 'update') this.#writeOps(change.ops);
    else if (change.before !== undefined) this.#writeFields(change.before);
  }

  #writeFields(fields: Fields): void {
    const sorted = inOrder(fields);
    this.#fields.write([...sorted.keys()]);
    for (const value of sorted.values()) this.#values.value(value);
  }

  #writeOps(ops: FieldOps): void {
    const sorted = inOrder(ops);
    this.#fields.write([...sorted.keys()]);
    for (const op of sorted.values()) this.#writeOp(op);
  }

  #writeOp(op: FieldOp): void {
    if (op.type === 'list') {
      const ops = columnsOf(op);
      this.#values.listEdit(op.create, ops.count);
      this.#edits.write(ops);
      return;
    }
    this.#writeSet(valueAfter(op), beforeOf(op));
  }

  #writeSet(value: Value | undefined, before: Before<Value>): void {
    if (value === undefined) this.#values.absent();
    else this.#values.value(value);
    if (before === undefined) this.#befores.unknown();
    else if (before.value === undefined) this.#befores.absent();
    else this.#befores.value(before.value);
  }
}

/** What is written of changes: those in columns are not made objects of. */
export function rowsOf(changes: Delta | readonly Change[]): RecordColumns {
  if (Array.isArray(changes)) return rowsOfObjects(changes);
  return columnsIn(changes as Delta) ?? rowsOfObjects(changesIn(changes as Delta));
}

function changesPerRecord(kind: number): number {
  return kind === INSERTED_UPDATED ? 2 : 1;
}

function kindOfRow({ others }: RecordColumns, row: number): number {
  const change = others?.[row];
  if (change === undefined || change.type === 'update') return UPDATED;
  if (change.type === 'insert') return isUpdateOf(change, others?.[row + 1]) ? INSERTED_UPDATED : INSERTED;
  return change.before === undefined ? DELETED : DELETED_FIELDS;
}

function isUpdateOf({ table, record }: InsertChange, next: Change | undefined): boolean {
  return next?.type === 'update' && next.record === record && next.table === table;
}

/** How many columns a {@link ChangeWriter} writes. */
export const CHANGE_COLUMN_COUNT = 13;

const NO_COLUMN = new Uint8Array();

/** Reads the deltas that a {@link ChangeWriter} writes, and rejects everything else. */
export class ChangeReader {
  readonly names: NameTable;
  readonly #strings: StringTable;
  readonly #groups: ByteReader;
  readonly #records: ByteReader;
  readonly #fields: FieldSetReader;
  readonly #edits: ListEditReader;
  readonly #values: ValueReader;
  readonly #befores: ValueReader;
  readonly #budget: MemoryBudget;
  /** In bytes. */
  readonly #recordsLength: number;
  #record = 0;

  constructor(columns: readonly Uint8Array[], budget: MemoryBudget) {
    this.#budget = budget;
    const column = (at: number): Uint8Array => columns[at] ?? NO_COLUMN;
    this.names = new NameTable(column(0), budget);
    this.#strings = new StringTable(new ByteReader(column(1), 'string lengths'), new TextReader(column(2)), budget);
    this.#groups = new ByteReader(column(3), 'groups');
    this.#records = new ByteReader(column(4), 'records');
    this.#recordsLength = column(4).length;
    this.#fields = new FieldSetReader(column(5), this.names, budget);
    this.#values = new ValueReader([column(7), column(8), column(9)], this.#strings, budget);
    this.#befores = new ValueReader([column(10), column(11), column(12)], this.#strings, budget);
    this.#edits = new ListEditReader(column(6), this.#values, this.#befores, budget);
  }

  /** The next delta: `count` changes, or all that are left. */
  changes(count?: number): readonly Change[] {
    const changes: Change[] = [];
    this.#read(count, (change) => changes.push(change));
    return changes;
  }

  /** {@link changes}, in columns if they are many. */
  rows(count?: number): readonly Change[] | RecordColumns {
    // Each record takes at least a byte.
    if ((count ?? this.#recordsLength) < COLUMNS_LEAST) return this.changes(count);
    const rows = new RecordColumnsBuilder();
    this.#read(count, (change) => rows.add(change), rows);
    return rows.finish();
  }

  /** The inserts of the next state: `count` records, or all that are left. */
  inserts(count?: number): readonly InsertChange[] {
    const inserts: InsertChange[] = [];
    this.#read(count, (change) => {
      const previous = inserts.at(-1);
      if (change.type !== 'insert') this.#records.fail('a state may contain only inserts');
      if (previous !== undefined && !isBefore(previous, change))
        this.#records.fail('the records must be in ascending order');
      inserts.push(change);
    });
    return inserts;
  }

  /** @throws DatastoreError `invalid-binary` if data is left over. */
  finish(): void {
    for (const part of [this.#groups, this.#records, this.#fields, this.#edits]) part.finish();
    for (const part of [this.#values, this.#befores, this.#strings, this.names]) part.finish();
  }

  /** Reads `most` changes, or all that are left; `rows` takes updates in cells, where it is given. */
  #read(most: number | undefined, take: (change: Change) => void, rows?: RecordColumnsBuilder): void {
    let count = 0;
    let previous: { readonly kind: number; readonly table: string } | undefined;
    while (most === undefined ? !this.#groups.isAtEnd : count < most) {
      const run = readRun(this.#groups, CHANGE_KIND_COUNT);
      const table = this.names.at(this.#groups.varint(), this.#groups);
      if (previous?.kind === run.kind && previous.table === table)
        this.#groups.fail('two adjacent runs must be written as one');
      const width = changesPerRecord(run.kind);
      if (most !== undefined && run.count * width > most - count) {
        this.#groups.fail('a run exceeds its delta');
      }
      const inserted =
        run.kind === UPDATED && previous?.kind === INSERTED && previous.table === table ? this.#record : undefined;
      // The count is not trusted: a run that claims too many changes meets the end of the records.
      for (let left = run.count; left > 0; left--) {
        this.#budget.take(COST.change * width);
        this.#record += this.#records.signed();
        const record = this.names.at(this.#record, this.#records);
        if (run.kind === UPDATED && rows !== undefined) this.#readRow(rows, table, record);
        else take(this.#change(run.kind, table, record));
        if (left === run.count && this.#record === inserted) {
          this.#groups.fail('an insert and the update that follows it must be written as one run');
        }
        if (width === 2) take(updateChange(table, record, this.#readOps()));
      }
      count += run.count * width;
      previous = { kind: run.kind, table };
    }
  }

  #change(kind: number, table: string, record: string): Change {
    if (kind === INSERTED || kind === INSERTED_UPDATED) return insertChange(table, record, this.#readFields());
    if (kind === UPDATED) return updateChange(table, record, this.#readOps());
    return deleteChange(table, record, kind === DELETED ? undefined : this.#readFields());
  }

  #readRow(rows: RecordColumnsBuilder, table: string, record: string): void {
    for (const field of this.#fields.read()) {
      const tag = this.#values.tag();
      if (tag === EDIT_LIST || tag === CREATE_LIST) rows.op(field, this.#readOp(tag));
      else rows.cell(field, tag === ABSENT ? undefined : this.#values.value(tag), cellBefore(this.#befores.before()));
    }
    rows.endUpdate(table, record);
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
      return listOfColumns(tag === CREATE_LIST, this.#edits.read(this.#values.operationCount()));
    }
    if (tag === ABSENT) return fieldDelete(this.#befores.before());
    return fieldPut(this.#values.value(tag), this.#befores.before());
  }
}

/** Whether one record comes before another in code point order, which for ASCII is the order of strings. */
function isBefore(left: InsertChange, right: InsertChange): boolean {
  return left.table === right.table ? left.record < right.record : left.table < right.table;
}
