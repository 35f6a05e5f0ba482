import type { Environment } from '../manager/environment.js';

interface Timer {
  readonly due: number;
  readonly task: () => void;
}

const DEFAULT_START = Date.UTC(2026, 0, 1);

/**
 * An environment for tests and examples: time passes only by {@link ManualEnvironment.advance}, and the random bytes follow
 * from a seed. So a run can be repeated exactly; and the bytes can be guessed.
 */
export class ManualEnvironment implements Environment {
  #now: number;
  #state: number;
  #timers: Timer[] = [];

  /** @param seed a whole number. Devices that exchange data need different ones, or their ids would be the same. */
  constructor(seed = 1, start: number = DEFAULT_START) {
    this.#state = seed | 0;
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  schedule(delay: number, task: () => void): () => void {
    const timer: Timer = { due: this.#now + Math.max(0, delay), task };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  randomBytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.#nextByte());
  }

  /** The number of waiting timers. */
  get timerCount(): number {
    return this.#timers.length;
  }

  /** The time at which the next timer is due, or `undefined` if none waits. */
  get nextDue(): number | undefined {
    return this.#timers.length === 0 ? undefined : Math.min(...this.#timers.map(({ due }) => due));
  }

  /**
   * Lets time pass, in milliseconds. Each timer that is due runs at its time, the earliest first. Before the next one
   * runs, all promises that the last one has started are settled, unless they wait for a timer.
   */
  async advance(duration: number): Promise<void> {
    const end = this.#now + duration;
    await settled();
    for (let timer = this.#dueBy(end); timer !== undefined; timer = this.#dueBy(end)) {
      const due = timer;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#now = Math.max(this.#now, due.due);
      due.task();
      await settled();
    }
    this.#now = end;
  }

  #dueBy(end: number): Timer | undefined {
    const [earliest] = this.#timers.filter(({ due }) => due <= end).sort((left, right) => left.due - right.due);
    return earliest;
  }

  /** A byte of the mulberry32 generator. */
  #nextByte(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 24) & 255;
  }
}

const MOST_TURNS = 200;

/**
 * Resolves when all promises have settled, except those that wait for a timer or for the outside.
 */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < MOST_TURNS; turn++) await Promise.resolve();
}
