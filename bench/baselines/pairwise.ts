import type { ListOp } from '../../src/index.js';

/**
 * The classic way to merge: every local operation is transformed against every remote one, pair by pair. It knows
 * inserts, deletes and puts; the last two of its few lines decide ties for remote.
 */
export function foldPairwise(
  local: readonly ListOp[],
  remote: readonly ListOp[],
): { local: ListOp[]; remote: ListOp[] } {
  let others: ListOp[] = [...remote];
  const rebased: ListOp[] = [];
  for (const op of local) {
    let own: ListOp | undefined = op;
    const next: ListOp[] = [];
    for (const other of others) {
      if (own === undefined) {
        next.push(other);
        continue;
      }
      const shiftedOther = transformPair(other, own, 'remote');
      own = transformPair(own, other, 'local');
      if (shiftedOther !== undefined) next.push(shiftedOther);
    }
    if (own !== undefined) rebased.push(own);
    others = next;
  }
  return { local: rebased, remote: others };
}

function transformPair(op: ListOp, over: ListOp, side: 'local' | 'remote'): ListOp | undefined {
  if (op.type === 'move' || over.type === 'move') throw new Error('The baseline knows no moves');
  if (over.type === 'put') {
    return op.type === 'put' && op.index === over.index && side === 'local' ? undefined : op;
  }
  if (over.type === 'delete') {
    if (op.type !== 'insert' && op.index === over.index) return undefined;
    return op.index > over.index ? { ...op, index: op.index - 1 } : op;
  }
  const isAfter = op.type === 'insert' ? op.index > over.index : op.index >= over.index;
  const isTie = op.type === 'insert' && op.index === over.index && side === 'local';
  return isAfter || isTie ? { ...op, index: op.index + 1 } : op;
}
