/**
 * How vectors write deltas, errors, conflicts and rules. A delta is wire JSON, with what was overwritten as an extra last
 * element, {"before": value}, where it is known; a `before` of null says that the field was absent. An append has "end" as
 * an extra last element. `readDelta` keeps the changes as they are, and `writeDelta` splits list operations as they travel.
 */

import {
  type Atom,
  type Change,
  type Conflict,
  DatastoreError,
  type DeltaInput,
  type FieldDelete,
  type FieldOp,
  type FieldPut,
  type Fields,
  formatValue,
  type ListOp,
  parseValue,
  ResolutionRules,
  type Rule,
  type Value,
} from '../../src/index.js';
import { arrayOf, asJson, type Json, type JsonObject, numberOf, objectOf, textOf } from './json.js';

export function readDelta(json: Json | undefined): readonly Change[] {
  return arrayOf(json).map(readChange);
}

export function writeDelta(delta: DeltaInput): Json {
  return [...delta].flatMap(writeChange);
}

export function readFields(json: Json | undefined): Fields {
  return new Map(Object.entries(objectOf(json)).map(([field, value]) => [field, parseValue(value)]));
}

export function writeFields(fields: Fields): Json {
  return Object.fromEntries([...fields].map(([field, value]) => [field, writeValue(value)]));
}

export function writeValue(value: Value | undefined): Json {
  return value === undefined ? null : asJson(formatValue(value));
}

export function readListOps(json: Json | undefined): ListOp[] {
  return arrayOf(json).map((op) => readListOp(arrayOf(op)));
}

export function writeListOps(ops: readonly ListOp[]): Json {
  return ops.map(writeListOp);
}

/** A field operation as it travels: several wire operations where it edits a list more than once. */
export function writeFieldOp(op: FieldOp): Json[] {
  switch (op.type) {
    case 'put':
      return [['P', writeValue(op.value), ...writeBefore(op)]];
    case 'delete':
      return [['D', ...writeBefore(op)]];
    case 'list': {
      const steps = op.ops.map(writeListOp);
      return op.create ? [['LC'], ...steps] : steps;
    }
  }
}

function readChange(json: Json): Change {
  const [tag, tid, rid, content] = arrayOf(json);
  const place = { table: textOf(tid), record: textOf(rid) };
  if (tag === 'I') return { type: 'insert', ...place, fields: readFields(content) };
  if (tag === 'U') return { type: 'update', ...place, ops: readOps(content) };
  if (tag !== 'D') throw new Error(`Not a change: ${JSON.stringify(json)}`);
  return { type: 'delete', ...place, ...(content && { before: readFields(objectOf(content)['before']) }) };
}

function readOps(json: Json | undefined): ReadonlyMap<string, FieldOp> {
  return new Map(Object.entries(objectOf(json)).map(([field, op]) => [field, readFieldOp(arrayOf(op))]));
}

function readFieldOp(parts: readonly Json[]): FieldOp {
  const [tag, content] = parts;
  if (tag === 'P') return { type: 'put', value: parseValue(content), ...readBefore(parts[2]) };
  if (tag === 'D') return { type: 'delete', ...readBefore(content) };
  if (tag === 'LC') return { type: 'list', create: true, ops: [] };
  return { type: 'list', create: false, ops: [readListOp(parts)] };
}

function readListOp([tag, first, second, third]: readonly Json[]): ListOp {
  const index = numberOf(first);
  if (tag === 'LP') return { type: 'put', index, value: readAtom(second), ...readItemBefore(third) };
  if (tag === 'LI') {
    return { type: 'insert', index, value: readAtom(second), ...(third === 'end' ? { atEnd: true } : {}) };
  }
  if (tag === 'LD') return { type: 'delete', index, ...readItemBefore(second) };
  if (tag === 'LM') return { type: 'move', from: index, to: numberOf(second) };
  throw new Error(`Not a list operation: ${JSON.stringify(tag)}`);
}

