/**
 * A local delta is cut into *segments*, because the user can undo less than a delta: one segment is what the user
 * edited between two points, what undid or redid that, or what the undo history leaves alone, such as the modified
 * time.
 *
 * Keeping segments apart changes no outcome of a merge (REB-4). It lets the undo history know what became of each, and
 * it costs: a merge goes through all of them. So what the history has forgotten is joined.
 */

import type { Conflict, ConflictListener } from '../../deltas/conflict.js';
import { type Delta, NO_CHANGES } from '../../deltas/delta.js';
import { invert } from '../../deltas/invert.js';
import { composeOnto } from '../../deltas/patch.js';
import { type OwnItemsLookup, type RuleLookup, rebaseWithin } from '../../deltas/rebase.js';
import { shorten } from '../../deltas/shorten.js';
import type { Change } from '../../operations/change.js';
import { refusalRules } from '../pending-rules.js';
import { type RefusedPart, splitDelta } from '../refused-part.js';

/**
 * What a segment is to the undo history: an undo item, by its id; the undoing of one; or something that the history
 * leaves alone.
 */
export type SegmentRole = number | 'undoing' | 'unrecorded';

/** One stretch of a local delta: applied, in normal form. */
export interface Segment {
  readonly role: SegmentRole;
  readonly delta: Delta;
  /** The undo item that this is, undoes or redoes, by the id that the item had at first. Such segments are paired. */
  readonly origin?: number | undefined;
  /** How many segments it was joined from, if more than one. */
  readonly count?: number;
}

/** Whether the undo history knows of a segment, or did. */
export function isRecorded({ role }: Segment): boolean {
  return role !== 'unrecorded';
}

/** Local deltas by their segments, brought past a delta, and the delta that brings the view past it. */
export interface Rebased {
  readonly deltas: readonly (readonly Segment[])[];
  readonly shown: Delta;
}

/**
 * Rebases deltas over a remote one, keeping the boundaries of their segments. Segments that become empty stay.
 *
 * @param own the own items of the state that both start from.
 */
export function rebaseSegments(
  deltas: readonly (readonly Segment[])[],
  remote: Delta,
  rules: RuleLookup,
  onConflict: ConflictListener,
  own?: OwnItemsLookup,
): Rebased {
  const local = deltas.flatMap((segments) => segments.map(({ delta }) => delta));
  const merged = rebaseWithin(local, remote, { rules, onConflict, own });
  let next = 0;
  const rebased = deltas.map((segments) =>
    segments.map((segment): Segment => ({ ...segment, delta: merged.pending[next++] ?? NO_CHANGES })),
  );
  return { deltas: rebased, shown: merged.remote };
}

/**
 * Deltas without what cancels: an undo directly behind the item that it undoes, or a redo directly behind the undo, if
 * it is the inverse of that, and then what is so once they are gone. Segments that belong to no item may be in between,
 * since the history ends where one of them touches an item.
 *
 * The view stays the same. A merge must not go through both: if somebody else deleted the same item of a list, only the
 * deletion would be dropped, and its undo would insert the item a second time. Spec: SYNC-58.
 */
export function withoutCancelled(deltas: readonly (readonly Segment[])[]): (readonly Segment[])[] {
  const open: Segment[] = [];
  const cancelled = new Set<Segment>();
  for (const segment of deltas.flat().filter(isRecorded)) {
    const last = open.at(-1);
    if (last !== undefined && last.origin === segment.origin && segment.delta.equals(invert(last.delta))) {
      open.pop();
      cancelled.add(last).add(segment);
    } else {
      open.push(segment);
    }
  }
  if (cancelled.size === 0) return [...deltas];
  return deltas.map((segments) => segments.filter((segment) => !cancelled.has(segment)));
}

/** A delta, or a part of it, that is undone below others. */
export interface Fallen {
  /** What is undone. */
  readonly taken: Delta;
  /** The segments of the delta, whole. */
  readonly segments: readonly Segment[];
  /** Which places are undone. */
  readonly part: RefusedPart;
}

