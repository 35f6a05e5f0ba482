/**
 * Objects by key for as long as anybody holds them, so that who asks twice gets the same one, and what nobody holds costs
 * nothing.
 */
export class WeakCache<Key, Item extends object> {
  readonly #items = new Map<Key, WeakRef<Item>>();
  readonly #gone = new FinalizationRegistry<Key>((key) => {
    // Another may have taken the place of the one that went.
    if (this.#items.get(key)?.deref() === undefined) this.#items.delete(key);
  });

  get(key: Key, make: () => Item): Item {
    const known = this.#items.get(key)?.deref();
    if (known !== undefined) return known;
    const item = make();
    this.#items.set(key, new WeakRef(item));
    this.#gone.register(item, key);
    return item;
  }
}
