/** Errors, conflicts and rules in vectors. */

import { type Conflict, DatastoreError, ResolutionRules, type Rule } from '../../src/index.js';
import { type Json, type JsonObject, objectOf, textOf } from './json.js';
import { writeFieldOp, writeFields, writeValue } from './notation.js';

const PLACE_PARTS = ['position', 'table', 'record', 'field', 'index'] as const;

/** What `compute` answers, or the error that it throws: its code and every part of its place that is known. */
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
  const { table, record, field, index, rule, lost } = conflict;
  return {
    table,
    record,
    ...(field === undefined ? {} : { field }),
    ...(index === undefined ? {} : { index }),
    rule,
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
