import type { Fields } from '../values/fields.js';
import { valuesMatch } from '../values/match.js';
import type { StoredRecord } from './stored-record.js';

/** Whether a record has every field of `conditions`, with a value that matches. Spec: MATCH-3. */
export function recordMatches(record: StoredRecord, conditions: Fields): boolean {
  for (const [field, condition] of conditions) {
    const value = record.get(field);
    if (value === undefined || !valuesMatch(value, condition)) return false;
  }
  return true;
}
