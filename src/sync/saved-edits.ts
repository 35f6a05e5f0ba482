import { formatDelta, parseDelta } from '../codec/wire/delta.js';
import { composeAll, type Delta } from '../deltas/delta.js';
import type { WireChange } from '../operations/wire.js';
import { expectArray, expectItems, expectObject, type JsonObject } from '../values/json.js';
import { appendsIn, parseAppends, parseOwnItems, type SavedAppends, withAppends } from './own-items.js';
import type { PendingQueue } from './pending-queue.js';
import { formatRule, parseRule, type SavedRule } from './saved-replica.js';

/** What the user has edited since a replica was saved, as plain data for JSON. Spec: SYNC-52. */
export interface SavedEdits {
  /** What comes after the uncommitted delta that was saved, as one delta. */
  readonly changes: readonly WireChange[];
  /** The rules of the edited fields, where they are not remote, or were not before. */
  readonly rules: readonly SavedRule[];
  /** Which inserts of it are appends; the number of the delta is 0. */
  readonly appends: readonly SavedAppends[];
}

/**
 * What has happened to a replica since it was last saved: nothing but edits, which can be saved alone, or `anything`.
 */
export class EditsSinceSaved {
  #edits: Delta[] | 'anything' = 'anything';

  /** An edit was applied. It goes by as long as everything has to be saved anyway. */
  add(applied: Delta): void {
    if (this.#edits !== 'anything') this.#edits.push(applied);
  }

  /** Something other than an edit has changed what is saved. */
  anything(): void {
    this.#edits = 'anything';
  }

  /** @returns what was edited since this was last called, if nothing else happened. */
  take(queue: PendingQueue): SavedEdits | undefined {
    const edits = this.#edits;
    this.#edits = [];
    if (edits === 'anything') return undefined;
    const delta = composeAll(edits);
    const rules = queue.rules.changedBy(delta).map(formatRule);
    return { changes: formatDelta(delta), rules, appends: appendsIn([delta]) };
  }
}

/**
 * A saved replica and what was edited after it, as one saved replica. Of the saved replica only what this changes is
 * checked.
 *
 * Law: loading it leads to the replica that loading the first and making the edits again leads to. Spec: SYNC-52.
 *
 * @throws DatastoreError for anything but a saved replica and edits, and what composing them throws.
 */
export function withSavedEdits(saved: unknown, edits: readonly unknown[]): JsonObject {
  const replica = expectObject(saved, 'a saved replica');
  if (edits.length === 0) return replica;
  const number = expectArray(replica['pending'], 'the pending deltas').length;
  const own = replica['own'] === undefined ? { items: [], appends: [] } : parseOwnItems(replica['own']);
  const openAppends = own.appends.filter(([of]) => of === number).map(([, ...rest]): SavedAppends => [0, ...rest]);
  const added = edits.map((edit) => expectObject(edit, 'edits'));
  const parts = [
    ...withAppends([parseDelta(replica['open'])], openAppends),
    ...added.flatMap(({ changes, appends }) =>
      withAppends([parseDelta(changes)], expectItems(appends, 'the appends', parseAppends)),
    ),
  ];
  const open = composeAll(parts);
  const rules = [replica['rules'], ...added.map((edit) => edit['rules'])].flatMap((list) =>
    expectItems(list, 'the rules', parseRule),
  );
  const latest = new Map(rules.map((rule) => [rule.slice(0, 3).join(' '), rule]));
  const appends = [
    ...own.appends.filter(([of]) => of !== number),
    ...appendsIn([open]).map(([, ...rest]): SavedAppends => [number, ...rest]),
  ];
  const { own: _, ...others } = replica;
  return {
    ...others,
    open: formatDelta(open),
    rules: [...latest.values()].filter(([, , , rule]) => rule !== 'remote'),
    ...(own.items.length + appends.length === 0 ? {} : { own: [own.items, appends] }),
  };
}
