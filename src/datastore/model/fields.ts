import { DatastoreError, type Place } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { type FieldOp, fieldDelete, fieldList, fieldPut } from '../../operations/change.js';
import type { Rule } from '../../rules/rule.js';
import { isMap } from '../../values/brands.js';
import { objectOf } from '../../values/json.js';
import { isObjectOfFields } from '../../values/ownership.js';
import type { Atom, AtomType, Value, ValueType } from '../../values/value.js';
import { formatValue, type WireFields } from '../../values/wire.js';
import { type AtomOfType, type FieldContainer, MemoryContainer, typedValue } from './field-container.js';
import { showInConsoles } from './inspect.js';
import { List, ReadableList } from './list.js';

/** Any fields: the shape of records for which none is declared. */
export interface AnyShape {
  readonly [field: string]: Value;
}

/**
 * What stands for tables or fields of which none are declared. Functions that take a `Datastore`, `Table` or record without
 * a declaration take any, because this is `any`; what they read is a {@link Value} all the same.
 */
// biome-ignore lint/suspicious/noExplicitAny: no other type can take the place of every declaration
export type Undeclared = any;

/** Any tables: those of a datastore for which none are declared. */
export type AnyTables = Undeclared;

type IsUndeclared<Declared> = symbol extends keyof Declared ? true : false;

/**
 * Declared tables, as far as their fields can hold what is declared: a constraint that says where they cannot. It has no null,
 * nested object or nested list.
 */
export type CheckedTables<Tables> = { readonly [Id in keyof Tables]: CheckedShape<Tables[Id]> };

type CheckedShape<Shape> = { readonly [Name in keyof Shape]: CheckedField<Shape[Name]> };

type CheckedField<Type> =
  IsUndeclared<Type> extends true ? Type : [Exclude<Type, Value | undefined>] extends [never] ? Type : UnsupportedField;

/** What the compiler shows for a field that cannot hold what is declared. */
type UnsupportedField =
  'a field holds a boolean, bigint, number, string, Uint8Array, Date or an array of these; declare one that may be absent with ?';

/** The ids of the declared tables. */
export type TableId<Tables> = keyof Tables & string;

/** The names of the declared fields. */
export type FieldName<Shape> = keyof Shape & string;

/** The type of a field: the part of its declaration that is a value of the data model. A nested object leaves nothing. */
export type FieldValue<Shape, Name extends keyof Shape> = FieldPart<Shape, Name, Value>;

/** The names of the fields that can hold a value of a type. */
export type FieldNameOf<Shape, Type> = {
  [Name in keyof Shape]-?: [FieldPart<Shape, Name, Type>] extends [never] ? never : Name;
}[keyof Shape] &
  string;

/** The part of a field's type that extends another type. */
export type FieldPart<Shape, Name extends keyof Shape, Type> =
  IsUndeclared<Shape> extends true ? Extract<Value, Type> : Extract<Exclude<Shape[Name], undefined>, Type>;

/** The rules that a field may have: only numbers can be added up. */
export type RuleOf<Shape, Name extends keyof Shape> = [FieldPart<Shape, Name, number | bigint>] extends [never]
  ? Exclude<Rule, 'sum'>
  : Rule;

/** The type of the items of a list field. */
export type ItemOf<Shape, Name extends keyof Shape> = FieldPart<Shape, Name, readonly Atom[]>[number];

/** The fields of a record as a plain object. Any of them may be absent. */
export type FieldsOf<Shape> = { readonly [Name in keyof Shape]?: FieldValue<Shape, Name> };

/** What a query may look for in a field. A long matches a double, and the other way round. */
export type Condition<Type> = Type extends number | bigint ? number | bigint : Type;

/** A value to set a field to. A list object is copied. */
export type FieldInput<Type> = Type | (Type extends readonly Atom[] ? ReadableList<Type[number]> : never);

