import { type Change, listOpChange, type PlacedListOp } from '../operations/change.js';
import { areChangesEqual } from '../operations/equality.js';
import { isMutableChange, lendChange } from '../operations/lend.js';
import { ownChanges, ownRows } from '../operations/ownership.js';
import { changesOfColumns, type RecordColumns } from '../operations/record-columns.js';
import { sizeOfChanges } from '../operations/size.js';
import { formatChange, type WireChange } from '../operations/wire.js';
import { someOf, visitEach } from '../values/frozen-array.js';
import { composeColumns } from './compose-columns.js';
import { DeltaDraft } from './draft.js';
import { isInNormalForm } from './normal-form.js';

/** What every function takes that takes a delta: a delta, or the changes that `Delta.from` makes one of. */
export type DeltaInput = Delta | Iterable<Change>;

/**
 * The changes that the engine keeps in a delta, without a copy. For the engine only: bytes and dates in them must not
 * get out.
 */
export let changesIn: (delta: Delta) => readonly Change[];

/** The columns that a delta was made from, if it was: looking at them makes no objects. For the engine only. */
export let columnsIn: (delta: Delta) => RecordColumns | undefined;

/**
 * The delta of changes that are known to be in normal form, or of one operation on one list. For the engine only: what is given
 * becomes the delta's own and is frozen.
 */
export let deltaInNormalForm: (source: readonly Change[] | RecordColumns | PlacedListOp) => Delta;

/**
 * The delta of changes that a state has applied, each with what it overwrote. Composing them cannot fail, so that waits until
 * somebody looks at the delta: most that apply changes want the state alone. For the engine only.
 */
export let deltaOfApplied: (applied: readonly Change[] | RecordColumns) => Delta;

/** What a delta is made of: what is in normal form, or applied changes that are not composed yet. */
type Source =
  | readonly Change[]
  | RecordColumns
  | PlacedListOp
  | { readonly applied: readonly Change[] | RecordColumns };

/**
 * Changes that apply one after the other, all or none. A delta is immutable and always in normal form: at most one
 * change a record, or a delete and then an insert where a record was replaced; behind an insert, an update with the lists
 * that were created in the record and the fields that were deleted; one operation a field; sorted by table, record and
 * field in code point order. So deltas that do the same look the same.
 *
 * It shows plain frozen objects. Bytes and dates, which cannot be frozen, are copied whenever somebody looks. Compare
 * two deltas with {@link equals}: a deep comparison that goes by properties finds none. Spec: CHG-1 to CHG-3, NORM-1 to
 * NORM-9.
 */
export class Delta implements Iterable<Change> {
  /** What the delta was made of, unless that was changes. */
  #source: Exclude<Source, readonly Change[]> | undefined;
  /** Made of the source, if there is any, on first access. */
  #changes: readonly Change[] | undefined;
  /** Whether a holder of the changes could change them. Determined on first access. */
  #isMutable: boolean | undefined;

  static {
    changesIn = (delta) => delta.#made();
    columnsIn = (delta) => delta.#columns();
    deltaInNormalForm = (source) => new Delta(source);
    deltaOfApplied = (applied) => new Delta({ applied });
  }

  private constructor(source: Source) {
    if (isChanges(source)) this.#changes = Object.freeze(source);
    else this.#source = source;
  }

  /**
   * The smallest delta that does what `changes` do: checked, copied and compressed. Where the changes say what they
   * overwrote, each `before` is the oldest of its place. A delta is returned as it is.
   *
   * Laws: `state · Delta.from(c) = state · c` (NORM-1); merging is defined on normal forms.
   *
   * @throws DatastoreError for malformed changes, and where a change cannot follow the ones before it.
   * Spec: NORM-1 to NORM-9, NORM-11.
   */
  static from(changes: DeltaInput): Delta {
    return Delta.is(changes) ? changes : deltaOf(ownRows(changes));
  }

  /** Whether something, which can be anything, is a delta. */
  static is(something: unknown): something is Delta {
    return typeof something === 'object' && something !== null && #changes in something;
  }

