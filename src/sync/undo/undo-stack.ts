/**
 * What the two stacks of the undo history do when the state below them changes. The first delta of a stack fits a state,
 * and every other fits what those above it leave.
 *
 * The undo stack *fades*. Another deletes an item that this user inserted, and nothing is left to undo. If they undo
 * that, the item is there again, though the log shows an ordinary insert. So the items keep what they were, with all
 * that has changed since then: brought past that without its detours, they are whole again.
 *
 * Spec: SYNC-42, SYNC-53, SYNC-62.
 */

import { changesIn, type Delta, deltaInNormalForm, deltaOf, NO_CHANGES } from '../../deltas/delta.js';
import { editFinder } from '../../deltas/edit-finder.js';
import { deltaWithoutBefore, invert } from '../../deltas/invert.js';
import { type OwnItemsLookup, type RuleLookup, rebase } from '../../deltas/rebase.js';
import { type Change, type FieldOp, type UpdateChange, updateChange } from '../../operations/change.js';
import { opCountOf } from '../../operations/list-columns.js';
import { RecordMap } from '../../operations/record-map.js';
import { freezeMap } from '../../values/fields.js';
import { sumOf } from '../../values/frozen-array.js';
import { isTooLarge, straight, unlike, within } from './detours.js';

/** What undoes or redoes one item, valid on what the user sees once the items above it have been undone or redone. */
export class UndoItem {
  readonly id: number;
  /** The id that the item had before it was first undone and redone. */
  readonly origin: number;
  /** A delta that touches the same records and fields: what is to be undone, or what undoes it, or did before it faded. */
  readonly touched: Delta;
  /**
   * What has changed since it faded, applied; nothing if it has not. Items that faded together share it: it begins where
   * the first of them fitted.
   */
  readonly since: Delta;
  #delta: Delta | undefined;

  private constructor(id: number, origin: number, touched: Delta, delta?: Delta, since: Delta = NO_CHANGES) {
    this.id = id;
    this.origin = origin;
    this.touched = touched;
    this.#delta = delta;
    this.since = since;
  }

  /** What undoes an applied delta. It is worked out when it is first asked for, since most items are never undone. */
  static undoing(id: number, origin: number, applied: Delta): UndoItem {
    return new UndoItem(id, origin, applied);
  }

  /** What a delta undoes or redoes, if what it undoes is not known. */
  static doing(id: number, origin: number, delta: Delta): UndoItem {
    return new UndoItem(id, origin, delta, delta);
  }

  /** The same item, undone or redone by another delta. */
  by(delta: Delta): UndoItem {
    return new UndoItem(this.id, this.origin, delta, delta);
  }

  /** The same item faded: `delta` is left of what undid or redid it before. */
  faded(delta: Delta, since: Delta): UndoItem {
    return new UndoItem(this.id, this.origin, this.whole, delta, since);
  }

  /** What undoes or redoes it, or did before it faded. */
  get whole(): Delta {
    return this.since.length === 0 ? this.delta : this.touched;
  }

  get delta(): Delta {
    this.#delta ??= invert(this.touched);
    return this.#delta;
  }
}

/** Brings a stack past a delta that was applied where the stack starts. */
export function carry(
  stack: readonly UndoItem[],
  delta: Delta,
  rules: RuleLookup,
  own?: OwnItemsLookup,
): readonly UndoItem[] {
  return isMet(stack, changesIn(delta)) ? carryMet(stack, delta, rules, own) : stack;
}

/** {@link carry} where the stack is known to meet the delta. */
function carryMet(
  stack: readonly UndoItem[],
  delta: Delta,
  rules: RuleLookup,
  own: OwnItemsLookup | undefined,
): readonly UndoItem[] {
  const left = rebased(deltasOf(stack), delta, rules, own);
  return stack.map((item, at) => item.by(left[at] ?? NO_CHANGES));
}

/** Brings a stack past an applied delta as {@link carry} does, but so that what the delta takes from it can come back. */
export function fade(stack: readonly UndoItem[], delta: Delta, rules: RuleLookup, own: OwnItemsLookup): UndoItem[] {
  const met = metBy(stack, delta);
  if (met === undefined) return [...stack];
  let next = new Meeting({ change: met, isOthers: true });
  const faded: UndoItem[] = [];
  while (faded.length < stack.length) {
    const { change, isOthers, touched } = next;
    const group = fadedTogether(stack.slice(faded.length));
    const isHere = isMetBy(group, touched);
    const ownHere = faded.length === 0 ? own : undefined;
    const fadeHere = isOthers ? fadeGroup : carryMet;
    const left = isHere ? fadeHere(group, change, rules, ownHere) : group;
    faded.push(...left);
    if (faded.length === stack.length) break;
    // Below a group that it does not meet, a change is what it was, but for its own detours.
    if (!isHere && next.isStraight) continue;
    const shift = shiftFor(stack.slice(faded.length), change, deltasOf(group), deltasOf(left), rules);
    if (shift.change.length === 0) return [...faded, ...stack.slice(faded.length)];
    next = new Meeting({ change: shift.change, isOthers: isOthers && shift.isOthers });
  }
  return faded;
}

