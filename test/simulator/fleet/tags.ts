import type { LogEntry, Put } from '../../../src/sync/index.js';
import { Violation } from '../violation.js';

/** What is known of an edit. */
type Fate =
  /** It was made, and nothing has been asked of the datastore since. */
  | 'open'
  /** Nobody was told what became of it. */
  | 'doubtful'
  /** The application was promised that it survives. */
  | 'kept'
  /** It was handed back, because the server refused it. A put that was under way may be accepted all the same. */
  | 'refused'
  /** The application was told, or has seen to it, that it does not take effect. */
  | 'lost';

/** One edit: it added a tag to a list and an amount to a sum, both or neither. */
export interface Tag {
  readonly name: string;
  readonly amount: bigint;
  fate: Fate;
  /** Whether it was flushed while it was open: then no crash takes it. */
  isSaved: boolean;
  /** How often time has passed while it was open. */
  age: number;
  /** How often it is there at least if it was promised: never if the server had it, and lost it. */
  least: number;
  /** How often it may be there: more than once if it was pending on a device that was copied, or as {@link Tags.accepted}. */
  most: number;
}

/** Every edit of one datastore by any user, and what it should have come to. */
export class Tags {
  readonly #tags = new Map<string, Tag>();
  /** Whether the server has gone back to a backup, so that what devices hear contradicts what they know. */
  hasOtherLog = false;
  /** The nonces of the entries that were lost, by their revisions. */
  readonly #lostNonces = new Map<number, Set<string>>();
  /** The nonces of the puts that were accepted without their devices' knowledge, by device and tag. */
  readonly #unnoticed = new Map<string, string>();

  make(name: string, amount: bigint): Tag {
    const tag: Tag = { name, amount, fate: 'open', isSaved: false, age: 0, least: 1, most: 1 };
    this.#tags.set(name, tag);
    return tag;
  }

  get(name: string): Tag | undefined {
    return this.#tags.get(name);
  }

  /** The server went back to a backup, which lacks these edits and entries. */
  lose(names: readonly string[], entries: readonly Pick<LogEntry, 'rev' | 'nonce'>[]): void {
    this.hasOtherLog = true;
    for (const { rev, nonce } of entries) {
      this.#lostNonces.set(rev, (this.#lostNonces.get(rev) ?? new Set()).add(nonce));
    }
    for (const name of names) {
      const tag = this.#tags.get(name);
      if (tag !== undefined) tag.least = 0;
    }
  }

  /**
   * The log has accepted a put of a device, which makes these edits. If an entry at its revision was lost, the device may
   * have heard of that one, and put the edits again, before the put arrived. Then they are there twice. Spec: SYNC-32.
   */
  accepted(device: number, { rev, nonce }: Pick<Put, 'rev' | 'nonce'>, names: readonly string[]): void {
    const mayBeUnnoticed = [...(this.#lostNonces.get(rev + 1) ?? [])].some((lost) => lost !== nonce);
    for (const name of names) {
      const tag = this.#tags.get(name);
      if (tag === undefined) continue;
      const key = `${device} ${name}`;
      const unnoticed = this.#unnoticed.get(key);
      if (unnoticed !== undefined && unnoticed !== nonce) tag.most++;
      this.#unnoticed.delete(key);
      if (mayBeUnnoticed) this.#unnoticed.set(key, nonce);
    }
  }

  get count(): number {
    return this.#tags.size;
  }

  countOf(fate: Fate): number {
    return [...this.#tags.values()].filter((tag) => tag.fate === fate).length;
  }

  /** @throws Violation if the list and the sum are not what the promised edits, and none twice, make of them. */
  check(where: string, names: readonly string[], sum: bigint): void {
    const found = new Map<string, number>();
    for (const name of names) found.set(name, (found.get(name) ?? 0) + 1);
    for (const { name, fate, least, most } of this.#tags.values()) {
      const times = found.get(name) ?? 0;
      const isRight =
        fate === 'lost' || fate === 'open' ? times === 0 : times <= most && (fate !== 'kept' || times >= least);
      if (!isRight)
        throw new Violation('every edit counts exactly once', `${where}: ${name}, ${fate}, is there ${times} times`);
    }
    let expected = 0n;
    for (const name of names) expected += this.#tags.get(name)?.amount ?? 0n;
    if (sum !== expected) throw new Violation('an edit is whole', `${where}: the sum is ${sum}, not ${expected}`);
  }
}
