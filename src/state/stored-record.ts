import { type FieldShape, fieldMisfit } from '../deltas/apply-field.js';
import { type Place, placeOfField } from '../errors/datastore-error.js';
import { misfitError, performListEdit, performListOp } from '../lists/apply.js';
import { ItemList } from '../lists/item-list.js';
import { type FieldOps, fieldSet, type ListOp, valueAfter } from '../operations/change.js';
import { mapFieldOps } from '../operations/lend.js';
import { growthOfFieldOp, growthOfListOp, sizeOfField } from '../operations/size.js';
import { type Fields, FrozenMapBuilder } from '../values/fields.js';
import { valuesEqual, valuesMatch } from '../values/order.js';
import { lendAtom, lendItems } from '../values/ownership.js';
import { sizeOfRecord } from '../values/size.js';
import { type Atom, isList, type Value } from '../values/value.js';
import { FieldStore, type Layout, type StoreParts, storeParts } from './field-store.js';

/** A value as a record keeps it: lists in a form that can be edited in place. */
type StoredValue = Atom | ItemList;

/**
 * A record as a state keeps it, edited in place by the state that owns it. Another state that shares it makes a copy
 * first; the copy's lists still share their items with the original, until they are edited in turn.
 *
 * It is a store of its fields and does not hold one: of an object for each record, a large table has many.
 */
export class StoredRecord extends FieldStore<StoredValue> {
  readonly owner: object;
  #size: number;

  private constructor(owner: object, parts: StoreParts<StoredValue>, size: number) {
    super(parts);
    this.owner = owner;
    this.#size = size;
  }

  /** @param like another record of the table, which most likely has the same fields. */
  static from(owner: object, fields: Fields, like?: StoredRecord): StoredRecord {
    // An array that grew would have room left over.
    const entries = new Array<StoredValue>(fields.size);
    let at = 0;
    for (const value of fields.values()) entries[at++] = storedValue(value, owner);
    return new StoredRecord(owner, storeParts([...fields.keys()], entries, like), sizeOfRecord(fields));
  }

  /** In bytes. */
  get size(): number {
    return this.#size;
  }

