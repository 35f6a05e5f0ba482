import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { format } from 'node:util';
import { describe, expect, test } from 'vitest';
import { entries } from './support/entries.js';

const README = readFileSync(resolve(import.meta.dirname, '../README.md'), 'utf8');

interface Snippet {
  readonly code: string;
  readonly prints: string;
}

/** Every code block that is followed by a block of what it prints. */
function snippetsOf(markdown: string): Snippet[] {
  return [...markdown.matchAll(/```js\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)].map(
    ([, code = '', prints = '']) => ({
      code,
      prints,
    }),
  );
}

const modules = Object.fromEntries(
  await Promise.all(entries.map(async ({ name }) => [name, (await import(name)) as object] as const)),
);

/** What a snippet prints. It runs as the body of an asynchronous function. */
async function run(code: string): Promise<string> {
  const body = code.replace(/^import (\{[^}]*\}) from ('deltaic(?:\/\w+)?');$/gm, 'const $1 = modules[$2];');
  const lines: string[] = [];
  const console = { log: (...parts: readonly unknown[]) => lines.push(`${format(...parts)}\n`) };
  await new Function('modules', 'console', `return (async () => {${body}\n})();`)(modules, console);
  return lines.join('');
}

describe('the README', () => {
  test('has snippets, and every code block says what it prints', () => {
    expect(snippetsOf(README).length).toBeGreaterThan(0);
    expect(README.match(/```js/g)).toHaveLength(snippetsOf(README).length);
  });

  for (const { code, prints } of snippetsOf(README)) {
    test(`prints what it says: ${prints.split('\n')[0]}`, async () => {
      expect(await run(code)).toBe(prints);
    });
  }

  test('gives the commands that the package has', () => {
    const { scripts } = JSON.parse(readFileSync(resolve(import.meta.dirname, '../package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [, script = ''] of README.matchAll(/npm run ([a-z:]+)/g)) expect(scripts).toHaveProperty(script);
    const ci = readFileSync(resolve(import.meta.dirname, '../.ci/run'), 'utf8');
    expect(ci).toContain('npm ci\nnpm run check');
  });
});
