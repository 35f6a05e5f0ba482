import type { Append, AppendOutcome, LogStore } from './log-store.js';

interface Waiting {
  readonly append: Append;
  readonly resolve: (outcome: AppendOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/** How many appends one commit takes at most. */
const GROUP_MAX = 256;

/**
 * Appends of many datastores in one commit: what arrives while a commit is under way waits for it and goes with the next.
 * The more of them wait, the more share one sync of the disk. A single append does not wait.
 */
export class GroupedAppends {
  readonly #logs: LogStore;
  #waiting: Waiting[] = [];
  #isCommitting = false;

  constructor(logs: LogStore) {
    this.#logs = logs;
  }

  /** See `LogStore.append`. If it rejects, whether it took effect is unknown. */
  append(append: Append): Promise<AppendOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ append, resolve, reject });
      if (!this.#isCommitting) void this.#commit();
    });
  }

  async #commit(): Promise<void> {
    this.#isCommitting = true;
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      try {
        const outcomes = await this.#logs.append(group.map(({ append }) => append));
        for (const [at, { resolve }] of group.entries()) resolve(outcomes[at] as AppendOutcome);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#isCommitting = false;
  }

  /** The first that wait, at most one of each log, by handle: so two processes lock in one order. */
  #takeGroup(): Waiting[] {
    const handles = new Set<string>();
    const group: Waiting[] = [];
    const rest: Waiting[] = [];
    for (const waiting of this.#waiting) {
      const { handle } = waiting.append;
      if (group.length < GROUP_MAX && !handles.has(handle)) {
        handles.add(handle);
        group.push(waiting);
      } else rest.push(waiting);
    }
    this.#waiting = rest;
    return group.sort((one, other) => (one.append.handle < other.append.handle ? -1 : 1));
  }
}
