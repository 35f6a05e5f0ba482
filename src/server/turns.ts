/** How long others wait for the next put of the one whose turn it is, in ms. */
const TURN = 100;
/** How many may wait, for all logs: each holds what it put. Others are told at once. */
const WAITING_MOST = 1_000;

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
  #waiting = 0;
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
    return new Promise((resolve, reject) => {
      const line = this.#lines.get(handle);
      // It is told while another put is accepted, which must not fail for it.
      const tell = (): void => {
        try {
          resolve(answer());
        } catch (error) {
          reject(error);
        }
      };
      if (line !== undefined && this.#waiting < WAITING_MOST) {
        this.#waiting++;
        line.waiting.push({ until: performance.now() + this.#most, tell });
        return;
      }
      if (line === undefined && !this.#isClosed) {
        this.#lines.set(handle, { waiting: [], timer: this.#timerOf(handle) });
      }
      tell();
    });
  }

  /** The log has grown, or its datastore is gone: it is the next one's turn. */
  next(handle: string): void {
    const line = this.#lines.get(handle);
    if (line === undefined) return;
    clearTimeout(line.timer);
    const now = performance.now();
    // The first is told, and those whose time is up.
    const staying = line.waiting.findIndex(({ until }, at) => at > 0 && until > now);
    const told = line.waiting.splice(0, staying < 0 ? line.waiting.length : staying);
    this.#waiting -= told.length;
    if (told.length === 0) this.#lines.delete(handle);
    else line.timer = this.#timerOf(handle);
    for (const { tell } of told) tell();
  }

  /** Lets everybody go on, now and from now on. */
  close(): void {
    this.#isClosed = true;
    for (const { waiting, timer } of this.#lines.values()) {
      clearTimeout(timer);
      for (const { tell } of waiting) tell();
    }
    this.#lines.clear();
    this.#waiting = 0;
  }

  #timerOf(handle: string): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.next(handle), TURN);
  }
}