  copyFor(owner: object): StoredRecord {
    return new StoredRecord(owner, this.copyParts(), this.#size);
  }

  /** The record as it is now, whatever is done to it later. Its lists are shared, and copied before they are edited. */
  snapshot(): StoredRecord {
    this.forEach((_, stored) => {
      if (stored instanceof ItemList) stored.owner = undefined;
    });
    return this.copyFor({});
  }

  /** Whether both hold the same fields with equal values. It costs what differs, and not what long lists hold. */
  equals(other: StoredRecord): boolean {
    if (this.count !== other.count) return false;
    let isEqual = true;
    this.forEach((field, stored) => {
      isEqual &&= isStoredEqual(stored, other.entryOf(field));
    });
    return isEqual;
  }

  /** Whether all the conditions hold. Spec: MATCH-3. */
  fits(conditions: Conditions): boolean {
    const { values } = conditions;
    const positions = conditions.positionsIn(this);
    for (let at = 0; at < values.length; at++) {
      const stored = this.entryAt(positions[at] as number);
      const value = stored instanceof ItemList ? stored.toArray() : stored;
      if (value === undefined || !valuesMatch(value, values[at] as Value)) return false;
    }
    return true;
  }

  get(field: string): Value | undefined {
    const stored = this.entryOf(field);
    return stored instanceof ItemList ? Object.freeze(stored.toArray()) : stored;
  }

  /** The list in a field, if there is one: to be read, and edited by {@link performListOp} alone. */
  list(field: string): ItemList | undefined {
    const stored = this.entryOf(field);
    return stored instanceof ItemList ? stored : undefined;
  }

  /** All fields, in code point order of their names. */
  fields(): Fields {
    const fields = new FrozenMapBuilder<string, Value>();
    this.forEach((field, stored) => {
      fields.set(field, stored instanceof ItemList ? Object.freeze(stored.toArray()) : stored);
    });
    return fields.finish();
  }

  /** All fields to hand out, in code point order of their names: what the receiver could change is a copy. */
  lend(): Fields {
    const lent = new FrozenMapBuilder<string, Value>();
    this.forEach((field, stored) => {
      lent.set(field, stored instanceof ItemList ? lendItems(stored.toArray()) : lendAtom(stored));
    });
    return lent.finish();
  }

  /** @throws DatastoreError where one of the operations does not fit its field; nothing is changed. */
  check(ops: FieldOps, place: () => Place): void {
    for (const [field, op] of ops) {
      if (op.type !== 'list') continue;
      const misfit = fieldMisfit(this.#shapeOf(field), op);
      if (misfit !== undefined) throw misfitError(misfit, placeOfField(place(), field));
    }
  }

  /** Performs operations that fit, and returns them with what they overwrote: the same where that is nothing. */
  perform(ops: FieldOps): FieldOps {
    return mapFieldOps(ops, (op, field) => {
      if (op.type !== 'list') return fieldSet(valueAfter(op), { value: this.set(field, valueAfter(op)) });
      const applied = performListEdit(op.create ? this.#createList(field) : this.#ownList(field), op);
      this.#size += growthOfFieldOp(applied);
      return applied;
    });
  }

  /** Puts a value into a field, or deletes it. @returns what the field held. */
  set(field: string, value: Value | undefined): Value | undefined {
    const old = this.replace(field, value === undefined ? undefined : storedValue(value, this.owner));
    const before = old instanceof ItemList ? Object.freeze(old.toArray()) : old;
    this.#size += sizeOfField(value) - sizeOfField(before);
    return before;
  }

  /** Performs one operation that fits on a list, which is in a field. @returns it with what it overwrote. */
  performListOp(field: string, list: ItemList, op: ListOp): ListOp {
    const applied = performListOp(this.#ownList(field, list), op);
    this.#size += growthOfListOp(applied);
    return applied;
  }

  #createList(field: string): ItemList {
    const list = ownedBy(this.owner, ItemList.from([]));
    this.replace(field, list);
    return list;
  }

  #ownList(field: string, list = this.list(field) as ItemList): ItemList {
    if (list.owner === this.owner) return list;
    const own = ownedBy(this.owner, list.copy());
    this.replace(field, own);
    return own;
  }

  #shapeOf(field: string): FieldShape {
    const stored = this.entryOf(field);
    if (stored === undefined) return 'absent';
    return stored instanceof ItemList ? stored.length : 'atom';
  }
}

function storedValue(value: Value, owner: object): StoredValue {
  return isList(value) ? ownedBy(owner, ItemList.from(value)) : value;
}

function ownedBy(owner: object, list: ItemList): ItemList {
  list.owner = owner;
  return list;
}

/** No position of a field. */
const NOWHERE = -1;

/** What a query asks of each record. Where the fields are is looked up once for all records that are laid out alike. */
export class Conditions {
  readonly values: readonly Value[];
  readonly #names: readonly string[];
  #layout: Readonly<Layout> | undefined;
  #positions: readonly number[] = [];

  constructor(fields: Fields) {
    this.#names = [...fields.keys()];
    this.values = [...fields.values()];
  }

  /** By condition: the position of its field, or NOWHERE. */
  positionsIn({ layout }: FieldStore<StoredValue>): readonly number[] {
    // A layout that is not shared may have got another field since.
    if (this.#layout !== layout || !layout.isShared) {
      this.#layout = layout;
      this.#positions = this.#names.map((name) => layout.positions.get(name) ?? NOWHERE);
    }
    return this.#positions;
  }
}

function isStoredEqual(left: StoredValue, right: StoredValue | undefined): boolean {
  if (left instanceof ItemList) return right instanceof ItemList && left.equals(right);
  return !(right instanceof ItemList) && valuesEqual(left, right);
}
