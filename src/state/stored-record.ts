import { type FieldShape, fieldMisfit } from '../deltas/apply-field.js';
import { type Place, placeOfField } from '../errors/datastore-error.js';
import { misfitError, performListEdit, performListOp } from '../lists/apply.js';
import { ItemList } from '../lists/item-list.js';
import { type FieldOps, fieldSet, type ListOp, valueAfter } from '../operations/change.js';
import { mapFieldOps } from '../operations/lend.js';
import { growthOfFieldOp, growthOfListOp, sizeOfField } from '../operations/size.js';
import { type Fields, FrozenMapBuilder, inOrder, isInOrder } from '../values/fields.js';
import { valuesEqual, valuesMatch } from '../values/order.js';
import { lendAtom, lendItems } from '../values/ownership.js';
import { sizeOfRecord } from '../values/size.js';
import { type Atom, isList, type Value } from '../values/value.js';

/** A value as a record keeps it: lists in a form that can be edited in place. */
type StoredValue = Atom | ItemList;

/**
 * A record as a state keeps it, edited in place by the state that owns it. Another state that shares it makes a copy
 * first; the copy's lists still share their items with the original, until they are edited in turn.
 */
export class StoredRecord {
  readonly owner: object;
  readonly #fields: FieldStore<StoredValue>;
  #size: number;

  private constructor(owner: object, fields: FieldStore<StoredValue>, size: number) {
    this.owner = owner;
    this.#fields = fields;
    this.#size = size;
  }

  /** @param like another record of the table, which most likely has the same fields. */
  static from(owner: object, fields: Fields, like?: StoredRecord): StoredRecord {
    // An array that grew would have room left over.
    const entries = new Array<StoredValue>(fields.size);
    let at = 0;
    for (const value of fields.values()) entries[at++] = storedValue(value, owner);
    const store = FieldStore.from([...fields.keys()], entries, like === undefined ? undefined : like.#fields);
    return new StoredRecord(owner, store, sizeOfRecord(fields));
  }

  /** In bytes. */
  get size(): number {
    return this.#size;
  }

  copyFor(owner: object): StoredRecord {
    return new StoredRecord(owner, this.#fields.copy(), this.#size);
  }

  /** The record as it is now, whatever is done to it later. Its lists are shared, and copied before they are edited. */
  snapshot(): StoredRecord {
    this.#fields.forEach((_, stored) => {
      if (stored instanceof ItemList) stored.owner = undefined;
    });
    return this.copyFor({});
  }

  /** Whether both hold the same fields with equal values. It costs what differs, and not what long lists hold. */
  equals(other: StoredRecord): boolean {
    if (this.#fields.size !== other.#fields.size) return false;
    let isEqual = true;
    this.#fields.forEach((field, stored) => {
      isEqual &&= isStoredEqual(stored, other.#fields.get(field));
    });
    return isEqual;
  }

  /** Whether all the conditions hold. Spec: MATCH-3. */
  fits(conditions: Conditions): boolean {
    const { values } = conditions;
    const positions = conditions.positionsIn(this.#fields);
    for (let at = 0; at < values.length; at++) {
      const stored = this.#fields.at(positions[at] as number);
      const value = stored instanceof ItemList ? stored.toArray() : stored;
      if (value === undefined || !valuesMatch(value, values[at] as Value)) return false;
    }
    return true;
  }

  get(field: string): Value | undefined {
    const stored = this.#fields.get(field);
    return stored instanceof ItemList ? Object.freeze(stored.toArray()) : stored;
  }

  /** The list in a field, if there is one: to be read, and edited by {@link performListOp} alone. */
  list(field: string): ItemList | undefined {
    const stored = this.#fields.get(field);
    return stored instanceof ItemList ? stored : undefined;
  }

  /** The names of all fields, in code point order. */
  names(): string[] {
    const names: string[] = [];
    this.#fields.forEach((field) => {
      names.push(field);
    });
    return names;
  }

  /** All fields, in code point order of their names. */
  fields(): Fields {
    const fields = new FrozenMapBuilder<string, Value>();
    this.#fields.forEach((field, stored) => {
      fields.set(field, stored instanceof ItemList ? Object.freeze(stored.toArray()) : stored);
    });
    return fields.finish();
  }

  /** All fields to hand out, in code point order of their names: what the receiver could change is a copy. */
  lend(): Fields {
    const lent = new FrozenMapBuilder<string, Value>();
    this.#fields.forEach((field, stored) => {
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
    const old = this.#fields.replace(field, value === undefined ? undefined : storedValue(value, this.owner));
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
    this.#fields.set(field, list);
    return list;
  }

  #ownList(field: string, list = this.list(field) as ItemList): ItemList {
    if (list.owner === this.owner) return list;
    const own = ownedBy(this.owner, list.copy());
    this.#fields.set(field, own);
    return own;
  }

  #shapeOf(field: string): FieldShape {
    const stored = this.#fields.get(field);
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

