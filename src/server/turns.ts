/** How long others wait for the next put of the one whose turn it is, in ms. */
const TURN = 100;

interface Waiting {
  readonly until: number;
  readonly tell: () => void;
}

/** The devices that lost on one log, in the order in which they did. It exists while it is somebody's turn. */
interface Line {
  readonly waiting: Waiting[];
  timer: ReturnType<typeof setTimeout>;
}

/**
 * Who is told next that its put came too late. When many devices put to one log at once, one wins. If all others are told
 * at once, they rebase and come back together, again one of them wins, and most of the work is for nothing. So one is told at
 * a time; the others wait until the log has grown, which its next put does if nothing comes between, or {@link TURN} has
 * passed.
 *
 * This decides about nothing: an answer given out of turn is as right as one in turn. Spec: LOG-12.
 */
export class Turns {
  readonly #most: number;
  /** By handle. */
  readonly #lines = new Map<string, Line>();
  #isClosed = false;

  /** @param most how long one waits for its turn, in ms; then it goes on without. */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Resolves when it is the turn of a device that lost: with what `answer` makes at that very moment, before the device that
   * won hears of it. Otherwise the winner would always be back before the one whose turn it is.
   */
  take<Answer>(handle: string, answer: () => Answer): Promise<Answer> {
    return new Promise((resolve) => {
      const line = this.#lines.get(handle);
      const tell = (): void => resolve(answer());
      if (line !== undefined && !this.#isClosed) {
        line.waiting.push({ until: performance.now() + this.#most, tell });
        return;
      }
      if (!this.#isClosed) this.#lines.set(handle, { waiting: [], timer: this.#timerOf(handle) });
      tell();
    });
  }

  /** The log has grown, or its datastore is gone: it is the next one's turn. */
  next(handle: string): void {
    const line = this.#lines.get(handle);
    if (line === undefined) return;
    clearTimeout(line.timer);
    const first = line.waiting.shift();
    if (first === undefined) {
      this.#lines.delete(handle);
      return;
    }
    line.timer = this.#timerOf(handle);
    first.tell();
    const now = performance.now();
    for (let [late] = line.waiting; late !== undefined && late.until <= now; [late] = line.waiting) {
      line.waiting.shift();
      late.tell();
    }
  }

  /** Lets everybody go on, now and from now on. */
  close(): void {
    this.#isClosed = true;
    for (const { waiting, timer } of this.#lines.values()) {
      clearTimeout(timer);
      for (const { tell } of waiting) tell();
    }
    this.#lines.clear();
  }

  #timerOf(handle: string): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.next(handle), TURN);
  }
}
