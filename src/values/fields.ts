import { compareText } from './text.js';
import type { Value } from './value.js';

/** The fields of a record by name. A Map, so that any name is safe. The engine keeps names in code point order. */
export type Fields = ReadonlyMap<string, Value>;

/** Fields that are still being put together. */
export type MutableFields = Map<string, Value>;

/**
 * A Map that is read-only at run time as well as by type. `Object.freeze` would leave a Map's entries open, so the three
 * methods that change it are shadowed; whoever goes round that by `Map.prototype.set.call` means to.
 */
class FrozenMap<Key, Entry> extends Map<Key, Entry> {
  override set(): never {
    throw new TypeError('this map is frozen');
  }

  override delete(): never {
    throw new TypeError('this map is frozen');
  }

  override clear(): never {
    throw new TypeError('this map is frozen');
  }
}

// To everybody else it is a Map: deep comparisons and printing go by the constructor.
Object.defineProperty(FrozenMap.prototype, 'constructor', { value: Map });

const setEntry = Map.prototype.set;

/** Puts together a frozen Map, whose entries keep the order in which they are first set. */
export class FrozenMapBuilder<Key, Entry> {
  readonly #map = new FrozenMap<Key, Entry>();

  set(key: Key, entry: Entry): this {
    setEntry.call(this.#map, key, entry);
    return this;
  }

  /** The finished Map; nothing can be set any more. */
  finish(): ReadonlyMap<Key, Entry> {
    return Object.freeze(this.#map);
  }
}

/** A frozen Map of one entry, which most updates are. */
export function singleEntry<Key, Entry>(key: Key, entry: Entry): ReadonlyMap<Key, Entry> {
  const map = new FrozenMap<Key, Entry>();
  setEntry.call(map, key, entry);
  return Object.freeze(map);
}

/** A frozen Map of entries, such as those of another Map, in the same order. */
export function freezeMap<Key, Entry>(entries: Iterable<readonly [Key, Entry]>): ReadonlyMap<Key, Entry> {
  const frozen = new FrozenMapBuilder<Key, Entry>();
  for (const [key, entry] of entries) frozen.set(key, entry);
  return frozen.finish();
}

/** A frozen copy of `map` with its names in code point order; `map` itself if it is one. */
export function sortedMap<Entry>(map: ReadonlyMap<string, Entry>): ReadonlyMap<string, Entry> {
  if (isInOrder(map)) return map instanceof FrozenMap ? map : freezeMap(map);
  return freezeMap(sortedEntries(map));
}

/** `map` if its names are in code point order, as those that the engine keeps are, or else a copy of which they are. */
export function inOrder<Entry>(map: ReadonlyMap<string, Entry>): ReadonlyMap<string, Entry> {
  return isInOrder(map) ? map : sortedMap(map);
}

/** Whether the names of `map` are in code point order. */
export function isInOrder(map: ReadonlyMap<string, unknown>): boolean {
  let previous: string | undefined;
  for (const name of map.keys()) {
    if (previous !== undefined && compareText(previous, name) > 0) return false;
    previous = name;
  }
  return true;
}

/** The entries of `map` in code point order of their names. */
export function sortedEntries<Entry>(map: ReadonlyMap<string, Entry>): [string, Entry][] {
  const entries = [...map];
  return isInOrder(map) ? entries : entries.sort(([left], [right]) => compareText(left, right));
}
