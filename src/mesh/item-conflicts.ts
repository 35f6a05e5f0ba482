import type { ListConflict } from '../lists/decisions.js';
import { valuesEqual } from '../values/order.js';
import { type EventNode, saw } from './event-graph.js';
import type { ItemEdit, ItemState, Move, Put } from './location-line.js';

/*
 * What an event tells about an item that others edited too. Remote is the event, and local what the list showed. `index` is
 * the item's in what the author of the event saw. Spec: PEER-8.
 */

/** An event deletes an item that others put or moved. */
export function deletedConflict(node: EventNode, { puts, moves }: ItemState, index: number): ListConflict | undefined {
  const lost: readonly ItemEdit[] = [...puts, ...moves].filter((edit) => edit.group.isInEffect && isRival(node, edit));
  if (lost.length === 0) return undefined;
  const local = puts.findLast((put) => lost.includes(put))?.value;
  return conflict(index, 'delete-wins', { local, loser: 'local', lost });
}

/** An event edits an item that somebody deleted. */
export function goneConflict(edit: ItemEdit, index: number): ListConflict {
  const remote = edit.op.type === 'put' ? edit.op.value : undefined;
  return conflict(index, 'delete-wins', { remote, loser: 'remote', lost: [edit] });
}

/** An event puts an item that somebody else put. */
export function putConflict(
  node: EventNode,
  { puts, standingPut }: ItemState,
  own: Put,
  before: Put | undefined,
): ListConflict | undefined {
  if (before === undefined || !isRival(node, before) || valuesEqual(before.value, own.value)) return undefined;
  const { rule } = puts.at(-1) ?? own;
  const [loser, lost] = standingPut === own ? (['local', before] as const) : (['remote', own] as const);
  const values = { local: before.value, remote: own.value, result: standingPut?.value };
  return conflict(indexOf(own), rule === 'sum' ? 'remote' : rule, { ...values, loser, lost: [lost] });
}

/** An event moves an item that somebody else moved. */
export function moveConflict(
  node: EventNode,
  { moves, standingPut }: ItemState,
  own: Move,
  before: Move | undefined,
  standing: Move | undefined,
): ListConflict | undefined {
  if (before === undefined || !isRival(node, before)) return undefined;
  const rule = moves.at(-1)?.rule === 'local' ? 'local' : 'remote';
  const [loser, lost] = standing === own ? (['local', before] as const) : (['remote', own] as const);
  const value = standingPut?.value;
  return conflict(indexOf(own), rule, { local: value, remote: value, result: value, loser, lost: [lost] });
}

function conflict(
  index: number,
  rule: ListConflict['rule'],
  told: Pick<ListConflict, 'loser'> &
    Partial<Pick<ListConflict, 'local' | 'remote' | 'result'>> & { readonly lost: readonly ItemEdit[] },
): ListConflict {
  const { local, remote, result, loser, lost } = told;
  return { index, rule, base: undefined, local, remote, result, loser, lost: lost.map(({ op }) => op) };
}

function isRival(node: EventNode, edit: ItemEdit): boolean {
  return edit.node !== undefined && edit.node !== node && !saw(node, edit.node);
}

function indexOf({ op }: ItemEdit): number {
  return op.type === 'move' ? op.from : op.index;
}
