import { FrozenMapBuilder, inOrder, singleEntry } from '../values/fields.js';
import { visitEach } from '../values/frozen-array.js';
import type { Value } from '../values/value.js';
import {
  type Before,
  beforeOf,
  type Change,
  type FieldList,
  type FieldOp,
  type FieldOps,
  fieldSet,
  updateChange,
  valueAfter,
} from './change.js';

/** Says of a cell that it is not known what was overwritten. */
export const UNKNOWN: null = null;

/** What a cell overwrote: `undefined` where the field was absent. */
export type CellBefore = Value | undefined | typeof UNKNOWN;

/**
 * Changes of many records, as one array for each property instead of a Map for each update. Each change is a row. An
 * update by puts and deletes is a stretch of cells, one for each field. Every other change stays an object, and so does
 * an update behind the insert of its record, so that a row of cells is all that a normal form does to a record.
 *
 * Columns are immutable once they are made, so results may share whole columns with what they came from.
 */
export interface RecordColumns {
  /** By row. */
  readonly tables: readonly string[];
  /** By row. */
  readonly records: readonly string[];
  /** By row: the change where it is not in cells; `undefined` where all changes are. */
  readonly others: readonly (Change | undefined)[] | undefined;
  /** By row: where its cells end. They begin where those of the row before end. */
  readonly ends: readonly number[];
  /** By cell, in ascending order within a row. */
  readonly fields: readonly string[];
  /** By cell: the value that is put, or `undefined` for a delete. */
  readonly values: readonly (Value | undefined)[];
  /** By cell; `undefined` where nothing is known of any. */
  readonly befores: readonly CellBefore[] | undefined;
}

/** Collects changes into columns, row by row. */
export class RecordColumnsBuilder {
  readonly #tables: string[];
  readonly #records: string[];
  #others: (Change | undefined)[] | undefined;
  readonly #ends: number[];
  readonly #fields: string[];
  readonly #values: (Value | undefined)[];
  #befores: CellBefore[] | undefined;
  #rowCount = 0;
  #cellCount = 0;
  /** The list edits of the row that is being collected, by cell. */
  #lists: Map<number, FieldList> | undefined;

  /**
   * Columns that grow are copied again and again, so of many rows it pays to say how many.
   *
   * @param rows for how many to make room at once, and `cells` for how many of these; more may be added.
   */
  constructor(rows = 0, cells = 0) {
    this.#tables = new Array<string>(rows);
    this.#records = new Array<string>(rows);
    this.#ends = new Array<number>(rows);
    this.#fields = new Array<string>(cells);
    this.#values = new Array<undefined>(cells);
  }

  /** How many rows there are. */
  get count(): number {
    return this.#rowCount;
  }

  /** Adds a cell to the row that is being collected. */
  cell(field: string, value: Value | undefined, before: CellBefore): void {
    const at = this.#cellCount++;
    this.#fields[at] = field;
    this.#values[at] = value;
    if (before !== UNKNOWN) this.#befores ??= new Array<CellBefore>(at).fill(UNKNOWN);
    this.#befores?.push(before);
  }

  /** Adds an operation to the row that is being collected. The fields come in ascending order. */
  op(field: string, op: FieldOp): void {
    if (op.type === 'list') {
      this.#lists ??= new Map();
      this.#lists.set(this.#cellCount, op);
      this.cell(field, undefined, UNKNOWN);
    } else {
      this.cell(field, valueAfter(op), cellBefore(beforeOf(op)));
    }
  }

  /** Adds a cell of other columns to the row that is being collected. */
  addCell({ fields, values, befores }: RecordColumns, cell: number): void {
    this.cell(fields[cell] as string, values[cell], befores === undefined ? UNKNOWN : (befores[cell] as CellBefore));
  }

  /** Ends a row: an update of a record by the cells that were added since the row before. */
  endUpdate(table: string, record: string): void {
    const isObject = this.#lists !== undefined || this.#isBehindInsert(table, record);
    if (isObject) this.#endRow(table, record, updateChange(table, record, this.#takeCells()));
    else this.#endRow(table, record, undefined);
  }

