import { DatastoreError, type Place } from '../../errors/datastore-error.js';
import { type FieldOp, fieldDelete, fieldList, fieldPut } from '../../operations/field-operation.js';
import { isObjectOfFields } from '../../values/ownership.js';
import { type Atom, type AtomType, describe, type Value, type ValueType } from '../../values/value.js';
import type { FieldHome } from './field-home.js';
import { List } from './list.js';
import { ReadableList } from './readable-list.js';
import type { AnyShape, FieldName, FieldNameOf, FieldPart, FieldValue, ItemOf } from './shape.js';
import { type AtomOfType, typedValue } from './typed-value.js';

/** A field's value as an application gives it: also a list object, whose items are copied. */
export type FieldInput<Type> = Type | (Type extends readonly Atom[] ? ReadableList<Type[number]> : never);

/** `undefined`, for a field that may be absent. */
type Absent<Shape, Name extends keyof Shape> = string extends keyof Shape
  ? undefined
  : undefined extends Shape[Name]
    ? undefined
    : never;

/** Fields that were put together before; where none were declared, a Map does as well. */
type FieldsObject<Shape extends object> =
  | FieldView<Shape>
  | (string extends keyof Shape ? ReadonlyMap<string, FieldInput<Value>> : never);

/** All the fields of a record, as an application gives them. `undefined` stands for an absent field. */
export type FieldsInput<Shape extends object> =
  | { readonly [Name in keyof Shape]: FieldInput<FieldValue<Shape, Name>> | Absent<Shape, Name> }
  | FieldsObject<Shape>;

/** Some of the fields of a record, as an application gives them. `undefined` stands for a field that shall be absent. */
export type FieldsPatch<Shape extends object> =
  | { readonly [Name in keyof Shape]?: FieldInput<FieldValue<Shape, Name>> | Absent<Shape, Name> }
  | FieldsObject<Shape>;

/**
 * Fields by name, as a live view of where they are: a record of a datastore, or memory. A field is never null or
 * undefined: one that is absent is not there.
 *
 * The typed getters want a field that is there and of their type, and convert a long to a double and nothing else. `get`
 * wants nothing. A JavaScript `number` is a double, a `bigint` a long: a counter that must stay exact beyond 2^53, or
 * under rule sum, is a bigint, and any other whole number may be a number.
 */
export abstract class FieldView<Shape extends object = AnyShape> implements Iterable<[FieldName<Shape>, Value]> {
  readonly #home: FieldHome;

  constructor(home: FieldHome) {
    this.#home = home;
  }

  has(name: FieldName<Shape>): boolean {
    return this.typeOf(name) !== undefined;
  }

  /** The value of a field, or `undefined` if it is absent. A list comes as a frozen copy; see {@link getList}. */
  get<Name extends FieldName<Shape>>(name: Name): FieldValue<Shape, Name> | undefined {
    return this.#home.reader.get(name) as FieldValue<Shape, Name> | undefined;
  }

  /** The type of the value of a field, or `undefined` if it is absent. */
  typeOf(name: FieldName<Shape>): ValueType | undefined {
    return this.#home.reader.typeOf(name);
  }

  /** The names of the fields, in code point order. */
  names(): FieldName<Shape>[] {
    return this.#home.reader.names() as FieldName<Shape>[];
  }

  /** Names and values, in code point order of the names. */
  *entries(): IterableIterator<[FieldName<Shape>, Value]> {
    for (const name of this.names()) {
      const value = this.get(name);
      if (value !== undefined) yield [name, value];
    }
  }

  [Symbol.iterator](): IterableIterator<[FieldName<Shape>, Value]> {
    return this.entries();
  }

  /** @throws DatastoreError `field-missing`, or `wrong-type` for a value of another type. */
  getBoolean<Name extends FieldNameOf<Shape, boolean>>(name: Name): FieldPart<Shape, Name, boolean> {
    return this.#typed(name, 'boolean') as FieldPart<Shape, Name, boolean>;
  }

  /** A double is not converted. @throws DatastoreError `field-missing`, or `wrong-type` for a value of another type. */
  getLong<Name extends FieldNameOf<Shape, bigint>>(name: Name): FieldPart<Shape, Name, bigint> {
    return this.#typed(name, 'long') as FieldPart<Shape, Name, bigint>;
  }

  /** A long is converted. @throws DatastoreError `field-missing`, or `wrong-type` for a value of another type. */
  getDouble(name: FieldNameOf<Shape, number | bigint>): number {
    return this.#typed(name, 'double');
  }

