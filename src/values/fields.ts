import { compareText } from './text.js';
import type { Value } from './value.js';

/** The fields of a record by name. A Map, so that any name is safe. The engine keeps names in code point order. */
export type Fields = ReadonlyMap<string, Value>;

/** Fields that are still being put together. */
export type MutableFields = Map<string, Value>;

/**
 * A Map that is read-only at run time as well as by type. `Object.freeze` does not protect the entries of a Map, so
 * three methods that change it are overridden. `Map.prototype.set.call` can still bypass that, but only on purpose.
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

  /** `JSON.stringify` writes every Map as `{}`, so all that is in it would be lost without a word. */
  toJSON(): never {
    throw new TypeError(
      'a Map is not JSON: write values with formatValue, deltas with formatDelta, states with formatState',
    );
  }
}

// Deep comparison and printing look at the constructor, so this makes it look like a plain Map.
Object.defineProperty(FrozenMap.prototype, 'constructor', { value: Map });

const setEntry = Map.prototype.set;

/** Builds a frozen Map; its entries keep the order in which they are first set. */
export class FrozenMapBuilder<Key, Entry> {
  readonly #map = new FrozenMap<Key, Entry>();

  set(key: Key, entry: Entry): this {
    setEntry.call(this.#map, key, entry);
    return this;
  }

  /** The finished, frozen Map. */
  finish(): ReadonlyMap<Key, Entry> {
    return Object.freeze(this.#map);
  }
}

/** A frozen Map of one entry. Most updates have only one. */
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

/** A frozen copy of `map` with its names in code point order, or `map` itself if it already is frozen and in order. */
export function sortedMap<Entry>(map: ReadonlyMap<string, Entry>): ReadonlyMap<string, Entry> {
  if (isInOrder(map)) return map instanceof FrozenMap ? map : freezeMap(map);
  return freezeMap(sortedEntries(map));
}

/** `map` if its names are in code point order, as in all Maps that the engine keeps, or else a sorted copy. */
export function inOrder<Entry>(map: ReadonlyMap<string, Entry>): ReadonlyMap<string, Entry> {
  return isInOrder(map) ? map : sortedMap(map);
}

/** Whether the names of `map` are in code point order. */
export function isInOrder(map: ReadonlyMap<string, unknown>): boolean {
  if (map.size < 2) return true;
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
