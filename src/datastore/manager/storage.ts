/**
 * Where a device keeps data: values of plain JSON under string keys. The embedder implements it over files, IndexedDB or
 * a database, and chooses the encoding. `storageConformance` tests an implementation.
 *
 * If the medium fails, a method rejects with any error. Then the call had no effect, or all of it. Spec: STORE-1 to
 * STORE-5.
 */
export interface KeyValueStorage {
  /** The value under a key, or `undefined` if there is none. */
  get(key: string): Promise<unknown>;
  /**
   * Sets the value under a key. When the promise resolves, the value survives a crash; a crash before that leaves the old
   * value or the new one, as a whole. Later calls for the same key take effect after earlier ones.
   */
  set(key: string, value: unknown): Promise<void>;
  /** Removes a value, as durably as {@link set} sets one. Has no effect if there is none. */
  delete(key: string): Promise<void>;
  /** The keys that begin with `prefix`, in any order. */
  keys(prefix: string): Promise<readonly string[]>;
}

/** A call to a {@link MemoryStorage}, as its hook sees it. */
export interface StorageCall {
  readonly method: 'get' | 'set' | 'delete' | 'keys';
  readonly key: string;
}

/** Runs before a call takes effect. If it throws, the call rejects with that; a promise delays the call. */
export type StorageHook = (call: StorageCall) => void | Promise<void>;

/**
 * A storage that lasts as long as the object: for tests, and for applications that keep nothing. It holds JSON text, so
 * later changes of the objects that went in or came out do no harm. Spec: STORE-1 to STORE-5.
 */
export class MemoryStorage implements KeyValueStorage {
  readonly #values = new Map<string, string>();
  readonly #hook: StorageHook | undefined;
  /** The end of the calls that the hook delays. Later calls wait for it, which keeps their order. */
  #last: Promise<void> = Promise.resolve();

  constructor(hook?: StorageHook) {
    this.#hook = hook;
  }

  get(key: string): Promise<unknown> {
    return this.#run({ method: 'get', key }, () => {
      const text = this.#values.get(key);
      return text === undefined ? undefined : JSON.parse(text);
    });
  }

  set(key: string, value: unknown): Promise<void> {
    const text = JSON.stringify(value);
    return this.#run({ method: 'set', key }, () => void this.#values.set(key, text));
  }

  delete(key: string): Promise<void> {
    return this.#run({ method: 'delete', key }, () => void this.#values.delete(key));
  }

  keys(prefix: string): Promise<readonly string[]> {
    return this.#run({ method: 'keys', key: prefix }, () =>
      [...this.#values.keys()].filter((key) => key.startsWith(prefix)),
    );
  }

  /** A separate storage with the same values: what a crash at this moment would leave. */
  copy(hook?: StorageHook): MemoryStorage {
    const copy = new MemoryStorage(hook);
    for (const [key, text] of this.#values) copy.#values.set(key, text);
    return copy;
  }

  #run<Result>(call: StorageCall, effect: () => Result): Promise<Result> {
    const hook = this.#hook;
    const result = this.#last.then(() => hook?.(call)).then(effect);
    const settle = (): void => undefined;
    this.#last = result.then(settle, settle);
    return result;
  }
}
