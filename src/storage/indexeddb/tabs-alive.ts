/** What a tab tells the others: the name of its life, and whether it wants to hear theirs. */
interface Greeting {
  readonly alive: string;
  readonly isNew: boolean;
}

/** What a {@link TabsAlive} is given. */
export interface TabsAliveContext {
  readonly tell: (greeting: Greeting) => void;
  /** Called when another tab has ended, in whatever way. */
  readonly ended: () => void;
}

/**
 * Notices the end of other tabs, also of those that were killed. A tab holds a Web Lock from its beginning to its end, and
 * the others wait for it. The name of the lock is of this one life, and nothing else depends on the lock: a tab that is
 * frozen when it gets it keeps nobody waiting. Does nothing where there are no Web Locks.
 */
export class TabsAlive {
  readonly #prefix: string;
  readonly #id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
  readonly #context: TabsAliveContext;
  readonly #abort = new AbortController();
  readonly #known = new Set<string>();

  constructor(prefix: string, context: TabsAliveContext) {
    this.#prefix = prefix;
    this.#context = context;
    this.#request(this.#id, 'exclusive', async () => {
      this.#tell(true);
      await new Promise<void>((resolve) => this.#abort.signal.addEventListener('abort', () => resolve()));
    });
  }

  /** Takes what another tab has told. @returns whether it was a greeting. */
  hear(message: unknown): boolean {
    if (!isGreeting(message)) return false;
    const { alive, isNew } = message;
    if (isNew) this.#tell(false);
    if (this.#known.has(alive)) return true;
    this.#known.add(alive);
    this.#request(alive, 'shared', async () => this.#context.ended());
    return true;
  }

  end(): void {
    this.#abort.abort();
  }

  #tell(isNew: boolean): void {
    if (!this.#abort.signal.aborted) this.#context.tell({ alive: this.#id, isNew });
  }

  #request(id: string, mode: 'exclusive' | 'shared', granted: () => Promise<void>): void {
    if (typeof navigator !== 'object' || typeof navigator.locks?.request !== 'function') return;
    navigator.locks
      .request(`${this.#prefix}/alive/${id}`, { mode, signal: this.#abort.signal }, async () => {
        if (!this.#abort.signal.aborted) await granted();
      })
      // A browser that gives no locks here, and the end of this: others then hear later that a tab has ended.
      .catch(() => undefined);
  }
}

function isGreeting(message: unknown): message is Greeting {
  return typeof message === 'object' && message !== null && 'alive' in message && typeof message.alive === 'string';
}