/** `undefined`, for a field that may be absent. */
type Absent<Shape, Name extends keyof Shape> = string extends keyof Shape
  ? undefined
  : undefined extends Shape[Name]
    ? undefined
    : never;

/** Fields of another record or in memory; a Map if no fields are declared. */
type FieldsObject<Shape extends object> =
  | FieldView<Shape>
  | (string extends keyof Shape ? ReadonlyMap<string, FieldInput<Value>> : never);

/** All fields of a new record. `undefined` stands for an absent field. */
export type FieldsInput<Shape extends object> =
  | { readonly [Name in keyof Shape]: FieldInput<FieldValue<Shape, Name>> | Absent<Shape, Name> }
  | FieldsObject<Shape>;

/** Some fields to set. `undefined` removes a field. */
export type FieldsPatch<Shape extends object> =
  | { readonly [Name in keyof Shape]?: FieldInput<FieldValue<Shape, Name>> | Absent<Shape, Name> }
  | FieldsObject<Shape>;

/**
 * A live view of fields by name, in a record of a datastore or in memory. A field is present with a value or absent;
 * there is no null.
 *
 * The typed getters require a field that is present and of their type; `getDouble` also converts a long. `get` requires
 * nothing. A JavaScript `number` is a double, a `bigint` is a long. Use a bigint for a counter that must stay exact
 * beyond 2^53 or that is under rule sum; any other whole number may be a number.
 */
export abstract class FieldView<Shape extends object = Undeclared> implements Iterable<[FieldName<Shape>, Value]> {
  readonly #container: FieldContainer;

  static {
    showInConsoles(
      FieldView,
      () => 'FieldSet',
      (fields) => fields.toObject(),
    );
  }

  constructor(container: FieldContainer) {
    this.#container = container;
  }

  /** Whether a field is present. */
  has(name: FieldName<Shape>): boolean {
    return this.typeOf(name) !== undefined;
  }

  /** The value of a field, or `undefined` if it is absent. A list comes as a frozen copy; see {@link getList}. */
  get<Name extends FieldName<Shape>>(name: Name): FieldValue<Shape, Name> | undefined {
    return this.#container.reader.get(name) as FieldValue<Shape, Name> | undefined;
  }

  /** The type of the value of a field, or `undefined` if it is absent. */
  typeOf(name: FieldName<Shape>): ValueType | undefined {
    return this.#container.reader.typeOf(name);
  }

  /** The names of the fields, in code point order. */
  names(): FieldName<Shape>[] {
    return this.#container.reader.names() as FieldName<Shape>[];
  }

  /** Names and values, in code point order of the names. */
  *entries(): IterableIterator<[FieldName<Shape>, Value]> {
    for (const name of this.names()) {
      const value = this.get(name);
      if (value !== undefined) yield [name, value];
    }
  }

  /** The names and values of all fields, as {@link entries} gives them. */
  [Symbol.iterator](): IterableIterator<[FieldName<Shape>, Value]> {
    return this.entries();
  }

  /**
   * The fields as a plain object: a copy, with lists as frozen arrays. Not for JSON, which has no bigint and no bytes; see
   * {@link toJSON}.
   */
  toObject(): FieldsOf<Shape> {
    return objectOf(this.entries()) as FieldsOf<Shape>;
  }

