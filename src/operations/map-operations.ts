import { freezeMap, singleEntry } from '../values/fields.js';
import type { FieldOps } from './change.js';
import type { FieldOp } from './field-operation.js';
import type { ListOp } from './list-operation.js';

/** What `map` makes of each field's operation: `ops` themselves where it gives back all of them. */
export function mapFieldOps(ops: FieldOps, map: (op: FieldOp, field: string) => FieldOp): FieldOps {
  let mapped: Map<string, FieldOp> | undefined;
  for (const [field, op] of ops) {
    const result = map(op, field);
    if (result === op) continue;
    if (ops.size === 1) return singleEntry(field, result);
    mapped ??= new Map(ops);
    mapped.set(field, result);
  }
  return mapped === undefined ? ops : freezeMap(mapped);
}

/** What `map` makes of each operation on a list: `ops` themselves where it gives back all of them. */
export function mapListOps(ops: readonly ListOp[], map: (op: ListOp) => ListOp): readonly ListOp[] {
  let mapped: ListOp[] | undefined;
  for (let at = 0; at < ops.length; at++) {
    const op = ops[at] as ListOp;
    const result = map(op);
    if (result === op) continue;
    if (ops.length === 1) return [result];
    // Spreading has a quick way for frozen arrays, which `map` and `slice` have not.
    mapped ??= [...ops];
    mapped[at] = result;
  }
  return mapped ?? ops;
}
