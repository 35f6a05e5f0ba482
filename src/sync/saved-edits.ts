import { formatDelta, parseDelta } from '../codec/wire/delta.js';
import { changesIn, composeAll, type Delta, deltaInNormalForm, NO_CHANGES } from '../deltas/delta.js';
import { DeltaDraft } from '../deltas/draft.js';
import type { ListOp, ListPlace } from '../operations/change.js';
import type { WireChange } from '../operations/wire.js';
import { expectArray, expectItems, expectObject, type JsonObject } from '../values/json.js';
import { appendsIn, parseAppends, parseOwnItems, type SavedAppends, withAppends } from './own-items.js';
import type { PendingQueue } from './pending-queue.js';
import { lastNumber, parseSegment } from './saved-history.js';
import { formatRule, parseRule, type SavedRule } from './saved-replica.js';

/** What the user has edited since a replica was saved, as plain data for JSON. Spec: SYNC-52. */
export interface SavedEdits {
  /** What comes after the uncommitted delta that was saved, and after the items that ended, as one delta. */
  readonly changes: readonly WireChange[];
  /** The undo items that ended since, if any: the first goes on from what the user was editing. */
  readonly ended?: readonly (readonly WireChange[])[];
  /** The rules of the edited fields, where they are not remote, or were not before. */
  readonly rules: readonly SavedRule[];
  /** Which inserts of them are appends, by the number of the delta: first those of `ended`, and last that of `changes`. */
  readonly appends: readonly SavedAppends[];
}

/**
 * What has happened to a replica since it was last saved: nothing but edits, which can be saved alone, or `anything`.
 */
export class EditsSinceSaved {
  /** The undo items that ended, and last what was edited since. */
  #edits: DeltaDraft[] | 'anything' = 'anything';

  /** An edit was applied. It is not noted while everything has to be saved anyway. */
  add(applied: Delta): void {
    if (this.#edits === 'anything') return;
    for (const change of changesIn(applied)) this.#edits.at(-1)?.add(change);
  }

  /** {@link add} for one operation on a list that is there. */
  addListOp({ table, record, field }: ListPlace, applied: ListOp): void {
    if (this.#edits !== 'anything') this.#edits.at(-1)?.addListOp(table, record, field, applied);
  }

  /** The undo item that the user was editing has ended. */
  endItem(): void {
    if (this.#edits !== 'anything') this.#edits.push(new DeltaDraft());
  }

  /** Something other than an edit has changed what is saved. */
  anything(): void {
    this.#edits = 'anything';
  }

  /** @returns what was edited since this was last called, if nothing else happened. */
  take(queue: PendingQueue): SavedEdits | undefined {
    const edits = this.#edits;
    this.#edits = [new DeltaDraft()];
    if (edits === 'anything') return undefined;
    const deltas = edits.map((draft) => deltaInNormalForm(draft.finish()));
    const rules = queue.rules.changedBy(deltas).map(formatRule);
    const wire = deltas.map(formatDelta);
    const ended = wire.slice(0, -1);
    const changes = wire.at(-1) ?? [];
    return { changes, ...(ended.length === 0 ? {} : { ended }), rules, appends: appendsIn(deltas) };
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
  const pending = expectArray(replica['pending'], 'the pending deltas');
  const own = replica['own'] === undefined ? { items: [], appends: [] } : parseOwnItems(replica['own']);
  const isOpen = ([of]: SavedAppends): boolean => of === pending.length;
  const openAppends = own.appends.filter(isOpen).map(([, ...rest]): SavedAppends => [0, ...rest]);
  const added = edits.map((edit) => expectObject(edit, 'edits'));
  const [before] = withAppends([parseDelta(replica['open'])], openAppends);
  const { ended, open } =
    replica['format'] === 2
      ? itemsOf(before ?? NO_CHANGES, added.map(partsOf))
      : { ended: [], open: composeAll([before ?? NO_CHANGES, ...added.flatMap(partsOf)]) };
  const rules = [replica['rules'], ...added.map((edit) => edit['rules'])].flatMap((list) =>
    expectItems(list, 'the rules', parseRule),
  );
  const latest = new Map(rules.map((rule) => [rule.slice(0, 3).join(' '), rule]));
  const appends = [
    ...own.appends.filter((one) => !isOpen(one)),
    ...appendsIn([...ended, open]).map(([of, ...rest]): SavedAppends => [pending.length + of, ...rest]),
  ];
  const { own: _, ...others } = replica;
  return {
    ...others,
    ...(replica['format'] === 2 ? withEnded(replica, ended) : {}),
    open: formatDelta(open),
    rules: [...latest.values()].filter(([, , , rule]) => rule !== 'remote'),
    ...(own.items.length + appends.length === 0 ? {} : { own: [own.items, appends] }),
  };
}

/** What was edited, by the undo items that ended, and last what comes after them. */
function partsOf({ ended = [], changes, appends }: JsonObject): Delta[] {
  const deltas = [...expectItems(ended, 'the undo items', parseDelta), parseDelta(changes)];
  return withAppends(deltas, expectItems(appends, 'the appends', parseAppends));
}

/** The undo items that ended, without those that have no change, and what the user goes on with. */
function itemsOf(before: Delta, edits: readonly (readonly Delta[])[]): { ended: Delta[]; open: Delta } {
  const ended: Delta[] = [];
  let open = before;
  for (const parts of edits) {
    parts.forEach((part, at) => {
      if (at > 0 && open.length > 0) ended.push(open);
      open = at > 0 ? part : composeAll([open, part]);
    });
  }
  return { ended, open };
}

/** The queue and the history of a saved replica once more items have ended. An edit leaves nothing to redo. */
function withEnded(replica: JsonObject, ended: readonly Delta[]): JsonObject {
  const pending = expectArray(replica['pending'], 'the pending deltas');
  const segments = expectItems(replica['segments'], 'the segments', parseSegment);
  const last = lastNumber({ segments });
  const [delta] = segments.at(-1) ?? [0];
  const numbers = ended.map((_, at) => last + 1 + at);
  return {
    pending: [...pending, ...ended.map(formatDelta)],
    segments: [...segments.slice(0, -1), ...numbers.map((number) => [delta, number, number]), [delta, 0, 0]],
    undo: [
      ...numbers.map((number) => [number, number]).reverse(),
      ...expectArray(replica['undo'], 'what can be undone'),
    ],
    redo: [],
  };
}
