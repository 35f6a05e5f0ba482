/**
 * The list rules, read off the order that `list-order.ts` builds.
 *
 * `mergeLists` gives the merged list itself and transforms nothing: it asks of every item whether it is deleted, which
 * value it has and where it stands. `transformListNaively` gives the two transformed sequences by replaying each side
 * on the other side's result along the same order. That both agree is law 1, and a test of its own.
 */

import type { Atom, ListOp, Rule } from '../../src/index.js';
import type { Element, IsOwn, Item, Replay } from './list-order.js';
import { commonBase, entryAt, mergeOrders, replay } from './list-order.js';
import { compareInOrder } from './value-order.js';

/** The list that both sides end with when `local` and `remote` were made concurrently on `base`. */
export function mergeLists(
  base: readonly Atom[],
  local: readonly ListOp[],
  remote: readonly ListOp[],
  rule: Rule,
  isOwn?: IsOwn,
): Atom[] {
  const common = commonBase(base.length);
  const ofLocal = replay(common, 'local', local);
  const ofRemote = replay(common, 'remote', remote);

  const valueAt = new Map<Element, Atom>();
  for (const item of [...common.items, ...ofLocal.inserted, ...ofRemote.inserted]) {
    // "An item is deleted if either side deleted it (delete beats put and move)."
    if (ofLocal.deleted.has(item) || ofRemote.deleted.has(item)) continue;
    const value = valueWriter(item, ofLocal, ofRemote, rule)?.written.get(item) ?? entryAt(base, item.number);
    const place = placeGiver(item, ofLocal, ofRemote, rule)?.placed.get(item) ?? entryAt(common.elements, item.number);
    valueAt.set(place, value);
  }

  const merged: Atom[] = [];
  for (const element of mergeOrders(common, ofLocal, ofRemote, isOwn)) {
    const value = valueAt.get(element);
    if (value !== undefined) merged.push(value);
  }
  return merged;
}

/**
 * "local′ is local's operations replayed, in their order, on the remote result along that order (dropping those that
 * lost); remote′ likewise on the local result." "The base length is not needed: treat the base as endless."
 */
export function transformListNaively(
  local: readonly ListOp[],
  remote: readonly ListOp[],
  rule: Rule,
  isOwn?: IsOwn,
): { local: ListOp[]; remote: ListOp[] } {
  const common = commonBase(Math.max(reachOf(local), reachOf(remote)));
  const ofLocal = replay(common, 'local', local);
  const ofRemote = replay(common, 'remote', remote);
  return transformAlongOrder(mergeOrders(common, ofLocal, ofRemote, isOwn), ofLocal, ofRemote, rule);
}

/** The same for sides that were replayed before, and the order of their elements, which is one under all rules. */
export function transformAlongOrder(
  order: readonly Element[],
  ofLocal: Replay,
  ofRemote: Replay,
  rule: Rule,
): { local: ListOp[]; remote: ListOp[] } {
  const localOnRemote = replayAlongOrder(order, ofLocal, ofRemote, (item) => ({
    value: valueWriter(item, ofLocal, ofRemote, rule) === ofLocal,
    place: placeGiver(item, ofLocal, ofRemote, rule) === ofLocal,
  }));
  const remoteOnLocal = replayAlongOrder(order, ofRemote, ofLocal, (item) => ({
    value: valueWriter(item, ofLocal, ofRemote, rule) === ofRemote,
    place: placeGiver(item, ofLocal, ofRemote, rule) === ofRemote,
  }));
  return { local: localOnRemote, remote: remoteOnLocal.map(withoutBefore) };
}

/** The list after some operations were applied to it one by one. An index that does not fit is an error. */
export function applyListOperations(items: readonly Atom[], operations: readonly ListOp[]): Atom[] {
  const list = [...items];
  for (const operation of operations) {
    switch (operation.type) {
      case 'put':
        entryAt(list, operation.index);
        list.splice(operation.index, 1, operation.value);
        break;
      case 'insert':
        if (operation.index !== 0) entryAt(list, operation.index - 1);
        list.splice(operation.index, 0, operation.value);
        break;
      case 'delete':
        entryAt(list, operation.index);
        list.splice(operation.index, 1);
        break;
      case 'move': {
        const item = entryAt(list, operation.from);
        entryAt(list, operation.to);
        list.splice(operation.from, 1);
        list.splice(operation.to, 0, item);
        break;
      }
    }
  }
  return list;
}

