import type { Atom, ListOp } from '../../src/index.js';

/** A base list of n items that no operation of the scope inserts. */
export function baseItems(length: number): string[] {
  return Array.from({ length }, (_, index) => `b${index}`);
}

/** Every operation on a list of n items; `tag` marks the values it puts and inserts. */
export function allOperations(length: number, tag: Atom): ListOp[] {
  const ops: ListOp[] = [];
  for (let index = 0; index <= length; index++) ops.push({ type: 'insert', index, value: tag });
  for (let index = 0; index < length; index++) {
    ops.push({ type: 'put', index, value: tag }, { type: 'delete', index });
    for (let to = 0; to < length; to++) ops.push({ type: 'move', from: index, to });
  }
  return ops;
}

/** Every sequence of up to `most` operations on a list of n items that are `wanted`, the empty one first. */
export function allSequences(
  length: number,
  most: number,
  tag: string,
  wanted: (op: ListOp) => boolean = () => true,
): ListOp[][] {
  const sequences: ListOp[][] = [[]];
  if (most === 0) return sequences;
  for (const op of allOperations(length, `${tag}${most}`).filter(wanted)) {
    for (const rest of allSequences(lengthAfter(length, op), most - 1, tag, wanted)) sequences.push([op, ...rest]);
  }
  return sequences;
}

export function lengthAfter(length: number, op: ListOp): number {
  if (op.type === 'insert') return length + 1;
  return op.type === 'delete' ? length - 1 : length;
}
