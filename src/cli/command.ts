import { parseArgs } from 'node:util';
import { DatastoreError } from '../index.js';
import { quotedText, safeText } from './text.js';

/** What a command may do to the outside world. The program passes the real one, a test one of its own. */
export interface CommandIo {
  /** The content of a file. Throws what `node:fs` throws. */
  readFile(path: string): Uint8Array;
  /** All of the standard input. Throws what `node:fs` throws. */
  readStdin(): Uint8Array;
  /** Replaces the content of a file. Throws what `node:fs` throws. */
  writeFile(path: string, content: string | Uint8Array): void;
  stdout(content: string | Uint8Array): void;
  stderr(text: string): void;
  /** Whether the standard output is a terminal, which shows text only. */
  readonly isTerminal: boolean;
}

/** How the program ended. */
export const EXIT_STATUS: {
  readonly done: 0;
  readonly conflict: 1;
  readonly failed: 1;
  readonly badInput: 2;
  readonly internalError: 70;
} = {
  done: 0,
  /** The edits are in conflict, and the caller wants to be told by the status. */
  conflict: 1,
  /** What was tested does not pass. */
  failed: 1,
  /** The caller can fix it. */
  badInput: 2,
  /** A defect of this program; EX_SOFTWARE of sysexits.h. */
  internalError: 70,
};

/** What a command prints to the standard output, and how it ends. */
export interface Outcome {
  readonly output: string | Uint8Array;
  readonly status: number;
}

/** The outcome of a command that did what it was asked to do. */
export function done(output: string | Uint8Array): Outcome {
  return { output, status: EXIT_STATUS.done };
}

/** Why a command cannot do what it was asked to do: one line for the caller. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** An error about the command line itself. It names the page of help. */
export function usageError(reason: string, command?: string): CommandError {
  return new CommandError(`deltaic: ${reason}; see deltaic ${command === undefined ? '' : `${command} `}--help`);
}

/**
 * Runs a command that takes its time. What the caller can fix, or what a server or a storage says, becomes one line on stderr.
 *
 * @returns the exit status.
 */
export async function statusOf(command: string, io: CommandIo, action: () => Promise<number>): Promise<number> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof CommandError) && !(error instanceof DatastoreError)) throw error;
    const message = error instanceof CommandError ? error.message : `deltaic ${command}: ${error.message}`;
    io.stderr(`${safeText(message)}\n`);
    return EXIT_STATUS.badInput;
  }
}

/** The whole number that an option has. @throws CommandError unless it lies between `least` and `most`. */
export function numberOf(text: string, option: string, most: number, least = 0): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new CommandError(
    `deltaic: --${option} must be a whole number from ${least} to ${most}, not ${quotedText(text, 40)}`,
  );
}

/** The address that an option has. @throws CommandError. */
export function addressOf(text: string, option: string): URL {
  if (URL.canParse(text)) return new URL(text);
  throw new CommandError(`deltaic: --${option} must be an address, not ${quotedText(text, 80)}`);
}

/** The path that stands for standard input or output. */
export const STANDARD_STREAM = '-';

/** @throws CommandError if two of the paths stand for standard input. */
export function checkOneStdin(paths: readonly (string | undefined)[], command: string): void {
  const count = paths.filter((path) => path === STANDARD_STREAM).length;
  if (count > 1) throw usageError('only one file can be -, the standard input', command);
}

/** @throws CommandError if the file cannot be written. */
export function writeFile(io: CommandIo, path: string, content: string | Uint8Array): void {
  try {
    io.writeFile(path, content);
  } catch (error) {
    throw new CommandError(`${path}: cannot write: ${systemReason(error)}`);
  }
}

const SYSTEM_REASONS: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'no such file or directory'],
  ['EISDIR', 'it is a directory'],
  ['ENOTDIR', 'a part of the path is not a directory'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'no space left'],
  ['EADDRINUSE', 'the port is in use'],
  ['EADDRNOTAVAIL', 'this machine has no such address'],
]);

/** Why the operating system did not read or write a file, or listen on a port, in words. */
export function systemReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return SYSTEM_REASONS.get(code) ?? String(code ?? error);
}

/** An option without a value, with any value, with the path of a file, or with a value of some choices. */
export type OptionType = 'flag' | 'text' | 'file' | readonly string[];
export type OptionTypes = Readonly<Record<string, OptionType>>;

/** A command line, taken apart. */
export interface Arguments {
  readonly files: readonly string[];
  readonly flags: ReadonlySet<string>;
  readonly values: ReadonlyMap<string, string>;
}

const FLAG = { type: 'boolean' } as const;
const VALUE = { type: 'string' } as const;

/**
 * Takes the command line of a command apart. Every command has the option `--help`, or `-h`.
 *
 * @throws CommandError for an option that is unknown, is given twice, or has too few or too many values.
 */
export function parseArguments(argv: readonly string[], types: OptionTypes, command?: string): Arguments {
  const known = new Map<string, OptionType>([...Object.entries(types), ['help', 'flag']]);
  const valueTypes = [...known].map(([name, type]) => [name, type === 'flag' ? FLAG : VALUE] as const);
  const { tokens } = parseArgs({
    args: [...argv],
    options: { ...Object.fromEntries(valueTypes), help: { ...FLAG, short: 'h' } },
    // Not strict: the messages of Node about wrong options are long, and about Node.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const files: string[] = [];
  const flags = new Set<string>();
  const values = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'positional') files.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const type = known.get(name);
    if (type === undefined) throw usageError(`unknown option ${quotedText(rawName, 80)}`, command);
    if (flags.has(name) || values.has(name)) throw usageError(`${rawName} is given twice`, command);
    if (type === 'flag') {
      if (value !== undefined) throw usageError(`${rawName} takes no value`, command);
      flags.add(name);
    } else {
      // An option after this one is not its value, unless an equals sign ties it to this one. A lone - is a value.
      const isMissing = value === undefined || value === '' || (inlineValue === false && /^-./.test(value));
      values.set(name, checkedValue(isMissing ? undefined : value, type, rawName, command));
    }
  }
  return { files, flags, values };
}

function checkedValue(
  value: string | undefined,
  type: Exclude<OptionType, 'flag'>,
  rawName: string,
  command: string | undefined,
): string {
  if (type === 'file' || type === 'text') {
    if (value !== undefined) return value;
    throw usageError(`${rawName} needs ${type === 'file' ? 'the name of a file' : 'a value'}`, command);
  }
  if (value !== undefined && type.includes(value)) return value;
  const got = value === undefined ? 'nothing' : quotedText(value, 80);
  throw usageError(`${rawName} must be ${type.join(' or ')}, got ${got}`, command);
}
