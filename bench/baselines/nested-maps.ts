import type { Value } from '../../src/index.js';
import type { FieldUpdate } from '../support/edits.js';

/** The plain baseline of a state: records in a Map, each a Map of its fields, and nothing else around it. */
export class NestedMaps {
  readonly records = new Map<string, Map<string, Value>>();

  set({ record, field, value }: FieldUpdate): void {
    let fields = this.records.get(record);
    if (fields === undefined) {
      fields = new Map();
      this.records.set(record, fields);
    }
    fields.set(field, value);
  }

  setAll(updates: readonly FieldUpdate[]): this {
    for (const update of updates) this.set(update);
    return this;
  }
}
