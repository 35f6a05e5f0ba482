import { DatastoreError, type Place } from '../../errors/datastore-error.js';
import { deleteChange, type FieldOps, insertChange, updateChange } from '../../operations/change.js';
import { ownRecordId } from '../../operations/ownership.js';
import type { Rule } from '../../rules/rule.js';
import type { RecordReader } from '../../state/record-reader.js';
import { ownFieldName } from '../../values/ownership.js';
import type { Value } from '../../values/value.js';
import type { FieldHome } from './field-home.js';
import { entriesOf, type FieldInput, type FieldsInput, type FieldsPatch, FieldView, fieldsOf } from './field-view.js';
import { QueryResult } from './query-result.js';
import type { Session } from './session.js';
import type { AnyShape, Condition, FieldName, FieldValue } from './shape.js';
import { WeakCache } from './weak-cache.js';

/** A datastore as its tables know it. */
export interface DatastoreOfTable {
  readonly id: string;
  readonly isOpen: boolean;
}

/** Whether a record may be without any of the fields: none were declared, or optional ones only. */
type CanBeEmpty<Shape> = string extends keyof Shape ? true : Partial<Shape> extends Shape ? true : false;

/** What a new record is given: all the fields that must be there. */
export type InsertArguments<Shape extends object> =
  CanBeEmpty<Shape> extends true ? [fields?: FieldsInput<Shape>] : [fields: FieldsInput<Shape>];

/** What a query asks for: fields with the value they must have. */
export type QueryInput<Shape extends object> =
  | { readonly [Name in keyof Shape]?: FieldInput<Condition<FieldValue<Shape, Name>>> }
  | FieldsPatch<Shape>;

/**
 * The records of a datastore that have one table id. A table exists by the records in it, and has no schema; a shape that
 * was declared for it is known to the compiler alone.
 */
export class Table<Shape extends object = AnyShape> {
  readonly id: string;
  readonly datastore: DatastoreOfTable;
  readonly #session: Session;
  readonly #records = new WeakCache<string, Record<Shape>>();

  /** Not for applications: `Datastore.table` makes it. */
  constructor(session: Session, datastore: DatastoreOfTable, id: string) {
    this.#session = session;
    this.datastore = datastore;
    this.id = id;
  }

  /**
   * Says how collisions in a field of this table are resolved from now on: by a rule or a function. It is not stored, so
   * it is to be said each time the datastore is opened, before the first edit; an edit keeps the rule that it was made
   * under.
   *
   * @throws DatastoreError `invalid-name` or `invalid-rule`.
   */
  setResolutionRule(field: FieldName<Shape>, rule: Rule): this {
    this.#session.requireOpen();
    this.#session.rules.set(this.id, ownFieldName(field, { table: this.id }), rule);
    return this;
  }

  /** The record with an id, or `undefined` if there is none. @throws DatastoreError `invalid-name`. */
  get(id: string): Record<Shape> | undefined {
    const record = this.record(id);
    return record.isDeleted ? undefined : record;
  }

  /**
   * The record with an id; where there is none, a new one with a copy of the fields. Two devices that insert the same id
   * end with one record that has the fields of both.
   *
   * @throws DatastoreError as {@link insert}.
   */
  getOrInsert(id: string, ...fields: InsertArguments<Shape>): Record<Shape> {
    return this.get(id) ?? this.#insert(id, fields);
  }

  /**
   * Inserts a record with a copy of the fields, under a new id.
   *
   * @throws DatastoreError `invalid-name`, `invalid-value`, `not-permitted`, `record-too-large`, `datastore-too-large`,
   * `delta-too-large` or `too-many-records`.
   */
  insert(...fields: InsertArguments<Shape>): Record<Shape>;
  /** Inserts a record under an id. @throws DatastoreError also `record-exists`. */
  insert(id: string, ...fields: InsertArguments<Shape>): Record<Shape>;
  insert(...args: readonly unknown[]): Record<Shape> {
    // With two arguments the first is meant for an id, whatever it is.
    if (typeof args[0] === 'string' || args.length > 1) return this.#insert(args[0] as string, args.slice(1));
    return this.#insert(this.#session.host.newRecordId(), args);
  }

  /**
   * The records that have all the given fields, with the same values. Longs and doubles are compared as doubles; values
   * of other types equal none of another type. Without fields, all records.
   *
   * @throws DatastoreError `invalid-name` or `invalid-value`.
   */
  query(fields: QueryInput<Shape> = {}): QueryResult<Record<Shape>> {
    const ids = this.#session.replica.find(
      this.id,
      new Map(entriesOf(fields, { table: this.id })) as ReadonlyMap<string, Value>,
    );
    return new QueryResult(ids.map((id) => this.record(id)));
  }

  /** The object for an id, whether there is such a record or not: always the same one while anybody holds it. */
  record(id: string): Record<Shape> {
    this.#session.requireOpen();
    return this.#records.get(ownRecordId(id, { table: this.id }), () => {
      return new Record<Shape>(this, id, new RecordHome(this.#session, this.id, id));
    });
  }

  #insert(id: string, [fields = {}]: readonly unknown[]): Record<Shape> {
    const record = this.record(id);
    this.#session.edit([insertChange(this.id, id, fieldsOf(fields, { table: this.id, record: id }))]);
    return record;
  }
}

/**
 * A record, as a live view: it shows what the datastore holds now, and every edit is made there at once. While anybody
 * holds it, there is one object for a record of an open datastore, so that they can be compared and gathered in sets.
 */
export class Record<Shape extends object = AnyShape> extends FieldView<Shape> {
  readonly id: string;
  readonly table: Table<Shape>;
  readonly #home: RecordHome;

  /** Not for applications: a table makes it. */
  constructor(table: Table<Shape>, id: string, home: RecordHome) {
    super(home);
    this.table = table;
    this.id = id;
    this.#home = home;
  }

  /** Whether the record was deleted, here or elsewhere. It has no fields then, and cannot be edited. */
  get isDeleted(): boolean {
    return !this.#home.reader.exists;
  }

  /** In bytes: 100, and for every field 100 and its value; 0 if it was deleted. */
  get size(): number {
    return this.#home.reader.size;
  }

  /** Deletes the record, if that was not done before. @throws DatastoreError `not-permitted`. */
  deleteRecord(): void {
    this.#home.deleteRecord();
  }
}

/** Fields that live in a record of an open datastore. */
class RecordHome implements FieldHome {
  readonly #session: Session;
  readonly #table: string;
  readonly #record: string;
  readonly #reader: RecordReader;

  constructor(session: Session, table: string, record: string) {
    this.#session = session;
    this.#table = table;
    this.#record = record;
    this.#reader = session.replica.reader(table, record);
  }

  get reader(): RecordReader {
    this.#session.requireOpen();
    return this.#reader;
  }

  edit(ops: FieldOps): void {
    this.requireHere();
    if (ops.size > 0) this.#session.edit([updateChange(this.#table, this.#record, ops)]);
  }

  deleteRecord(): void {
    if (this.reader.exists) this.#session.edit([deleteChange(this.#table, this.#record, undefined)]);
  }

  requireHere(): void {
    if (this.reader.exists) return;
    throw new DatastoreError('record-deleted', 'the record was deleted', { table: this.#table, record: this.#record });
  }

  place(field?: string): Place {
    return { table: this.#table, record: this.#record, field };
  }
}
