/** The codes of errors, which are normative: the specification, the vectors and the code know the same. */

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

function readText(path: string): string {
  return readFileSync(resolve(root, path), 'utf8');
}

/** The members of the unions and lists of codes, each alone on its line. */
function declaredCodes(): string[] {
  const source = readText('src/errors/datastore-error.ts').replace(/type CallOutcome =[^;]*;/, '');
  const lines = source.matchAll(/^ {2}(?:\| )?'([a-z-]+)'[,;]?$/gm);
  return [...lines].map(([, code = '']) => code);
}

/** The codes in the first column of the tables of CHG-6. */
function explainedCodes(): string[] {
  const [, rule = ''] = /\*\*CHG-6\*\*([\s\S]*?)\n— code/.exec(readText('spec/changes.md')) ?? [];
  const cells = [...rule.matchAll(/^\| (`[^|]*) \|/gm)].map(([, cell = '']) => cell);
  return cells.flatMap((cell) => [...cell.matchAll(/`([a-z-]+)`/g)].map(([, code = '']) => code));
}

/** The codes that a vector may have. */
function codesOfVectors(): string[] {
  const schema = JSON.parse(readText('spec/vectors/schemas/common.schema.json')) as {
    $defs: { error: { properties: { code: { enum: string[] } } } };
  };
  return schema.$defs.error.properties.code.enum;
}

describe('the codes of errors', () => {
  test('are all explained, and no other', () => {
    expect(declaredCodes().length).toBeGreaterThan(30);
    expect(explainedCodes().sort()).toEqual(declaredCodes().sort());
  });

  test('of the vectors are among them', () => {
    const declared = new Set(declaredCodes());
    expect(codesOfVectors().filter((code) => !declared.has(code))).toEqual([]);
  });
});
