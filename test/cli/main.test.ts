import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { bundledProgram } from '../support/bundled-program.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = [await bundledProgram(join(root, 'src/cli/main.ts'))];
const MERGE = ['merge', ...['base', 'alice', 'bob'].map((name) => `examples/household/${name}.json`)];

test('the program reads real files and sets its exit status', () => {
  const good = spawnSync(process.execPath, [...PROGRAM, ...MERGE], { cwd: root, encoding: 'utf8' });
  expect(good).toMatchObject({ status: 0, stderr: '' });
  expect(good.stdout).toContain('MERGED ROWS');
  const bad = spawnSync(process.execPath, [...PROGRAM, 'inspect', 'src'], { cwd: root, encoding: 'utf8' });
  expect(bad).toMatchObject({ status: 2, stdout: '', stderr: 'src: there is no storage in this directory\n' });
});

test('the program reads the standard input and writes bytes to the standard output', () => {
  const options = { cwd: root };
  const json = '[{"tid":"t","rowid":"r","data":{"f":"é"}}]';
  const bytes = spawnSync(process.execPath, [...PROGRAM, 'convert', '-'], { ...options, input: json });
  expect({ status: bytes.status, stderr: String(bytes.stderr) }).toEqual({ status: 0, stderr: '' });
  const back = spawnSync(process.execPath, [...PROGRAM, 'convert', '-'], { ...options, input: bytes.stdout });
  expect(JSON.parse(String(back.stdout))).toEqual(JSON.parse(json));
});

test('a reader of the output may stop early', async () => {
  const child = spawn(process.execPath, [...PROGRAM, ...MERGE], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  // Closed long before the program has started up and writes.
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test.skipIf(!existsSync('/dev/full'))('output that cannot be written is one line and status 2', () => {
  const shell = `exec "$0" "$@" > /dev/full`;
  const full = spawnSync('sh', ['-c', shell, process.execPath, ...PROGRAM, ...MERGE], { cwd: root, encoding: 'utf8' });
  expect(full).toMatchObject({ status: 2, stderr: 'deltaic: cannot write to stdout: no space left\n' });
});