/** Fewer places than this are not worth clearing of what was deleted. */
const CLEARED_MIN = 16;

/** The positions of entries by field name. A shared layout is never edited. */
interface Layout {
  readonly positions: Map<string, number>;
  /** Whether the names are in code point order, as they mostly are. */
  isSorted: boolean;
  isShared: boolean;
}

/**
 * Entries by field name, edited in place. The names are in a layout that gives the position of each entry in an array.
 * Copies of a record, and records that were made like it, share the layout. So copying a record copies a short array,
 * where a Map would have to be built again, and a table of many records with the same fields holds their names once.
 */
export class FieldStore<Entry> {
  #layout: Layout;
  /** By position; `undefined` where the field was deleted. */
  #entries: (Entry | undefined)[];
  #size: number;

  private constructor(layout: Layout, entries: (Entry | undefined)[], size: number) {
    this.#layout = layout;
    this.#entries = entries;
    this.#size = size;
  }

  /**
   * @param names all different, one for each of the entries, which are taken over.
   * @param like another store, whose layout is shared if it has the same fields in the same order.
   */
  static from<Entry>(names: readonly string[], entries: Entry[], like?: FieldStore<Entry>): FieldStore<Entry> {
    const layout = like?.isLaidOutAs(names) ? like.#share() : layoutOf(names);
    return new FieldStore<Entry>(layout, entries, entries.length);
  }

  /** How many fields there are. */
  get size(): number {
    return this.#size;
  }

  /** Where the fields are: the same object for stores that are laid out alike, mostly. */
  get layout(): Readonly<Layout> {
    return this.#layout;
  }

  /** The entry at a position of the layout, if there is any. */
  at(position: number): Entry | undefined {
    return position < 0 ? undefined : this.#entries[position];
  }

  copy(): FieldStore<Entry> {
    return new FieldStore(this.#share(), this.#entries.slice(), this.#size);
  }

  get(field: string): Entry | undefined {
    const position = this.#layout.positions.get(field);
    return position === undefined ? undefined : this.#entries[position];
  }

  set(field: string, entry: Entry): void {
    this.replace(field, entry);
  }

  delete(field: string): void {
    this.replace(field, undefined);
  }

  /** Sets the entry of a field, or deletes it. @returns the entry that it had. */
  replace(field: string, entry: Entry | undefined): Entry | undefined {
    const position = this.#layout.positions.get(field);
    if (position === undefined) {
      if (entry !== undefined) this.#add(field, entry);
      return undefined;
    }
    const old = this.#entries[position];
    this.#entries[position] = entry;
    if (old === undefined && entry !== undefined) this.#size++;
    if (old === undefined || entry !== undefined) return old;
    this.#size--;
    if (this.#entries.length >= CLEARED_MIN && this.#size < this.#entries.length / 2) this.#clear();
    return old;
  }

  /** Visits all fields in code point order of their names. */
  forEach(visit: (field: string, entry: Entry) => void): void {
    const { positions, isSorted } = this.#layout;
    for (const [field, position] of isSorted ? positions : inOrder(positions)) {
      const entry = this.#entries[position];
      if (entry !== undefined) visit(field, entry);
    }
  }

  /** Whether these are the fields, one at each position. */
  isLaidOutAs(names: readonly string[]): boolean {
    const { positions } = this.#layout;
    return positions.size === names.length && names.every((name, position) => positions.get(name) === position);
  }

  #add(field: string, entry: Entry): void {
    const layout = this.#ownLayout();
    layout.positions.set(field, this.#entries.length);
    layout.isSorted = false;
    this.#entries.push(entry);
    this.#size++;
  }

  #share(): Layout {
    this.#layout.isShared = true;
    return this.#layout;
  }

  #ownLayout(): Layout {
    const { positions, isSorted, isShared } = this.#layout;
    if (isShared) this.#layout = { positions: new Map(positions), isSorted, isShared: false };
    return this.#layout;
  }

  /** Forgets the fields that were deleted. */
  #clear(): void {
    const names: string[] = [];
    const entries: Entry[] = [];
    this.forEach((field, entry) => {
      names.push(field);
      entries.push(entry);
    });
    this.#layout = layoutOf(names);
    this.#entries = entries;
  }
}

function layoutOf(names: readonly string[]): Layout {
  const positions = new Map(names.map((name, position) => [name, position]));
  return { positions, isSorted: isInOrder(positions), isShared: false };
}
