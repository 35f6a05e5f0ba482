import {
  type Conflict,
  type Delta,
  formatDelta,
  formatValue,
  type LostEdit,
  type Row,
  type State,
  sizeOfDelta,
  type WireFields,
  type WireOp,
  type WireValue,
} from '../index.js';
import { type ConflictContent, isFields } from './conflict-shape.js';
import type { MergeStory } from './merge-report.js';

/** Anything that JSON can carry without loss. A key that is `undefined` is left out when it is written. */
type Json = Readonly<Record<string, unknown>>;

/** The outcome of a merge for a program: everything in wire form, nothing cut. */
export function mergeJson({ edits, merge, unusedRules }: MergeStory): string {
  const answer: Json = {
    rows: merge.merged.toRows(),
    conflicts: merge.conflicts.map(conflictJson),
    local: formatDelta(merge.local),
    remote: formatDelta(merge.remote),
    sizes: {
      base: stateSize(edits.base),
      local: deltaSize(edits.local),
      remote: deltaSize(edits.remote),
      merged: stateSize(merge.merged),
    },
    unusedRules,
  };
  return `${JSON.stringify(answer)}\n`;
}

/** Rows as a JSON array with one row a line, so that two versions of a file can be compared line by line. */
export function rowsJson(rows: readonly Row[]): string {
  return rows.length === 0 ? '[]\n' : `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`;
}

function conflictJson(conflict: Conflict): Json {
  const { table, record, field, index, rule, base, local, remote, result, lost } = conflict;
  return {
    table,
    record,
    field,
    index,
    rule,
    base: contentJson(base),
    local: contentJson(local),
    remote: contentJson(remote),
    result: contentJson(result),
    lost: lost.map((edit) => ({ side: edit.side, field: edit.field, ops: wireOps(edit) })),
  };
}

function contentJson(content: ConflictContent): WireValue | WireFields | undefined {
  if (content === undefined) return undefined;
  if (!isFields(content)) return formatValue(content);
  // Entries are defined, not assigned: a field may be called __proto__.
  return Object.fromEntries([...content].map(([field, value]) => [field, formatValue(value)]));
}

/** The wire operations of one edit of a field, of which a wire update carries one. */
function wireOps({ field, op }: LostEdit): readonly WireOp[] {
  const changes = formatDelta([{ type: 'update', table: 'table', record: 'record', ops: new Map([[field, op]]) }]);
  return changes.flatMap((change) => (change[0] === 'U' ? Object.values(change[3]) : []));
}

function stateSize(state: State): Json {
  return { records: state.recordCount, bytes: state.size };
}

function deltaSize(delta: Delta): Json {
  return { changes: formatDelta(delta).length, bytes: sizeOfDelta(delta) };
}
