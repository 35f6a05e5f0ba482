import type { RuleName } from '../rules/rule.js';
import { compareValues } from '../values/order.js';
import type { Value } from '../values/value.js';
import { type EventGraph, type EventNode, saw } from './event-graph.js';

/** The position of an operation in the history: its event, none for the base, and its index in what that event did. */
export interface Origin {
  readonly node: EventNode | undefined;
  readonly at: number;
}

/** One of the values that compete for a register: a field, the value of an item, the place of an item. Spec: REG-1. */
export interface Assigned extends Origin {
  /** The rule that its event names. */
  readonly rule: RuleName;
}

/** Whether `operation` saw `other`. Everything saw the base. Spec: GRAPH-3. */
export function sawOperation(operation: Origin, other: Origin): boolean {
  if (operation.node === other.node) return operation.at > other.at;
  if (other.node === undefined) return true;
  return operation.node !== undefined && saw(operation.node, other.node);
}

/** Puts an operation into its place in the linear order. Most come last. Spec: GRAPH-5. */
export function addInOrder<Operation extends Origin>(
  graph: EventGraph,
  operations: Operation[],
  added: Operation,
): void {
  let at = operations.length;
  while (at > 0 && compareOrigins(graph, operations[at - 1] as Operation, added) > 0) {
    // A position far from the end is found by binary search.
    if (operations.length - at >= 8) {
      at = placeOf(graph, operations, added, at);
      break;
    }
    at--;
  }
  if (at === operations.length) operations.push(added);
  else operations.splice(at, 0, added);
}

/** The heads of assignments that are given in the linear order: those that no other one saw. Spec: REG-2. */
export function headsOf<Kind extends Assigned>(assignments: readonly Kind[]): Kind[] {
  const heads: Kind[] = [];
  for (let at = assignments.length - 1; at >= 0; at--) {
    const assignment = assignments[at] as Kind;
    // Whatever saw it and is no head itself was seen by a head, which then saw it too.
    if (!heads.some((head) => sawOperation(head, assignment))) heads.push(assignment);
  }
  return heads.reverse();
}

/**
 * The assignment that stands, of all that hold, given in the linear order.
 *
 * @param valueIn what is compared under `max` and `min`; without it they act as `remote`, as `sum` does.
 * Spec: REG-3, REG-4.
 */
export function standingOf<Kind extends Assigned>(
  assignments: readonly Kind[],
  valueIn?: (assignment: Kind) => Value | undefined,
): Kind | undefined {
  // Whatever saw the last one would be later still, so the last one is a head.
  const last = assignments.at(-1);
  if (last === undefined || assignments.length === 1) return last;
  if (last.rule === 'local') {
    let atHand = assignments[0];
    for (const next of assignments) if (atHand !== undefined && sawOperation(next, atHand)) atHand = next;
    return atHand;
  }
  if ((last.rule !== 'max' && last.rule !== 'min') || valueIn === undefined) return last;
  const sign = last.rule === 'max' ? 1 : -1;
  let best = last;
  for (const head of headsOf(assignments).reverse()) {
    if (sign * compareValues(valueIn(head), valueIn(best)) > 0) best = head;
  }
  return best;
}

function compareOrigins(graph: EventGraph, left: Origin, right: Origin): number {
  if (left.node === right.node) return left.at - right.at;
  if (left.node === undefined) return -1;
  if (right.node === undefined) return 1;
  return graph.compare(left.node, right.node);
}

function placeOf(graph: EventGraph, operations: readonly Origin[], added: Origin, end: number): number {
  let low = 0;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareOrigins(graph, operations[middle] as Origin, added) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
