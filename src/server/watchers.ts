/** What a watcher is found by. */
export interface Watching {
  readonly requester: { readonly account: string };
  readonly handles: ReadonlySet<string>;
}

/**
 * The watchers of a service, found by datastore and by account: what happens to one datastore costs nothing for those that
 * watch others.
 */
export class Watchers<Watcher extends Watching> {
  readonly #all = new Set<Watcher>();
  readonly #byHandle = new Map<string, Set<Watcher>>();
  readonly #byAccount = new Map<string, Set<Watcher>>();

  get size(): number {
    return this.#all.size;
  }

  /** The handles that are watched. */
  get handles(): readonly string[] {
    return [...this.#byHandle.keys()];
  }

  /** The accounts that watch, each as its newest watcher has it. */
  get requesters(): readonly Watcher['requester'][] {
    return [...this.#byAccount.values()].flatMap((watchers) => [...watchers].at(-1)?.requester ?? []);
  }

  add(watcher: Watcher): void {
    this.#all.add(watcher);
    for (const handle of watcher.handles) put(this.#byHandle, handle, watcher);
    put(this.#byAccount, watcher.requester.account, watcher);
  }

  delete(watcher: Watcher): void {
    this.#all.delete(watcher);
    for (const handle of watcher.handles) take(this.#byHandle, handle, watcher);
    take(this.#byAccount, watcher.requester.account, watcher);
  }

  has(watcher: Watcher): boolean {
    return this.#all.has(watcher);
  }

  /** Those that watch a datastore. */
  of(handle: string): readonly Watcher[] {
    return [...(this.#byHandle.get(handle) ?? [])];
  }

  /** Those of an account. */
  ofAccount(account: string): readonly Watcher[] {
    return [...(this.#byAccount.get(account) ?? [])];
  }

  isWatched(handle: string): boolean {
    return this.#byHandle.has(handle);
  }

  hasAccount(account: string): boolean {
    return this.#byAccount.has(account);
  }

  clear(): void {
    for (const watcher of this.#all) this.delete(watcher);
  }
}

function put<Item>(index: Map<string, Set<Item>>, key: string, watcher: Item): void {
  const watchers = index.get(key);
  if (watchers === undefined) index.set(key, new Set([watcher]));
  else watchers.add(watcher);
}

function take<Item>(index: Map<string, Set<Item>>, key: string, watcher: Item): void {
  const watchers = index.get(key);
  watchers?.delete(watcher);
  if (watchers?.size === 0) index.delete(key);
}
