import type { ListOp } from '../operations/list-operation.js';
import { compareValues } from '../values/order.js';
import type { Atom } from '../values/value.js';
import { type Line, slotOfHome } from './line.js';
import { FIRST_NEW_LOCATION } from './location-sequence.js';
import { NONE, type Replay } from './replay.js';

/** How two sides' puts and moves of one item are settled. Other rules act as `remote` on list items. Spec: LIST-6. */
export type ListRule = 'remote' | 'local' | 'max' | 'min';

export type Side = 'local' | 'remote';

/**
 * What one side did to the items. An item is named by its home slot; arrays by slot have NONE where nothing was done,
 * arrays by operation have one entry for each of the side's operations.
 */
export interface Treatment {
  readonly replay: Replay;
  /** By operation: the home slot of its item, or NONE for an operation that does nothing. */
  readonly homes: readonly number[];
  /** By slot: 1 where the item was deleted. */
  readonly isDeleted: Uint8Array;
  /** By slot: the side's last put of the item, as the number of the operation. */
  readonly lastPut: Int32Array;
  /** By slot: the slot to which the side's last move took the item. */
  readonly movedTo: Int32Array;
}

/** Finds the slots of one side's operations and notes what they do to each item. */
export function treat(replay: Replay, line: Line): Treatment {
  const slotCount = line.starts.length;
  const isDeleted = new Uint8Array(slotCount);
  const lastPut = new Int32Array(slotCount).fill(NONE);
  const movedTo = new Int32Array(slotCount).fill(NONE);
  const homes = replay.homes.map((home, at) => {
    if (home === NONE) return NONE;
    const slot = slotOfHome(line, home);
    const type = replay.ops[at]?.type;
    if (type === 'put') lastPut[slot] = at;
    else if (type === 'delete') isDeleted[slot] = 1;
    else if (type === 'move') movedTo[slot] = slotOfTarget(replay, line, at);
    return slot;
  });
  return { replay, homes, isDeleted, lastPut, movedTo };
}

/** The slot of the location that an insert or move made. */
export function slotOfTarget(replay: Replay, line: Line, at: number): number {
  return line.newSlots[(replay.targets[at] ?? 0) - FIRST_NEW_LOCATION] ?? 0;
}

/** The value of a side's last put of an item, or `undefined` if it put none. */
export function lastPutValue(treatment: Treatment, slot: number): Atom | undefined {
  const op = treatment.replay.ops[treatment.lastPut[slot] ?? NONE];
  return op?.type === 'put' ? op.value : undefined;
}

/**
 * Whether an operation on an item is dropped: the other side deleted the item, or the other side's puts or moves of it
 * stand. Spec: LIST-5 to LIST-7.
 */
export function isLost(
  op: ListOp,
  slot: number,
  side: Side,
  own: Treatment,
  other: Treatment,
  rule: ListRule,
): boolean {
  if (other.isDeleted[slot] === 1) return true;
  if (op.type === 'put') {
    if (other.lastPut[slot] === NONE) return false;
    const [local, remote] = side === 'local' ? [own, other] : [other, own];
    return putWinner(rule, lastPutValue(local, slot), lastPutValue(remote, slot)) !== side;
  }
  return op.type === 'move' && other.movedTo[slot] !== NONE && moveWinner(rule) !== side;
}

/** Whose puts of an item stand if both sides put it; on a tie local's stay. */
export function putWinner(rule: ListRule, local: Atom | undefined, remote: Atom | undefined): Side {
  if (rule === 'remote' || rule === 'local') return rule;
  const order = compareValues(local, remote);
  return (rule === 'max' ? order >= 0 : order <= 0) ? 'local' : 'remote';
}

/** Whose place of an item stands if both sides moved it. */
export function moveWinner(rule: ListRule): Side {
  return rule === 'local' ? 'local' : 'remote';
}
