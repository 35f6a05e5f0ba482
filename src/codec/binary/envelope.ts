import { pack, unpack } from 'msgpackr';
import { DatastoreError } from '../../errors/datastore-error.js';
import { invariant } from '../../errors/invariant-error.js';
import { describe } from '../../values/value.js';
import { ByteReader, invalidBinary } from './byte-reader.js';

/** The version that is written, and so far the only one that is read. Spec: BIN-3. */
export const BINARY_VERSION = 1;

const NIL = 0xc0;
const BIN_8 = 0xc4;
const BIN_16 = 0xc5;
const BIN_32 = 0xc6;
const ARRAY_16 = 0xdc;
const FIXED_ARRAY = 0x90;
const FIXED_ARRAY_END = 0xa0;
const FIXED_TEXT = 0xa0;
const FIXED_TEXT_END = 0xc0;

/** What a file holds, as its first element says. Spec: BIN-2. */
export type FileKind = 'deltaic/delta' | 'deltaic/state' | 'deltaic/replica' | 'deltaic/sequencer';

/** Wraps columns as one MessagePack array: kind, version, and each column, nil for an empty one. Spec: BIN-1 to BIN-3. */
export function packColumns(kind: FileKind, columns: readonly Uint8Array[]): Uint8Array {
  const packed = pack([kind, BINARY_VERSION, ...columns.map((column) => (column.length === 0 ? null : column))]);
  // The packer hands out a part of a buffer that it goes on using, so this is a copy.
  return new Uint8Array(packed);
}

/**
 * Unwraps what {@link packColumns} wrapped. The envelope is looked through before the unpacker sees it, so that nothing
 * reaches that but a flat array of nil and byte strings that are really there: no maps, extensions, nesting or sizes to
 * believe.
 *
 * @throws DatastoreError `invalid-binary`, or `unknown-version` for a version that is not read.
 */
export function unpackColumns(bytes: unknown, kind: FileKind, columnCount: number): readonly Uint8Array[] {
  if (!(bytes instanceof Uint8Array) || !ArrayBuffer.isView(bytes)) {
    throw invalidBinary(`encoded data must be a Uint8Array, not ${describe(bytes)}`, 0);
  }
  // A copy: it belongs to nobody else, and begins at offset 0 of its buffer, as the readers of columns rely on.
  const own = new Uint8Array(bytes);
  checkEnvelope(new ByteReader(own, 'envelope'), kind, columnCount);
  const elements: unknown = unpack(own);
  invariant(Array.isArray(elements), 'a checked envelope is an array');
  return elements.slice(2).map((column: unknown) => (column instanceof Uint8Array ? column : own.subarray(own.length)));
}

function checkEnvelope(file: ByteReader, kind: FileKind, columnCount: number): void {
  const length = arrayLength(file);
  checkKind(file, kind);
  const version = file.byte();
  if (version !== BINARY_VERSION) throw unknownVersion(kind);
  if (length !== columnCount + 2) file.fail(`a file of this kind has ${columnCount + 2} elements`);
  for (let column = 0; column < columnCount; column++) skipColumn(file);
  file.finish();
}

function arrayLength(file: ByteReader): number {
  const byte = file.byte();
  if (byte >= FIXED_ARRAY && byte < FIXED_ARRAY_END) return byte - FIXED_ARRAY;
  const length = byte === ARRAY_16 ? file.number(2) : 0;
  if (length < 16) file.fail('this is not an array of columns');
  return length;
}

function checkKind(file: ByteReader, expected: FileKind): void {
  const byte = file.byte();
  if (byte < FIXED_TEXT || byte >= FIXED_TEXT_END) file.fail('a file begins with its kind');
  const kind = String.fromCharCode(...file.bytes(byte - FIXED_TEXT));
  if (kind !== expected) file.fail(`this is ${JSON.stringify(kind)}, not ${JSON.stringify(expected)}`);
}

/** Columns are nil or a byte string with the shortest header. */
function skipColumn(file: ByteReader): void {
  const byte = file.byte();
  if (byte === NIL) return;
  const size = byte === BIN_8 ? 1 : byte === BIN_16 ? 2 : byte === BIN_32 ? 4 : 0;
  if (size === 0) file.fail('a column is nil or a byte string');
  const length = file.number(size);
  if (length === 0) file.fail('an empty column is nil');
  if (size > 1 && length < 2 ** (4 * size)) file.fail('a byte string has a longer header than it needs');
  file.skip(length);
}

function unknownVersion(kind: FileKind): DatastoreError {
  const offset = 2 + kind.length;
  return new DatastoreError('unknown-version', `version ${BINARY_VERSION} is the only one that is known`, { offset });
}
