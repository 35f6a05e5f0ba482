import type { ListOp } from '../operations/list-operation.js';
import { valuesEqual } from '../values/order.js';
import type { Atom } from '../values/value.js';
import { type ListRule, moveWinner, putWinner, type Side, type Treatment } from './contest.js';
import type { Line } from './line.js';
import { FIRST_NEW_LOCATION } from './location-sequence.js';
import type { Occupancy } from './occupancy.js';
import { NONE } from './replay.js';

/** Edits of one item that could not both stand. `undefined` is a deleted item, or a value that nobody knows. */
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

/** What one side did to one item. */
interface ItemEdits {
  readonly isDeleted: boolean;
  readonly lastPut: Atom | undefined;
  readonly puts: readonly ListOp[];
  readonly moves: readonly ListOp[];
  /** The item before anybody touched it, where the side's operations say so. */
  readonly base: Atom | undefined;
}

interface Contest {
  /** The index of the item in the common base. */
  readonly index: number;
  readonly local: ItemEdits;
  readonly remote: ItemEdits;
}

/**
 * The conflicts of a merge, in the order of the base, puts before moves. `merged` is the merged list.
 * Spec: CON-5.
 */
export function findConflicts(
  line: Line,
  local: Treatment,
  remote: Treatment,
  rule: ListRule,
  merged: Occupancy,
): ListConflict[] {
  const localOps = operationsByHome(line, local);
  const remoteOps = operationsByHome(line, remote);
  const contested = [...localOps.keys()].filter((home) => remoteOps.has(home)).sort((left, right) => left - right);
  return contested.flatMap((home) => {
    const index = line.starts[home] ?? 0;
    const isMovedApart = areApart(local.movedTo[home] ?? NONE, remote.movedTo[home] ?? NONE, merged);
    return itemConflicts(index, localOps.get(home) ?? [], remoteOps.get(home) ?? [], rule, isMovedApart);
  });
}

/**
 * The conflicts about one item of the base, given each side's operations on it, those that do nothing left out.
 *
 * @param isMovedApart whether both sides moved it, to places with another item of the merged list between them.
 */
export function itemConflicts(
  index: number,
  localOps: readonly ListOp[],
  remoteOps: readonly ListOp[],
  rule: ListRule,
  isMovedApart: boolean,
): ListConflict[] {
  const contest: Contest = { index, local: summarise(localOps), remote: summarise(remoteOps) };
  if (contest.local.isDeleted || contest.remote.isDeleted) return deleteConflict(contest);
  const conflicts = putConflict(contest, rule);
  return isMovedApart ? [...conflicts, moveConflict(contest, rule)] : conflicts;
}

function operationsByHome(line: Line, side: Treatment): ReadonlyMap<number, ListOp[]> {
  const byHome = new Map<number, ListOp[]>();
  side.homes.forEach((home, at) => {
    const op = side.replay.ops[at];
    if (home === NONE || op === undefined || (line.starts[home] ?? 0) >= FIRST_NEW_LOCATION) return;
    const ops = byHome.get(home);
    if (ops === undefined) byHome.set(home, [op]);
    else ops.push(op);
  });
  return byHome;
}

function areApart(localSlot: number, remoteSlot: number, merged: Occupancy): boolean {
  if (localSlot === NONE || remoteSlot === NONE) return false;
  const left = Math.min(localSlot, remoteSlot);
  const right = Math.max(localSlot, remoteSlot);
  return merged.countBefore(right) - merged.countBefore(left) - merged.countAt(left) > 0;
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

function deleteConflict({ index, local, remote }: Contest): ListConflict[] {
  if (local.isDeleted && remote.isDeleted) return [];
  const loser: Side = local.isDeleted ? 'remote' : 'local';
  const kept = local.isDeleted ? remote : local;
  const base = local.base ?? remote.base;
  const edited = kept.lastPut ?? base;
  const values = loser === 'local' ? { local: edited, remote: undefined } : { local: undefined, remote: edited };
  const lost = [...kept.puts, ...kept.moves];
  return [{ index, rule: 'delete-wins', base, ...values, result: undefined, loser, lost }];
}

function putConflict({ index, local, remote }: Contest, rule: ListRule): ListConflict[] {
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

function moveConflict({ index, local, remote }: Contest, rule: ListRule): ListConflict {
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
