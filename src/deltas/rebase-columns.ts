import { fieldSet } from '../operations/change.js';
import {
  beforeOfCell,
  changesOfRows,
  compareRows,
  type RecordColumns,
  RecordColumnsBuilder,
  startOfRow,
  UNKNOWN,
} from '../operations/record-columns.js';
import { type Conflict, type Conflicts, NO_CONFLICTS } from './conflict.js';
import { columnsWithoutBefore } from './invert.js';
import { changesOf, editAt, type PlacedEdit } from './normal-form.js';
import { fieldContext, type RecordContext, rebaseValue } from './rebase-field.js';
import { rebaseRecord } from './rebase-record.js';

/** What the merge of columns asks. */
export interface ColumnsContext {
  readonly contextOf: (table: string, record: string) => RecordContext;
  readonly onConflict: ((conflict: Conflict) => void) | undefined;
}

/** Two deltas as columns in normal form. */
export interface ColumnsPair {
  readonly local: RecordColumns;
  readonly remote: RecordColumns;
}

/**
 * Rebases one pending delta over a remote one, row by row. Where both put and delete fields of a record, or both insert it,
 * cells meet cells; other records that both edit are merged as objects.
 *
 * Law: it makes of columns what `rebaseRecord` makes of their changes, record by record.
 */
export function rebaseColumns(given: ColumnsPair, context: ColumnsContext): ColumnsPair {
  const { local, remote } = given;
  const plainRemote = columnsWithoutBefore(remote);
  const localRows = new RecordColumnsBuilder(local.ends.length, local.fields.length);
  const remoteRows = new RecordColumnsBuilder(remote.ends.length, remote.fields.length);
  const merge: Merge = { ...given, ...context, localRows, remoteRows };
  let isMet = false;
  let mine = 0;
  let theirs = 0;
  while (mine < local.ends.length && theirs < remote.ends.length) {
    const order = compareRows(local, mine, remote, theirs);
    if (order < 0) {
      localRows.addRow(local, mine++);
    } else if (order > 0) {
      remoteRows.addRow(plainRemote, theirs++);
    } else {
      isMet = true;
      const isInCells = local.others?.[mine] === undefined && remote.others?.[theirs] === undefined;
      if (isInCells) mergeCells(merge, mine++, theirs++);
      else ({ mine, theirs } = mergeOthers(merge, mine, theirs));
    }
  }
  while (mine < local.ends.length) localRows.addRow(local, mine++);
  while (theirs < remote.ends.length) remoteRows.addRow(plainRemote, theirs++);
  return isMet ? { local: localRows.finish(), remote: remoteRows.finish() } : { local, remote: plainRemote };
}

interface Merge extends ColumnsPair, ColumnsContext {
  readonly localRows: RecordColumnsBuilder;
  readonly remoteRows: RecordColumnsBuilder;
}

function mergeCells(merge: Merge, mine: number, theirs: number): void {
  const { local, remote, localRows, remoteRows } = merge;
  const [table, record] = [local.tables[mine] as string, local.records[mine] as string];
  const [localEnd, remoteEnd] = [local.ends[mine] as number, remote.ends[theirs] as number];
  const conflicts: Conflicts[] = [];
  let context: RecordContext | undefined;
  let at = startOfRow(local, mine);
  let other = startOfRow(remote, theirs);
  while (at < localEnd || other < remoteEnd) {
    const [field, otherField] = [local.fields[at] as string, remote.fields[other] as string];
    if (other === remoteEnd || (at < localEnd && field < otherField)) {
      localRows.addCell(local, at++);
    } else if (at === localEnd || otherField < field) {
      remoteRows.cell(otherField, remote.values[other++], UNKNOWN);
    } else {
      context ??= merge.contextOf(table, record);
      conflicts.push(mergeField(merge, at++, other++, context));
    }
  }
  localRows.endUpdateIfAny(table, record);
  remoteRows.endUpdateIfAny(table, record);
  report(merge, () => conflicts.flatMap((some) => some()));
}

/** Merges the cells of one field by its rule. */
function mergeField(merge: Merge, at: number, other: number, record: RecordContext): Conflicts {
  const { local, remote, localRows, remoteRows } = merge;
  const field = local.fields[at] as string;
  const value = remote.values[other];
  // Nearly all fields: what `rebaseValue` makes of two cells under rule remote, without an object for either.
  if (merge.onConflict === undefined && record.ruleOf(field) === 'remote') {
    if (value !== undefined || local.values[at] !== undefined) remoteRows.cell(field, value, UNKNOWN);
    return NO_CONFLICTS;
  }
  const before = beforeOfCell(local.befores, at);
  const merged = rebaseValue([fieldSet(local.values[at], before)], before, value, fieldContext(field, record));
  const [pending] = merged.pending;
  if (pending !== undefined) localRows.op(field, pending);
  if (merged.remote !== undefined) remoteRows.op(field, merged.remote);
  return merged.conflicts;
}

/** The cells of a row that is an insert with no update of its record behind it: puts over absent fields. Spec: MERGE-5. */
function insertedCells({ tables, records, others }: RecordColumns, row: number): RecordColumns | undefined {
  const insert = others?.[row];
  const isContinued = records[row + 1] === records[row] && tables[row + 1] === tables[row];
  if (insert?.type !== 'insert' || isContinued) return undefined;
  const { table, record, fields } = insert;
  const befores = new Array<undefined>(fields.size).fill(undefined);
  const cells = { fields: [...fields.keys()], values: [...fields.values()], befores };
  return { tables: [table], records: [record], others: undefined, ends: [fields.size], ...cells };
}

/** Merges the edits of one record, which are not both in cells. @returns where the next record begins. */
function mergeOthers(merge: Merge, mine: number, theirs: number): { mine: number; theirs: number } {
  const [inserted, other] = [insertedCells(merge.local, mine), insertedCells(merge.remote, theirs)];
  if (inserted === undefined || other === undefined) return mergeObjects(merge, mine, theirs);
  mergeCells({ ...merge, local: inserted, remote: other }, 0, 0);
  return { mine: mine + 1, theirs: theirs + 1 };
}

function mergeObjects(merge: Merge, mine: number, theirs: number): { mine: number; theirs: number } {
  const { localRows, remoteRows } = merge;
  const [local, remote] = [editOf(merge.local, mine), editOf(merge.remote, theirs)];
  const { table, record } = local;
  const merged = rebaseRecord([{ deltaIndex: 0, edit: local.edit }], remote.edit, merge.contextOf(table, record));
  for (const { edit } of merged.pending) localRows.addAll(changesOf(table, record, edit));
  if (merged.remote !== undefined) remoteRows.addAll(changesOf(table, record, merged.remote));
  report(merge, merged.conflicts);
  return { mine: mine + local.end, theirs: theirs + remote.end };
}

function editOf(columns: RecordColumns, row: number): PlacedEdit {
  let end = row + 1;
  while (compareRows(columns, row, columns, end) === 0) end++;
  return editAt(changesOfRows(columns, row, end), 0) as PlacedEdit;
}

function report({ onConflict }: Merge, conflicts: Conflicts): void {
  if (onConflict !== undefined) for (const conflict of conflicts()) onConflict(conflict);
}
