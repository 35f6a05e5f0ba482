/*
 * What happens to an item that both sides edited.
 *
 *     local \ remote   put                  delete           move
 *     put              the rule decides     deleted          both take effect
 *     delete           deleted              deleted once     deleted
 *     move             both take effect     deleted          remote's place, or local's under rule `local`
 *
 * An insert is in no such pair: it makes a new item, which the other side cannot know. The decision looks at everything
 * that a side did to the item, not at pairs of operations: of several puts the last one counts, and so does the last move,
 * and a side that loses loses all its puts, or all its moves, of that item. Spec: LIST-5 to LIST-7.
 */

import type { ListOp } from '../operations/change.js';
import { DELETE, type ListColumns, MOVE, opAt, PUT } from '../operations/list-columns.js';
import { compareValues, valuesEqual } from '../values/order.js';
import type { Atom } from '../values/value.js';
import { type MergedOrder, positionOf } from './order.js';
import { NONE, type Replay } from './replay.js';
import { FIRST_MADE } from './run-sequence.js';

/** How two sides' puts and moves of one item are settled. Other rules act as `remote` on list items. Spec: LIST-6. */
export type ListRule = 'remote' | 'local' | 'max' | 'min';

/** One of the two deltas of a merge. */
export type Side = 'local' | 'remote';

/** What one side did to items. The position of an item is that of its first element. */
export interface SideEffects {
  readonly replay: Replay;
  /** By operation: the position of its item; NONE for an operation that does nothing. */
  readonly positions: Int32Array;
  /** By position: 1 where the side deleted the item. */
  readonly isDeleted: Uint8Array;
  /** By position: the side's last put of the item, or NONE; `undefined` where the side puts nothing. */
  readonly lastPut: Int32Array | undefined;
  /** By position: where the side's last move took the item, or NONE; `undefined` where the side moves nothing. */
  readonly movedTo: Int32Array | undefined;
}

export function collectEffects(replay: Replay, order: MergedOrder): SideEffects {
  const { ops, items, moveElements } = replay;
  const positions = new Int32Array(ops.count);
  const isDeleted = new Uint8Array(order.length);
  const movedTo = moveElements === undefined ? undefined : new Int32Array(order.length).fill(NONE);
  let lastPut: Int32Array | undefined;
  for (let at = 0; at < ops.count; at++) {
    const item = items[at] as number;
    if (item === NONE) {
      positions[at] = NONE;
      continue;
    }
    const position = positionOf(order, item);
    positions[at] = position;
    const kind = ops.kinds[at];
    if (kind === DELETE) {
      isDeleted[position] = 1;
    } else if (kind === PUT) {
      lastPut ??= new Int32Array(order.length).fill(NONE);
      lastPut[position] = at;
    } else if (kind === MOVE && movedTo !== undefined) {
      movedTo[position] = positionOf(order, moveElements?.[at] as number);
    }
  }
  return { replay, positions, isDeleted, lastPut, movedTo };
}

/** The value of a side's last put of an item, or `undefined` if it put none. */
export function lastPutValue({ replay, lastPut }: SideEffects, position: number): Atom | undefined {
  const at = lastPut?.[position] ?? NONE;
  return at === NONE ? undefined : replay.ops.values[at];
}

/** Whether an operation on an item is dropped. `kind` is what the operation is, `side` whose it is. */
export function isDropped(
  kind: number,
  position: number,
  side: Side,
  own: SideEffects,
  other: SideEffects,
  rule: ListRule,
): boolean {
  if (other.isDeleted[position] === 1) return true;
  if (kind === PUT) {
    if ((other.lastPut?.[position] ?? NONE) === NONE) return false;
    const [local, remote] = side === 'local' ? [own, other] : [other, own];
    return putWinner(rule, lastPutValue(local, position), lastPutValue(remote, position)) !== side;
  }
  return kind === MOVE && (other.movedTo?.[position] ?? NONE) !== NONE && moveWinner(rule) !== side;
}

/** Whose puts of an item stand if both sides put it; on a tie local's stay. */
export function putWinner(rule: ListRule, local: Atom | undefined, remote: Atom | undefined): Side {
  if (rule === 'remote' || rule === 'local') return rule;
  const order = compareValues(local, remote);
  return (rule === 'max' ? order >= 0 : order <= 0) ? 'local' : 'remote';
}

/** Whose place of an item stands if both sides moved it. */
function moveWinner(rule: ListRule): Side {
  return rule === 'local' ? 'local' : 'remote';
}

/** Edits of one item that could not both stand. `undefined` is a deleted item, or an unknown value. */
export interface ListConflict {
  /** The index of the item in the common base. */
  readonly index: number;
  readonly rule: ListRule | 'delete-wins';
  readonly base: Atom | undefined;
  readonly local: Atom | undefined;
  readonly remote: Atom | undefined;
  readonly result: Atom | undefined;
  /** Whose operations had no effect, and which. */
  readonly loser: Side;
  readonly lost: readonly ListOp[];
}

/**
 * The conflicts of a merge, in the order of the base, puts before moves. Spec: CON-5.
 *
 * @param areApart whether another item of the merged list is between two positions.
 */
