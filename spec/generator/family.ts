import type { Json, JsonObject } from './json.js';

/** One file of vectors. The inputs are those of a file in spec/cases, the outcomes are the engine's. */
export interface Family {
  /** Its path below spec/vectors. */
  readonly file: string;
  readonly description: string;
  readonly inputs: () => readonly JsonObject[];
  /** The members of a case that `complete` adds. `error` may take the place of all of them. */
  readonly outputs: readonly string[];
  /** The outcomes of a case. Looks at its inputs only. */
  readonly complete: (input: JsonObject) => JsonObject;
}

/** The version of the vector files: raised when a reader of the old ones could misread the new ones. */
export const FORMAT = 1;

/** The whole text of a vector file, one case a line. */
export function textOfFamily({ description, inputs, complete }: Family): string {
  const cases = inputs().map((input) => `    ${JSON.stringify({ ...input, ...complete(input) })}`);
  return [
    '{',
    `  "format": ${FORMAT},`,
    `  "description": ${JSON.stringify(description)},`,
    '  "cases": [',
    cases.join(',\n'),
    '  ]',
    '}',
    '',
  ].join('\n');
}

/** A case without its outcomes. */
export function inputOf({ outputs }: Family, vector: JsonObject): JsonObject {
  const isInput = ([key]: [string, Json]): boolean => key !== 'error' && !outputs.includes(key);
  return Object.fromEntries(Object.entries(vector).filter(isInput));
}