  /** @throws DatastoreError `field-missing`, or `wrong-type` for a value of another type. */
  getString<Name extends FieldNameOf<Shape, string>>(name: Name): FieldPart<Shape, Name, string> {
    return this.#typed(name, 'string') as FieldPart<Shape, Name, string>;
  }

  /** @throws DatastoreError `field-missing`, or `wrong-type` for a value of another type. */
  getBytes(name: FieldNameOf<Shape, Uint8Array>): Uint8Array {
    return this.#typed(name, 'bytes');
  }

  /** @throws DatastoreError `field-missing`, or `wrong-type` for a value of another type. */
  getDate(name: FieldNameOf<Shape, Date>): Date {
    return this.#typed(name, 'date');
  }

  /** The list in a field, to read and edit in place. @throws DatastoreError `field-missing`, or `wrong-type` for no list. */
  getList<Name extends FieldNameOf<Shape, readonly Atom[]>>(name: Name): List<ItemOf<Shape, Name>> {
    const type = this.#home.reader.typeOf(name);
    if (type === undefined) throw this.#missing(name);
    if (type === 'list') return new List(this.#home, name);
    throw new DatastoreError('wrong-type', `the value is a ${type}, not a list`, this.#home.place(name));
  }

  /**
   * The list in a field, made where the field is absent. Two devices that make it both end with one list of both's items.
   *
   * @throws DatastoreError `wrong-type` if the field holds no list, and what an edit throws.
   */
  getOrCreateList<Name extends FieldNameOf<Shape, readonly Atom[]>>(name: Name): List<ItemOf<Shape, Name>> {
    if (!this.has(name)) this.#home.edit(new Map([[name, fieldList(true, [])]]));
    return this.getList(name);
  }

  /**
   * Gives a field a value, in place of any before. A list that is set whole overrides what others do to its items; to
   * have those merged, edit what {@link getList} returns.
   *
   * @throws DatastoreError `invalid-name`, `invalid-value`, and what any edit throws: `record-deleted`,
   * `not-permitted`, `record-too-large`, `datastore-too-large` or `delta-too-large`.
   */
  set<Name extends FieldName<Shape>>(name: Name, value: FieldInput<FieldValue<Shape, Name>>): this {
    this.#home.edit(new Map([[name, fieldPut(plainValue(value) as Value, undefined)]]));
    return this;
  }

  /** Sets several fields as one edit; those given as `undefined` are deleted. @throws DatastoreError as {@link set}. */
  update(fields: FieldsPatch<Shape>): this {
    const ops = new Map<string, FieldOp>();
    for (const [name, value] of entriesOf(fields, this.#home.place())) {
      ops.set(name, value === undefined ? fieldDelete(undefined) : fieldPut(value as Value, undefined));
    }
    this.#home.edit(ops);
    return this;
  }

  /** Removes a field. @returns whether it was there. @throws DatastoreError as {@link set}. */
  delete(name: FieldName<Shape>): boolean {
    this.#home.requireHere();
    if (!this.has(name)) return false;
    this.#home.edit(new Map([[name, fieldDelete(undefined)]]));
    return true;
  }

  #typed<Type extends AtomType>(name: string, type: Type): AtomOfType[Type] {
    const value = this.#home.reader.get(name);
    if (value === undefined) throw this.#missing(name);
    return typedValue(value, type, () => this.#home.place(name));
  }

  #missing(name: string): DatastoreError {
    return new DatastoreError('field-missing', 'the field is not set', this.#home.place(String(name)));
  }
}

/** The names and values that an application gave, not checked yet; `undefined` where a field shall be absent. */
export function entriesOf(fields: unknown, place: Place): [string, unknown][] {
  const isIterable = fields instanceof Map || fields instanceof FieldView;
  if (!isIterable && (!isObjectOfFields(fields) || fields instanceof ReadableList)) {
    throw new DatastoreError('invalid-value', `fields are a plain object or a Map, not ${describe(fields)}`, place);
  }
  const entries = isIterable ? [...fields] : Object.entries(fields);
  return (entries as [string, unknown][]).map(([name, value]) => [name, plainValue(value)]);
}

/** The fields that an application gave as a Map, without the absent ones. */
export function fieldsOf(fields: unknown, place: Place): ReadonlyMap<string, Value> {
  return new Map(entriesOf(fields, place).filter(([, value]) => value !== undefined) as [string, Value][]);
}

function plainValue(value: unknown): unknown {
  return value instanceof ReadableList ? value.toArray() : value;
}
