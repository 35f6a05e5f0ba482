import { DatastoreError, type Place } from '../../errors/datastore-error.js';
import { deleteChange, type FieldOps, insertChange, updateChange } from '../../operations/change.js';
import { ownRecordId } from '../../operations/ownership.js';
import type { Rule } from '../../rules/rule.js';
import type { RecordReader } from '../../state/record-reader.js';
import { ownFieldName } from '../../values/ownership.js';
import type { Value } from '../../values/value.js';
import type { FieldContainer } from './field-container.js';
import {
  type AnyShape,
  type Condition,
  entriesOf,
  type FieldInput,
  type FieldName,
  type FieldsInput,
  type FieldsPatch,
  type FieldValue,
  FieldView,
  fieldsOf,
} from './fields.js';
import type { OpenReplica } from './open-replica.js';

/** The datastore of a table, as the table knows it. */
export interface DatastoreOfTable {
  readonly id: string;
  readonly isOpen: boolean;
}

/** Whether a record may have no fields: none are declared, or all are optional. */
type CanBeEmpty<Shape> = string extends keyof Shape ? true : Partial<Shape> extends Shape ? true : false;

/** The fields of a new record. They may be left out if all are optional. */
export type InsertArguments<Shape extends object> =
  CanBeEmpty<Shape> extends true ? [fields?: FieldsInput<Shape>] : [fields: FieldsInput<Shape>];

/** The fields that a query looks for, with the value that each must have. */
export type QueryInput<Shape extends object> =
  | { readonly [Name in keyof Shape]?: FieldInput<Condition<FieldValue<Shape, Name>>> }
  | FieldsPatch<Shape>;

/**
 * The records of a datastore that have one table id. A table exists while it has records, and has no schema: a declared
 * shape is for the compiler alone.
 */
export class Table<Shape extends object = AnyShape> {
  readonly id: string;
  readonly datastore: DatastoreOfTable;
  readonly #open: OpenReplica;
  readonly #records = new WeakCache<string, DatastoreRecord<Shape>>();

  /** Not for applications: `Datastore.table` makes it. */
  constructor(open: OpenReplica, datastore: DatastoreOfTable, id: string) {
    this.#open = open;
    this.datastore = datastore;
    this.id = id;
  }

  /**
   * Sets how collisions in a field of this table are resolved: by a named rule or a merge function. It is not stored, so
   * set it each time the datastore is opened, before the first edit. An edit keeps the rule under which it was made.
   *
   * @throws DatastoreError `invalid-name` or `invalid-rule`.
   */
  setResolutionRule(field: FieldName<Shape>, rule: Rule): this {
    this.#open.requireOpen();
    this.#open.rules.set(this.id, ownFieldName(field, { table: this.id }), rule);
    return this;
  }

  /** The record with an id, or `undefined` if there is none. @throws DatastoreError `invalid-name`. */
  get(id: string): DatastoreRecord<Shape> | undefined {
    const record = this.record(id);
    return record.isDeleted ? undefined : record;
  }

  /**
   * The record with an id, or a new one with a copy of the fields if there is none. If two devices insert the same id,
   * the result is one record with the fields of both.
   *
   * @throws DatastoreError as {@link insert}.
   */
  getOrInsert(id: string, ...fields: InsertArguments<Shape>): DatastoreRecord<Shape> {
    return this.get(id) ?? this.#insert(id, fields);
  }

  /**
   * Inserts a record with a copy of the fields, under a new id.
   *
   * @throws DatastoreError `invalid-name`, `invalid-value`, `not-permitted`, `record-too-large`, `datastore-too-large`,
   * `delta-too-large` or `too-many-records`.
   */
  insert(...fields: InsertArguments<Shape>): DatastoreRecord<Shape>;
  /** Inserts a record under an id. @throws DatastoreError also `record-exists`. */
  insert(id: string, ...fields: InsertArguments<Shape>): DatastoreRecord<Shape>;
  insert(...args: readonly unknown[]): DatastoreRecord<Shape> {
    // Of two arguments the first is meant as an id, whatever its type.
    if (typeof args[0] === 'string' || args.length > 1) return this.#insert(args[0] as string, args.slice(1));
    return this.#insert(this.#open.context.newRecordId(), args);
  }

