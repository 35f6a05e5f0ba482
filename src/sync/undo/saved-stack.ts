import { type Delta, sizeOfDelta } from '../../deltas/delta.js';
import { invert } from '../../deltas/invert.js';
import { isDatastoreError } from '../../errors/datastore-error.js';
import type { State } from '../../state/state.js';
import { sumOf } from '../../values/frozen-array.js';
import { UndoItem } from './undo-stack.js';

/**
 * One item of a stack as it is saved: no delta if it is the inverse of its segment in the queue, and else what undoes or
 * redoes it. If it has faded, what it was before follows; and then, in the first of those that faded together, what leads
 * back to where that fitted. None says what it overwrites, since applying them tells.
 */
export interface StoredItem {
  readonly id: number;
  readonly origin: number;
  readonly deltas: readonly Delta[];
}

/** What the segment of an item in the queue did. */
export type AppliedLookup = (id: number) => Delta | undefined;

/** The first items of a stack as they are saved: as many as weigh at most `size` bytes together, and what is left of it. */
export function storeStack(
  stack: readonly UndoItem[],
  size: number,
  appliedOf: AppliedLookup,
): { readonly items: readonly StoredItem[]; readonly size: number } {
  const items: StoredItem[] = [];
  let left = size;
  let since: Delta | undefined;
  for (const item of stack) {
    const { id, origin } = item;
    const deltas = deltasOf(item, appliedOf(id), since);
    left -= sumOf(deltas, sizeOfDelta);
    if (left < 0) return { items, size: 0 };
    items.push({ id, origin, deltas });
    since = item.since;
  }
  return { items, size: left };
}

/** @param sinceAbove what has changed since the item above faded. */
function deltasOf(item: UndoItem, applied: Delta | undefined, sinceAbove: Delta | undefined): Delta[] {
  const { delta, whole, since } = item;
  if (since.length > 0) return since === sinceAbove ? [delta, whole] : [delta, whole, invert(since)];
  return applied !== undefined && delta.equals(invert(applied)) ? [] : [delta];
}

/**
 * The stack that was saved, down to an item that does not fit: a history is not worth what it belongs to.
 *
 * @param view what its first item fits.
 */
export function restoreStack(items: readonly StoredItem[], view: State, appliedOf: AppliedLookup): UndoItem[] {
  const state = view.clone();
  let whole: { readonly state: State; readonly since: Delta } | undefined;
  const stack: UndoItem[] = [];
  const restore = ({ id, origin, deltas: [delta, before, back] }: StoredItem): UndoItem => {
    if (back !== undefined) {
      const then = state.clone();
      whole = { since: invert(then.apply(back)), state: then };
    }
    const applied = state.apply(delta ?? invert(appliedOf(id) as Delta));
    if (before === undefined || whole === undefined) return UndoItem.doing(id, origin, applied);
    return UndoItem.doing(id, origin, whole.state.apply(before)).faded(applied, whole.since);
  };
  try {
    for (const item of items) stack.push(restore(item));
  } catch (error) {
    if (!isDatastoreError(error)) throw error;
  }
  return stack;
}
