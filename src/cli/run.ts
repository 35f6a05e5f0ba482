import { readFileSync } from 'node:fs';
import {
  CommandError,
  type CommandIo,
  done,
  EXIT_STATUS,
  type Outcome,
  parseArguments,
  usageError,
} from './command.js';
import { convertCommand } from './convert-command.js';
import {
  CONFORMANCE_HELP,
  CONVERT_HELP,
  GENERAL_HELP,
  INSPECT_HELP,
  MERGE_HELP,
  MIGRATE_HELP,
  SERVE_HELP,
  TOKEN_HELP,
} from './help.js';
import { inspectCommand } from './inspect-command.js';
import { mergeCommand } from './merge-command.js';
import { quotedText, safeText } from './text.js';

interface Command {
  readonly help: string;
  readonly run: (argv: readonly string[], io: CommandIo) => Outcome;
}

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['merge', { help: MERGE_HELP, run: mergeCommand }],
  ['inspect', { help: INSPECT_HELP, run: inspectCommand }],
  ['convert', { help: CONVERT_HELP, run: convertCommand }],
  // The program runs these itself: they take their time. Here is their help.
  ['serve', { help: SERVE_HELP, run: () => done(SERVE_HELP) }],
  ['token', { help: TOKEN_HELP, run: () => done(TOKEN_HELP) }],
  ['migrate', { help: MIGRATE_HELP, run: () => done(MIGRATE_HELP) }],
  ['conformance', { help: CONFORMANCE_HELP, run: () => done(CONFORMANCE_HELP) }],
  ['help', { help: GENERAL_HELP, run: helpCommand }],
]);

/**
 * Runs the command line `deltaic`, given without the program's own name. It never throws: a failure becomes one line on
 * stderr.
 *
 * @returns the exit status.
 */
export function run(argv: readonly string[], io: CommandIo): number {
  if (argv.length === 0) {
    io.stderr(GENERAL_HELP);
    return EXIT_STATUS.badInput;
  }
  try {
    const { output, status } = outcomeOf(argv, io);
    if (output.length > 0) io.stdout(output);
    return status;
  } catch (error) {
    if (error instanceof CommandError) {
      io.stderr(`${safeText(error.message)}\n`);
      return EXIT_STATUS.badInput;
    }
    io.stderr(`deltaic: internal error, please report it: ${safeText(String(error))}\n`);
    return EXIT_STATUS.internalError;
  }
}

function outcomeOf(argv: readonly string[], io: CommandIo): Outcome {
  const [name = '', ...rest] = argv;
  const command = COMMANDS.get(name);
  if (command === undefined) return outcomeWithoutCommand(argv);
  const isHelpWanted =
    name !== 'help' && optionsBefore(rest).some((argument) => argument === '--help' || argument === '-h');
  return isHelpWanted ? done(command.help) : command.run(rest, io);
}

/** The arguments before `--`, after which everything is the name of a file. */
function optionsBefore(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

function outcomeWithoutCommand(argv: readonly string[]): Outcome {
  const { files, flags } = parseArguments(argv, { version: 'flag' });
  const [command] = files;
  if (command !== undefined) throw unknownCommand(command);
  if (flags.has('help')) return done(GENERAL_HELP);
  if (flags.has('version')) return done(`${readVersion()}\n`);
  throw usageError(`expected a command: ${[...COMMANDS.keys()].join(', ')}`);
}

/** `deltaic help`, and `deltaic help merge`. */
function helpCommand(argv: readonly string[]): Outcome {
  const { files } = parseArguments(argv, {});
  const [name = 'help', ...others] = files;
  const command = COMMANDS.get(name);
  if (command === undefined) throw unknownCommand(name);
  if (others.length > 0) throw usageError(`help takes one command, got ${files.length}`);
  return done(command.help);
}

function unknownCommand(name: string): CommandError {
  return usageError(`unknown command ${quotedText(name, 80)}: use one of ${[...COMMANDS.keys()].join(', ')}`);
}

/** The version of this package, from the package.json that it is shipped with. */
function readVersion(): string {
  // Source and build lie equally deep below it.
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  return 'unknown';
}
