import { checkFunction } from '../../errors/arguments.js';
import { DatastoreError, type Place } from '../../errors/datastore-error.js';
import { deleteChange, type FieldOps, insertChange, updateChange } from '../../operations/change.js';
import { ownRecordId } from '../../operations/ownership.js';
import type { RecordReader } from '../../state/record-reader.js';
import { objectOf } from '../../values/json.js';
import { ownFieldName } from '../../values/ownership.js';
import type { WireFields } from '../../values/wire.js';
import { type DeclaredTypes, FieldTypes } from './declared-types.js';
import type { FieldContainer } from './field-container.js';
import {
  type FieldName,
  type FieldsInput,
  type FieldsOf,
  FieldView,
  fieldsOf,
  type RuleOf,
  type Undeclared,
} from './fields.js';
import { showInConsoles } from './inspect.js';
import type { Listener } from './listeners.js';
import { findSorted, type LiveQueries, type LiveQuery, LiveResult, type QueryChange } from './live-query.js';
import type { OpenReplica } from './open-replica.js';
import { type QueryInput, type QueryOptions, RecordQuery } from './query.js';
import { type QueryResult, queryResultOf } from './query-result.js';

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

/**
 * The records of a datastore that have one table id. A table exists while it has records, and has no schema: a declared
 * shape is for the compiler alone.
 */
export class Table<Shape extends object = Undeclared> {
  readonly id: string;
  readonly datastore: DatastoreOfTable;
  readonly #open: OpenReplica;
  readonly #live: LiveQueries;
  readonly #types = new FieldTypes();
  readonly #records = new WeakCache<string, DatastoreRecord<Shape>>();

  static {
    showInConsoles(
      Table,
      ({ id }) => `Table ${id}`,
      (table) => table.toObject(),
    );
  }

  /** Not for applications: `Datastore.table` makes it. */
  constructor(open: OpenReplica, datastore: DatastoreOfTable, id: string, live: LiveQueries) {
    this.#open = open;
    this.#live = live;
    this.datastore = datastore;
    this.id = id;
  }

  /**
   * Sets how collisions in a field of this table are resolved: by a named rule or a merge function. It is not stored, so
   * set it each time the datastore is opened, before the first edit. An edit keeps the rule under which it was made. Rule
   * `sum` of longs is exact and wraps at 64 bits; with a double on any side it adds doubles. See {@link declare}.
   *
   * @throws DatastoreError `invalid-name` or `invalid-rule`.
   */
  setResolutionRule<Name extends FieldName<Shape>>(field: Name, rule: RuleOf<Shape, Name>): this {
    this.#open.requireOpen();
    this.#open.rules.set(this.id, ownFieldName(field, { table: this.id }), rule);
    return this;
  }

  /**
   * Holds fields of this table to a type, such as `{ votes: 'long' }`: what this device sets there is converted if nothing is
   * lost, and otherwise refused. A whole number up to 2^53 becomes a long, and such a long a double; no other type is
   * converted. So `set('votes', 5)` keeps a counter a long, which is exact and adds up under rule sum.
   *
   * It is not stored, so call it each time the datastore is opened. What is there already stays, and other devices may set
   * anything.
   *
   * @throws DatastoreError `invalid-name` or `invalid-option`. From then on edits throw `wrong-type` for other values.
   */
  declare(types: DeclaredTypes<Shape>): this {
    this.#open.requireOpen();
    this.#types.declare(types, this.id);
    return this;
  }