/** What a delta does to the records that a stack touches, since the rest has no effect on it; nothing where the two do not meet. */
function metBy(stack: readonly UndoItem[], delta: Delta): Delta | undefined {
  const changes = changesIn(delta);
  const later = byRecord(changes);
  const touched = new Set<Change>();
  let isMet = false;
  for (const item of stack) {
    for (const change of changesIn(item.touched)) {
      const other = later.get(change.table, change.record);
      if (other === undefined) continue;
      touched.add(other);
      isMet ||= isSameField(change, other);
    }
  }
  if (!isMet) return undefined;
  return deltaInNormalForm(changes.filter(({ table, record }) => touched.has(later.get(table, record) as Change)));
}

/** A change that the groups of a stack meet, with what is asked about it for each of them. */
class Meeting implements Shift {
  readonly change: Delta;
  readonly isOthers: boolean;
  readonly touched: RecordMap<Change>;
  #isStraight: boolean | undefined;

  constructor({ change, isOthers }: Shift) {
    this.change = change;
    this.isOthers = isOthers;
    this.touched = byRecord(changesIn(change));
  }

  /** Whether the change contains no detour (SYNC-63). */
  get isStraight(): boolean {
    this.#isStraight ??= isSame(straight(NO_CHANGES, this.change), this.change);
    return this.#isStraight;
  }
}

/** What is left of a stack without the first items, which are undone or forgotten. */
export function below(stack: readonly UndoItem[], count: number, rules: RuleLookup): readonly UndoItem[] {
  const rest = stack.slice(count);
  const { since = NO_CHANGES } = rest[0] ?? {};
  const gone = stack.slice(0, count).filter((item) => item.since === since);
  if (since === NO_CHANGES || gone.length === 0) return rest;
  const { change, isOthers } = shiftFor(rest, since, gone.map(wholeOf), deltasOf(gone), rules);
  return rest.map((item) => {
    if (item.since !== since) return item;
    return isOthers ? item.faded(item.delta, change) : item.by(item.delta);
  });
}

/** The first items of a stack that faded together, or have not. */
function fadedTogether(stack: readonly UndoItem[]): readonly UndoItem[] {
  const end = stack.findIndex(({ since }) => since !== stack[0]?.since);
  return end < 0 ? stack : stack.slice(0, end);
}

function fadeGroup(
  group: readonly UndoItem[],
  change: Delta,
  rules: RuleLookup,
  own: OwnItemsLookup | undefined,
): readonly UndoItem[] {
  const wholes = group.map(wholeOf);
  const { since: before = NO_CHANGES } = group[0] ?? {};
  const carried = carryMet(group, change, rules, own);
  const left = deltasOf(carried);
  if (before === NO_CHANGES && isWhole(left, wholes)) return carried;
  const more = within(change, wholes);
  if (isTooLarge(before, more)) return carried;
  const since = within(straight(before, more), wholes);
  // Nothing comes back while others only go on.
  const hasDetour = operationsIn([since]) < operationsIn([before, more]);
  const most = hasDetour ? mostOf(rebased(wholes, since, rules), left) : left;
  const isBack = isWhole(most, wholes);
  return group.map((item, at) => {
    const delta = most[at] ?? NO_CHANGES;
    return isBack ? item.by(delta) : item.faded(delta, since);
  });
}

/** How the state below some items of a stack changes when the one above them does, and they with it. */
interface Shift {
  readonly change: Delta;
  /** Whether it is what others did alone: what is left of the change above once it is brought past the items. */
  readonly isOthers: boolean;
}

/**
 * @param rest the items below, for whom it is.
 * @param before what the items did before the change, and `after` what they do after it.
 */
function shiftFor(
  rest: readonly UndoItem[],
  change: Delta,
  before: readonly Delta[],
  after: readonly Delta[],
  rules: RuleLookup,
): Shift {
  const places = rest.map(wholeOf);
  const above = within(change, places);
  // To all other records the items do the same before and after.
  const edited = [above, ...before.flatMap((delta, at) => (delta === after[at] ? [] : [delta, after[at] ?? delta]))];
  const did = within(composedWhere(edited, before), places);
  const does = within(composedWhere(edited, after), places);
  const [was, is] = [unlike(did, does, above), unlike(does, did, above)];
  if (above.length + was.length + is.length === 0) return { change: NO_CHANGES, isOthers: true };
  const shift = straight(straight(invert(was), above), is);
  const isOthers =
    isSame(shift, rebase([was], above, { rules }).remote) ||
    isSame(invert(shift), rebase([is], invert(above), { rules }).remote);
  return { change: shift, isOthers };
}

