/**
 * The binary form. What is encoded is written as elsewhere. A file that is refused is `name | kind | column: bytes | …`,
 * with the columns that are not those of the undamaged file in binary-file.ts: bytes in hexadecimal and texts in quotes,
 * `78*257` for 257 of one, or `nil`. `bytes:` in place of the columns is the whole file.
 */

import { decodeChanges, encodeChanges } from '../../src/codec/binary/encoded-delta.js';
import {
  decodeDelta,
  decodeReplica,
  decodeSequencer,
  decodeState,
  encodeDelta,
  encodeReplica,
  encodeSequencer,
  encodeState,
} from '../../src/codec/binary/index.js';
import { compress, formatValue, parseState, parseValue } from '../../src/index.js';
import { parseEntry, type SavedReplica, type Snapshot } from '../../src/sync/index.js';
import { type BinaryKind, binaryFile, type Column } from './binary-file.js';
import { type CaseReader, readCases } from './case-reader.js';
import type { Family } from './family.js';
import { arrayOf, asJson, type Json, type JsonObject, objectOf } from './json.js';
import { answerOrError, readDelta } from './vector-notation.js';

/** Bytes that a decoder refuses, or that it reads where a similar file is refused. */
export interface BinaryFileCase {
  readonly name: string;
  readonly kind: BinaryKind;
  readonly bytes: Uint8Array;
}

/** Files that the encoder never writes, one for each thing that a decoder has to check. */
export function refusedFiles(): readonly BinaryFileCase[] {
  return readCases('binary-refused.txt').map(readFile);
}

/** Files that are read, which shows that the refused ones are whole but for the damage. They are no vectors. */
export function readableFiles(): readonly BinaryFileCase[] {
  return readCases('binary-read.txt').map(readFile);
}

export const binary: Family = {
  file: 'binary.json',
  description:
    'Deltas, states, saved replicas and saved sequencers with the bytes that encode them, and bytes that are rejected.',
  inputs: () => [
    ...readCases('binary.txt').map((line) => ({ name: line.name, ...readContent(line.column()) })),
    ...refusedFiles().map(({ name, kind, bytes }) => ({ name: `refused: ${name}`, kind, encoded: base64Of(bytes) })),
  ],
  outputs: ['bytes'],
  complete: (input) =>
    answerOrError(() => {
      const { encoded, kind } = input;
      if (encoded === undefined) return { bytes: base64Of(encode(input)) };
      DECODERS[kind as BinaryKind](parseValue(encoded));
      throw new Error(`${String(input['name'])} is not refused`);
    }),
};

const DECODERS = { delta: decodeDelta, state: decodeState, replica: decodeReplica, sequencer: decodeSequencer };

function readContent(line: CaseReader): JsonObject {
  const [kind = ''] = line.name.split(':');
  switch (kind) {
    case 'value':
      return { delta: [['U', 't', 'r', { f: ['P', line.value()] }]] };
    case 'delta':
    case 'changes':
      return { [kind]: line.delta() };
    case 'state':
      return { rows: line.value() };
    case 'replica':
    case 'sequencer':
      return { [kind]: line.value() };
    default:
      return line.fail('a case whose name begins with its kind');
  }
}

/** The bytes of what a case holds. Decoding must lead back to it. */
function encode({ delta, changes, rows, replica, sequencer }: JsonObject): Uint8Array {
  if (delta !== undefined) return thatDecodes(encodeDelta(compress(readDelta(delta))), decodeDelta, encodeDelta);
  if (changes !== undefined) return thatDecodes(encodeChanges(readDelta(changes)), decodeChanges, encodeChanges);
  if (rows !== undefined) return thatDecodes(encodeState(parseState(rows)), decodeState, encodeState);
  if (replica !== undefined) {
    return thatDecodes(encodeReplica(replica as unknown as SavedReplica), decodeReplica, encodeReplica);
  }
  const { snapshot, log } = objectOf(sequencer);
  const saved = { snapshot: snapshot as unknown as Snapshot, log: arrayOf(log).map(parseEntry) };
  return thatDecodes(encodeSequencer(saved), decodeSequencer, encodeSequencer);
}

function thatDecodes<Content>(
  bytes: Uint8Array,
  decode: (bytes: unknown) => Content,
  again: (content: Content) => Uint8Array,
): Uint8Array {
  if (Buffer.compare(again(decode(bytes)), bytes) !== 0) throw new Error('no round trip');
  return bytes;
}

/** Bytes as wire JSON writes them. */
function base64Of(bytes: Uint8Array): Json {
  return asJson(formatValue(bytes));
}

function readFile(line: CaseReader): BinaryFileCase {
  const kind = line.column().word() as BinaryKind;
  if (!Object.hasOwn(DECODERS, kind)) line.fail(`one of ${Object.keys(DECODERS).join(', ')} in place of "${kind}"`);
  const columns = new Map<string, Column>();
  while (line.nextColumn()) {
    const name = line.word();
    if (!line.take(':')) line.fail('a colon');
    columns.set(name, line.take('nil') ? null : line.bytes());
  }
  line.end();
  return { name: line.name, kind, bytes: columns.get('bytes') ?? binaryFile(kind, columns) };
}
