import { DatastoreError, ResolutionRules, RULE_NAMES, type Rule } from '../index.js';
import { CommandError } from './command-error.js';
import type { CommandIo } from './command-io.js';
import { readJsonFile } from './json-file.js';
import { quotedText } from './safe-text.js';

/** A rule as a file sets it. */
export interface NamedRule {
  readonly table: string;
  readonly field: string;
  readonly rule: string;
}

/** What a file of rules holds, ready to be used, and one by one. */
export interface RulesFile {
  readonly rules: ResolutionRules;
  readonly named: readonly NamedRule[];
}

export const NO_RULES: RulesFile = { rules: new ResolutionRules(), named: [] };

/**
 * Reads rules as `{"table": {"field": "max"}}`.
 *
 * @throws CommandError that names the file and the table and field at fault.
 */
export function readRulesFile(io: CommandIo, path: string): RulesFile {
  const file = readJsonFile(io, path);
  const rules = new ResolutionRules();
  const named: NamedRule[] = [];
  for (const [table, fields] of entriesOf(file.json, `${path}: rules`)) {
    const place = `${path}: table ${quotedText(table, 80)}`;
    for (const [field, rule] of entriesOf(fields, place)) {
      if (typeof rule !== 'string') {
        throw new CommandError(`${place}, field ${quotedText(field, 80)}: a rule is one of ${RULE_NAMES.join(', ')}`);
      }
      setRule(rules, { table, field, rule }, path);
      named.push({ table, field, rule });
    }
  }
  return { rules, named };
}

function setRule(rules: ResolutionRules, { table, field, rule }: NamedRule, path: string): void {
  try {
    // The engine checks the name; the type only says what it would accept.
    rules.set(table, field, rule as Rule);
  } catch (error) {
    if (!(error instanceof DatastoreError)) throw error;
    throw new CommandError(`${path}: ${error.message}`);
  }
}

function entriesOf(json: unknown, what: string): [name: string, content: unknown][] {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return Object.entries(json);
  throw new CommandError(`${what}: an object must stand here, as in {"table": {"field": "max"}}`);
}
