import type { Change } from '../operations/change.js';
import { RecordMap } from '../operations/record-map.js';
import { isNormalChange } from './normal-form.js';
import { RecordDraft } from './record-draft.js';
import { changesOf } from './record-edit.js';

/**
 * Changes composed as they come, record by record. It is mutable: adding a change costs what the change weighs, not what
 * has gathered, and of a long run of edits only the operations are kept, not the deltas that they came in.
 * Spec: NORM-2 to NORM-9.
 */
export class DeltaDraft {
  /** A record's first change is kept as it is until another joins it: of most records there is only one. */
  readonly #records = new RecordMap<Change | RecordDraft>();

  /**
   * Adds a change of the engine's own.
   *
   * @throws DatastoreError where it cannot follow the ones before it, naming `position`.
   */
  add(change: Change, position?: number): void {
    const { table, record } = change;
    const drafted = this.#records.get(table, record);
    if (drafted === undefined && isNormalChange(change)) {
      this.#records.set(table, record, change);
      return;
    }
    this.#draftOf(drafted, table, record).add(change, { position, table, record });
  }

  /** The changes of the normal form of what was added. The draft is used up. */
  finish(): Change[] {
    const changes: Change[] = [];
    for (const { table, record, entry } of this.#records.sorted()) {
      if (entry instanceof RecordDraft) {
        const edit = entry.finish();
        if (edit !== undefined) changes.push(...changesOf(table, record, edit));
      } else {
        changes.push(entry);
      }
    }
    return changes;
  }

  #draftOf(drafted: Change | RecordDraft | undefined, table: string, record: string): RecordDraft {
    if (drafted instanceof RecordDraft) return drafted;
    const draft = new RecordDraft();
    if (drafted !== undefined) draft.add(drafted, { table, record });
    this.#records.set(table, record, draft);
    return draft;
  }
}