  /** The fields as wire JSON, which `JSON.stringify` writes: a long as `{"I": "5"}`, bytes, dates and NaN likewise. */
  toJSON(): WireFields {
    return objectOf([...this.entries()].map(([name, value]) => [name, formatValue(value)] as const));
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

  /** The list in a field, to read and edit in place. @throws DatastoreError `field-missing`, or `wrong-type`. */
  getList<Name extends FieldNameOf<Shape, readonly Atom[]>>(name: Name): List<ItemOf<Shape, Name>> {
    const type = this.#container.reader.typeOf(name);
    if (type === undefined) throw this.#missing(name);
    if (type === 'list') return new List(this.#container, name);
    throw new DatastoreError('wrong-type', `expected a list, but the value is a ${type}`, this.#container.place(name));
  }

  /**
   * The list in a field, created if the field is absent. If two devices create it, the result is one list with the items
   * of both.
   *
   * @throws DatastoreError `wrong-type` if the field holds something else, and what an edit throws.
   */
  getOrCreateList<Name extends FieldNameOf<Shape, readonly Atom[]>>(name: Name): List<ItemOf<Shape, Name>> {
    if (!this.has(name)) this.#container.edit(new Map([[name, fieldList(true, [])]]));
    return this.getList(name);
  }

  /**
   * Sets a field. A list that is set as a whole overrides the edits of others to its items; to have them merged, edit the
   * list that {@link getList} returns.
   *
   * @throws DatastoreError `invalid-name`, `invalid-value`, and what any edit throws: `record-deleted`,
   * `not-permitted`, `record-too-large`, `datastore-too-large` or `delta-too-large`.
   */
  set<Name extends FieldName<Shape>>(name: Name, value: FieldInput<FieldValue<Shape, Name>>): this {
    this.#container.edit(new Map([[name, fieldPut(plainValue(value) as Value, undefined)]]));
    return this;
  }

  /** Sets several fields as one edit; `undefined` removes a field. @throws DatastoreError as {@link set}. */
  update(fields: FieldsPatch<Shape>): this {
    const ops = new Map<string, FieldOp>();
    for (const [name, value] of entriesOf(fields, this.#container.place())) {
      ops.set(name, value === undefined ? fieldDelete(undefined) : fieldPut(value as Value, undefined));
    }
    this.#container.edit(ops);
    return this;
  }

  /** Removes a field. @returns whether it was present. @throws DatastoreError as {@link set}. */
  delete(name: FieldName<Shape>): boolean {
    this.#container.requireExists();
    if (!this.has(name)) return false;
    this.#container.edit(new Map([[name, fieldDelete(undefined)]]));
    return true;
  }

  #typed<Type extends AtomType>(name: string, type: Type): AtomOfType[Type] {
    const value = this.#container.reader.get(name);
    if (value === undefined) throw this.#missing(name);
    return typedValue(value, type, () => this.#container.place(name));
  }

  #missing(name: string): DatastoreError {
    return new DatastoreError(
      'field-missing',
      'the field is absent: check with has(), or use get()',
      this.#container.place(typeof name === 'string' ? name : quote(name)),
    );
  }
}

/**
 * Fields in memory, which belong to no record: to set in several records, to insert, or to query with. They are copied
 * wherever they are used.
 */
export class FieldSet<Shape extends object = Undeclared> extends FieldView<Shape> {
  /** Fields in memory, with a copy of those given. @throws DatastoreError `invalid-name` or `invalid-value`. */
  constructor(fields?: FieldsPatch<NoInfer<Shape>>) {
    super(new MemoryContainer(({ field, index }) => ({ field, index })));
    if (fields !== undefined) this.update(fields);
  }
}

/** The given names and values, not yet checked. `undefined` stands for an absent field. */
export function entriesOf(fields: unknown, place: Place): [string, unknown][] {
  const isIterable = isMap(fields) || fields instanceof FieldView;
  if (!isIterable && (!isObjectOfFields(fields) || fields instanceof ReadableList)) {
    throw new DatastoreError(
      'invalid-value',
      `fields must be a plain object, a Map or a FieldSet, got ${quote(fields)}`,
      place,
    );
  }
  const entries = isIterable ? [...fields] : Object.entries(fields);
  return (entries as [string, unknown][]).map(([name, value]) => [name, plainValue(value)]);
}

/** The given fields as a Map, without the absent ones. */
export function fieldsOf(fields: unknown, place: Place): ReadonlyMap<string, Value> {
  return new Map(entriesOf(fields, place).filter(([, value]) => value !== undefined) as [string, Value][]);
}

function plainValue(value: unknown): unknown {
  return value instanceof ReadableList ? value.toArray() : value;
}
