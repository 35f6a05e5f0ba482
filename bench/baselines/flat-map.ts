import type { FieldUpdate } from '../support/edits.js';

/** The least that composing field updates can cost: one Map with a key for each field. The later update wins. */
export function flatMap(...updates: readonly (readonly FieldUpdate[])[]): Map<string, number> {
  const map = new Map<string, number>();
  for (const part of updates) for (const { record, field, value } of part) map.set(`${record}/${field}`, value);
  return map;
}
