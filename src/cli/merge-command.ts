import { formatState, ResolutionRules, RULE_NAMES, type Rule, State } from '../index.js';
import {
  CommandError,
  type CommandIo,
  checkOneStdin,
  EXIT_STATUS,
  type OptionTypes,
  type Outcome,
  parseArguments,
  STANDARD_STREAM,
  usageError,
  writeFile,
} from './command.js';
import { blaming, type DataFile, expectKind, readDataFile, readJsonFile } from './data-file.js';
import { type MergeSummary, mergeJson, mergeReport, type NamedRule } from './merge-report.js';
import { countOf, linesJson, quotedText } from './text.js';
import { type Edits, mergeOnBase, readEdit, stateAfter } from './three-way-merge.js';

const OPTIONS: OptionTypes = {
  rules: 'file',
  out: 'file',
  json: 'flag',
  quiet: 'flag',
  'fail-on-conflict': 'flag',
};

/**
 * `deltaic merge`: writes the merged rows to the file of `--out`, and returns the report.
 *
 * @throws CommandError for everything that the caller can fix, InvariantError for a defect of the engine.
 */
export function mergeCommand(argv: readonly string[], io: CommandIo): Outcome {
  const { files, flags, values } = parseArguments(argv, OPTIONS, 'merge');
  const [basePath, localPath, remotePath, ...others] = files;
  if (basePath === undefined || localPath === undefined || remotePath === undefined || others.length > 0) {
    throw usageError(`merge takes <base> <local> <remote>, got ${countOf(files.length, 'file')}`, 'merge');
  }
  const [rulesPath, outPath] = [values.get('rules'), values.get('out')];
  checkOneStdin([basePath, localPath, remotePath, rulesPath], 'merge');
  checkOneOutput(flags, outPath);

  const { rules, named } = rulesPath === undefined ? NO_RULES : readRulesFile(io, rulesPath);
  const baseFile = readDataFile(io, basePath);
  const localFile = readDataFile(io, localPath);
  const remoteFile = readDataFile(io, remotePath);
  const base = readBase(baseFile);
  const edits: Edits = { base, local: readEdit(base, localFile), remote: readEdit(base, remoteFile) };
  const summary: MergeSummary = {
    edits,
    merge: mergeOnBase(edits, rules),
    unusedRules: rulesWithoutField(named, edits),
    sources: { base: baseFile, local: localFile, remote: remoteFile },
  };

  const rows = linesJson(formatState(summary.merge.merged));
  // Written first: a report of rows that could not be saved would mislead.
  if (outPath !== undefined && outPath !== STANDARD_STREAM) writeFile(io, outPath, rows);
  const output = outPath === STANDARD_STREAM ? rows : reportOf(summary, flags);
  const isFailure = flags.has('fail-on-conflict') && summary.merge.conflicts.length > 0;
  return { output, status: isFailure ? EXIT_STATUS.conflict : EXIT_STATUS.done };
}

function reportOf(summary: MergeSummary, flags: ReadonlySet<string>): string {
  if (flags.has('quiet')) return '';
  return flags.has('json') ? mergeJson(summary) : mergeReport(summary);
}

/** The standard output has room for one thing: the report, JSON or the merged rows. */
function checkOneOutput(flags: ReadonlySet<string>, outPath: string | undefined): void {
  if (!flags.has('json')) return;
  const other = flags.has('quiet') ? '--quiet' : outPath === STANDARD_STREAM ? '--out -' : undefined;
  if (other !== undefined) throw usageError(`--json and ${other} cannot be used together`, 'merge');
}

function readBase(file: DataFile): State {
  const content = expectKind(file, ['empty', 'snapshot'], 'the base must be a snapshot (rows)');
  return content.kind === 'empty' ? new State() : content.state;
}

/** The rules that are probably misspelt: neither the base nor either side has their field. */
function rulesWithoutField(rules: readonly NamedRule[], { base, local, remote }: Edits): NamedRule[] {
  if (rules.length === 0) return [];
  const fieldsByTable = new Map<string, Set<string>>();
  for (const state of [base, stateAfter(base, local), stateAfter(base, remote)]) {
    for (const table of state.tables()) {
      const known = fieldsByTable.get(table) ?? new Set<string>();
      fieldsByTable.set(table, known);
      for (const { fields } of state.query(table)) for (const field of fields.keys()) known.add(field);
    }
  }
  return rules.filter(({ table, field }) => fieldsByTable.get(table)?.has(field) !== true);
}

/** The rules of a file, ready to be used and one by one. */
interface RulesFile {
  readonly rules: ResolutionRules;
  readonly named: readonly NamedRule[];
}

const NO_RULES: RulesFile = { rules: new ResolutionRules(), named: [] };

/**
 * Reads rules as `{"table": {"field": "max"}}`.
 *
 * @throws CommandError that names the file and the table and field at fault.
 */
function readRulesFile(io: CommandIo, path: string): RulesFile {
  const { json, name, fault } = readJsonFile(io, path);
  const rules = new ResolutionRules();
  const named: NamedRule[] = [];
  for (const [table, fields] of entriesOf(json, name)) {
    const place = `${name}: table ${quotedText(table, 80)}`;
    for (const [field, rule] of entriesOf(fields, place)) {
      if (typeof rule !== 'string') {
        throw new CommandError(`${place}, field ${quotedText(field, 80)}: expected one of ${RULE_NAMES.join(', ')}`);
      }
      // The engine checks the name. The type only says what it accepts.
      blaming(fault, () => rules.set(table, field, rule as Rule));
      named.push({ table, field, rule });
    }
  }
  return { rules, named };
}

function entriesOf(json: unknown, place: string): [name: string, content: unknown][] {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return Object.entries(json);
  throw new CommandError(`${place}: expected rules as an object: {"table": {"field": "max"}}`);
}
