import { changesIn, type Delta, deltaOf } from './delta.js';
import { editAt, positionOfRecord } from './record-edit.js';
import { Replacement } from './replacement.js';

/** `compose` for two deltas, where the second is small: of the first, only the records are composed anew that both edit. */
export function composeOnto(delta: Delta, small: Delta): Delta {
  const replacement = new Replacement(delta);
  const normalForm = changesIn(delta);
  const later = changesIn(small);
  let start = 0;
  for (let next = editAt(later, 0); next !== undefined; next = editAt(later, next.end)) {
    const { table, record } = next;
    start = positionOfRecord(normalForm, table, record, start);
    const placed = editAt(normalForm, start);
    const end = placed?.table === table && placed.record === record ? placed.end : start;
    const changes = [...normalForm.slice(start, end), ...later.slice(next.start, next.end)];
    replacement.add({ start, end }, changesIn(deltaOf(changes)));
    start = end;
  }
  return replacement.finish();
}
