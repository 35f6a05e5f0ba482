import type { Change, Delta, FieldOps } from '../operations/change.js';
import { hasMutablePut, isMutableChange } from '../operations/lend.js';
import { type Fields, isInOrder } from '../values/fields.js';
import { someOf } from '../values/frozen-array.js';
import { comparePlaces } from './record-edit.js';

const NO_FIELDS: Fields = new Map();

/** A constructor that gives back what it is given, so that a subclass puts its private field there. */
const Given = function given(delta: Delta): Delta {
  return delta;
} as unknown as new (
  delta: Delta,
) => object;

/**
 * The mark of the normal forms that the engine has made and that nobody can change: frozen, and without bytes or dates,
 * which cannot be frozen. They need not be checked, copied and composed again. This saves work and nothing else:
 * forgetting a mark changes no result.
 *
 * The mark is a private field on the array itself. Nothing outside can see it, forge it or copy it along, and to look
 * for it costs a few nanoseconds, where a WeakSet of many small deltas misses the caches each time. It does not survive
 * `structuredClone` or a message to a worker, which is as it should be.
 */
class Mark extends Given {
  // The field is there or not; it holds nothing.
  readonly #isNormalForm: undefined;

  static isOn(something: unknown): boolean {
    return typeof something === 'object' && something !== null && #isNormalForm in something;
  }
}

/** Declares that `changes`, which nobody else holds, are in normal form. */
export function asNormalForm(changes: Delta): Delta {
  return declare(changes, !someOf(changes, isMutableChange));
}

/** {@link asNormalForm} for changes that are known to hold neither bytes nor dates. */
export function asUnchangeableNormalForm(changes: Delta): Delta {
  return declare(changes, true);
}

/**
 * {@link asNormalForm} for what a merge of known normal forms made. Only a merge function can have brought in a value
 * that somebody could change, and only as the put of a whole field; so long lists need not be searched for one.
 *
 * @param merged those of the changes that are new.
 */
export function asMergedNormalForm(changes: Change[], merged: readonly Change[]): Delta {
  return declare(changes, !someOf(merged, hasMutablePut));
}

/**
 * {@link asNormalForm} for a normal form in which some changes were replaced. Those that were not are not looked at: what
 * was not known before is not known now.
 *
 * @param replacing the changes that are new.
 */
export function asPatchedNormalForm(changes: Change[], original: Delta, replacing: readonly Change[]): Delta {
  return declare(changes, isNormalForm(original) && !someOf(replacing, isMutableChange));
}

/**
 * Whether changes of the engine's own are in normal form as they stand. Most that come from elsewhere are, and looking
 * costs far less than composing them anew. Spec: NORM-2, NORM-3, NORM-8.
 */
export function isInNormalForm(changes: readonly Change[]): boolean {
  for (let at = 0; at < changes.length; at++) {
    const change = changes[at] as Change;
    if (!isNormalChange(change)) return false;
    const previous = changes[at - 1];
    if (previous === undefined) continue;
    const order = comparePlaces(previous, change);
    const isReplace = order === 0 && previous.type === 'delete' && change.type === 'insert';
    if (order > 0 || (order === 0 && !isReplace)) return false;
  }
  return true;
}

/** Whether a change of the engine's own, on its own, is in normal form as it stands. */
export function isNormalChange(change: Change): boolean {
  return (change.type !== 'update' || doesSomething(change.ops)) && isInOrder(contentOf(change));
}

/** What stands in a change by field name. */
function contentOf(change: Change): ReadonlyMap<string, unknown> {
  if (change.type === 'update') return change.ops;
  return (change.type === 'insert' ? change.fields : change.before) ?? NO_FIELDS;
}

function doesSomething(ops: FieldOps): boolean {
  for (const op of ops.values()) if (op.type === 'list' && !op.create && op.ops.length === 0) return false;
  return ops.size > 0;
}

/** Whether this, which can be anything, is known to be a normal form that nobody can change. */
export function isNormalForm(delta: unknown): boolean {
  return Mark.isOn(delta);
}

function declare(changes: Delta, isUnchangeable: boolean): Delta {
  if (!isUnchangeable) return Object.freeze(changes);
  // Engines may come to refuse a private field on what is frozen already, so that is copied.
  const marked = Object.isFrozen(changes) ? [...changes] : changes;
  new Mark(marked);
  return Object.freeze(marked);
}
