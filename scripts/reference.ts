// Makes the API reference of every entry in `reference/`. Fails if something exported has no docstring, or a link in one is dead.
// With `--check` nothing is written.

import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { entries } from '../test/support/entries.js';

const root = resolve(import.meta.dirname, '..');
const tools = join(root, 'scripts/tools');

execFileSync('npm', ['ci', '--prefix', tools, '--prefer-offline', '--silent'], { stdio: 'inherit' });
const typedoc = join(tools, 'node_modules/typedoc/bin/typedoc');
const sources = entries.map(({ source }) => join(root, source));
const emit = process.argv.includes('--check') ? 'none' : 'docs';
execFileSync(process.execPath, [typedoc, '--options', join(tools, 'typedoc.json'), '--emit', emit, ...sources], {
  stdio: 'inherit',
});
