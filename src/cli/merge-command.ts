import type { State } from '../index.js';
import { type OptionTypes, parseArguments, usageError } from './arguments.js';
import { CommandError, systemReason } from './command-error.js';
import type { CommandIo } from './command-io.js';
import { type DataFile, readDataFile, stateOf } from './data-file.js';
import { readEdit } from './edited-data.js';
import { MERGE_HELP } from './help.js';
import { mergeJson, rowsJson } from './merge-json.js';
import { type MergeStory, mergeReport } from './merge-report.js';
import { type NamedRule, NO_RULES, readRulesFile } from './rules-file.js';
import { type Edits, mergeEdits, stateAfter } from './three-way-merge.js';

const HELP = 'deltaic merge --help';

const OPTIONS: OptionTypes = {
  rules: { type: 'string' },
  out: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
};

/**
 * `deltaic merge`: writes the merged rows where they were asked for, and answers what to print.
 *
 * @throws CommandError for whatever the caller can mend, InvariantError for a defect of the engine.
 */
export function mergeCommand(argv: readonly string[], io: CommandIo): string {
  const { files, flags, values } = parseArguments(argv, OPTIONS, HELP);
  if (flags.has('help')) return MERGE_HELP;
  const [basePath, localPath, remotePath, ...others] = files;
  if (basePath === undefined || localPath === undefined || remotePath === undefined || others.length > 0) {
    throw usageError(`merge takes three files, <base> <local> <remote>, and got ${files.length}`, HELP);
  }
  const rulesPath = values.get('rules');
  const { rules, named } = rulesPath === undefined ? NO_RULES : readRulesFile(io, rulesPath);
  const baseData = readDataFile(io, basePath);
  const localData = readDataFile(io, localPath);
  const remoteData = readDataFile(io, remotePath);
  const base = readBase(baseData);
  const edits: Edits = { base, local: readEdit(base, localData), remote: readEdit(base, remoteData) };
  const story: MergeStory = {
    edits,
    merge: mergeEdits(edits, rules),
    unusedRules: rulesWithoutField(named, edits),
    sources: [baseData, localData, remoteData].map(({ form, file }) => ({ path: file.path, form })),
  };
  // Written first: a report of rows that could not be saved would mislead.
  const outPath = values.get('out');
  if (outPath !== undefined) writeOut(io, outPath, rowsJson(story.merge.merged.toRows()));
  return flags.has('json') ? mergeJson(story) : mergeReport(story);
}

function readBase(data: DataFile): State {
  if (data.form !== 'delta') return stateOf(data);
  throw data.file.fault('the base must be a snapshot, an array of rows, and this is an array of changes');
}

function writeOut(io: CommandIo, path: string, text: string): void {
  try {
    io.writeFile(path, text);
  } catch (error) {
    throw new CommandError(`${path}: cannot be written: ${systemReason(error)}`);
  }
}

/** The rules that are probably misspelt: neither the base nor either side has their field. */
function rulesWithoutField(rules: readonly NamedRule[], { base, local, remote }: Edits): NamedRule[] {
  if (rules.length === 0) return [];
  const fieldsByTable = new Map<string, Set<string>>();
  for (const state of [base, stateAfter(base, local), stateAfter(base, remote)]) {
    for (const { tid, data } of state.toRows()) {
      const known = fieldsByTable.get(tid) ?? new Set<string>();
      fieldsByTable.set(tid, known);
      for (const field of Object.keys(data)) known.add(field);
    }
  }
  return rules.filter(({ table, field }) => fieldsByTable.get(table)?.has(field) !== true);
}
