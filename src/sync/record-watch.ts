import type { Delta } from '../operations/change.js';
import type { State } from '../state/state.js';
import { type Fields, sortedEntries } from '../values/fields.js';
import { valuesEqual } from '../values/order.js';
import { compareText } from '../values/text.js';
import type { RecordsByTable } from './sync-result.js';

/** Remembers what records held when the user last saw them, to tell which of them really changed. Spec: SYNC-24. */
export class RecordWatch {
  readonly #tables = new Map<string, Map<string, Fields | undefined>>();

  /** Notes what the records hold that `delta` is about to change, each the first time only. */
  note(delta: Delta, state: State): void {
    for (const { table, record } of delta) {
      const records = this.#tables.get(table) ?? new Map<string, Fields | undefined>();
      this.#tables.set(table, records);
      if (!records.has(record)) records.set(record, state.get(table, record));
    }
  }

  /** The noted records that hold something else now. */
  changed(state: State): RecordsByTable {
    const changed = new Map<string, ReadonlySet<string>>();
    for (const [table, records] of sortedEntries(this.#tables)) {
      const ids = [...records]
        .filter(([record, before]) => !fieldsEqual(before, state.get(table, record)))
        .map(([record]) => record);
      if (ids.length > 0) changed.set(table, new Set(ids.sort(compareText)));
    }
    return changed;
  }
}

function fieldsEqual(left: Fields | undefined, right: Fields | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  if (left.size !== right.size) return false;
  for (const [field, value] of left) if (!valuesEqual(value, right.get(field))) return false;
  return true;
}
