import { type OptionTypes, parseArguments, usageError } from './arguments.js';
import type { CommandIo } from './command-io.js';
import { changesOf, readDataFile, stateOf } from './data-file.js';
import { deltaJson, deltaReport } from './delta-inspection.js';
import { INSPECT_HELP } from './help.js';
import { safeText } from './safe-text.js';
import { snapshotJson, snapshotReport } from './snapshot-inspection.js';

const HELP = 'deltaic inspect --help';

const OPTIONS: OptionTypes = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

/**
 * `deltaic inspect`: answers what to print.
 *
 * @throws CommandError if the file is not valid, or for whatever else the caller can mend.
 */
export function inspectCommand(argv: readonly string[], io: CommandIo): string {
  const { files, flags } = parseArguments(argv, OPTIONS, HELP);
  if (flags.has('help')) return INSPECT_HELP;
  const [path, ...others] = files;
  if (path === undefined || others.length > 0)
    throw usageError(`inspect takes one file, and got ${files.length}`, HELP);
  return inspect(io, path, flags.has('json'));
}

function inspect(io: CommandIo, path: string, isJson: boolean): string {
  const data = readDataFile(io, path);
  const name = safeText(path);
  switch (data.form) {
    case 'empty':
      if (isJson) return `${JSON.stringify({ kind: 'empty' })}\n`;
      return `${name}: valid and empty: a snapshot without records, or a delta without changes\n`;
    case 'snapshot': {
      const state = stateOf(data);
      return isJson ? snapshotJson(state) : snapshotReport(name, state);
    }
    case 'delta': {
      const changes = changesOf(data);
      return isJson ? deltaJson(changes) : deltaReport(name, changes);
    }
  }
}
