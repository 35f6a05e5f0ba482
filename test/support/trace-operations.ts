import type { ListOp } from '../../src/index.js';
import type { Patch } from './shared-data.js';

/** A patch as single list operations over characters. */
export function operationsOf([position, deleteCount, inserted]: Patch): ListOp[] {
  const ops: ListOp[] = [];
  for (let count = 0; count < deleteCount; count++) ops.push({ type: 'delete', index: position });
  [...inserted].forEach((value, offset) => {
    ops.push({ type: 'insert', index: position + offset, value });
  });
  return ops;
}
