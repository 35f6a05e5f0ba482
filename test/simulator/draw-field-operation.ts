import type { FieldOp, ListOp, Value } from '../../src/index.js';
import type { FieldShape } from './datastore-shape.js';
import { drawAtom, drawList, drawNumber, drawValue } from './draw-value.js';
import type { Random } from './random.js';

/** An operation that fits a field that holds `current`, mostly one that suits the kind of the field. */
export function drawFieldOp(random: Random, { kind }: FieldShape, current: Value | undefined): FieldOp {
  if (random.chance(0.08)) return { type: 'delete' };
  if (random.chance(0.06)) return { type: 'put', value: drawValue(random) };
  if (kind === 'number') return { type: 'put', value: drawSum(random, current) };
  if (kind === 'any') return { type: 'put', value: drawValue(random) };
  if (current === undefined && random.chance(0.8)) {
    return { type: 'list', create: true, ops: drawListOps(random, 0) };
  }
  if (!Array.isArray(current) || random.chance(0.05)) return { type: 'put', value: drawList(random) };
  return { type: 'list', create: false, ops: drawListOps(random, current.length) };
}

function drawSum(random: Random, current: Value | undefined): Value {
  if (typeof current === 'bigint') return BigInt.asIntN(64, current + BigInt(random.below(9) - 4));
  if (typeof current === 'number') return current + random.below(9) - 4;
  return drawNumber(random);
}

/** One to four operations on a list of `length` items. */
function drawListOps(random: Random, length: number): ListOp[] {
  const ops: ListOp[] = [];
  let left = length;
  for (let count = 1 + random.below(4); count > 0; count--) {
    const op = drawListOp(random, left);
    if (op.type === 'insert') left++;
    if (op.type === 'delete') left--;
    ops.push(op);
  }
  return ops;
}

function drawListOp(random: Random, length: number): ListOp {
  const kind = length === 0 ? 0 : random.below(8);
  if (kind < 4) return { type: 'insert', index: random.below(length + 1), value: drawAtom(random) };
  const index = random.below(length);
  if (kind === 4) return { type: 'put', index, value: drawAtom(random) };
  if (kind === 5) return { type: 'delete', index };
  return { type: 'move', from: index, to: random.below(length) };
}
