import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { tellStory } from '../../examples/todo/story.js';

const folder = resolve(import.meta.dirname, '../../examples/todo');

test('the to-do example prints what it says it prints, every time', async () => {
  for (let time = 0; time < 2; time++) {
    const lines: string[] = [];
    await tellStory((line) => lines.push(`${line}\n`));
    expect(lines.join('')).toBe(readFileSync(resolve(folder, 'expected.txt'), 'utf8'));
  }
});

test('its README shows lines that it prints', () => {
  const readme = readFileSync(resolve(folder, 'README.md'), 'utf8');
  const expected = readFileSync(resolve(folder, 'expected.txt'), 'utf8').split('\n');
  const quoted = [...readme.matchAll(/^> `(.*)`$/gm)].map(([, line]) => line);
  expect(quoted.length).toBeGreaterThan(4);
  expect(quoted.filter((line = '') => !expected.includes(line))).toEqual([]);
});
