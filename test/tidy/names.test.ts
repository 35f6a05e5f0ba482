import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { entries } from '../support/entries.js';
import { ROOT } from './sources.js';

/** A name that an entry gives to applications. */
interface Exported {
  readonly name: string;
  readonly entry: string;
  /** The file that declares it and its name there. */
  readonly declared: string;
}

/** What an entry exports. Entries only name what other files declare, which `exports by name` keeps so. */
function exportsOf({ name: entry, source }: { readonly name: string; readonly source: string }): Exported[] {
  const text = readFileSync(join(ROOT, source), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  return [...text.matchAll(/^export (?:type )?\{([^}]*)\} from '([^']+)';/gm)].flatMap(([, names = '', path = '']) =>
    names
      .split(',')
      .map((part) => part.trim().replace(/^type /, ''))
      .filter((part) => part !== '')
      .map((part) => {
        const [original = '', name = original] = part.split(' as ');
        return { name, entry, declared: `${join(dirname(source), path)}#${original}` };
      }),
  );
}

/** Every name that the standard library of JavaScript, browsers and workers, and TypeScript declare. */
function namesOfLibraries(): Set<string> {
  const modules = join(ROOT, 'node_modules/@typescript');
  const compiler = readdirSync(modules)
    .map((platform) => join(modules, platform, 'lib'))
    .find((folder) => existsSync(join(folder, 'lib.es5.d.ts')));
  if (compiler === undefined) throw new Error('the compiler has no declarations of the standard library');
  const names = readdirSync(compiler)
    .filter((file) => /^lib\..*\.d\.ts$/.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(compiler, file), 'utf8');
      const declarations = text.matchAll(
        /^(?:declare )?(?:var|let|const|function|class|interface|type|namespace) (\w+)/gm,
      );
      return [...declarations].map(([, name = '']) => name);
    });
  return new Set([...names, ...Object.getOwnPropertyNames(globalThis)]);
}

test('every entry says what it is for, under the name by which it is imported', () => {
  const silent = entries.filter(({ name, source }) => {
    const [, module] =
      /^\/\*\*\n \* [\s\S]*? @module (\S+)\n \*\/\n/.exec(readFileSync(join(ROOT, source), 'utf8')) ?? [];
    return module !== name;
  });
  expect(silent).toEqual([]);
});

describe('an exported name', () => {
  const exported = entries.flatMap(exportsOf);
  const libraries = namesOfLibraries();

  test('is found in every entry', () => {
    const without = entries.filter(({ name }) => !exported.some(({ entry }) => entry === name));
    expect(without).toEqual([]);
    expect([...['Partial', 'Storage', 'Map', 'Record', 'structuredClone']].every((name) => libraries.has(name))).toBe(
      true,
    );
  });

  test('does not shadow a global or a type of TypeScript', () => {
    const shadowing = exported.filter(({ name }) => libraries.has(name));
    expect(shadowing.map(({ name, entry }) => `${entry}: ${name}`)).toEqual([]);
  });

  test('means one thing in all entries', () => {
    const meanings = new Map<string, Set<string>>();
    for (const { name, declared } of exported) meanings.set(name, (meanings.get(name) ?? new Set()).add(declared));
    const double = [...meanings].filter(([, declared]) => declared.size > 1);
    expect(double.map(([name, declared]) => `${name}: ${[...declared].join(', ')}`)).toEqual([]);
  });
});