  /**
   * Keeps an index of each of these fields, so that a {@link query} that asks for a value of one of them looks at the records
   * that have it, and not at the whole table. The result is the same.
   *
   * An index costs memory for every record that has the field, and a look at the field at every edit of a record. The first
   * query makes it. Ranges are no help to it, and lists are told apart by their lengths alone; in a batch, and in a merge
   * function, a query looks at the whole table. It is not stored, so call this each time the datastore is opened.
   *
   * @throws DatastoreError `invalid-name`.
   */
  index(...fields: readonly FieldName<Shape>[]): this {
    this.#open.requireOpen();
    const names = fields.map((field) => ownFieldName(field, { table: this.id }));
    for (const name of names) this.#live.indexes.add(this.id, name);
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
   * The records that have all the given fields with the given values, or in the given ranges, such as `{ gte: 2, lt: 5 }`;
   * without fields, all records. Longs and doubles are compared as numbers; values of other types match only values of the
   * same type. `orderBy` sorts the result, which is otherwise in code point order of the ids; `limit` cuts it.
   *
   * @throws DatastoreError `invalid-name`, `invalid-value` or `invalid-option`.
   */
  query(fields: QueryInput<Shape> = {}, options: QueryOptions<Shape> = {}): QueryResult<DatastoreRecord<Shape>> {
    const query = new RecordQuery(this.id, fields, options);
    const found = findSorted(this.#open, this.id, query, this.#live.indexes).slice(0, query.limit);
    return queryResultOf(found.map(({ id }) => this.record(id)));
  }

  /**
   * The result of a {@link query} that follows every edit, local and remote. The listener hears of each edit, or sync, that
   * changes the result: after the event `change`, and in one order with all events.
   *
   * @returns the live result, which has the records and a method to stop.
   * @throws DatastoreError as `query`, and `invalid-option` for a listener that is not a function.
   */
  watch(
    fields: QueryInput<Shape>,
    listener: Listener<QueryChange<DatastoreRecord<Shape>>>,
    options: QueryOptions<Shape> = {},
  ): LiveQuery<DatastoreRecord<Shape>> {
    checkFunction(listener, 'a listener');
    const query = new RecordQuery(this.id, fields, options);
    const record = (id: string): DatastoreRecord<Shape> => this.record(id);
    return new LiveResult({ open: this.#open, table: this.id, query, record, listener }, this.#live);
  }

  /** The object of a record id, even if there is no such record. It is the same object while anybody holds it. */
  record(id: string): DatastoreRecord<Shape> {
    this.#open.requireOpen();
    return this.#records.get(ownRecordId(id, { table: this.id }), () => {
      return new DatastoreRecord<Shape>(this, id, new RecordContainer(this.#open, this.id, id, this.#types));
    });
  }

  /** The fields of each record by its id, as plain objects. */
  toObject(): Readonly<Record<string, FieldsOf<Shape>>> {
    return objectOf(this.query().map((record) => [record.id, record.toObject()] as const));
  }

  /** {@link toObject} as wire JSON. */
  toJSON(): Readonly<Record<string, WireFields>> {
    return objectOf(this.query().map((record) => [record.id, record.toJSON()] as const));
  }

  #insert(id: string, [fields = {}]: readonly unknown[]): DatastoreRecord<Shape> {
    const record = this.record(id);
    const place = { table: this.id, record: id };
    this.#open.edit([insertChange(this.id, id, this.#types.fields(fieldsOf(fields, place), place))]);
    return record;
  }
}

/**
 * A live view of a record: it shows what the datastore holds now, and edits the datastore at once. Each record of an open
 * datastore has one such object while anybody holds it, so records can be compared with `===` and kept in sets.
 */
export class DatastoreRecord<Shape extends object = Undeclared> extends FieldView<Shape> {
  readonly id: string;
  readonly table: Table<Shape>;
  readonly #container: RecordContainer;

  static {
    showInConsoles(
      DatastoreRecord,
      ({ table, id }) => `DatastoreRecord ${table.id}/${id}`,
      (record) => {
        record.#container.requireExists();
        return record.toObject();
      },
    );
  }

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
  readonly #types: FieldTypes;

  constructor(open: OpenReplica, table: string, record: string, types: FieldTypes) {
    this.#open = open;
    this.#table = table;
    this.#record = record;
    this.#types = types;
    this.#reader = open.replica.reader(table, record);
  }

  get reader(): RecordReader {
    this.#open.requireOpen();
    return this.#reader;
  }

  edit(ops: FieldOps): void {
    this.requireExists();
    if (ops.size === 0) return;
    this.#open.edit([updateChange(this.#table, this.#record, this.#types.ops(ops, this.place()))]);
  }

  deleteRecord(): void {
    if (this.reader.exists) this.#open.edit([deleteChange(this.#table, this.#record, undefined)]);
  }

  requireExists(): void {
    if (this.reader.exists) return;
    throw new DatastoreError(
      'record-deleted',
      'there is no such record, or it was deleted: insert it before you edit it',
      {
        table: this.#table,
        record: this.#record,
      },
    );
  }

  place(field?: string): Place {
    return { table: this.#table, record: this.#record, field };
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
