import { encodeDelta, encodeState } from '../codec/binary/index.js';
import { compress, formatDelta, formatState, State } from '../index.js';
import {
  type CommandIo,
  done,
  type OptionTypes,
  type Outcome,
  parseArguments,
  STANDARD_STREAM,
  usageError,
  writeFile,
} from './command.js';
import { type DataContent, type DataFile, expectKind, readDataFile } from './data-file.js';
import { countOf, linesJson } from './text.js';

const OPTIONS: OptionTypes = { to: ['json', 'binary'], as: ['snapshot', 'delta'], out: 'file' };

/**
 * `deltaic convert`: writes a snapshot or delta in the other format.
 *
 * @throws CommandError for everything that the caller can fix.
 */
export function convertCommand(argv: readonly string[], io: CommandIo): Outcome {
  const { files, values } = parseArguments(argv, OPTIONS, 'convert');
  const [path, ...others] = files;
  if (path === undefined || others.length > 0) {
    throw usageError(`convert takes one file, got ${countOf(files.length, 'file')}`, 'convert');
  }
  const file = readDataFile(io, path);
  const format = values.get('to') ?? (file.format === 'json' ? 'binary' : 'json');
  const content = contentToConvert(file, values.get('as'));
  const converted = format === 'json' ? jsonOf(content) : bytesOf(content);
  const outPath = values.get('out') ?? STANDARD_STREAM;
  if (outPath !== STANDARD_STREAM) {
    writeFile(io, outPath, converted);
    return done('');
  }
  if (format === 'binary' && io.isTerminal) {
    throw usageError('the binary form is not for a terminal: name a file with --out', 'convert');
  }
  return done(converted);
}

type Convertible = Extract<DataContent, { kind: 'snapshot' | 'delta' }>;

function contentToConvert(file: DataFile, kind: string | undefined): Convertible {
  const content = expectKind(file, ['empty', 'snapshot', 'delta'], 'convert takes a snapshot or a delta');
  if (content.kind !== 'empty') {
    if (kind === undefined || kind === content.kind) return content;
    throw file.fault(`--as ${kind} does not fit: the file holds a ${content.kind}`);
  }
  if (kind === undefined) {
    throw file.fault('an empty array can be a snapshot or a delta: add --as snapshot or --as delta');
  }
  return kind === 'snapshot' ? { kind, state: new State() } : { kind: 'delta', changes: [] };
}

function jsonOf(content: Convertible): string {
  return linesJson(content.kind === 'snapshot' ? formatState(content.state) : formatDelta(compress(content.changes)));
}

function bytesOf(content: Convertible): Uint8Array {
  return content.kind === 'snapshot' ? encodeState(content.state) : encodeDelta(compress(content.changes));
}
