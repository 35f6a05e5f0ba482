// Makes the API reference of every entry in `reference/`. Fails if something exported has no docstring, or a link in one is dead.
// With `--check` nothing is written.

import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { entries } from '../test/support/entries.js';
import { installTools, TOOLS } from './install-tools.js';

const root = resolve(import.meta.dirname, '..');

installTools();
const typedoc = join(TOOLS, 'node_modules/typedoc/bin/typedoc');
const sources = entries.map(({ source }) => join(root, source));
const emit = process.argv.includes('--check') ? 'none' : 'docs';
execFileSync(process.execPath, [typedoc, '--options', join(TOOLS, 'typedoc.json'), '--emit', emit, ...sources], {
  stdio: 'inherit',
});