  /**
   * The records that have all the given fields with the given values; without fields, all records. Longs and doubles are
   * compared as doubles; values of other types are equal only to values of the same type.
   *
   * @throws DatastoreError `invalid-name` or `invalid-value`.
   */
  query(fields: QueryInput<Shape> = {}): QueryResult<DatastoreRecord<Shape>> {
    const ids = this.#open.replica.find(
      this.id,
      new Map(entriesOf(fields, { table: this.id })) as ReadonlyMap<string, Value>,
    );
    return new QueryResult(ids.map((id) => this.record(id)));
  }

  /** The object of a record id, even if there is no such record. It is the same object while anybody holds it. */
  record(id: string): DatastoreRecord<Shape> {
    this.#open.requireOpen();
    return this.#records.get(ownRecordId(id, { table: this.id }), () => {
      return new DatastoreRecord<Shape>(this, id, new RecordContainer(this.#open, this.id, id));
    });
  }

  #insert(id: string, [fields = {}]: readonly unknown[]): DatastoreRecord<Shape> {
    const record = this.record(id);
    this.#open.edit([insertChange(this.id, id, fieldsOf(fields, { table: this.id, record: id }))]);
    return record;
  }
}

/**
 * A live view of a record: it shows what the datastore holds now, and edits the datastore at once. Each record of an open
 * datastore has one such object while anybody holds it, so records can be compared with `===` and kept in sets.
 */
export class DatastoreRecord<Shape extends object = AnyShape> extends FieldView<Shape> {
  readonly id: string;
  readonly table: Table<Shape>;
  readonly #container: RecordContainer;

  /** Not for applications: a table makes it. */
  constructor(table: Table<Shape>, id: string, container: RecordContainer) {
    super(container);
    this.table = table;
    this.id = id;
    this.#container = container;
  }

  /** Whether the record was deleted, here or elsewhere. A deleted record has no fields and cannot be edited. */
  get isDeleted(): boolean {
    return !this.#container.reader.exists;
  }

  /** In bytes: 100, and for each field 100 plus its value; 0 if the record was deleted. */
  get size(): number {
    return this.#container.reader.size;
  }

  /** Deletes the record. Has no effect if it was deleted before. @throws DatastoreError `not-permitted`. */
  deleteRecord(): void {
    this.#container.deleteRecord();
  }
}

/** Holds the fields of a record of an open datastore. */
class RecordContainer implements FieldContainer {
  readonly #open: OpenReplica;
  readonly #table: string;
  readonly #record: string;
  readonly #reader: RecordReader;

  constructor(open: OpenReplica, table: string, record: string) {
    this.#open = open;
    this.#table = table;
    this.#record = record;
    this.#reader = open.replica.reader(table, record);
  }

  get reader(): RecordReader {
    this.#open.requireOpen();
    return this.#reader;
  }

  edit(ops: FieldOps): void {
    this.requireExists();
    if (ops.size > 0) this.#open.edit([updateChange(this.#table, this.#record, ops)]);
  }

  deleteRecord(): void {
    if (this.reader.exists) this.#open.edit([deleteChange(this.#table, this.#record, undefined)]);
  }

  requireExists(): void {
    if (this.reader.exists) return;
    throw new DatastoreError('record-deleted', 'the record was deleted, so it cannot be edited', {
      table: this.#table,
      record: this.#record,
    });
  }

  place(field?: string): Place {
    return { table: this.#table, record: this.#record, field };
  }
}

/**
 * The records that a query found, in code point order of their ids. The selection is made once; each record shows what it
 * holds now.
 */
export class QueryResult<Found> implements Iterable<Found> {
  readonly #found: Found[];

  /** Not for applications: a table makes it. */
  constructor(found: Found[]) {
    this.#found = found;
  }

  /** Whether any record was found. */
  get hasResults(): boolean {
    return this.#found.length > 0;
  }

  /** How many records were found. */
  get count(): number {
    return this.#found.length;
  }

  /** The records as an array. It may be sorted or otherwise changed, which changes this result. */
  asList(): Found[] {
    return this.#found;
  }

  /** The records in the order in which they were found. */
  [Symbol.iterator](): IterableIterator<Found> {
    return this.#found[Symbol.iterator]();
  }
}

/**
 * Objects by key, each for as long as anybody holds it: a caller that asks twice gets the same object, and an object that
 * nobody holds costs nothing.
 */
class WeakCache<Key, Item extends object> {
  readonly #items = new Map<Key, WeakRef<Item>>();
  readonly #gone = new FinalizationRegistry<Key>((key) => {
    // The key may have a new object by now.
    if (this.#items.get(key)?.deref() === undefined) this.#items.delete(key);
  });

  get(key: Key, make: () => Item): Item {
    const known = this.#items.get(key)?.deref();
    if (known !== undefined) return known;
    const item = make();
    this.#items.set(key, new WeakRef(item));
    this.#gone.register(item, key);
    return item;
  }
}