function readAtom(json: Json | undefined): Atom {
  const value = parseValue(json);
  if (Array.isArray(value)) throw new Error('A list stands for an item');
  return value as Atom;
}

function readBefore(json: Json | undefined): { before?: Value | undefined } {
  if (json === undefined) return {};
  const { before } = objectOf(json);
  return { before: before === null ? undefined : parseValue(before) };
}

function readItemBefore(json: Json | undefined): { before?: Atom } {
  return json === undefined ? {} : { before: readAtom(objectOf(json)['before']) };
}

function writeChange(change: Change): Json[] {
  const { table, record } = change;
  if (change.type === 'insert') return [['I', table, record, writeFields(change.fields)]];
  if (change.type === 'update') return writeUpdate(change.ops).map((ops) => ['U', table, record, ops]);
  return [['D', table, record, ...(change.before === undefined ? [] : [{ before: writeFields(change.before) }])]];
}

/** The first wire update takes all puts and deletes and the first list operation; each further one travels alone. */
function writeUpdate(ops: ReadonlyMap<string, FieldOp>): Json[] {
  const plain: [string, Json][] = [];
  const list: [string, Json][] = [];
  for (const [field, op] of ops) {
    for (const wire of writeFieldOp(op)) (op.type === 'list' ? list : plain).push([field, wire]);
  }
  const together = [...plain, ...list.slice(0, 1)];
  return [together, ...list.slice(1).map((entry) => [entry])].map((entries) => Object.fromEntries(entries));
}

function writeListOp(op: ListOp): Json {
  switch (op.type) {
    case 'put':
      return ['LP', op.index, writeValue(op.value), ...writeItemBefore(op.before)];
    case 'insert':
      return ['LI', op.index, writeValue(op.value), ...(op.atEnd === true ? ['end'] : [])];
    case 'delete':
      return ['LD', op.index, ...writeItemBefore(op.before)];
    case 'move':
      return ['LM', op.from, op.to];
  }
}

function writeBefore(op: FieldPut | FieldDelete): Json[] {
  return 'before' in op ? [{ before: writeValue(op.before) }] : [];
}

function writeItemBefore(before: Value | undefined): Json[] {
  return before === undefined ? [] : [{ before: writeValue(before) }];
}

const PLACE_PARTS = ['position', 'table', 'record', 'field', 'index'] as const;

/** What `compute` returns, or the error that it throws: its code and every known part of its place. */
export function answerOrError(compute: () => JsonObject): JsonObject {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof DatastoreError)) throw error;
    const place = PLACE_PARTS.flatMap((part): [string, Json][] => {
      const known = error[part];
      return known === undefined ? [] : [[part, known]];
    });
    return { error: { code: error.code, ...Object.fromEntries(place) } };
  }
}

/** Reads {"table": {"field": "rule"}}. Merge functions cannot be written down. */
export function readRules(json: Json | undefined): ResolutionRules {
  const rules = new ResolutionRules();
  for (const [table, fields] of Object.entries(objectOf(json))) {
    for (const [field, rule] of Object.entries(objectOf(fields))) rules.set(table, field, textOf(rule) as Rule);
  }
  return rules;
}

export function writeConflict(conflict: Conflict): JsonObject {
  const { table, record, field, index, rule, side, lost } = conflict;
  return {
    table,
    record,
    ...(field === undefined ? {} : { field }),
    ...(index === undefined ? {} : { index }),
    rule,
    ...(side === undefined ? {} : { side }),
    base: writeSubject(conflict.base),
    local: writeSubject(conflict.local),
    remote: writeSubject(conflict.remote),
    result: writeSubject(conflict.result),
    lost: lost.map((edit) => ({ side: edit.side, field: edit.field, ops: writeFieldOp(edit.op) })),
  };
}

function writeSubject(subject: Conflict['base']): Json {
  return subject instanceof Map ? writeFields(subject) : writeValue(subject as Parameters<typeof writeValue>[0]);
}
