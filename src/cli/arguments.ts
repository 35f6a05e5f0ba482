import { parseArgs } from 'node:util';
import { CommandError } from './command-error.js';
import { quotedText } from './safe-text.js';

/** The options that a command knows, and whether each takes a value. */
export type OptionTypes = Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly short?: string }>>;

/** A command line, taken apart. */
export interface Arguments {
  readonly files: readonly string[];
  /** The options that take no value. */
  readonly flags: ReadonlySet<string>;
  /** The options that take a value. */
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Takes a command line apart.
 *
 * @throws CommandError for an option that is unknown, given twice, or given with too little or too much.
 */
export function parseArguments(argv: readonly string[], options: OptionTypes, help: string): Arguments {
  // Not strict: what Node says about a wrong option is long and about Node.
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true });
  const files: string[] = [];
  const flags = new Set<string>();
  const values = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind === 'positional') files.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const type = Object.hasOwn(options, name) ? options[name]?.type : undefined;
    if (type === undefined) throw usageError(`unknown option ${quotedText(rawName, 80)}`, help);
    if (flags.has(name) || values.has(name)) throw usageError(`${rawName} is given twice`, help);
    if (type === 'boolean') {
      if (value !== undefined) throw usageError(`${rawName} takes no value`, help);
      flags.add(name);
    } else {
      // What looks like the next option is one, unless it was tied to this one by an equals sign.
      const isMissing = value === undefined || value === '' || (inlineValue === false && /^-./.test(value));
      if (isMissing) throw usageError(`${rawName} needs the name of a file`, help);
      values.set(name, value);
    }
  }
  return { files, flags, values };
}

/** An error about the command line itself, which says where the help is. */
export function usageError(reason: string, help: string): CommandError {
  return new CommandError(`deltaic: ${reason}; see ${help}`);
}
