import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { httpLink } from '../../src/http/index.js';
import { parseDelta } from '../../src/index.js';
import { Replica } from '../../src/sync/index.js';
import { seedOfThisRun } from '../support/run-seed.js';
import { runs } from '../support/seed.js';

const PROGRAM = resolve(import.meta.dirname, '../../src/cli/main.ts');
const ROUNDS = 6;

interface Running {
  readonly process: ChildProcess;
  readonly url: string;
  readonly token: string;
}

/** Starts `deltaic serve` as a user does, and reads what it prints. */
async function serve(data: string, port: number): Promise<Running> {
  const args = ['--import', 'tsx', PROGRAM, 'serve', '--data', data, '--port', String(port)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => String((await lines.next()).value);
  const url = (await next()).replace('deltaic serves at ', '');
  await next();
  return { process: child, url, token: await next() };
}

test('a server that is killed again and again loses nothing that it acknowledged, and doubles nothing', async () => {
  const data = mkdtempSync(join(tmpdir(), 'deltaic-serve-'));
  let server = await serve(data, 0);
  const port = Number(new URL(server.url).port);
  const { token } = server;
  let nonces = 0;
  const devices = Array.from({ length: 2 }, () => new Replica({ nextNonce: () => `nonce-${++nonces}` }));
  const link = httpLink({ url: server.url, getToken: () => token, timeout: 5_000 });
  const { handle } = await link.create('counter');
  let added = 0;

  /** One exchange of a device; a failure leaves everything to the next one. */
  const exchange = async (replica: Replica): Promise<boolean> => {
    try {
      const put = replica.outgoing();
      replica.receive((await link.send(handle, put ?? replica.request())).message);
      replica.sync(new Date(0));
      return true;
    } catch (error) {
      expect(error).toMatchObject({ isRetryable: true });
      return false;
    }
  };
  const add = (replica: Replica): void => {
    const name = `edit-${++added}`;
    replica.apply(parseDelta([['I', 'edits', name, { number: added }]]));
    replica.seal(new Date(0));
  };

  const plans = fc.sample(fc.array(fc.nat({ max: 3 }), { minLength: 5, maxLength: 25 }), {
    numRuns: runs(ROUNDS),
    seed: seedOfThisRun(),
  });
  for (const plan of plans) {
    const work = (async () => {
      for (const step of plan) {
        const replica = devices[step % 2] as Replica;
        if (step < 2) add(replica);
        await exchange(replica);
      }
    })();
    const ended = once(server.process, 'close');
    // Killed as soon as the log has grown a little, with requests under way.
    await Promise.race([work, exchange(devices[0] as Replica)]);
    server.process.kill('SIGKILL');
    await ended;
    await work;
    server = await serve(data, port);
  }
  for (let round = 0; round < 200; round++) {
    for (const replica of devices) await exchange(replica);
    if (devices.every(({ status }) => status.isIdle) && devices[0]?.revision === devices[1]?.revision) break;
  }
  const expected = Array.from({ length: added }, (_, at) => `edit-${at + 1}`).sort();
  for (const replica of devices)
    expect(
      replica
        .query('edits')
        .map(({ record }) => record)
        .sort(),
    ).toEqual(expected);

  const { message } = await link.send(handle, { type: 'fetch', rev: 0 });
  const inserted =
    message.type === 'entries'
      ? message.entries.flatMap(({ delta }) =>
          delta.changes.flatMap((one) => (one.table === 'edits' ? [one.record] : [])),
        )
      : [];
  expect(inserted.sort()).toEqual(expected);
  server.process.kill('SIGTERM');
  await once(server.process, 'close');
  rmSync(data, { recursive: true });
});
