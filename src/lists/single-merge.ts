import { APPEND, DELETE, INSERT, isInsertKind, type ListColumns, MOVE, opAt, PUT } from '../operations/list-columns.js';
import type { Atom } from '../values/value.js';
import { conflictsOfItem, type ListConflict, type ListRule, opsAt, putWinner, type Side } from './decisions.js';
import type { IsOwn } from './order.js';
import { isIdle, type ListMerge, OpsEditor, type TransformedOps } from './transformed-ops.js';

/**
 * The merge where one side has a single insert, put or delete: nearly every merge while people type.
 *
 * Only one element of the base matters then, the one where the operation acts. To shift every index it is enough to follow
 * how many items stand before it while the other side's operations go by: one pass without any element, O(m) for m
 * operations, and the same result as the general merge.
 *
 * @returns `undefined` for a single move, and for a single remote insert against moves or behind an item that local
 * inserted: what comes first then depends on the whole gap, and the general merge finds out.
 */
export function mergeSingle(
  local: ListColumns,
  remote: ListColumns,
  rule: ListRule,
  isOwn: IsOwn | undefined,
): ListMerge | undefined {
  if (remote.count === 1) {
    const merged = mergeOne(remote, local, 'remote', rule, isOwn);
    if (merged === undefined) return undefined;
    return {
      local: merged.others,
      remote: merged.single,
      conflicts: () => conflictsOf(merged, remote, 'remote', rule),
    };
  }
  if (local.count === 1) {
    const merged = mergeOne(local, remote, 'local', rule, isOwn);
    if (merged === undefined) return undefined;
    return { local: merged.single, remote: merged.others, conflicts: () => conflictsOf(merged, local, 'local', rule) };
  }
  return undefined;
}

interface OneMerge {
  readonly single: TransformedOps;
  readonly others: TransformedOps;
  /** The other side's operations on the item of the single one, if that has an item of the base and they touch it. */
  readonly concurrent: readonly number[];
  readonly otherOps: ListColumns;
}

/** @param side whose operation `single` is. */
function mergeOne(
  single: ListColumns,
  others: ListColumns,
  side: Side,
  rule: ListRule,
  isOwn: IsOwn | undefined,
): OneMerge | undefined {
  switch (single.kinds[0]) {
    case INSERT:
    case APPEND: {
      const left = (single.indexes[0] as number) - 1;
      const isBehindOwn = left >= 0 && isOwn?.(left) === true;
      // A local insert comes first or last of all that is in its gap, whatever remote has there.
      if (side === 'local') return mergeInsert(single, others, side, isBehindOwn && single.kinds[0] === INSERT);
      return isBehindOwn || hasMoves(others) ? undefined : mergeInsert(single, others, side, true);
    }
    case DELETE:
      return mergeDelete(single, others, side);
    case PUT:
      return mergePut(single, others, side, rule);
    default:
      return undefined;
  }
}

function conflictsOf(
  { concurrent, otherOps }: OneMerge,
  single: ListColumns,
  side: Side,
  rule: ListRule,
): readonly ListConflict[] {
  if (concurrent.length === 0) return [];
  const [own, others] = [[opAt(single, 0)], opsAt(otherOps, concurrent)];
  const [local, remote] = side === 'local' ? [own, others] : [others, own];
  return conflictsOfItem({ index: single.indexes[0] as number, local, remote, isMovedApart: false }, rule);
}

/**
 * A single insert makes an element at one end of its gap: local's comes after everything that remote has there, or before
 * it if it is behind an item that local inserted; remote's directly after its left neighbour, before everything of local's.
 */
function mergeInsert(single: ListColumns, others: ListColumns, side: Side, isFirst: boolean): OneMerge {
  const { count, kinds, indexes, targets } = others;
  const editor = new OpsEditor(others, side === 'local');
  /** How many items stand before the new element. */
  let before = single.indexes[0] as number;
  /** Whether the left neighbour is still there, and nothing comes between the two. */
  let isAnchored = isFirst;
  for (let at = 0; at < count; at++) {
    const index = indexes[at] as number;
    switch (kinds[at]) {
      case INSERT:
      case APPEND:
        if (index < before || (index === before && !isAnchored)) before++;
        else editor.setIndex(at, index + 1);
        break;
      case PUT:
        if (index >= before) editor.setIndex(at, index + 1);
        break;
      case DELETE:
        if (index >= before) {
          editor.setIndex(at, index + 1);
        } else {
          before--;
          if (index === before) isAnchored = false;
        }
        break;
      default: {
        const to = targets?.[at] as number;
        if (index === to) {
          editor.drop(at);
          break;
        }
        const isFromLeft = index < before;
        if (isFromLeft) before--;
        if (isFromLeft && index === before) isAnchored = false;
        const isToLeft = to < before || (to === before && !isAnchored);
        if (isToLeft) before++;
        editor.setMove(at, isFromLeft ? index : index + 1, isToLeft ? to : to + 1);
      }
    }
  }
  return { single: withIndex(single, before), others: editor.finish(), concurrent: [], otherOps: others };
}

