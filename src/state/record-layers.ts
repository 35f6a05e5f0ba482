/** Up to so many entries a copy is made at once: it costs about as much as a layer. */
const COPIED_MAX = 64;

/** What a layer says of an id that the layers below it have: the entry was deleted. */
const DELETED: null = null;

type Layer<Entry> = Map<string, Entry | typeof DELETED>;

/**
 * Entries by id, edited in place. A copy shares what is there: what is done to the copy goes into a layer of its own above
 * that. So the first edit after a copy costs the same however many entries there are, and two copies that differ in little
 * hold little twice. The original must not be edited any more, or be copied in turn first.
 *
 * Once the own layer has a quarter of what is below, all become one Map, so a copy of which everything is edited costs
 * what copying the Map would. Of the shared layers each is less than half as large as the one below it, so there are
 * few.
 *
 * Costs for n entries: O(log n) look-ups at worst for one entry, and one where nothing is shared; O(1) amortized for an
 * edit.
 */
export class RecordLayers<Entry> {
  /** The lowest first. They are shared, and never edited. */
  #shared: readonly Layer<Entry>[] = [];
  #own: Layer<Entry> = new Map();
  #size = 0;

  /** How many entries there are. */
  get size(): number {
    return this.#size;
  }

  get(id: string): Entry | undefined {
    let found = this.#own.get(id);
    for (let at = this.#shared.length - 1; found === undefined && at >= 0; at--) found = this.#shared[at]?.get(id);
    return found ?? undefined;
  }

  /** Adds an entry under an id that has none. */
  insert(id: string, entry: Entry): void {
    this.#set(id, entry);
    this.#size++;
  }

  /** Replaces the entry of an id. */
  replace(id: string, entry: Entry): void {
    this.#set(id, entry);
  }

  /** Removes the entry of an id. */
  delete(id: string): void {
    if (this.#shared.length === 0) this.#own.delete(id);
    else this.#set(id, DELETED);
    this.#size--;
  }

  /** Visits every entry. Those that a copy took over come in the order that they had, and then those that it added. */
  forEach(visit: (entry: Entry, id: string) => void): void {
    const layers = this.#own.size === 0 ? this.#shared : [...this.#shared, this.#own];
    if (layers.length === 1) {
      for (const [id, entry] of layers[0] as Layer<Entry>) if (entry !== DELETED) visit(entry, id);
      return;
    }
    layers.forEach((layer, number) => {
      const below = layers.slice(0, number);
      for (const id of layer.keys()) {
        if (below.some((other) => other.has(id))) continue;
        const entry = this.get(id);
        if (entry !== undefined) visit(entry, id);
      }
    });
  }

  /** The same entries, to be edited apart from the original. */
  copy(): RecordLayers<Entry> {
    const copy = new RecordLayers<Entry>();
    copy.#size = this.#size;
    const layers = this.#own.size === 0 ? [...this.#shared] : [...this.#shared, this.#own];
    if (this.#size <= COPIED_MAX) {
      copy.#own = joined(layers, true);
      return copy;
    }
    for (
      let [below, last] = layers.slice(-2);
      below !== undefined && last !== undefined;
      [below, last] = layers.slice(-2)
    ) {
      if (2 * last.size < below.size) break;
      layers.splice(-2, 2, joined([below, last], layers.length === 2));
    }
    copy.#shared = layers;
    return copy;
  }

  #set(id: string, entry: Entry | typeof DELETED): void {
    this.#own.set(id, entry);
    if (this.#shared.length === 0) return;
    let below = 0;
    for (const { size } of this.#shared) below += size;
    if (4 * this.#own.size <= below) return;
    this.#own = joined([...this.#shared, this.#own], true);
    this.#shared = [];
  }
}

/** Layers as one. Nothing is below it if `isLowest`, so what was deleted can be forgotten. */
function joined<Entry>(layers: readonly Layer<Entry>[], isLowest: boolean): Layer<Entry> {
  const [lowest, ...others] = layers;
  const all: Layer<Entry> = new Map(lowest);
  for (const layer of others) {
    for (const [id, entry] of layer) {
      if (entry === DELETED && isLowest) all.delete(id);
      else all.set(id, entry);
    }
  }
  return all;
}
