import type { Change, FieldOp, Value } from '../../src/index.js';
import { FIELDS, type FieldShape, RECORDS, TABLES } from './datastore-shape.js';
import { drawFieldOp } from './draw-field-operation.js';
import { drawList, drawNumber, drawValue } from './draw-value.js';
import { drawJournalEdit, readJournal } from './journal.js';
import type { ReplicaMachine } from './machines.js';
import type { Random } from './random.js';

type View = Pick<ReplicaMachine, 'get'>;

/**
 * An edit that fits what the user sees: a few changes of any kind. The same choices on the same view are the same edit.
 * `tag` is what the edit adds to the journal if it adds anything.
 */
export function drawEdit(random: Random, view: View, tag: string): Change[] {
  const changes: Change[] = [];
  const journal = readJournal(view);
  if (journal !== undefined && random.chance(0.6)) changes.push(drawJournalEdit(random, journal, tag));
  if (changes.length > 0 && random.chance(0.5)) return changes;
  const edited = new Set<string>();
  for (let count = 1 + random.below(3); count > 0; count--) {
    const [table, record] = [random.pick(TABLES), random.pick(RECORDS)];
    const place = `${table}/${record}`;
    if (edited.has(place)) continue;
    edited.add(place);
    changes.push(...drawRecordEdit(random, view, table, record));
  }
  return changes;
}

/** An edit that does not fit what the user sees, after one that may: none of it must happen. */
export function drawMisfit(random: Random, view: View): Change[] {
  const [table, record] = [random.pick(TABLES), random.pick(RECORDS)];
  const isThere = view.get(table, record) !== undefined;
  const fits: Change = { type: 'insert', table, record: 'misfit', fields: new Map() };
  const misfit: Change = isThere
    ? { type: 'insert', table, record, fields: new Map() }
    : { type: 'update', table, record, ops: new Map() };
  return [fits, misfit];
}

function drawRecordEdit(random: Random, view: View, table: string, record: string): Change[] {
  const fields = view.get(table, record);
  if (fields === undefined) return [drawInsert(random, table, record)];
  const kind = random.below(12);
  if (kind === 0) return [{ type: 'delete', table, record }];
  if (kind === 1) return [{ type: 'delete', table, record }, drawInsert(random, table, record)];
  const ops = new Map<string, FieldOp>();
  for (let count = 1 + random.below(3); count > 0; count--) {
    const shape = random.pick(FIELDS);
    ops.set(shape.field, drawFieldOp(random, shape, fields.get(shape.field)));
  }
  return [{ type: 'update', table, record, ops }];
}

function drawInsert(random: Random, table: string, record: string): Change {
  const fields = new Map<string, Value>();
  for (let count = random.below(4); count > 0; count--) {
    const shape = random.pick(FIELDS);
    fields.set(shape.field, drawFirstValue(random, shape));
  }
  return { type: 'insert', table, record, fields };
}

function drawFirstValue(random: Random, { kind }: FieldShape): Value {
  if (kind === 'list') return drawList(random);
  return kind === 'number' ? drawNumber(random) : drawValue(random);
}
