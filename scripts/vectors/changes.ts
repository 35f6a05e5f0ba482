/** Short ways to write the one record that most cases are about: record `r` of table `t`. */

import type { Json, JsonObject } from './json.js';

export function rowsOf(...records: readonly JsonObject[]): Json {
  return records.map((data, at) => ({ tid: 't', rowid: ['r', 's'][at] ?? 'z', data }));
}

export function insert(fields: JsonObject): Json {
  return ['I', 't', 'r', fields];
}

export function update(ops: JsonObject): Json {
  return ['U', 't', 'r', ops];
}

/** Deletes the record; with `before`, an object of fields, it says what was there. */
export function remove(before?: JsonObject): Json {
  return before === undefined ? ['D', 't', 'r'] : ['D', 't', 'r', { before }];
}

/** What was overwritten; null where the field was absent. */
export function was(before: Json): JsonObject {
  return { before };
}
