import type { Storage } from './storage.js';

/** A call to a {@link MemoryStorage}, as its hook sees it. */
export interface StorageCall {
  readonly method: 'get' | 'set' | 'delete' | 'keys';
  readonly key: string;
}

/** Runs before a call takes effect. What it throws is what the call rejects with; a promise delays the call. */
export type StorageHook = (call: StorageCall) => void | Promise<void>;

/**
 * A storage that lasts as long as the object: for tests, and for an app that wants to keep nothing. It holds JSON text,
 * so that what it was given and what it gave out can change without harm. Spec: STORE-1 to STORE-5.
 */
export class MemoryStorage implements Storage {
  readonly #values = new Map<string, string>();
  readonly #hook: StorageHook | undefined;
  /** The end of the calls that the hook delays: later ones wait for it, which keeps the order of the calls. */
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

  /** A storage of its own with the same values: what a crash at this moment would leave. */
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
