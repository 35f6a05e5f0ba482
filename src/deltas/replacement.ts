import type { Change, Delta } from '../operations/change.js';
import { asMergedNormalForm, asPatchedNormalForm } from './normal-form.js';
import type { PlacedEdit } from './record-edit.js';

/** Up to how many replaced stretches a normal form is patched; each may move what stands behind it. */
const FEW = 8;

/** A normal form with the edits of some records replaced. What is not replaced is not even looked at. */
export class Replacement {
  readonly #original: Delta;
  readonly #stretches: { readonly start: number; readonly end: number; readonly changes: readonly Change[] }[] = [];
  readonly #merged: Change[] = [];

  constructor(original: Delta) {
    this.#original = original;
  }

  /** Replaces one record's stretch, which is empty where there is nothing yet; the stretches come in order. */
  add({ start, end }: Pick<PlacedEdit, 'start' | 'end'>, changes: readonly Change[]): void {
    this.#stretches.push({ start, end, changes });
    for (const change of changes) this.#merged.push(change);
  }

  /** @param areKnown whether all that was merged are known normal forms. */
  finish(areKnown: boolean): Delta {
    if (this.#stretches.length === 0) return this.#original;
    const changes = this.#stretches.length <= FEW ? this.#patched() : this.#rebuilt();
    if (areKnown) return asMergedNormalForm(changes, this.#merged);
    return asPatchedNormalForm(changes, this.#original, this.#merged);
  }

  /** Copying as a block and patching is by far the fastest where little changes. */
  #patched(): Change[] {
    // Spreading has a quick way for frozen arrays, which `slice` has not.
    const changes = [...this.#original];
    for (let at = this.#stretches.length - 1; at >= 0; at--) {
      const { start = 0, end = 0, changes: replaced = [] } = this.#stretches[at] ?? {};
      const [first] = replaced;
      if (first !== undefined && replaced.length === 1 && end - start === 1) changes[start] = first;
      else changes.splice(start, end - start, ...replaced);
    }
    return changes;
  }

  #rebuilt(): Change[] {
    const changes: Change[] = [];
    let copied = 0;
    const copyUpTo = (end: number): void => {
      for (; copied < end; copied++) changes.push(this.#original[copied] as Change);
    };
    for (const { start, end, changes: replaced } of this.#stretches) {
      copyUpTo(start);
      changes.push(...replaced);
      copied = end;
    }
    copyUpTo(this.#original.length);
    return changes;
  }
}
