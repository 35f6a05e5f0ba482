import { changesIn, type Delta } from '../deltas/delta.js';
import { RecordMap } from '../operations/record-map.js';
import { freezeMap } from '../values/fields.js';
import type { State } from './state.js';

/** Record ids by table id, both in code point order. */
export type RecordsByTable = ReadonlyMap<string, ReadonlySet<string>>;

/** Remembers what records held when the user last saw them, to tell which of them really changed. Spec: SYNC-24. */
export class RecordWatch {
  readonly #hasChanged = new RecordMap<() => boolean>();

  /** Notes what the records hold that `delta` is about to change in `state`, each the first time only. */
  note(delta: Delta, state: State): void {
    for (const { table, record } of changesIn(delta)) {
      if (this.#hasChanged.get(table, record) !== undefined) continue;
      this.#hasChanged.set(table, record, state.watch(table, record));
    }
  }

  /** The noted records that hold something else now. */
  changed(): RecordsByTable {
    const changed = new Map<string, Set<string>>();
    for (const { table, record, entry: hasChanged } of this.#hasChanged.sorted()) {
      if (!hasChanged()) continue;
      const records = changed.get(table) ?? new Set<string>();
      changed.set(table, records.add(record));
    }
    return freezeMap(changed);
  }
}
