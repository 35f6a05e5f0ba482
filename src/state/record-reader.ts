import { lendAtom, lendValue } from '../values/ownership.js';
import { type Atom, typeOfValue, type Value, type ValueType } from '../values/value.js';
import type { StoredRecord } from './stored-record.js';

/**
 * Reads one record of a state as it is at the time of each call. Each call reads only what it returns: a field of a
 * large record, or an item of a long list, costs the same as of a small one. A record that does not exist has no
 * fields.
 */
export class RecordReader {
  readonly #find: () => StoredRecord | undefined;

  constructor(find: () => StoredRecord | undefined) {
    this.#find = find;
  }

  /** Whether the record exists. */
  get exists(): boolean {
    return this.#find() !== undefined;
  }

  /** In bytes; 0 if there is no such record. Law: it is `sizeOfRecord` of its fields. */
  get size(): number {
    return this.#find()?.size ?? 0;
  }

  /** The names of the fields, in code point order. */
  names(): string[] {
    return this.#find()?.names() ?? [];
  }

  /** The type of a field, or `undefined` if it is absent. */
  typeOf(field: string): ValueType | undefined {
    const record = this.#find();
    if (record?.list(field) !== undefined) return 'list';
    const value = record?.get(field);
    return value === undefined ? undefined : typeOfValue(value);
  }

  /** The value of a field, or `undefined` if it is absent. */
  get(field: string): Value | undefined {
    const value = this.#find()?.get(field);
    return value === undefined ? undefined : lendValue(value);
  }

  /** How many items the list in a field has, or `undefined` if the field holds no list. */
  lengthOf(field: string): number | undefined {
    return this.#find()?.list(field)?.length;
  }

  /** One item of a list, or `undefined` if there is none at that index. */
  itemOf(field: string, index: number): Atom | undefined {
    const list = this.#find()?.list(field);
    const isThere = list !== undefined && Number.isInteger(index) && index >= 0 && index < list.length;
    return isThere ? lendAtom(list.at(index)) : undefined;
  }

  /** The items of a list from `start` and before `end`, which must lie in it and be in order. */
  itemsOf(field: string, start: number, end: number): Atom[] {
    const list = this.#find()?.list(field);
    const items: Atom[] = [];
    if (list !== undefined) for (let index = start; index < end; index++) items.push(lendAtom(list.at(index)));
    return items;
  }
}