/** What is left when a delta below others is undone. */
export interface Undone {
  /** The segments above it, as many as there were: those that became empty too. */
  readonly left: readonly Segment[];
  /** The deltas that bring the view there, in order. */
  readonly shown: readonly Delta[];
}

/**
 * Works out what is left of the segments `above` a delta that falls, or of which a part does. Segments that are paired
 * with one of it fall too, or the same part of them.
 *
 * An edit above that wins over the undoing is not reported as a conflict, and neither is a sum, which a function makes
 * here: only lost edits are. Spec: SYNC-27, SYNC-28.
 */
export function undoBelow(
  { taken, segments, part }: Fallen,
  above: readonly Segment[],
  localRules: RuleLookup,
  onLoss: ConflictListener,
): Undone {
  const rules = refusalRules(localRules);
  const onConflict = (conflict: Conflict): void => {
    if (conflict.rule !== 'function' && conflict.lost.some(({ side }) => side === 'local')) onLoss(conflict);
  };
  const { deltas, shown } = rebaseSegments([above], invert(taken), rules, onConflict);
  let left = deltas[0] ?? [];
  const shows = [shown];
  for (const at of pairedWith(segments, above)) {
    const paired = left[at];
    if (paired === undefined) continue;
    const split = splitDelta(paired.delta, part);
    const rest = rebaseSegments([left.slice(at + 1)], invert(split.taken), rules, onConflict);
    left = [...left.slice(0, at), { ...paired, delta: split.left }, ...(rest.deltas[0] ?? [])];
    shows.push(rest.shown);
  }
  return { left, shown: shows };
}

/**
 * Which segments lose their sense when others fall. Segments of one origin take turns: an item, its undoing, its
 * redoing, and so on. Where one of a pair falls, and so is undone, the other would undo it once more: they fall
 * together, and what comes after them goes on taking turns.
 *
 * @returns positions among `above`, ascending. Spec: SYNC-28.
 */
function pairedWith(fallen: readonly Segment[], above: readonly Segment[]): number[] {
  const unpaired = new Set<number>();
  for (const { origin } of fallen) {
    if (origin !== undefined && !unpaired.delete(origin)) unpaired.add(origin);
  }
  return above.flatMap(({ origin }, at) => (origin !== undefined && unpaired.delete(origin) ? [at] : []));
}

/**
 * Joins segments of a delta, so that a merge does not cost more each time an edit is sealed: those that follow one
 * another are joined where the undo history leaves them alone, or has `forgotten` their items. Items that are known stay
 * as they are, and nothing is joined across them.
 *
 * A segment is joined only to one of which it is more than half, counted in what both were joined from (the logarithmic
 * method of Bentley and Saxe). So of n segments that come one by one, about log n are left, and each was composed about
 * log n times.
 *
 * Law: whatever is merged, undone or refused later comes out as it would without this. Spec: SYNC-54.
 *
 * @returns also whether joined segments do less than those they were joined from, because transient items of lists are gone.
 */
export function joinSegments(
  segments: readonly Segment[],
  forgotten: ReadonlySet<SegmentRole>,
): { readonly segments: Segment[]; readonly isShorter: boolean } {
  const joined: Segment[] = [];
  let isShorter = false;
  const shortenJoined = (changes: readonly Change[]): readonly Change[] => {
    const left = shorten(changes);
    if (left !== changes) isShorter = true;
    return left;
  };
  for (const segment of segments) {
    let last: Segment = forgotten.has(segment.role) ? { role: 'unrecorded', delta: segment.delta } : segment;
    for (let before = joined.at(-1); before !== undefined && areJoined(before, last); before = joined.at(-1)) {
      // It edits every field that they edit (NORM-8), so the join hides no edit from a merge.
      const delta = composeOnto(before.delta, last.delta, shortenJoined);
      last = { role: 'unrecorded', delta, count: countOf(before) + countOf(last) };
      joined.pop();
    }
    joined.push(last);
  }
  return { segments: joined, isShorter };
}

function areJoined(before: Segment, last: Segment): boolean {
  return !isRecorded(before) && !isRecorded(last) && countOf(before) < 2 * countOf(last);
}

function countOf({ count = 1 }: Segment): number {
  return count;
}
