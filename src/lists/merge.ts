import { type ListOp, listDelete, listInsert, listMove, listPut } from '../operations/list-operation.js';
import type { Atom } from '../values/value.js';
import { findConflicts, itemConflicts, type ListConflict } from './conflicts.js';
import { isLost, type ListRule, lastPutValue, type Side, slotOfTarget, type Treatment, treat } from './contest.js';
import { type Line, mergeLines } from './line.js';
import { FIRST_NEW_LOCATION } from './location-sequence.js';
import { dropIdle, mergeOne, type OneMerge } from './merge-one.js';
import { Occupancy } from './occupancy.js';
import { NONE, replay } from './replay.js';

/** Two sequences of list operations, each brought past the other. */
export interface ListMerge {
  /** For each local operation, what to apply after remote's; `undefined` where it was dropped. */
  readonly local: readonly (ListOp | undefined)[];
  /** For each remote operation, what to apply after local's; `undefined` where it was dropped. */
  readonly remote: readonly (ListOp | undefined)[];
  /** Finds the conflicts, in the order of the base; a merge that nobody asks is spared the search. */
  readonly conflicts: () => readonly ListConflict[];
}

/**
 * Merges two sequences of operations made on the same list by the location model.
 *
 * An operation names items by index, and an index means something else once the other side has edited. So the merge
 * reconstructs identity, for as long as it takes. A *location* is a place where an item stands or has stood. Every base
 * item has one; an insert or a move makes one directly after that of its left neighbour; a delete or a move away leaves
 * one behind, empty, which still anchors its neighbours.
 *
 * 1. Each side is replayed on its own over the endless base (`replay`).
 * 2. Both sides' locations are put into one line (`mergeLines`). Its order depends on what each side did and on who is
 *    remote, but not on who applies what first.
 * 3. What both did to one item is decided (`isLost`).
 * 4. Each side's operations are replayed once more, along that line and on top of the other side's result; every index
 *    is read off as a rank, the number of items that stand before a location (`replayOn`).
 *
 * Law 1 holds by construction. Whichever side is applied first, in the end the same items stand at the same locations
 * of the same line: an item is there unless either side deleted it, at the place and with the value that step 3 decided.
 *
 * For m local and n remote operations this costs O((m + n) · log(m + n)) and memory in proportion to m + n: the base is
 * one run of locations, split only where somebody edits, so neither cost depends on the length of the list. A version
 * that follows the rules word for word, one location an item, is the oracle of the tests; read that first.
 *
 * Law: MERGE-1. Spec: LIST-1 to LIST-10.
 */
export function mergeListOps(local: readonly ListOp[], remote: readonly ListOp[], rule: ListRule): ListMerge {
  if (local.length === 0 || remote.length === 0) {
    return {
      local: local.map((op) => dropIdle(op, false)),
      remote: remote.map((op) => dropIdle(op, true)),
      conflicts: () => [],
    };
  }
  return mergeSingle(local, remote, rule) ?? mergeByLocations(local, remote, rule);
}

/** The short way for a side with a single operation, where there is one. */
function mergeSingle(local: readonly ListOp[], remote: readonly ListOp[], rule: ListRule): ListMerge | undefined {
  const [firstLocal, secondLocal] = local;
  const [firstRemote, secondRemote] = remote;
  if (firstRemote !== undefined && secondRemote === undefined) {
    const merged = mergeOne(firstRemote, local, 'remote', rule);
    return merged && { local: merged.many, remote: [merged.one], conflicts: () => conflictsOfOne(merged, 'remote') };
  }
  if (firstLocal !== undefined && secondLocal === undefined) {
    const merged = mergeOne(firstLocal, remote, 'local', rule);
    return merged && { local: [merged.one], remote: merged.many, conflicts: () => conflictsOfOne(merged, 'local') };
  }
  return undefined;

  function conflictsOfOne({ rivals }: OneMerge, side: Side): readonly ListConflict[] {
    const one = side === 'local' ? firstLocal : firstRemote;
    if (rivals.length === 0 || one === undefined || one.type === 'move') return [];
    const [localOps, remoteOps] = side === 'local' ? [[one], rivals] : [rivals, [one]];
    return itemConflicts(one.index, localOps, remoteOps, rule, false);
  }
}

function mergeByLocations(local: readonly ListOp[], remote: readonly ListOp[], rule: ListRule): ListMerge {
  const localReplay = replay(local, FIRST_NEW_LOCATION);
  const remoteReplay = replay(remote, localReplay.endNew);
  const line = mergeLines(localReplay, remoteReplay);
  const localTreatment = treat(localReplay, line);
  const remoteTreatment = treat(remoteReplay, line);
  const onRemote = new Occupancy(line.remoteCounts, remoteTreatment);
  const onLocal = new Occupancy(line.localCounts, localTreatment);
  return {
    local: replayOn(onRemote, line, 'local', localTreatment, remoteTreatment, rule),
    remote: replayOn(onLocal, line, 'remote', remoteTreatment, localTreatment, rule),
    conflicts: () => findConflicts(line, localTreatment, remoteTreatment, rule, onLocal),
  };
}

/**
 * Replays the operations of `side` along the line, on top of the other side's result, which thereby becomes the merged
 * one. Spec: LIST-8, LIST-9.
 */
function replayOn(
  occupancy: Occupancy,
  line: Line,
  side: Side,
  own: Treatment,
  other: Treatment,
  rule: ListRule,
): (ListOp | undefined)[] {
  const { ops, isBackward } = own.replay;
  const standing = side === 'local' ? new StandingValues(other) : undefined;
  return ops.map((op, at) => {
    const home = own.homes[at] ?? NONE;
    if (home === NONE || isLost(op, home, side, own, other, rule)) return undefined;
    if (op.type === 'insert') {
      // Of a run that was inserted in one go, those before this one stand in the slot already.
      const index = occupancy.countBefore(home) + occupancy.countAt(home);
      occupancy.add(home, 1);
      return index === op.index ? op : listInsert(index, op.value);
    }
    const place = occupancy.placeOf(home);
    const index = occupancy.countBefore(place);
    if (op.type === 'put') return listPut(index, op.value, standing?.overwrite(home, op.value, op.before));
    if (op.type === 'delete') {
      // A run that was deleted from right to left loses the last one that is left of it each time.
      const offset = isBackward[at] === true ? occupancy.countAt(place) - 1 : 0;
      occupancy.add(place, -1);
      return listDelete(index + offset, standing?.read(home, op.before));
    }
    occupancy.add(place, -1);
    const target = slotOfTarget(own.replay, line, at);
    const to = occupancy.countBefore(target);
    occupancy.settle(home, target);
    return index === to ? undefined : listMove(index, to);
  });
}

/** What local's operations overwrite on top of remote's result: what remote put, or what local has put since. */
class StandingValues {
  readonly #other: Treatment;
  readonly #own = new Map<number, Atom>();

  constructor(other: Treatment) {
    this.#other = other;
  }

  /** @param before what the operation overwrote on its own, or `undefined` where that is unknown. */
  read(home: number, before: Atom | undefined): Atom | undefined {
    if (before === undefined) return undefined;
    return this.#own.get(home) ?? lastPutValue(this.#other, home) ?? before;
  }

  overwrite(home: number, value: Atom, before: Atom | undefined): Atom | undefined {
    const overwritten = this.read(home, before);
    if (before !== undefined) this.#own.set(home, value);
    return overwritten;
  }
}
