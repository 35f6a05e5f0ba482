import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CommandIo } from '../../src/cli/command.js';
import { runConformanceCommand } from '../../src/cli/conformance-command.js';
import { runMigrateCommand } from '../../src/cli/migrate-command.js';
import { runServerInspectCommand } from '../../src/cli/server-inspect-command.js';
import { parseDelta } from '../../src/index.js';
import { MemoryLogs } from '../../src/server/memory-logs.js';
import { signToken } from '../../src/server/tokens/index.js';
import { type RunningServer, SECRET, startServer } from '../server/server-fixture.js';

let running: RunningServer;
const directory = mkdtempSync(join(tmpdir(), 'deltaic-commands-'));
const secret = join(directory, 'secret');

beforeAll(async () => {
  writeFileSync(secret, SECRET);
  running = await startServer({ logs: new MemoryLogs() });
});
afterAll(async () => {
  await running?.close();
  rmSync(directory, { recursive: true });
});

type Run = (argv: readonly string[], io: CommandIo) => Promise<number>;

async function runWith(run: Run, ...argv: readonly string[]) {
  const told = { stdout: '', stderr: '' };
  const io = {
    stdout: (text: string | Uint8Array) => {
      told.stdout += String(text);
    },
    stderr: (text: string) => {
      told.stderr += text;
    },
  } as Partial<CommandIo> as CommandIo;
  return { status: await run(argv, io), ...told };
}

describe('deltaic inspect of a server', () => {
  const inspect = (...argv: string[]) => runWith(runServerInspectCommand, 'inspect', running.url, ...argv);
  let token: string;
  beforeAll(async () => {
    token = await signToken(SECRET, { account: 'ann', userName: 'Ann', team: 'Example' }, 60);
    const link = running.link('ann');
    const { handle } = await link.create('notes');
    const delta = parseDelta([
      ['I', ':info', 'info', { title: 'Not\u001bes', mtime: { T: '0' } }],
      ['I', 'pages', 'p1', { text: 'hello' }],
    ]);
    await link.send(handle, { type: 'put', rev: 0, nonce: 'n1', delta });
    await link.create('empty');
  });

  test('shows the datastores of an account', async () => {
    expect(await inspect('--token', token)).toEqual({
      status: 0,
      stdout: [
        `${running.url}: a server, 2 datastores of Ann (Example)`,
        '  empty  owner',
        '  notes  owner  1970-01-01T00:00:00.000Z  "Not\\u{1b}es"',
        '',
      ].join('\n'),
      stderr: '',
    });
    const { stdout } = await inspect('--token', token, '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'server',
      userName: 'Ann',
      datastores: [{ id: 'empty' }, { id: 'notes' }],
    });
  });

  test('shows one datastore, as a snapshot is shown', async () => {
    const { status, stdout } = await inspect('--token', token, '--datastore', 'notes');
    expect(status).toBe(0);
    expect(stdout).toContain('notes at revision 1, role owner: a valid snapshot, 2 records in 2 tables');
    expect(stdout).toContain('"hello"');
    const json = await inspect('--token', token, '--datastore', 'notes', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: 'datastore',
      id: 'notes',
      revision: 1,
      role: 'owner',
      records: 2,
    });
    expect(await inspect('--token', token, '--datastore', 'notes', '--quiet')).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
  });

  test('says what is wrong in one line', async () => {
    const failures: readonly (readonly [argv: readonly string[], line: string])[] = [
      [
        [],
        'deltaic inspect: a server needs a token: give --token TOKEN, or set DELTAIC_TOKEN; deltaic token makes one\n',
      ],
      [['--token', token, '--datastore', 'none'], 'deltaic inspect: there is no datastore "none"\n'],
      [['--token', 'x'], 'deltaic inspect: a valid token is needed: Authorization: Bearer TOKEN\n'],
      [
        ['--token', token, '--json', '--quiet'],
        'deltaic: --json and --quiet cannot be used together; see deltaic inspect --help\n',
      ],
      [['--token', token, 'other'], 'deltaic: inspect takes one address, got 2 files; see deltaic inspect --help\n'],
    ];
    for (const [argv, stderr] of failures) expect(await inspect(...argv)).toEqual({ status: 2, stdout: '', stderr });
  });
});

describe('deltaic conformance', () => {
  test('passes a server that has data, twice, and leaves nothing behind', async () => {
    for (let time = 0; time < 2; time++) {
      const { status, stdout, stderr } = await runWith(
        runConformanceCommand,
        'conformance',
        running.url,
        '--secret',
        secret,
      );
      expect(stdout.split('\n').filter((line) => line.startsWith('FAIL'))).toEqual([]);
      expect([status, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/\n\d+ cases, 0 failed\n$/);
      if (time === 0) expect(stdout.split('\n').length).toBeGreaterThan(35);
    }
    for (const account of ['ann', 'colleague', 'outsider', 'stranger']) {
      expect(await running.link(`conformance-${account}`).list()).toEqual([]);
    }
  });

  test('names each case that a faulty server fails, and why', async () => {
    const logs = new MemoryLogs();
    const faulty = await startServer({ logs, validate: () => 'no' });
    const { status, stdout } = await runWith(
      ...([
        runConformanceCommand,
        'conformance',
        faulty.url,
        '--secret',
        secret,
        '--only',
        'shows a datastore',
      ] as const),
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /^FAIL {2}a server shows a datastore as JSON: the datastore: expected .*"rev":1.*, not .*"rev":0.*\n1 case, 1 failed\n$/,
    );
    await faulty.close();
  });

  test('needs an address, a secret, and a case', async () => {
    const ask = async (...argv: string[]) => (await runWith(runConformanceCommand, 'conformance', ...argv)).stderr;
    expect([
      await ask(),
      await ask(running.url),
      await ask(running.url, '--secret', secret, '--only', 'no such'),
    ]).toEqual([
      'deltaic: conformance takes the address of one server; see deltaic conformance --help\n',
      'deltaic: conformance needs --secret FILE, to make tokens; see deltaic conformance --help\n',
      'deltaic conformance: no case has no such in its name\n',
    ]);
  });
});

test('deltaic migrate needs a database that it can reach', async () => {
  const migrate = (...argv: string[]) => runWith(runMigrateCommand, 'migrate', ...argv);
  expect(await migrate()).toMatchObject({ status: 2, stderr: expect.stringContaining('migrate takes --postgres URL') });
  const { status, stderr } = await migrate('--postgres', 'postgres://nobody:s3cret@127.0.0.1:1/none');
  expect([status, stderr.split('\n').length]).toEqual([2, 2]);
  expect(stderr).not.toContain('s3cret');
});
