import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import type { CommandIo } from '../../src/cli/command.js';
import { runTokenCommand } from '../../src/cli/token-command.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'deltaic-serve-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A loader for Node that finds every package but some. */
function without(...names: readonly string[]): string {
  const hook = `export const resolve = (specifier, context, next) => {
    if (!${JSON.stringify(names)}.includes(specifier)) return next(specifier, context);
    throw Object.assign(new Error("Cannot find package imported from here"), { code: 'ERR_MODULE_NOT_FOUND' });
  };`;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});`;
  return `data:text/javascript,${encodeURIComponent(register)}`;
}

/** Runs the program until it ends by itself. */
async function run(args: readonly string[], nodeOptions: readonly string[] = []): Promise<object> {
  const tsx = import.meta.resolve('tsx');
  const program = ['--import', tsx, ...nodeOptions, join(root, 'src/cli/main.ts')];
  const child = spawn(process.execPath, [...program, ...args], { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  return { status, stdout, stderr };
}

test('a server whose port is in use says so and ends', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  try {
    for (const store of [['--memory'], ['--data', join(directory, 'data')]]) {
      expect(await run(['serve', '--port', String(port), ...store])).toEqual({
        status: 2,
        stdout: '',
        stderr: `deltaic serve: cannot listen on 127.0.0.1, port ${port}: the port is in use; choose another port with --port\n`,
      });
    }
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
});

test('an option without its value is named', async () => {
  expect(await run(['serve', '--port'])).toEqual({
    status: 2,
    stdout: '',
    stderr: 'deltaic: --port needs a value; see deltaic serve --help\n',
  });
});

test('a token needs the secret of a server', async () => {
  expect(await run(['token', 'ann'])).toEqual({
    status: 2,
    stdout: '',
    stderr:
      'deltaic-data/secret: there is no secret: run this in the directory where `deltaic serve` was started, or give --secret FILE\n',
  });
});

test('a token is valid for a day at least', async () => {
  const told: string[] = [];
  const io = { stderr: (text: string) => void told.push(text) } as Partial<CommandIo> as CommandIo;
  const secret = join(root, 'package.json');
  expect(await runTokenCommand(['token', 'ann', '--secret', secret, '--days', '0'], io)).toBe(2);
  expect(told).toEqual(['deltaic: --days must be a whole number from 1 to 36500, not "0"\n']);
});

test('a package that is missing is named, with the command that installs it', async () => {
  expect(await run(['token', 'ann'], ['--import', without('jose')])).toEqual({
    status: 2,
    stdout: '',
    stderr: 'deltaic token: the package "jose" is needed: npm install jose\n',
  });
});

test('migrate looks at its arguments before it asks for a package', async () => {
  expect(await run(['migrate'], ['--import', without('pg')])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('migrate takes --postgres URL and no files'),
  });
});

test('packages that are missing are named all at once', async () => {
  const hidden = ['--import', without('jose', 'lmdb', 'pg', 'pino')];
  const [lmdb, pg] = await Promise.all([
    run(['serve'], hidden),
    run(['serve', '--postgres=postgres://x', '--log', 'info'], hidden),
  ]);
  const message = (...names: string[]): string =>
    `deltaic serve: the packages ${names.map((name) => `"${name}"`).join(' and ')} are needed: npm install ${names.join(' ')}\n`;
  expect([lmdb, pg]).toEqual([
    { status: 2, stdout: '', stderr: message('jose', 'lmdb') },
    { status: 2, stdout: '', stderr: message('jose', 'pg', 'pino') },
  ]);
});

test('a server tells its operator what happens, and nothing that users wrote', async () => {
  const tsx = import.meta.resolve('tsx');
  const args = ['serve', '--memory', '--port', '0', '--log', 'info', '--metrics-port', '0', '--account-rate', '1'];
  const child = spawn(process.execPath, ['--import', tsx, join(root, 'src/cli/main.ts'), ...args], { cwd: directory });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  const url = (await next()).replace('deltaic serves at ', '');
  await next();
  const token = await next();
  const metricsUrl = (await next()).replace('metrics at ', '');
  const post = async (path: string, body: object): Promise<{ readonly status: number; readonly json: unknown }> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: response.status, json: await response.json() };
  };
  const { handle } = (await post('create', { id: 's3cret-id' })).json as { handle: string };
  const delta = [['I', 's3cretTable', 'r', { field: 's3cretText' }]];
  const put = await post('send', { handle, message: { type: 'put', rev: 0, nonce: 's3cretNonce', delta } });
  expect(put.json).toMatchObject({ message: { type: 'accepted' } });
  await post('find', { id: 's3cret-other' });
  for (let call = 0; call < 8; call++) await post('profile', {});
  const metrics = await (await fetch(metricsUrl)).text();
  expect(metrics).toContain('deltaic_requests_total{route="/v1/send",status="200"} 1\n');
  expect(metrics).toContain('deltaic_requests_total{route="/v1/profile",status="429"} 1\n');
  expect(metrics).toMatch(/^process_resident_memory_bytes \d+$/m);
  expect((await fetch(metricsUrl.replace('/metrics', '/v1/profile'))).status).toBe(404);
  child.kill('SIGTERM');
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0);
  const events = log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; route?: string; status?: number; level: number });
  expect(events.map(({ msg, route, status }) => `${msg} ${route} ${status}`)).toEqual([
    ...['request /v1/create 200', 'request /v1/send 200', 'request /v1/find 404'],
    ...Array.from({ length: 7 }, () => 'request /v1/profile 200'),
    ...['request /v1/profile 429', 'closing undefined undefined'],
  ]);
  for (const secret of ['s3cret', token, handle, '"me"']) expect(`${log}${metrics}`).not.toContain(secret);
});
