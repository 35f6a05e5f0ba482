import type { Change, DeltaInput, FieldOp, ListOp } from '../../src/index.js';

/** An applied delta in which some places forgot what they overwrote: those for which `forgets` says so. */
export function withSomeBefores(applied: DeltaInput, forgets: () => boolean): DeltaInput {
  const strip = <Part extends object>(part: Part): Part => {
    if (!('before' in part) || !forgets()) return part;
    const { before: _, ...rest } = part;
    return rest as Part;
  };
  const stripOp = (op: FieldOp): FieldOp =>
    op.type === 'list' ? { ...op, ops: op.ops.map((step): ListOp => strip(step)) } : strip(op);
  return [...applied].map((change): Change => {
    if (change.type !== 'update') return strip(change);
    return { ...change, ops: new Map([...change.ops].map(([field, op]) => [field, stripOp(op)])) };
  });
}
