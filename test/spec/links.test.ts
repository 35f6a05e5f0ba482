import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { citationsIn, findRules, type Rule } from './rules.js';
import { declares, titlesIn } from './symbols.js';

const root = resolve(import.meta.dirname, '../..');
const VECTORS = 'spec/vectors';
/** Prefixes that docstrings use for rules that are still to be written down. */
const UNWRITTEN: readonly string[] = ['MSG'];

function readText(path: string): string {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '';
}

function filesUnder(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort();
}

const rules = filesUnder('spec', '.md').flatMap((path) => findRules(path, readText(path)));
const numbers = new Set(rules.map(({ number }) => number));

/** What is wrong with every rule, if anything. */
function faults(check: (rule: Rule) => readonly string[]): string[] {
  return rules.flatMap((rule) => check(rule).map((fault) => `${rule.number}: ${fault}`));
}

describe('the rules', () => {
  test('exist', () => expect(rules.length).toBeGreaterThan(50));

  test('are numbered from 1 without repetition or gap', () => {
    const byPrefix = new Map<string, number[]>();
    for (const { prefix, position } of rules) byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), position]);
    for (const [prefix, positions] of byPrefix) {
      expect(positions, prefix).toEqual(positions.map((_, at) => at + 1));
    }
  });

  test('end with a line of links that can be read', () => {
    expect(faults(({ links }) => (links === undefined ? ['no line of links, or one of another form'] : []))).toEqual(
      [],
    );
  });

  test('are linked to symbols that exist', () => {
    const isMissing = ({ symbol, path }: { symbol: string; path: string }): boolean =>
      !declares(readText(path), symbol);
    expect(faults(({ links }) => (links?.code ?? []).filter(isMissing).map((link) => JSON.stringify(link)))).toEqual(
      [],
    );
  });

  test('are linked to tests that exist', () => {
    const isMissing = ({ title, path }: { title: string; path: string }): boolean =>
      !titlesIn(readText(path)).some((other) => other.includes(title));
    expect(faults(({ links }) => (links?.tests ?? []).filter(isMissing).map((link) => JSON.stringify(link)))).toEqual(
      [],
    );
  });

  test('are linked to vectors that exist, and every file of vectors belongs to some', () => {
    const isMissing = (file: string): boolean => !existsSync(join(root, VECTORS, file));
    expect(faults(({ links }) => (links?.vectors ?? []).filter(isMissing))).toEqual([]);
    const linked = new Set(rules.flatMap(({ links }) => links?.vectors ?? []));
    const all = readdirSync(join(root, VECTORS)).filter((name) => name.endsWith('.json'));
    expect(all.filter((name) => !linked.has(name))).toEqual([]);
  });

  test('refer to rules that exist', () => {
    const unknown = (text: string): string[] => citationsIn(text).numbers.filter((number) => !numbers.has(number));
    expect(filesUnder('spec', '.md').flatMap((path) => unknown(readText(path)).map((n) => `${path}: ${n}`))).toEqual(
      [],
    );
  });
});

function isKnown(number: string): boolean {
  return numbers.has(number) || UNWRITTEN.some((prefix) => number.startsWith(`${prefix}-`));
}

describe('the docstrings', () => {
  const sources = filesUnder('src', '.ts').map((path) => ({ path, citations: citationsIn(readText(path)) }));

  test('cite in one form', () => {
    expect(sources.flatMap(({ path, citations }) => citations.malformed.map((text) => `${path}: ${text}`))).toEqual([]);
  });

  test('cite rules that exist', () => {
    const unknown = sources.flatMap(({ path, citations }) =>
      citations.numbers.filter((number) => !isKnown(number)).map((number) => `${path}: ${number}`),
    );
    expect(unknown).toEqual([]);
  });

  test('do not await rules of a prefix that has rules', () => {
    expect(UNWRITTEN.filter((prefix) => rules.some((rule) => rule.prefix === prefix))).toEqual([]);
  });

  test('cite every rule somewhere', () => {
    const cited = new Set(sources.flatMap(({ citations }) => citations.numbers));
    expect([...numbers].filter((number) => !cited.has(number))).toEqual([]);
  });
});
