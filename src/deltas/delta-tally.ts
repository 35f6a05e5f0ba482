import type { Change } from '../operations/change.js';
import { RecordMap } from '../operations/record-map.js';
import { BASE_DELTA_SIZE } from '../values/size.js';
import { RecordTally } from './record-tally.js';

/**
 * The size of the composition of applied changes, kept while changes are added, without composing them: adding costs
 * what is added, however much has gathered.
 *
 * Law: after any applied changes, `size` is `sizeOfDelta(compress(changes))`. Spec: SIZE-5 to SIZE-8.
 */
export class DeltaTally {
  readonly #records = new RecordMap<RecordTally>();
  /** Without the base size. */
  #size = 0;

  /** In bytes. */
  get size(): number {
    return this.#size === 0 ? 0 : BASE_DELTA_SIZE + this.#size;
  }

  add(applied: readonly Change[]): void {
    for (const change of applied) {
      const tally = this.#tallyOf(change.table, change.record);
      const before = tally.size;
      tally.add(change);
      this.#size += tally.size - before;
    }
  }

  /** What `size` would be after more applied changes. It costs what the records weigh that they are about. */
  sizeWith(applied: readonly Change[]): number {
    const copy = this.#copyOf(applied);
    copy.add(applied);
    return copy.size;
  }

  #tallyOf(table: string, record: string): RecordTally {
    const known = this.#records.get(table, record);
    if (known !== undefined) return known;
    const tally = new RecordTally();
    this.#records.set(table, record, tally);
    return tally;
  }

  /** A tally of the same size that holds copies of the records that changes are about, and no others. */
  #copyOf(changes: readonly Change[]): DeltaTally {
    const copy = new DeltaTally();
    copy.#size = this.#size;
    for (const { table, record } of changes) {
      if (copy.#records.get(table, record) !== undefined) continue;
      const tally = this.#records.get(table, record);
      if (tally !== undefined) copy.#records.set(table, record, tally.copy());
    }
    return copy;
  }
}