export function findConflicts(
  local: SideEffects,
  remote: SideEffects,
  rule: ListRule,
  areApart: (left: number, right: number) => boolean,
): ListConflict[] {
  const localOps = operationsByBaseItem(local.replay);
  const remoteOps = operationsByBaseItem(remote.replay);
  const shared = [...localOps.keys()].filter((index) => remoteOps.has(index)).sort((left, right) => left - right);
  return shared.flatMap((index) => {
    const [localNumbers, remoteNumbers] = [localOps.get(index) ?? [], remoteOps.get(index) ?? []];
    const [localTo, remoteTo] = [positionAfter(local, localNumbers), positionAfter(remote, remoteNumbers)];
    const isMovedApart =
      localTo !== NONE && remoteTo !== NONE && areApart(Math.min(localTo, remoteTo), Math.max(localTo, remoteTo));
    const concurrent = {
      index,
      local: opsAt(local.replay.ops, localNumbers),
      remote: opsAt(remote.replay.ops, remoteNumbers),
      isMovedApart,
    };
    return conflictsOfItem(concurrent, rule);
  });
}

/** Each side's operations on one item of the base, those that do nothing left out. */
export interface ConcurrentOps {
  /** The index of the item in the common base. */
  readonly index: number;
  readonly local: readonly ListOp[];
  readonly remote: readonly ListOp[];
  /** Whether both sides moved it, to positions with another item of the merged list between them. */
  readonly isMovedApart: boolean;
}

export function conflictsOfItem(concurrent: ConcurrentOps, rule: ListRule): ListConflict[] {
  const { index } = concurrent;
  const edits = { index, local: summarise(concurrent.local), remote: summarise(concurrent.remote) };
  if (edits.local.isDeleted || edits.remote.isDeleted) return deleteConflict(edits);
  const conflicts = putConflict(edits, rule);
  return concurrent.isMovedApart ? [...conflicts, moveConflict(edits, rule)] : conflicts;
}

/** The numbers of the operations on each base item that somebody edited. */
function operationsByBaseItem({ ops, items }: Replay): ReadonlyMap<number, number[]> {
  const numbers = new Map<number, number[]>();
  for (let at = 0; at < ops.count; at++) {
    const item = items[at] as number;
    if (item === NONE || item >= FIRST_MADE) continue;
    const known = numbers.get(item);
    if (known === undefined) numbers.set(item, [at]);
    else known.push(at);
  }
  return numbers;
}

export function opsAt(columns: ListColumns, numbers: readonly number[]): ListOp[] {
  return numbers.map((at) => opAt(columns, at));
}

/** The position to which a side moved the item of these operations. */
function positionAfter({ movedTo, positions }: SideEffects, numbers: readonly number[]): number {
  return movedTo?.[positions[numbers[0] ?? 0] ?? 0] ?? NONE;
}

/** What one side did to one item. */
interface ItemEdits {
  readonly isDeleted: boolean;
  readonly lastPut: Atom | undefined;
  readonly puts: readonly ListOp[];
  readonly moves: readonly ListOp[];
  /** The item before anybody touched it, where the side's operations say so. */
  readonly base: Atom | undefined;
}

interface BothEdits {
  readonly index: number;
  readonly local: ItemEdits;
  readonly remote: ItemEdits;
}

function summarise(ops: readonly ListOp[]): ItemEdits {
  const puts = ops.filter((op) => op.type === 'put');
  const overwriting = ops.find((op) => op.type === 'put' || op.type === 'delete');
  return {
    isDeleted: ops.some((op) => op.type === 'delete'),
    lastPut: puts.at(-1)?.value,
    puts,
    moves: ops.filter((op) => op.type === 'move'),
    base: overwriting?.before,
  };
}

function deleteConflict({ index, local, remote }: BothEdits): ListConflict[] {
  if (local.isDeleted && remote.isDeleted) return [];
  const loser: Side = local.isDeleted ? 'remote' : 'local';
  const kept = local.isDeleted ? remote : local;
  const base = local.base ?? remote.base;
  const edited = kept.lastPut ?? base;
  const values = loser === 'local' ? { local: edited, remote: undefined } : { local: undefined, remote: edited };
  const lost = [...kept.puts, ...kept.moves];
  return [{ index, rule: 'delete-wins', base, ...values, result: undefined, loser, lost }];
}

function putConflict({ index, local, remote }: BothEdits, rule: ListRule): ListConflict[] {
  if (local.lastPut === undefined || remote.lastPut === undefined) return [];
  if (valuesEqual(local.lastPut, remote.lastPut)) return [];
  const isLocalStanding = putWinner(rule, local.lastPut, remote.lastPut) === 'local';
  return [
    {
      index,
      rule,
      base: local.base ?? remote.base,
      local: local.lastPut,
      remote: remote.lastPut,
      result: isLocalStanding ? local.lastPut : remote.lastPut,
      loser: isLocalStanding ? 'remote' : 'local',
      lost: isLocalStanding ? remote.puts : local.puts,
    },
  ];
}

function moveConflict({ index, local, remote }: BothEdits, rule: ListRule): ListConflict {
  const winner = moveWinner(rule);
  const base = local.base ?? remote.base;
  return {
    index,
    rule: winner,
    base,
    local: local.lastPut ?? base,
    remote: remote.lastPut ?? base,
    result: resultValue(local, remote, rule) ?? base,
    loser: winner === 'local' ? 'remote' : 'local',
    lost: winner === 'local' ? remote.moves : local.moves,
  };
}

function resultValue(local: ItemEdits, remote: ItemEdits, rule: ListRule): Atom | undefined {
  if (local.lastPut === undefined || remote.lastPut === undefined) return local.lastPut ?? remote.lastPut;
  return putWinner(rule, local.lastPut, remote.lastPut) === 'local' ? local.lastPut : remote.lastPut;
}