/** A single delete takes its item from the other side's view: what that does to the item is lost. */
function mergeDelete(single: ListColumns, others: ListColumns, side: Side): OneMerge {
  const { count, kinds, indexes, targets, values } = others;
  const editor = new OpsEditor(others, side === 'local');
  const item = new FollowedItem(single.indexes[0] as number);
  const concurrent: number[] = [];
  let lastPut: Atom | undefined;
  for (let at = 0; at < count; at++) {
    if (isIdle(others, at)) {
      editor.drop(at);
      continue;
    }
    if (!item.isPresent) continue;
    const kind = kinds[at] as number;
    const index = indexes[at] as number;
    const to = targets?.[at] ?? 0;
    const itemIndex = item.index;
    const isMeant = item.follow(kind, index, to);
    if (isMeant) {
      concurrent.push(at);
      if (kind === PUT) lastPut = values[at];
      editor.drop(at);
    } else if (kind === MOVE) {
      editor.setMove(at, index < itemIndex ? index : index - 1, to < item.index ? to : to - 1);
    } else if (index > itemIndex) {
      editor.setIndex(at, index - 1);
    }
  }
  const result = item.isPresent ? withIndex(single, item.index, overwrittenBy(single, side, lastPut)) : NOTHING;
  return { single: result, others: editor.finish(), concurrent, otherOps: others };
}

/** A single put moves nothing: it follows its item, and the rule decides between it and the other side's puts. */
function mergePut(single: ListColumns, others: ListColumns, side: Side, rule: ListRule): OneMerge {
  const { count, kinds, indexes, targets, values } = others;
  const editor = new OpsEditor(others, side === 'local');
  const item = new FollowedItem(single.indexes[0] as number);
  const concurrent: number[] = [];
  let lastPut: Atom | undefined;
  for (let at = 0; at < count; at++) {
    if (isIdle(others, at)) {
      editor.drop(at);
    } else if (item.isPresent && item.follow(kinds[at] as number, indexes[at] as number, targets?.[at] ?? 0)) {
      concurrent.push(at);
      if (kinds[at] === PUT) lastPut = values[at];
    }
  }
  const value = single.values[0] as Atom;
  const winner = side === 'local' ? putWinner(rule, value, lastPut) : putWinner(rule, lastPut, value);
  const isStanding = lastPut === undefined || winner === side;
  // On top of this put, the other side's first operation on the item overwrites its value.
  let standing = value;
  for (const at of concurrent) {
    if (kinds[at] === DELETE) {
      editor.overwrite(at, standing);
    } else if (kinds[at] === PUT) {
      if (isStanding) editor.drop(at);
      else editor.overwrite(at, standing);
      if (!isStanding) standing = values[at] as Atom;
    }
  }
  const result =
    isStanding && item.isPresent ? withIndex(single, item.index, overwrittenBy(single, side, lastPut)) : NOTHING;
  return { single: result, others: editor.finish(), concurrent, otherOps: others };
}

function hasMoves({ count, kinds, targets }: ListColumns): boolean {
  if (targets === undefined) return false;
  for (let at = 0; at < count; at++) if (kinds[at] === MOVE) return true;
  return false;
}

/** What a single operation overwrites after the other side's puts, if it said what it overwrote and is local. */
function overwrittenBy(single: ListColumns, side: Side, lastPut: Atom | undefined): Atom | undefined {
  const before = single.befores?.[0];
  return side === 'local' && before !== undefined ? (lastPut ?? before) : undefined;
}

const NOTHING: TransformedOps = {
  ops: { count: 0, kinds: [], indexes: [], targets: undefined, values: [], befores: undefined, isMutable: false },
  sources: [],
};

function withIndex(single: ListColumns, index: number, before?: Atom): TransformedOps {
  if (index === single.indexes[0] && before === single.befores?.[0]) return { ops: single, sources: undefined };
  const { count, kinds, targets, values } = single;
  const befores = before === undefined ? undefined : [before];
  const isMutable = single.isMutable || typeof before === 'object';
  return { ops: { count, kinds, indexes: [index], targets, values, befores, isMutable }, sources: undefined };
}

/** An item of the base, followed through operations by its index. */
class FollowedItem {
  index: number;
  isPresent = true;

  constructor(index: number) {
    this.index = index;
  }

  /**
   * Performs an operation that does something on the list around the item, or on the item.
   *
   * @returns whether the operation is about the item.
   */
  follow(kind: number, index: number, to: number): boolean {
    const isMeant = !isInsertKind(kind) && index === this.index;
    if (isInsertKind(kind)) {
      if (index <= this.index) this.index++;
    } else if (kind === DELETE) {
      if (isMeant) this.isPresent = false;
      else if (index < this.index) this.index--;
    } else if (kind === MOVE) {
      if (isMeant) {
        this.index = to;
      } else {
        if (index < this.index) this.index--;
        if (to <= this.index) this.index++;
      }
    }
    return isMeant;
  }
}
