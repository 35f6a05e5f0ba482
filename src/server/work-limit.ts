import { ServiceError } from '../errors/datastore-error.js';

/** How much work may be done and waited for at once. */
export interface WorkLimits {
  /** How many requests may be in work. */
  readonly concurrent: number;
  /** How many may wait. */
  readonly queued: number;
  /** How long each may wait, in ms. */
  readonly wait: number;
}

/** A request that was not begun, since the server has more to do than it can. Nothing has come of it. */
export class Overloaded extends ServiceError {
  constructor() {
    super('retry-later', 'the server has too much to do: try again later', {}, undefined, 'answered', RETRY_AFTER);
  }
}

/** When a client that was sent away should come back, in ms. Devices add a random part to it (BACK-7). */
const RETRY_AFTER = 10_000;

interface Waiting {
  readonly until: number;
  readonly begin: () => void;
  readonly refuse: (error: Overloaded) => void;
}

/**
 * Lets so many requests be in work at once, and so many wait for it, in the order in which they came. One for which there is no
 * room, or whose turn has not come in time, fails at once as {@link Overloaded}. Without that, an overloaded server works on
 * requests whose clients have given up and asked again, so nobody is ever answered. Spec: HTTP-14.
 */
export class WorkLimit {
  readonly #limits: WorkLimits;
  #running = 0;
  #refused = 0;
  /** The oldest first, so that the first is also the first whose time is up. */
  readonly #waiting: Waiting[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(limits: WorkLimits) {
    this.#limits = limits;
  }

  /** How many requests are in work. */
  get running(): number {
    return this.#running;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** How many were sent away so far. */
  get refused(): number {
    return this.#refused;
  }

  /** Does some work, at once or when there is room. @throws Overloaded; and what the work throws. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running < this.#limits.concurrent) this.#running++;
    else await this.#room();
    try {
      return await work();
    } finally {
      this.#end();
    }
  }

  #room(): Promise<void> {
    return new Promise((begin, refuse) => {
      const { queued, wait } = this.#limits;
      if (this.#waiting.length >= queued) {
        this.#refused++;
        refuse(new Overloaded());
        return;
      }
      this.#waiting.push({ until: performance.now() + wait, begin, refuse });
      this.#timer ??= setTimeout(() => this.#refuseLate(), wait);
    });
  }

  /** The oldest that waits takes the place of what has ended. */
  #end(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#running--;
    else next.begin();
    if (this.#waiting.length > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #refuseLate(): void {
    const now = performance.now();
    for (let [first] = this.#waiting; first !== undefined && first.until <= now; [first] = this.#waiting) {
      this.#waiting.shift();
      this.#refused++;
      first.refuse(new Overloaded());
    }
    const [first] = this.#waiting;
    this.#timer = first && setTimeout(() => this.#refuseLate(), Math.max(1, first.until - now));
  }
}
