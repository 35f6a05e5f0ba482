import { DatastoreError } from '../index.js';
import { CommandError, systemReason } from './command-error.js';
import type { CommandIo } from './command-io.js';
import { JsonFault, scanJson } from './json-scan.js';

/** A file of JSON that knows its lines, so that whatever is wrong in it can be pointed at. */
export class JsonFile {
  readonly path: string;
  readonly json: unknown;
  readonly #text: string;
  readonly #elementOffsets: readonly number[];

  constructor(path: string, text: string, elementOffsets: readonly number[]) {
    this.path = path;
    this.#text = text;
    this.#elementOffsets = elementOffsets;
    this.json = JSON.parse(text);
  }

  /** The error that names this file, and where the position in its array is known, the line too. */
  fault(reason: string, position?: number): CommandError {
    const offset = position === undefined ? undefined : this.#elementOffsets[position];
    const line = offset === undefined ? '' : `, line ${lineAndColumn(this.#text, offset).line}`;
    return new CommandError(`${this.path}${line}: ${reason}`);
  }

  /**
   * Does `work` on what the file holds.
   *
   * @throws CommandError that names the file and the line where `work` throws a DatastoreError.
   */
  blame<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof DatastoreError)) throw error;
      throw this.fault(error.message, error.position);
    }
  }
}

/**
 * Reads a file of JSON: UTF-8, with or without a byte order mark.
 *
 * @throws CommandError if it cannot be read or is not JSON, with line and column of the first mistake.
 */
export function readJsonFile(io: CommandIo, path: string): JsonFile {
  const text = decode(path, readBytes(io, path));
  try {
    return new JsonFile(path, text, scanJson(text));
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    const { line, column } = lineAndColumn(text, error.offset);
    throw new CommandError(`${path}, line ${line}, column ${column}: ${error.message}`);
  }
}

function readBytes(io: CommandIo, path: string): Uint8Array {
  try {
    return io.readFile(path);
  } catch (error) {
    throw new CommandError(`${path}: cannot be read: ${systemReason(error)}`);
  }
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CommandError(`${path}: not text in UTF-8`);
  }
}

/** Both count from 1, as editors do; a column is one character. */
function lineAndColumn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: Array.from(before.slice(lineStart)).length + 1 };
}
