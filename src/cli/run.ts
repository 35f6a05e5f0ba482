import { type OptionTypes, parseArguments, usageError } from './arguments.js';
import { CommandError } from './command-error.js';
import { type CommandIo, EXIT_STATUS } from './command-io.js';
import { GENERAL_HELP } from './help.js';
import { inspectCommand } from './inspect-command.js';
import { mergeCommand } from './merge-command.js';
import { quotedText, safeText } from './safe-text.js';
import { readVersion } from './version.js';

const HELP = 'deltaic --help';

const OPTIONS: OptionTypes = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
};

/**
 * Runs the command line `deltaic`, given without the program's own name. It never throws: what goes wrong becomes one
 * line on stderr.
 *
 * @returns the exit status.
 */
export function run(argv: readonly string[], io: CommandIo): number {
  if (argv.length === 0) {
    io.stderr(GENERAL_HELP);
    return EXIT_STATUS.badInput;
  }
  try {
    io.stdout(answer(argv, io));
    return EXIT_STATUS.done;
  } catch (error) {
    if (error instanceof CommandError) {
      io.stderr(`${safeText(error.message)}\n`);
      return EXIT_STATUS.badInput;
    }
    io.stderr(`deltaic: internal error, please report it: ${safeText(String(error))}\n`);
    return EXIT_STATUS.internalError;
  }
}

function answer(argv: readonly string[], io: CommandIo): string {
  const [command, ...rest] = argv;
  switch (command) {
    case 'merge':
      return mergeCommand(rest, io);
    case 'inspect':
      return inspectCommand(rest, io);
    default:
      return answerWithoutCommand(argv);
  }
}

function answerWithoutCommand(argv: readonly string[]): string {
  const { files, flags } = parseArguments(argv, OPTIONS, HELP);
  const [command] = files;
  if (command !== undefined) throw usageError(`unknown command ${quotedText(command, 80)}`, HELP);
  if (flags.has('help')) return GENERAL_HELP;
  if (flags.has('version')) return `${readVersion()}\n`;
  throw usageError('a command is missing', HELP);
}
