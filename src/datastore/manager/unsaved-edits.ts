import { composeAll, type Delta } from '../../deltas/delta.js';
import type { ResolutionRules } from '../../rules/resolution-rules.js';
import type { Role } from '../../sync/messages.js';
import type { SavedReplica } from '../../sync/saved-replica.js';

/** What one datastore has in memory and not on the disk, for another storage to take it. Spec: TAB-8. */
export interface UnsavedDatastore {
  readonly id: string;
  readonly handle: string | undefined;
  readonly role: Role;
  /** The state of the log that the replica has merged, without any local edit. */
  readonly base: SavedReplica;
  /** The rules that the edits were made under. */
  readonly rules: ResolutionRules;
  /** The local edits that no write has stored by now, in the order in which they were made. */
  edits(): readonly Delta[];
}

interface Run {
  readonly delta: Delta;
  /** How many edits it is composed of; 0 if it is not to be composed any more. */
  readonly weight: number;
}

/**
 * The local edits of one replica that no write has stored. An edit is in one of two groups: the uncommitted
 * ones, which a write may leave out; and the others, which were sealed by a `sync()`.
 *
 * Merges happen only when edits are sealed, so the edits of a group since the last seal follow each other, and are
 * composed: in runs whose sizes are powers of two, which costs the logarithm of their number for each edit.
 */
export class UnsavedEdits {
  #open: readonly Run[] = [];
  #sealed: readonly Run[] = [];

  /** All of them, in the order in which they were made. */
  get all(): readonly Delta[] {
    return [...this.#sealed, ...this.#open].map(({ delta }) => delta);
  }

  edited(applied: Delta): void {
    let run: Run = { delta: applied, weight: 1 };
    const before = [...this.#open];
    for (let last = before.at(-1); last?.weight === run.weight; last = before.at(-1)) {
      run = { delta: composeAll([last.delta, run.delta]), weight: 2 * run.weight };
      before.pop();
    }
    this.#open = [...before, run];
  }

  /** The open edits were sealed. */
  sealed(): void {
    this.#sealed = [...this.#sealed, ...this.#open];
    this.#open = [];
  }

  /** The open edits went into a commit: its caller is told what becomes of them, and makes them again or not. */
  committed(): void {
    this.#open = [];
  }

  /** A write begins. @returns what to call when it has stored the sealed edits, and the open ones if they are in it. */
  storing(isWithOpen: boolean): () => void {
    // What is being written is not composed with what comes later, or it could not be told from it.
    if (isWithOpen) this.#open = this.#open.map(({ delta }) => ({ delta, weight: 0 }));
    const stored = new Set(isWithOpen ? [...this.#sealed, ...this.#open] : this.#sealed);
    return () => {
      this.#sealed = this.#sealed.filter((run) => !stored.has(run));
      this.#open = this.#open.filter((run) => !stored.has(run));
    };
  }
}
