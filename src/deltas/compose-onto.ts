import type { Delta } from '../operations/change.js';
import { compressOwned } from './compress.js';
import { editAt, positionOfRecord } from './record-edit.js';
import { Replacement } from './replacement.js';

/**
 * `compose` for two normal forms of the engine's own, where the second is small: of the first, only the records are
 * composed anew that the second edits as well.
 */
export function composeOnto(normalForm: Delta, later: Delta): Delta {
  const replacement = new Replacement(normalForm);
  let start = 0;
  for (let next = editAt(later, 0); next !== undefined; next = editAt(later, next.end)) {
    const { table, record } = next;
    start = positionOfRecord(normalForm, table, record, start);
    const placed = editAt(normalForm, start);
    const end = placed?.table === table && placed.record === record ? placed.end : start;
    const changes = [...normalForm.slice(start, end), ...later.slice(next.start, next.end)];
    replacement.add({ start, end }, compressOwned(changes));
    start = end;
  }
  return replacement.finish(false);
}