/**
 * "Its value: put by one side, that; by both, the rule decides on each side's last put (max and min compare them; sum
 * and functions act as remote), and the loser's puts on that item are all dropped." On a tie local stays. An inserted
 * item is written by its own side only, so the same sentence covers it.
 */
function valueWriter(item: Item, local: Replay, remote: Replay, rule: Rule): Replay | undefined {
  const localValue = local.written.get(item);
  const remoteValue = remote.written.get(item);
  if (localValue === undefined) return remoteValue === undefined ? undefined : remote;
  if (remoteValue === undefined) return local;
  if (rule === 'local') return local;
  if (rule === 'max') return compareInOrder(localValue, remoteValue) >= 0 ? local : remote;
  if (rule === 'min') return compareInOrder(localValue, remoteValue) <= 0 ? local : remote;
  return remote;
}

/** "Its place: moved by one side, there; by both, remote's place, but local's under rule local." */
function placeGiver(item: Item, local: Replay, remote: Replay, rule: Rule): Replay | undefined {
  if (!local.placed.has(item)) return remote.placed.has(item) ? remote : undefined;
  if (!remote.placed.has(item)) return local;
  return rule === 'local' ? local : remote;
}

/**
 * Replays one side's steps on the result of the other side. All elements of both sides stand in the order from the
 * start; which of them are occupied at the moment decides what index a step has.
 */
function replayAlongOrder(
  order: readonly Element[],
  own: Replay,
  other: Replay,
  ownWins: (item: Item) => { value: boolean; place: boolean },
): ListOp[] {
  const elementOf = new Map(other.places);
  // The values known so far. What only the base knows is missing here: then the step's own `before` is still right.
  const latestValue = new Map<Item, Atom>(other.written);

  function indexOf(element: Element): number {
    const occupied = new Set(elementOf.values());
    let index = 0;
    for (const candidate of order) {
      if (candidate === element) break;
      if (occupied.has(candidate)) index++;
    }
    return index;
  }

  const operations: ListOp[] = [];
  for (const step of own.steps) {
    // "An item is deleted if either side deleted it": nothing is left to do for an item that the other side deleted.
    if (other.deleted.has(step.item)) continue;
    const element = elementOf.get(step.item);
    if (step.type === 'insert') {
      elementOf.set(step.item, step.element);
      latestValue.set(step.item, step.value);
      const atEnd = step.element.kind === 'append' ? { atEnd: true as const } : {};
      operations.push({ type: 'insert', index: indexOf(step.element), value: step.value, ...atEnd });
      continue;
    }
    if (element === undefined) throw new Error('A step concerns an item that is nowhere.');
    const overwritten =
      step.type === 'move' || step.before === undefined ? {} : { before: latestValue.get(step.item) ?? step.before };
    if (step.type === 'put' && ownWins(step.item).value) {
      operations.push({ type: 'put', index: indexOf(element), value: step.value, ...overwritten });
      latestValue.set(step.item, step.value);
    } else if (step.type === 'delete') {
      operations.push({ type: 'delete', index: indexOf(element), ...overwritten });
      elementOf.delete(step.item);
    } else if (step.type === 'move' && ownWins(step.item).place) {
      const from = indexOf(element);
      elementOf.set(step.item, step.element);
      const to = indexOf(step.element);
      if (from !== to) operations.push({ type: 'move', from, to });
    }
  }
  return operations;
}

/** So many base items that every index of a sequence exists, whatever the sequence deletes before it comes there. */
function reachOf(operations: readonly ListOp[]): number {
  const indexes = operations.flatMap((operation) =>
    operation.type === 'move' ? [operation.from, operation.to] : [operation.index],
  );
  return Math.max(0, ...indexes) + operations.length + 1;
}

/** "If local is applied, so is local′. Remote needs none." */
function withoutBefore(operation: ListOp): ListOp {
  if (operation.type === 'put') return { type: 'put', index: operation.index, value: operation.value };
  if (operation.type === 'delete') return { type: 'delete', index: operation.index };
  if (operation.type === 'insert') return { type: 'insert', index: operation.index, value: operation.value };
  return operation;
}
