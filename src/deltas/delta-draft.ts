import type { Change, Delta } from '../operations/change.js';
import { RecordMap } from '../operations/record-map.js';
import { asNormalForm } from './normal-form.js';
import { RecordDraft } from './record-draft.js';
import { changesOf } from './record-edit.js';

/**
 * Changes composed as they come, record by record. It is mutable: adding a change costs what the change weighs, not what
 * has gathered, and of a long run of edits only the operations are kept, not the deltas that they came in.
 * Spec: NORM-2 to NORM-9.
 */
export class DeltaDraft {
  readonly #records = new RecordMap<RecordDraft>();

  /**
   * Adds a change of the engine's own.
   *
   * @throws DatastoreError where it cannot follow the ones before it, naming `position`.
   */
  add(change: Change, position?: number): void {
    const { table, record } = change;
    let draft = this.#records.get(table, record);
    if (draft === undefined) {
      draft = new RecordDraft();
      this.#records.set(table, record, draft);
    }
    draft.add(change, { position, table, record });
  }

  /** The normal form of what was added. The draft is used up. */
  finish(): Delta {
    const changes: Change[] = [];
    for (const { table, record, entry } of this.#records.sorted()) {
      const edit = entry.finish();
      if (edit !== undefined) changes.push(...changesOf(table, record, edit));
    }
    return asNormalForm(changes);
  }
}
