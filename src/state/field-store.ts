import { inOrder, isInOrder } from '../values/fields.js';

/** Fewer places than this are not worth clearing of what was deleted. */
const CLEARED_MIN = 16;

/** The positions of entries by field name. A shared layout is never edited. */
export interface Layout {
  readonly positions: Map<string, number>;
  /** Whether the names are in code point order, as they mostly are. */
  isSorted: boolean;
  isShared: boolean;
}

/** What a store is made of, and takes over. */
export interface StoreParts<Entry> {
  readonly layout: Layout;
  /** By position; `undefined` where the field was deleted. */
  readonly entries: (Entry | undefined)[];
  /** How many fields there are. */
  readonly count: number;
}

/**
 * @param names all different, one for each of the entries, which are taken over.
 * @param like another store, whose layout is shared if it has the same fields in the same order.
 */
export function storeParts<Entry>(
  names: readonly string[],
  entries: Entry[],
  like?: FieldStore<Entry>,
): StoreParts<Entry> {
  return { layout: like?.shareLayout(names) ?? layoutOf(names), entries, count: entries.length };
}

/**
 * Entries by field name, edited in place. The names are in a layout that gives the position of each entry in an array.
 * Copies of a record, and records that were made like it, share the layout. So copying a record copies a short array,
 * where a Map would have to be built again, and a table of many records with the same fields holds their names once.
 */
export class FieldStore<Entry> {
  #layout: Layout;
  #entries: (Entry | undefined)[];
  #count: number;

  constructor({ layout, entries, count }: StoreParts<Entry>) {
    this.#layout = layout;
    this.#entries = entries;
    this.#count = count;
  }

  /** How many fields there are. */
  get count(): number {
    return this.#count;
  }

  /** Where the fields are: the same object for stores that are laid out alike, mostly. */
  get layout(): Readonly<Layout> {
    return this.#layout;
  }

  /** The layout, to be shared, if the fields are these, one at each position. */
  shareLayout(names: readonly string[]): Layout | undefined {
    const { positions } = this.#layout;
    const isSame = positions.size === names.length && names.every((name, at) => positions.get(name) === at);
    return isSame ? this.#share() : undefined;
  }

  /** The parts of a copy, which is edited apart from this store. */
  copyParts(): StoreParts<Entry> {
    return { layout: this.#share(), entries: this.#entries.slice(), count: this.#count };
  }

  /** The entry at a position of the layout, if there is any. */
  entryAt(position: number): Entry | undefined {
    return position < 0 ? undefined : this.#entries[position];
  }

  entryOf(field: string): Entry | undefined {
    const position = this.#layout.positions.get(field);
    return position === undefined ? undefined : this.#entries[position];
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
    this.#count += (entry === undefined ? 0 : 1) - (old === undefined ? 0 : 1);
    if (this.#entries.length >= CLEARED_MIN && this.#count < this.#entries.length / 2) this.#clear();
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

  /** The names of all fields, in code point order. */
  names(): string[] {
    const names: string[] = [];
    this.forEach((field) => {
      names.push(field);
    });
    return names;
  }

  #add(field: string, entry: Entry): void {
    const layout = this.#ownLayout();
    layout.positions.set(field, this.#entries.length);
    layout.isSorted = false;
    this.#entries.push(entry);
    this.#count++;
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
    const names = this.names();
    this.#entries = names.map((name) => this.entryOf(name));
    this.#layout = layoutOf(names);
  }
}

function layoutOf(names: readonly string[]): Layout {
  const positions = new Map(names.map((name, position) => [name, position]));
  return { positions, isSorted: isInOrder(positions), isShared: false };
}