  /** {@link endUpdate} if any cell was added. */
  endUpdateIfAny(table: string, record: string): void {
    if (this.#cellCount > this.#start) this.endUpdate(table, record);
  }

  addAll(changes: readonly Change[]): void {
    visitEach(changes, (change) => this.add(change));
  }

  add(change: Change): void {
    const { table, record } = change;
    if (change.type !== 'update' || editsList(change.ops)) {
      this.#endRow(table, record, change);
      return;
    }
    for (const [field, op] of inOrder(change.ops)) this.op(field, op);
    this.endUpdate(table, record);
  }

  /** Adds a row of other columns. */
  addRow(columns: RecordColumns, row: number): void {
    const end = columns.ends[row] as number;
    for (let cell = startOfRow(columns, row); cell < end; cell++) this.addCell(columns, cell);
    this.#endRow(columns.tables[row] as string, columns.records[row] as string, columns.others?.[row]);
  }

  /** The columns. Nothing may be added after this. */
  finish(): RecordColumns {
    for (const column of [this.#tables, this.#records, this.#ends]) column.length = this.#rowCount;
    for (const column of [this.#fields, this.#values]) column.length = this.#cellCount;
    return {
      tables: this.#tables,
      records: this.#records,
      others: this.#others,
      ends: this.#ends,
      fields: this.#fields,
      values: this.#values,
      befores: this.#befores,
    };
  }

  #endRow(table: string, record: string, other: Change | undefined): void {
    const row = this.#rowCount++;
    if (other !== undefined) this.#others ??= new Array<undefined>(row).fill(undefined);
    this.#others?.push(other);
    this.#tables[row] = table;
    this.#records[row] = record;
    this.#ends[row] = this.#cellCount;
  }

  /** Where the cells of the row begin that is being collected. */
  get #start(): number {
    return this.#rowCount === 0 ? 0 : (this.#ends[this.#rowCount - 1] as number);
  }

  #isBehindInsert(table: string, record: string): boolean {
    const previous = this.#others?.[this.#rowCount - 1];
    return previous?.type === 'insert' && previous.record === record && previous.table === table;
  }

  /** Takes the cells of the row that is being collected out of the columns again. */
  #takeCells(): FieldOps {
    const ops = new FrozenMapBuilder<string, FieldOp>();
    const start = this.#start;
    for (let cell = start; cell < this.#cellCount; cell++) {
      const list = this.#lists?.get(cell);
      ops.set(this.#fields[cell] as string, list ?? fieldSet(this.#values[cell], beforeOfCell(this.#befores, cell)));
    }
    this.#cellCount = start;
    if (this.#befores !== undefined) this.#befores.length = start;
    this.#lists = undefined;
    return ops.finish();
  }
}

/** An update with a list edit is no row of cells, so there is no need to take it apart. */
function editsList(ops: FieldOps): boolean {
  for (const op of ops.values()) if (op.type === 'list') return true;
  return false;
}

/** Law: `changesOfColumns(columnsOfChanges(changes))` equals `changes`, whose fields are in ascending order. */
export function columnsOfChanges(changes: readonly Change[]): RecordColumns {
  const columns = new RecordColumnsBuilder();
  columns.addAll(changes);
  return columns.finish();
}

/** Changes as rows that are all objects, whatever they are: nothing but names is copied. */
export function rowsOfObjects(changes: readonly Change[]): RecordColumns {
  const [tables, records]: [string[], string[]] = [[], []];
  visitEach(changes, ({ table, record }) => {
    tables.push(table);
    records.push(record);
  });
  const ends = new Array<number>(changes.length).fill(0);
  return { tables, records, others: changes, ends, fields: [], values: [], befores: undefined };
}

export function changesOfColumns(columns: RecordColumns): Change[] {
  return changesOfRows(columns, 0, columns.ends.length);
}

/** The changes of the rows from `start` up to, not including, `end`. */
export function changesOfRows(columns: RecordColumns, start: number, end: number): Change[] {
  const changes: Change[] = [];
  for (let row = start; row < end; row++) changes.push(changeOfRow(columns, row));
  return changes;
}

/** One of the changes as an object. */
export function changeOfRow(columns: RecordColumns, row: number): Change {
  return (
    columns.others?.[row] ??
    updateChange(columns.tables[row] as string, columns.records[row] as string, opsOfRow(columns, row))
  );
}

function opsOfRow(columns: RecordColumns, row: number): FieldOps {
  const { fields, values, befores } = columns;
  const start = startOfRow(columns, row);
  const end = columns.ends[row] as number;
  const opAt = (cell: number): FieldOp => fieldSet(values[cell], beforeOfCell(befores, cell));
  if (end - start === 1) return singleEntry(fields[start] as string, opAt(start));
  const ops = new FrozenMapBuilder<string, FieldOp>();
  for (let cell = start; cell < end; cell++) ops.set(fields[cell] as string, opAt(cell));
  return ops.finish();
}

/** Where the cells of a row begin. */
export function startOfRow({ ends }: RecordColumns, row: number): number {
  return row === 0 ? 0 : (ends[row - 1] as number);
}

/** What a cell overwrote, as far as it is known. */
export function beforeOfCell(befores: RecordColumns['befores'], cell: number): Before<Value> {
  const before = befores === undefined ? UNKNOWN : (befores[cell] as CellBefore);
  return before === UNKNOWN ? undefined : { value: before };
}

/** The other way round. */
export function cellBefore(before: Before<Value>): CellBefore {
  return before === undefined ? UNKNOWN : before.value;
}

/** Compares the places of two rows: the order of a normal form. */
export function compareRows(left: RecordColumns, row: number, right: RecordColumns, other: number): number {
  return (
    compareNames(left.tables[row] as string, right.tables[other] as string) ||
    compareNames(left.records[row] as string, right.records[other] as string)
  );
}

/** Compares two names by code point. They are ASCII, so the operators of strings do that. */
export function compareNames(left: string, right: string): number {
  return left === right ? 0 : left < right ? -1 : 1;
}
