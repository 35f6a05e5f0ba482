import { inOrder, isInOrder } from '../values/fields.js';

/** Fewer places than this are not worth clearing of what was deleted. */
const CLEARED_MIN = 16;

/** Where the entries of fields stand. A layout that is shared is not edited any more. */
interface Layout {
  readonly positions: Map<string, number>;
  /** Whether the names are in code point order, as they mostly are. */
  isSorted: boolean;
  isShared: boolean;
}

/**
 * Entries by field name, edited in place. The names are in a layout that says where each entry stands in an array, and
 * that is shared by the copies of a record and by records that were made like it. So to copy a record is to copy a short
 * array, where a Map would have to be built anew, and a table of many records with the same fields holds their names once.
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

  copy(): FieldStore<Entry> {
    return new FieldStore(this.#share(), this.#entries.slice(), this.#size);
  }

  get(field: string): Entry | undefined {
    const position = this.#layout.positions.get(field);
    return position === undefined ? undefined : this.#entries[position];
  }

  set(field: string, entry: Entry): void {
    const position = this.#layout.positions.get(field);
    if (position === undefined) {
      const layout = this.#ownLayout();
      layout.positions.set(field, this.#entries.length);
      layout.isSorted = false;
      this.#entries.push(entry);
      this.#size++;
    } else {
      if (this.#entries[position] === undefined) this.#size++;
      this.#entries[position] = entry;
    }
  }

  delete(field: string): void {
    const position = this.#layout.positions.get(field);
    if (position === undefined || this.#entries[position] === undefined) return;
    this.#entries[position] = undefined;
    this.#size--;
    if (this.#entries.length >= CLEARED_MIN && this.#size < this.#entries.length / 2) this.#clear();
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
