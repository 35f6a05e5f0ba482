import { mergeListOps } from '../lists/merge.js';
import { type Change, type FieldList, type FieldOp, updateChange } from '../operations/change.js';
import { columnsOf, DELETE, isInsertKind, listOfColumns } from '../operations/list-columns.js';
import { freezeMap } from '../values/fields.js';
import { compareAgents } from './event.js';

/** What an event does to one record, and who made it. */
export interface AuthoredChange {
  readonly agent: string;
  readonly change: Change;
}

/**
 * What an event does to a record that one other event touched, where neither saw the other, if that needs no history of
 * the record: both update it, and the fields that both touch are lists that both only insert into and delete from.
 *
 * Fields that one of them touches do not depend on the other (WINDOW-2). Lists are merged as two sides are that meet in a
 * log. Of what the two insert into one gap, that of the higher agent stands first (LINE-4), as that of remote does
 * (LIST-4). Moves and puts compete by the linear order instead, and are told as conflicts, so they are left to the history.
 *
 * A merge does not know how long a list is. If `own` edits behind the end of what its author saw, the result is also behind the
 * end of the list, and applying it rejects it (GRAPH-4).
 *
 * @returns nothing where that cannot be said without a history.
 */
export function mergeTwoEdits(own: AuthoredChange, other: AuthoredChange): Change[] | undefined {
  const { change } = own;
  if (change.type !== 'update' || other.change.type !== 'update') return undefined;
  const { table, record } = change;
  const isHigher = compareAgents(own.agent, other.agent) > 0;
  const ops = new Map<string, FieldOp>();
  for (const [field, op] of change.ops) {
    const rival = other.change.ops.get(field);
    if (rival === undefined) {
      ops.set(field, op);
      continue;
    }
    if (!isPlain(op) || !isPlain(rival)) return undefined;
    const [columns, rivals] = [columnsOf(op), columnsOf(rival)];
    const merged = isHigher
      ? mergeListOps(rivals, columns, 'remote').remote.ops
      : mergeListOps(columns, rivals, 'remote').local.ops;
    if (merged.count > 0) ops.set(field, listOfColumns(false, merged));
  }
  return ops.size === 0 ? [] : [updateChange(table, record, freezeMap(ops))];
}

/** Whether it only inserts items into a list that is there, and deletes them. */
function isPlain(op: FieldOp): op is FieldList {
  if (op.type !== 'list' || op.create) return false;
  const { kinds, count } = columnsOf(op);
  for (let at = 0; at < count; at++) if (kinds[at] !== DELETE && !isInsertKind(kinds[at])) return false;
  return true;
}