/** What deltas do one after the other to the records that any of others edits. */
function composedWhere(edited: readonly Delta[], deltas: readonly Delta[]): Delta {
  const places = byRecord(edited.flatMap(changesIn));
  const normalForms = deltas.map(changesIn);
  const find = editFinder(
    normalForms,
    sumOf(edited, ({ length }) => length),
  );
  const changes: Change[] = [];
  for (const { table, record } of places.sorted()) {
    for (const { deltaIndex, placed } of find(table, record)) {
      const normalForm = normalForms[deltaIndex] as readonly Change[];
      for (let at = placed.start; at < placed.end; at++) changes.push(normalForm[at] as Change);
    }
  }
  return deltaOf(changes);
}

/** Whether two deltas do the same, whatever they say that they overwrite. */
function isSame(left: Delta, right: Delta): boolean {
  return deltaWithoutBefore(left).equals(deltaWithoutBefore(right));
}

/** The deltas of a stack rebased over a later one, to which they yield. */
function rebased(stack: readonly Delta[], later: Delta, rules: RuleLookup, own?: OwnItemsLookup): readonly Delta[] {
  return rebase(yieldTo(stack, changesIn(later)), later, { rules, own }).pending;
}

function deltasOf(stack: readonly UndoItem[]): Delta[] {
  return stack.map(({ delta }) => delta);
}

function wholeOf({ whole }: UndoItem): Delta {
  return whole;
}

/** Whether a merge has taken nothing from deltas: none has fewer operations. */
function isWhole(left: readonly Delta[], wholes: readonly Delta[]): boolean {
  return wholes.every(
    (whole, at) => whole === left[at] || operationsIn(left.slice(at, at + 1)) >= operationsIn([whole]),
  );
}

/** The one of two stacks that does more, the second if both do as much. */
function mostOf(first: readonly Delta[], second: readonly Delta[]): readonly Delta[] {
  const isMore = operationsIn(first) > operationsIn(second);
  return isMore ? first : second;
}

function operationsIn(deltas: readonly Delta[]): number {
  return sumOf(deltas.flatMap(changesIn), (change) => {
    if (change.type !== 'update') return change.type === 'insert' ? 1 + change.fields.size : 1;
    return sumOf([...change.ops.values()], (op) => (op.type === 'list' ? opCountOf(op) : 1));
  });
}

/** What was dropped of one record, for the rest of the stack: all of it, or some fields. */
interface Dropped {
  isWhole: boolean;
  readonly fields: Set<string>;
}

/** Whether any item of a stack touches what `later` touches: a record, and if both only update it, a field of it. */
export function isMet(stack: readonly UndoItem[], later: readonly Change[]): boolean {
  return stack.length > 0 && later.length > 0 && isMetBy(stack, byRecord(later));
}

function isMetBy(stack: readonly UndoItem[], later: RecordMap<Change>): boolean {
  for (const { touched } of stack) {
    for (const change of changesIn(touched)) {
      const other = later.get(change.table, change.record);
      if (other !== undefined && isSameField(change, other)) return true;
    }
  }
  return false;
}

/**
 * Takes out of a stack of undo deltas what would destroy a later edit of somebody else, where a merge would let the
 * undoing win: the deletion of a record that `later` updates, and the put or deletion of a field whose list `later`
 * edits. What the stack goes on to do to that record or field falls with it. Spec: SYNC-42.
 */
function yieldTo(stack: readonly Delta[], later: readonly Change[]): Delta[] {
  const touched = byRecord(later);
  const dropped = new Map<Change, Dropped>();
  return stack.map((delta) => {
    let isKept = true;
    const kept = changesIn(delta).flatMap((change) => {
      const other = touched.get(change.table, change.record);
      if (other?.type !== 'update') return [change];
      isKept = false;
      const state = dropped.get(other) ?? { isWhole: false, fields: new Set() };
      dropped.set(other, state);
      return yieldChange(change, other, state);
    });
    return isKept ? delta : deltaInNormalForm(kept);
  });
}

function yieldChange(change: Change, later: UpdateChange, dropped: Dropped): Change[] {
  if (change.type === 'delete') dropped.isWhole = true;
  if (dropped.isWhole) return [];
  if (change.type !== 'update') return [change];
  const kept = new Map<string, FieldOp>();
  for (const [field, op] of change.ops) {
    if (op.type !== 'list' && later.ops.get(field)?.type === 'list') dropped.fields.add(field);
    if (!dropped.fields.has(field)) kept.set(field, op);
  }
  return kept.size === 0 ? [] : [updateChange(change.table, change.record, freezeMap(kept))];
}

function byRecord(changes: readonly Change[]): RecordMap<Change> {
  const records = new RecordMap<Change>();
  for (const change of changes) {
    // Of a delete and an insert the delete stays: to a later edit of the record either means the same.
    if (records.get(change.table, change.record) === undefined) records.set(change.table, change.record, change);
  }
  return records;
}

function isSameField(left: Change, right: Change): boolean {
  if (left.type !== 'update' || right.type !== 'update') return true;
  for (const field of left.ops.keys()) if (right.ops.has(field)) return true;
  return false;
}
