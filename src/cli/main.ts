#!/usr/bin/env node
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { systemReason } from './command-error.js';
import { EXIT_STATUS } from './command-io.js';
import { run } from './run.js';

// Whoever reads the output may stop early, as `head` does: that is no failure, and nobody is left to be told.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return;
  process.stderr.write(`deltaic: stdout cannot be written: ${systemReason(error)}\n`);
  process.exitCode = EXIT_STATUS.badInput;
});
process.stderr.on('error', () => undefined);

process.exitCode = run(process.argv.slice(2), {
  readFile: (path) => readFileSync(path),
  writeFile: (path, text) => writeFileSync(path, text),
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
});
