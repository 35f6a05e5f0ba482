import { decodeDelta, decodeReplica, decodeSequencer, decodeState } from '../codec/binary/index.js';
import { type Change, DatastoreError, parseDelta, parseState, type State } from '../index.js';
import type { SavedReplica, SavedSequencer } from '../sync/index.js';
import { CommandError, type CommandIo, STANDARD_STREAM, systemReason } from './command.js';
import { JsonFault, scanJson } from './json-scan.js';
import { quotedText } from './text.js';

/** What a file of data holds. An empty array of JSON can be a snapshot or a delta. */
export type DataContent =
  | { readonly kind: 'empty' }
  | { readonly kind: 'snapshot'; readonly state: State }
  /** The changes as they are in the file, each at its own position. */
  | { readonly kind: 'delta'; readonly changes: readonly Change[] }
  | { readonly kind: 'replica'; readonly saved: SavedReplica }
  | { readonly kind: 'sequencer'; readonly saved: SavedSequencer };

/** A file of data: JSON or the binary form. */
export interface DataFile {
  /** The path, or `stdin`. */
  readonly name: string;
  readonly format: 'json' | 'binary';
  readonly content: DataContent;
  /** The error that names this file and, if it is known, the line of the element at `position`. */
  readonly fault: (reason: string, position?: number) => CommandError;
}

/**
 * Reads a file of data. The first bytes tell the binary form from JSON. In JSON the elements of the array tell a snapshot
 * from a delta: rows are objects, changes are arrays.
 *
 * @throws CommandError if the file cannot be read or its content is invalid. It names the place as far as it is known.
 */
export function readDataFile(io: CommandIo, path: string): DataFile {
  const name = nameOf(path);
  const bytes = readBytes(io, path);
  const kind = binaryKind(bytes);
  if (kind !== undefined) {
    const fault = (reason: string): CommandError => new CommandError(`${name}: ${reason}`);
    return { name, format: 'binary', content: blaming(fault, () => decode(bytes, kind)), fault };
  }
  const file = parseJsonFile(name, bytes);
  return { name, format: 'json', content: contentOfJson(file), fault: file.fault };
}

/** The content of a file with one thing in it that the command takes. */
export function expectKind<Kind extends DataContent['kind']>(
  { content, fault }: DataFile,
  kinds: readonly Kind[],
  expectation: string,
): Extract<DataContent, { kind: Kind }> {
  if ((kinds as readonly string[]).includes(content.kind)) return content as Extract<DataContent, { kind: Kind }>;
  throw fault(`${expectation}, got ${KIND_NAMES[content.kind]}`);
}

const KIND_NAMES: Readonly<Record<DataContent['kind'], string>> = {
  empty: 'an empty array',
  snapshot: 'a snapshot (rows)',
  delta: 'a delta (changes)',
  replica: 'a saved replica',
  sequencer: 'a saved sequencer',
};

function nameOf(path: string): string {
  return path === STANDARD_STREAM ? 'stdin' : path;
}

function readBytes(io: CommandIo, path: string): Uint8Array {
  try {
    return path === STANDARD_STREAM ? io.readStdin() : io.readFile(path);
  } catch (error) {
    throw new CommandError(`${nameOf(path)}: cannot read: ${systemReason(error)}`);
  }
}

/** How much memory a file may take: it can be large, and somebody else may have made it. */
const MAX_BYTES = 2 ** 30;

/** The beginning of a file in the binary form: the header of an array, and its kind as a short string. Spec: BIN-2. */
const BINARY_START = /^(?:[\x90-\x9f]|\xdc..|\xdd....)[\xa0-\xbf]deltaic\/(\w*)/s;

function binaryKind(bytes: Uint8Array): string | undefined {
  return BINARY_START.exec(String.fromCharCode(...bytes.subarray(0, 40)))?.[1];
}

