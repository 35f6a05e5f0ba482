import { checkOptions, invalidArgument } from '../errors/arguments.js';

type Kind = 'function' | 'number' | 'boolean' | 'array' | 'object';

const KINDS: Readonly<Record<Kind, { readonly name: string; readonly fits: (given: unknown) => boolean }>> = {
  function: { name: 'a function', fits: (given) => typeof given === 'function' },
  number: { name: 'a number from 0', fits: (given) => typeof given === 'number' && given >= 0 },
  boolean: { name: 'true or false', fits: (given) => typeof given === 'boolean' },
  array: { name: 'an array', fits: (given) => Array.isArray(given) },
  object: { name: 'an object', fits: (given) => typeof given === 'object' && given !== null },
};

/** All options that something knows, and what each must be where it is given. */
export type OptionKinds<Options> = Readonly<{ [Key in keyof Options]-?: Kind }>;

/** @throws DatastoreError `invalid-option` for an option that is not known, or that is not what it must be. */
export function checkKinds<Options extends object>(options: Options, kinds: OptionKinds<Options>): void {
  const known = Object.fromEntries(Object.keys(kinds).map((key) => [key, true]));
  checkOptions(options, known as Parameters<typeof checkOptions<Options>>[1]);
  for (const key of Object.keys(options) as (keyof Options & string)[]) {
    const { name, fits } = KINDS[kinds[key]];
    if (options[key] !== undefined && !fits(options[key]))
      throw invalidArgument(`${key} must be ${name}`, options[key]);
  }
}
