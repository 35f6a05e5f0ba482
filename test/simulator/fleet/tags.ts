import { Violation } from '../violation.js';

/** What is known of an edit. */
type Fate =
  /** It was made, and nothing has been asked of the datastore since. */
  | 'open'
  /** Nobody was told what became of it. */
  | 'doubtful'
  /** The application was promised that it survives. */
  | 'kept'
  /** The application was told, or has seen to it, that it does not take effect. */
  | 'lost';

/** One edit: it added a tag to a list and an amount to a sum, both or neither. */
export interface Tag {
  readonly name: string;
  readonly amount: bigint;
  fate: Fate;
  /** Whether it was flushed while it was open: then no crash takes it. */
  isSaved: boolean;
}

/** Every edit of one datastore by any user, and what it should have come to. */
export class Tags {
  readonly #tags = new Map<string, Tag>();

  make(name: string, amount: bigint): Tag {
    const tag: Tag = { name, amount, fate: 'open', isSaved: false };
    this.#tags.set(name, tag);
    return tag;
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
    for (const { name, fate } of this.#tags.values()) {
      const times = found.get(name) ?? 0;
      const isRight = fate === 'kept' ? times === 1 : fate === 'doubtful' ? times <= 1 : times === 0;
      if (!isRight)
        throw new Violation('every edit counts exactly once', `${where}: ${name}, ${fate}, is there ${times} times`);
    }
    let expected = 0n;
    for (const name of names) expected += this.#tags.get(name)?.amount ?? 0n;
    if (sum !== expected) throw new Violation('an edit is whole', `${where}: the sum is ${sum}, not ${expected}`);
  }
}
