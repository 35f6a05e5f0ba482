import { DatastoreError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { isBytes } from '../../values/brands.js';
import { ByteReader, invalidBinary } from './byte-column.js';

/** The version that is written, and the only one that is read. Spec: BIN-3. */
export const BINARY_VERSION = 1;

const NO_BYTES = new Uint8Array();

const NIL = 0xc0;
const BIN_8 = 0xc4;
const BIN_16 = 0xc5;
const BIN_32 = 0xc6;
const ARRAY_16 = 0xdc;
const FIXED_ARRAY = 0x90;
const FIXED_ARRAY_END = 0xa0;
const FIXED_TEXT = 0xa0;
const FIXED_TEXT_END = 0xc0;

/** What a file contains: its first element. Spec: BIN-2. */
export type FileKind =
  | 'deltaic/delta'
  | 'deltaic/state'
  | 'deltaic/replica'
  | 'deltaic/sequencer'
  | 'deltaic/entry'
  | 'deltaic/mesh';

/**
 * Wraps columns in one MessagePack array: kind, version, and each column, nil for an empty one. Spec: BIN-1 to BIN-3.
 *
 * A file needs five of MessagePack's formats, so they are written here, into an array of exactly the right size.
 */
export function packColumns(kind: FileKind, columns: readonly Uint8Array[]): Uint8Array {
  const elementCount = columns.length + 2;
  let size = (elementCount < 16 ? 1 : 3) + 1 + kind.length + 1;
  for (const { length } of columns) size += length === 0 ? 1 : headerSize(length) + length;
  const file = new Uint8Array(size);
  let at = 0;
  if (elementCount < 16) {
    file[at++] = FIXED_ARRAY + elementCount;
  } else {
    file[at++] = ARRAY_16;
    file[at++] = elementCount >> 8;
    file[at++] = elementCount & 0xff;
  }
  file[at++] = FIXED_TEXT + kind.length;
  for (let letter = 0; letter < kind.length; letter++) file[at++] = kind.charCodeAt(letter);
  file[at++] = BINARY_VERSION;
  for (const column of columns) {
    const { length } = column;
    if (length === 0) {
      file[at++] = NIL;
      continue;
    }
    const lengthSize = headerSize(length) - 1;
    file[at++] = lengthSize === 1 ? BIN_8 : lengthSize === 2 ? BIN_16 : BIN_32;
    for (let shift = 8 * (lengthSize - 1); shift >= 0; shift -= 8) file[at++] = (length >>> shift) & 0xff;
    file.set(column, at);
    at += length;
  }
  return file;
}

/** How many bytes the header of a byte string of this length takes. */
function headerSize(length: number): number {
  return length < 0x100 ? 2 : length < 0x10000 ? 3 : 5;
}

/**
 * Unwraps what {@link packColumns} wrote. Everything else is rejected, though MessagePack could say the same in other
 * ways: maps, extensions, nesting, longer headers, bytes after the end.
 *
 * @throws DatastoreError `invalid-binary`, or `unknown-version` for a version that is not read.
 */
export function unpackColumns(bytes: unknown, kind: FileKind, columnCount: number): readonly Uint8Array[] {
  if (!isBytes(bytes)) {
    throw invalidBinary(`encoded data must be a Uint8Array, got ${quote(bytes)}`, 0);
  }
  // A copy is not shared, and begins at offset 0 of its buffer, as the readers of columns expect. The bytes of a
  // detached buffer cannot be copied, but have length 0.
  const own = bytes.length === 0 ? NO_BYTES : new Uint8Array(bytes);
  const file = new ByteReader(own, 'envelope');
  const elementCount = arrayLength(file);
  checkKind(file, kind);
  const version = file.byte();
  if (version !== BINARY_VERSION) throw unknownVersion(kind, version);
  if (elementCount !== columnCount + 2) file.fail(`expected ${columnCount + 2} elements, got ${elementCount}`);
  const columns: Uint8Array[] = [];
  for (let column = 0; column < columnCount; column++) {
    const length = columnLength(file);
    const start = file.skip(length);
    columns.push(own.subarray(start, start + length));
  }
  file.finish();
  return columns;
}

/** Whether bytes begin as a file of this kind does, so that they are worth reading as one. */
export function startsAs(bytes: Uint8Array, kind: FileKind): boolean {
  const start = bytes[0] === ARRAY_16 ? 3 : 1;
  return String.fromCharCode(...bytes.subarray(start + 1, start + 1 + kind.length)) === kind;
}

function arrayLength(file: ByteReader): number {
  const byte = file.byte();
  if (byte >= FIXED_ARRAY && byte < FIXED_ARRAY_END) return byte - FIXED_ARRAY;
  const length = byte === ARRAY_16 ? file.number(2) : 0;
  if (length < 16) file.fail('expected a MessagePack array');
  return length;
}

function checkKind(file: ByteReader, expected: FileKind): void {
  const byte = file.byte();
  if (byte < FIXED_TEXT || byte >= FIXED_TEXT_END) file.fail('expected the kind of the file, a short string');
  const kind = String.fromCharCode(...file.bytes(byte - FIXED_TEXT));
  if (kind !== expected) file.fail(`expected ${JSON.stringify(expected)}, got ${JSON.stringify(kind)}`);
}

/** The length of the next column, which is nil or a byte string with the shortest header. */
function columnLength(file: ByteReader): number {
  const byte = file.byte();
  if (byte === NIL) return 0;
  const size = byte === BIN_8 ? 1 : byte === BIN_16 ? 2 : byte === BIN_32 ? 4 : 0;
  if (size === 0) file.fail('expected a column: nil or a byte string');
  const length = file.number(size);
  if (length === 0) file.fail('an empty column must be nil');
  if (size > 1 && length < 2 ** (4 * size)) file.fail('the header of a byte string is not in its shortest form');
  return length;
}

function unknownVersion(kind: FileKind, version: number): DatastoreError {
  const reason = `got version ${version} of the binary form, and this release reads version ${BINARY_VERSION}`;
  return new DatastoreError('unknown-version', reason, { offset: 2 + kind.length });
}
