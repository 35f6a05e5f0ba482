/**
 * Where a device keeps what must survive: a few values of plain JSON data under string keys. Whoever embeds this layer
 * implements it over files, IndexedDB or a database, and chooses the encoding. `storageConformance` tests it.
 *
 * All methods reject, with any error, if the medium fails; then nothing has changed, or all of it. Spec: STORE-1 to
 * STORE-5.
 */
export interface Storage {
  /** The value under a key, or `undefined` if there is none. */
  get(key: string): Promise<unknown>;
  /**
   * Puts a value under a key in place of any other. Once the promise resolves, the value survives a crash; a crash
   * before leaves the old value or the new one, whole. Later calls for the same key take effect after earlier ones.
   */
  set(key: string, value: unknown): Promise<void>;
  /** Removes a value, as durably as {@link set} puts one. Does nothing if there is none. */
  delete(key: string): Promise<void>;
  /** The keys that begin with `prefix`, in any order. */
  keys(prefix: string): Promise<readonly string[]>;
}
