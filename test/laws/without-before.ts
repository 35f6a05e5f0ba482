import type { Change, DeltaInput, FieldOp, ListOp } from '../../src/index.js';

/** The delta as it was before anybody knew what it overwrites. */
export function withoutBefore(delta: DeltaInput): DeltaInput {
  return [...delta].map((change): Change => {
    const { type, table, record } = change;
    if (type === 'insert') return change;
    if (type === 'delete') return { type, table, record };
    return { type, table, record, ops: new Map([...change.ops].map(([field, op]) => [field, bareFieldOp(op)])) };
  });
}

function bareFieldOp(op: FieldOp): FieldOp {
  if (op.type === 'put') return { type: 'put', value: op.value };
  return op.type === 'delete' ? { type: 'delete' } : { ...op, ops: op.ops.map(bareListOp) };
}

function bareListOp(op: ListOp): ListOp {
  if (op.type === 'put') return { type: 'put', index: op.index, value: op.value };
  return op.type === 'delete' ? { type: 'delete', index: op.index } : op;
}
