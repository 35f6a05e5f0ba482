import type { Atom, Value } from '../../values/value.js';

/** Any fields: the shape of the records of a table for which none was declared. */
export interface AnyShape {
  readonly [field: string]: Value;
}

/** Any tables: what a datastore holds if nothing was declared. */
export interface AnyTables {
  readonly [table: string]: AnyShape;
}

/** The tables that were declared. */
export type TableId<Tables> = keyof Tables & string;

/** The fields that were declared. */
export type FieldName<Shape> = keyof Shape & string;

/** What a field can hold. A declaration that is no value of the data model, such as a nested object, leaves nothing. */
export type FieldValue<Shape, Name extends keyof Shape> = Extract<Exclude<Shape[Name], undefined>, Value>;

/** The fields that can hold a value of a type. */
export type FieldNameOf<Shape, Type> = {
  [Name in keyof Shape]-?: [Extract<Exclude<Shape[Name], undefined>, Type>] extends [never] ? never : Name;
}[keyof Shape] &
  string;

/** The part of a field's type that is of a type. */
export type FieldPart<Shape, Name extends keyof Shape, Type> = Extract<Exclude<Shape[Name], undefined>, Type>;

/** What the items of a list field can be. */
export type ItemOf<Shape, Name extends keyof Shape> = FieldPart<Shape, Name, readonly Atom[]>[number];

/** What a query may ask of a field: a long matches a double, and the other way round. */
export type Condition<Type> = Type extends number | bigint ? number | bigint : Type;
