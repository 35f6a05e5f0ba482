import { changesIn, type Delta } from '../deltas/delta.js';
import { editAt, type RecordEdit } from '../deltas/normal-form.js';
import type { FieldOp, FieldOps } from '../operations/change.js';
import { columnsOf, DELETE, isInsertKind } from '../operations/list-columns.js';
import { RecordMap } from '../operations/record-map.js';
import { freezeMap } from '../values/fields.js';
import { valuesEqual } from '../values/order.js';
import type { State } from './state.js';

/** Record ids by table id, both in code point order. */
export type RecordsByTable = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Remembers what records of a state held when the user last saw them, to tell which of them really changed. Spec: SYNC-24.
 *
 * Most often one delta arrives, which tells itself what it changed. What the records held before it is only looked for
 * where it does not, or where another delta follows.
 */
export class RecordWatch {
  readonly #state: State;
  #count = 0;
  #only: Delta | undefined;
  readonly #hasChanged = new RecordMap<() => boolean>();

  constructor(state: State) {
    this.#state = state;
  }

  /**
   * Watches a change of the state, in which no other records change than those of `delta`. Nothing else changes the state
   * between two of them, unless {@link keep} was called.
   *
   * @param perform makes the change, and returns it with what it overwrote.
   */
  during(delta: Delta, perform: () => Delta): Delta {
    if (this.#count++ === 0) {
      this.#only = perform();
      return this.#only;
    }
    this.keep();
    for (const { table, record } of changesIn(delta)) {
      if (this.#hasChanged.get(table, record) !== undefined) continue;
      this.#hasChanged.set(table, record, this.#state.watch(table, record));
    }
    return perform();
  }

  /** What was watched stays known, even if something that is not watched happens next. */
  keep(): void {
    const changes = this.#only === undefined ? [] : changesIn(this.#only);
    this.#only = undefined;
    for (let placed = editAt(changes, 0); placed !== undefined; placed = editAt(changes, placed.end)) {
      const { table, record, start } = placed;
      this.#hasChanged.set(table, record, this.#state.watch(table, record, changes[start]));
    }
  }

  /** The records that hold something else now. */
  changed(): RecordsByTable {
    const changed = new Map<string, Set<string>>();
    const note = (table: string, record: string): void => {
      changed.set(table, (changed.get(table) ?? new Set()).add(record));
    };
    if (this.#only !== undefined && noteChanged(this.#only, note)) return freezeMap(changed);
    this.keep();
    changed.clear();
    for (const { table, record, entry: hasChanged } of this.#hasChanged.sorted()) if (hasChanged()) note(table, record);
    return freezeMap(changed);
  }
}

/** Notes the records that an applied delta in normal form leaves other than they were. @returns whether it tells all. */
function noteChanged(applied: Delta, note: (table: string, record: string) => void): boolean {
  const changes = changesIn(applied);
  for (let placed = editAt(changes, 0); placed !== undefined; placed = editAt(changes, placed.end)) {
    const hasChanged = isChanged(placed.edit);
    if (hasChanged === undefined) return false;
    if (hasChanged) note(placed.table, placed.record);
  }
  return true;
}

/** Whether an edit leaves another record than there was, if it tells that. */
function isChanged(edit: RecordEdit): boolean | undefined {
  if (edit.type === 'replace') return undefined;
  return edit.type !== 'update' || isAnyChanged(edit.ops);
}

function isAnyChanged(ops: FieldOps): boolean | undefined {
  let isKnown = true;
  for (const op of ops.values()) {
    const hasChanged = isFieldChanged(op);
    if (hasChanged === true) return true;
    isKnown &&= hasChanged !== undefined;
  }
  return isKnown ? false : undefined;
}

/** A list of another length is another list; of the same length it may hold the same. */
function isFieldChanged(op: FieldOp): boolean | undefined {
  if (op.type !== 'list') return !valuesEqual(op.before, op.type === 'put' ? op.value : undefined);
  if (op.create) return true;
  const { kinds, count } = columnsOf(op);
  let growth = 0;
  for (let at = 0; at < count; at++) growth += isInsertKind(kinds[at]) ? 1 : kinds[at] === DELETE ? -1 : 0;
  return growth === 0 ? undefined : true;
}