  /** How many changes there are. */
  get length(): number {
    return this.#columns()?.ends.length ?? this.#changes?.length ?? 1;
  }

  /** The changes as a frozen array of frozen objects. */
  get changes(): readonly Change[] {
    return this.#canChange() ? Object.freeze(this.#made().map(lendChange)) : this.#made();
  }

  /** The change at a position, counted from 0, or from the end where it is negative. */
  at(position: number): Change | undefined {
    const change = this.#made().at(position);
    return change && lendChange(change);
  }

  /** The changes in their order. */
  [Symbol.iterator](): Iterator<Change> {
    return this.changes[Symbol.iterator]();
  }

  /** Whether another delta has the same changes and the same `before`s. */
  equals(other: DeltaInput): boolean {
    const changes = changesIn(Delta.from(other));
    return changes === this.#changes || areChangesEqual(changes, this.#made());
  }

  /** The delta as wire JSON, so that `JSON.stringify` writes what `parseDelta` reads. Spec: WIRE-6 to WIRE-9. */
  toJSON(): WireChange[] {
    return this.#made().flatMap(formatChange);
  }

  #canChange(): boolean {
    this.#isMutable ??= someOf(this.#made(), isMutableChange);
    return this.#isMutable;
  }

  #made(): readonly Change[] {
    const source = this.#composed();
    this.#changes ??= Object.freeze(source === undefined ? [] : changesOf(source));
    return this.#changes;
  }

  #columns(): RecordColumns | undefined {
    const source = this.#composed();
    return source !== undefined && 'ends' in source ? source : undefined;
  }

  #composed(): RecordColumns | PlacedListOp | undefined {
    if (this.#source === undefined || !('applied' in this.#source)) return this.#source;
    const delta = deltaOf(this.#source.applied);
    this.#changes = delta.#changes;
    this.#source = delta.#source;
    return delta.#composed();
  }
}

// `console.log` of Node shows the changes.
Object.defineProperty(Delta.prototype, Symbol.for('nodejs.util.inspect.custom'), {
  value(this: Delta): readonly Change[] {
    return this.changes;
  },
});

/** The delta that does nothing. */
export const NO_CHANGES: Delta = deltaInNormalForm([]);

function isChanges(source: Source): source is readonly Change[] {
  return Array.isArray(source);
}

function changesOf(source: RecordColumns | PlacedListOp): readonly Change[] {
  return 'ends' in source ? changesOfColumns(source) : [listOpChange(source.place, source.op)];
}

/** {@link Delta.from} for changes that are the engine's own. */
export function deltaOf(given: readonly Change[] | RecordColumns): Delta {
  const composed = isChanges(given) ? undefined : composeColumns(given);
  if (composed !== undefined) return deltaInNormalForm(composed);
  const changes = isChanges(given) ? given : changesOfColumns(given);
  if (isInNormalForm(changes)) return deltaInNormalForm(changes);
  const draft = new DeltaDraft();
  visitEach(changes, (change, position) => draft.add(change, position));
  return deltaInNormalForm(draft.finish());
}

/** {@link Delta.from} as a function. */
export function compress(changes: DeltaInput): Delta {
  return Delta.from(changes);
}

/**
 * The delta that does what `deltas` do one after the other.
 *
 * Law: composing is associative, and `compose()` is the delta that does nothing.
 *
 * @throws DatastoreError as {@link Delta.from} does.
 * Spec: NORM-10.
 */
export function compose(...deltas: readonly DeltaInput[]): Delta {
  return composeAll(deltas);
}

/** {@link compose} for any number of deltas: a call takes only so many arguments. */
export function composeAll(deltas: readonly DeltaInput[]): Delta {
  return deltaOf(deltas.flatMap((delta) => (Delta.is(delta) ? changesIn(delta) : ownChanges(delta))));
}

/** The size of a delta in bytes: 100 and its changes, and 0 where there is no change. Spec: SIZE-7. */
export function sizeOfDelta(delta: DeltaInput): number {
  return sizeOfChanges(changesIn(Delta.from(delta)));
}
