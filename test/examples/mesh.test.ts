import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { tellStory } from '../../examples/mesh/story.js';

const source = resolve(import.meta.dirname, '../../examples/mesh');

function story(): string {
  const folder = mkdtempSync(join(tmpdir(), 'deltaic-mesh-test-'));
  const lines: string[] = [];
  tellStory(folder, (line) => lines.push(`${line}\n`));
  rmSync(folder, { recursive: true });
  return lines.join('');
}

test('the mesh example prints what it says it prints, every time', () => {
  for (let time = 0; time < 2; time++) expect(story()).toBe(readFileSync(join(source, 'expected.txt'), 'utf8'));
});

test('its README shows lines that it prints', () => {
  const readme = readFileSync(join(source, 'README.md'), 'utf8');
  const expected = readFileSync(join(source, 'expected.txt'), 'utf8').split('\n');
  const quoted = [...readme.matchAll(/^> `(.*)`$/gm)].map(([, line]) => line);
  expect(quoted.length).toBeGreaterThan(3);
  expect(quoted.filter((line = '') => !expected.includes(line))).toEqual([]);
});
