import { type Change, type Delta, parseDelta, State } from '../index.js';
import type { CommandIo } from './command-io.js';
import { type JsonFile, readJsonFile } from './json-file.js';

/**
 * A file of data by its form: the rows of a snapshot, the wire changes of a delta, or an empty array, which could be
 * either.
 */
export interface DataFile {
  readonly form: 'snapshot' | 'delta' | 'empty';
  readonly file: JsonFile;
}

/**
 * Reads a file of rows or wire changes. What stands in the array tells which: rows are objects, changes are arrays.
 *
 * @throws CommandError if the file cannot be read, is no array, or its elements are neither or some of each.
 */
export function readDataFile(io: CommandIo, path: string): DataFile {
  const file = readJsonFile(io, path);
  if (!Array.isArray(file.json)) {
    throw file.fault('an array of snapshot rows or of wire changes must stand here, and nothing else');
  }
  const forms = file.json.map((element: unknown, position) => {
    if (Array.isArray(element)) return 'delta';
    if (typeof element === 'object' && element !== null) return 'snapshot';
    throw file.fault(`position ${position}: a row {"tid",…} or a change ["I",…] must stand here`, position);
  });
  const [form = 'empty'] = forms;
  const stray = forms.findIndex((other) => other !== form);
  if (stray !== -1) {
    const kind = form === 'delta' ? 'a row stands among changes' : 'a change stands among rows';
    throw file.fault(`position ${stray}: ${kind}; a file holds only one of the two`, stray);
  }
  return { form, file };
}

/** @throws CommandError that names the place in the file, for rows that make no snapshot. */
export function stateOf({ file }: DataFile): State {
  return file.blame(() => State.fromRows(file.json));
}

/**
 * The changes of a file as they stand there, each at its own position, so that whatever does not fit a state can be
 * pointed at. A delta as the engine parses it is compressed, and has forgotten that.
 *
 * @throws CommandError that names the place in the file, for changes that make no delta.
 */
export function changesOf({ file }: DataFile): Delta {
  // Parsed as a whole first: only that finds changes that cannot follow each other.
  file.blame(() => parseDelta(file.json));
  return (file.json as readonly unknown[]).map(changeOf);
}

function changeOf(json: unknown): Change {
  const [change] = parseDelta([json]);
  if (change !== undefined) return change;
  // An update without operations is dropped by the parser, which has checked its names.
  const [, table, record] = json as readonly [tag: string, table: string, record: string];
  return { type: 'update', table, record, ops: new Map() };
}