function decode(bytes: Uint8Array, kind: string): DataContent {
  switch (kind) {
    case 'state':
      return { kind: 'snapshot', state: decodeState(bytes, { maxBytes: MAX_BYTES }) };
    case 'replica':
      return { kind, saved: decodeReplica(bytes, { maxBytes: MAX_BYTES }) };
    case 'sequencer':
      return { kind, saved: decodeSequencer(bytes, { maxBytes: MAX_BYTES }) };
    default:
      // This also reports a kind that is unknown.
      return { kind: 'delta', changes: [...decodeDelta(bytes, { maxBytes: MAX_BYTES })] };
  }
}

function contentOfJson({ json, fault }: JsonFile): DataContent {
  if (!Array.isArray(json)) {
    throw fault(`expected an array of rows (a snapshot) or of changes (a delta), got ${typeName(json)}`);
  }
  const kinds = json.map((element: unknown, position) => {
    if (Array.isArray(element)) return 'delta';
    if (typeof element === 'object' && element !== null) return 'snapshot';
    const expected = 'expected a row {"tid": …} or a change ["I", …]';
    throw fault(`position ${position}: ${expected}, got ${typeName(element)}`, position);
  });
  const [kind = 'empty'] = kinds;
  const stray = kinds.findIndex((other) => other !== kind);
  if (stray !== -1) {
    const mixture = kind === 'delta' ? 'a row among changes' : 'a change among rows';
    throw fault(`position ${stray}: ${mixture}: a file holds either rows or changes`, stray);
  }
  switch (kind) {
    case 'empty':
      return { kind };
    case 'snapshot':
      return { kind, state: blaming(fault, () => parseState(json)) };
    case 'delta':
      // Parsed as a whole first: only that finds changes that cannot follow one another.
      blaming(fault, () => parseDelta(json));
      return { kind, changes: json.map(changeOf) };
  }
}

/** A change as it is in the file. A delta as a whole is compressed, and has lost the positions. */
function changeOf(json: unknown): Change {
  const [change] = [...parseDelta([json])];
  if (change !== undefined) return change;
  // The parser drops an update without operations after checking its names.
  const [, table, record] = json as readonly [tag: string, table: string, record: string];
  return { type: 'update', table, record, ops: new Map() };
}

/** A file of JSON. */
export interface JsonFile {
  readonly name: string;
  readonly json: unknown;
  readonly fault: (reason: string, position?: number) => CommandError;
}

/**
 * Reads a file of JSON: UTF-8, with or without a byte order mark.
 *
 * @throws CommandError if the file cannot be read or is not JSON, with line and column of the first mistake.
 */
export function readJsonFile(io: CommandIo, path: string): JsonFile {
  return parseJsonFile(nameOf(path), readBytes(io, path));
}

function parseJsonFile(name: string, bytes: Uint8Array): JsonFile {
  const text = decodeText(name, bytes);
  const elementOffsets = scan(name, text);
  const fault = (reason: string, position?: number): CommandError => {
    const offset = position === undefined ? undefined : elementOffsets[position];
    const line = offset === undefined ? '' : `, line ${lineAndColumn(text, offset).line}`;
    return new CommandError(`${name}${line}: ${reason}`);
  };
  return { name, json: JSON.parse(text), fault };
}

function decodeText(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CommandError(`${name}: expected JSON in UTF-8 or the binary form of deltaic`);
  }
}

/** Where each element of the outermost array begins. */
function scan(name: string, text: string): readonly number[] {
  try {
    return scanJson(text);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    const { line, column } = lineAndColumn(text, error.offset);
    throw new CommandError(`${name}, line ${line}, column ${column}: ${error.message}`);
  }
}

/** Both count from 1, as in editors. A column is one character. */
function lineAndColumn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: Array.from(before.slice(lineStart)).length + 1 };
}

/** Does `work`. A DatastoreError becomes the fault of the file. */
export function blaming<Result>(fault: DataFile['fault'], work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof DatastoreError)) throw error;
    throw fault(error.message, error.position);
  }
}

/** JSON for a message, by its type or, if it is short, as it is. */
function typeName(json: unknown): string {
  if (typeof json === 'string') return quotedText(json, 40);
  if (Array.isArray(json)) return 'an array';
  return typeof json === 'object' && json !== null ? 'an object' : String(json);
}
