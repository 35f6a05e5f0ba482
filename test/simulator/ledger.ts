import type { Delta } from '../../src/index.js';
import { editsSums, effectBetween, effectOf, type Journal, type JournalEffect } from './journal.js';

/** A delta that its replica gave up, and what it had done to the journal. */
export interface Retraction {
  readonly nonce: string;
  readonly effect: JournalEffect;
}

export interface ActionKind {
  /** Whether the user undid or redid something. */
  readonly isUndo: boolean;
  /** Whether the log may have lacked something of this user before. */
  readonly isPending: boolean;
}

/**
 * What the edits of one user must amount to in the end, kept apart from the replica. It is stored when the replica is
 * stored, and falls back with it in a crash.
 */
export class Ledger {
  /** The tags that must be there exactly once. */
  readonly tags = new Set<string>();
  /** Tags that were undone or redone, and refused too: they are there once or not, as whichever came last has it. */
  readonly open = new Set<string>();
  /** The same, where the replica could not know that the one belongs to the other: nothing is said about these tags. */
  readonly loose = new Set<string>();
  readonly #undone = new Set<string>();
  readonly #undoneBeforeLoad = new Set<string>();
  readonly retractions: Retraction[] = [];
  count = 0n;
  balance = 0;
  /** Whether a refusal met an undo of something that was still on its way, so that the sums can end in two ways. */
  isSumOpen = false;
  #hasUndonePending = false;

  clone(): Ledger {
    const copy = new Ledger();
    for (const tag of this.tags) copy.tags.add(tag);
    for (const tag of this.open) copy.open.add(tag);
    for (const tag of this.loose) copy.loose.add(tag);
    for (const tag of this.#undone) copy.#undone.add(tag);
    for (const tag of this.#undoneBeforeLoad) copy.#undoneBeforeLoad.add(tag);
    copy.retractions.push(...this.retractions);
    copy.count = this.count;
    copy.balance = this.balance;
    copy.isSumOpen = this.isSumOpen;
    copy.#hasUndonePending = this.#hasUndonePending;
    return copy;
  }

  /** Records what the user did, as the difference that it made to what the user sees. */
  record(before: Journal, after: Journal, { isUndo, isPending }: ActionKind): void {
    const effect = effectBetween(before, after);
    this.#add(effect);
    if (isUndo && isPending && hasSum(effect)) this.#hasUndonePending = true;
    if (isUndo) for (const tag of [...effect.added, ...effect.removed]) this.#undone.add(tag);
  }

  /** Records that the log has everything. */
  noteIdle(): void {
    this.#hasUndonePending = false;
  }

  /** Records that the replica was loaded: what it undid before is to it an edit like any other now. */
  noteLoad(): void {
    for (const tag of this.#undone) this.#undoneBeforeLoad.add(tag);
  }

  /** Records that the replica reported a delta as refused, or as indeterminate. */
  retract(nonce: string, delta: Delta, isIndeterminate: boolean): void {
    const effect = effectOf(delta);
    this.retractions.push({ nonce, effect });
    if (this.#hasUndonePending && editsSums(delta)) this.isSumOpen = true;
    for (const tag of [...effect.added, ...effect.removed]) {
      this.tags.delete(tag);
      if (!this.#undone.has(tag)) continue;
      if (isIndeterminate || this.#undoneBeforeLoad.has(tag)) this.loose.add(tag);
      else this.open.add(tag);
    }
    this.count -= effect.count;
    this.balance -= effect.balance;
  }

  /** Records that a delta that had been given up is in the log nevertheless. */
  restore({ effect }: Retraction): void {
    for (const tag of effect.added) if (!this.open.has(tag) && !this.loose.has(tag)) this.tags.add(tag);
    this.count += effect.count;
    this.balance += effect.balance;
  }

  /** All that it holds, as text. */
  toText(): string {
    const sets = [this.tags, this.open, this.loose, this.#undone, this.#undoneBeforeLoad].map((tags) =>
      [...tags].sort(),
    );
    return JSON.stringify([
      sets,
      String(this.count),
      this.balance,
      this.isSumOpen,
      this.retractions.map(({ nonce }) => nonce),
    ]);
  }

  #add({ added, removed, count, balance }: JournalEffect): void {
    for (const tag of added) this.tags.add(tag);
    for (const tag of removed) this.tags.delete(tag);
    this.count += count;
    this.balance += balance;
  }
}

function hasSum({ count, balance }: JournalEffect): boolean {
  return count !== 0n || balance !== 0;
}
