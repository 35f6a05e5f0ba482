import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AccountManager, type Datastore, environmentOf } from '../../src/datastore/index.js';
import { MemoryLogs } from '../../src/server/index.js';
import { signToken } from '../../src/server/tokens/index.js';
import { LmdbStorage } from '../../src/storage/lmdb/index.js';
import { type RunningServer, SECRET, startServer } from '../server/server-fixture.js';
import { bundledProgram } from '../support/bundled-program.js';
import { seedOfThisRun } from '../support/run-seed.js';
import { runs } from '../support/seed.js';

const EDITOR = await bundledProgram(resolve(import.meta.dirname, 'lmdb-manager.ts'));
/** How often the process is killed. `DELTAIC_RUNS_MULTIPLIER=100` makes it 300 times. */
const ROUNDS = 3;

interface Life {
  /** The edits that were begun, in order. */
  readonly begun: readonly string[];
  /** The last edit that is known to be stored, and so all before it. */
  readonly stored: string | undefined;
}

/** Lets a process edit until it has printed some lines, and kills it. */
async function live(
  path: string,
  server: RunningServer,
  life: number,
  { lines, fault = '' }: { readonly lines: number; readonly fault?: string },
): Promise<Life> {
  const token = await signToken(SECRET, { account: 'ann' }, 600);
  const args = [EDITOR, path, server.url, token, String(life), fault];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const begun: string[] = [];
  let stored: string | undefined;
  let count = 0;
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const [, what, name = ''] = /^(edit|stored) (.*)$/.exec(line) ?? [];
    if (what === 'edit') begun.push(name);
    if (what === 'stored') stored = name;
    // What was in the pipe when the process was killed counts too.
    if (++count === lines) child.kill('SIGKILL');
  }
  await ended;
  return { begun, stored };
}

function namesIn(datastore: Datastore): { names: string[]; sum: bigint; records: string[] } {
  const journal = datastore.table('journal').get('j');
  const names = journal?.has('names') === true ? journal.getList('names').toArray().map(String) : [];
  const sum = journal?.has('sum') === true ? journal.getLong('sum') : 0n;
  return { names, sum, records: [...datastore.table('edits').query()].map(({ id }) => id) };
}

/** What is wrong with what the lives left, if anything. Opening it has checked every checksum. */
function faultsOf(datastore: Datastore, lives: readonly Life[]): string[] {
  const { names, sum, records } = namesIn(datastore);
  const faults: string[] = [];
  if (new Set(names).size < names.length) faults.push('an edit is there twice');
  if (sum !== BigInt(names.length)) faults.push(`the sum is ${sum} for ${names.length} edits`);
  if ([...names].sort().join() !== [...records].sort().join()) faults.push('an edit is not whole');
  for (const { begun, stored } of lives) {
    const found = begun.filter((name) => names.includes(name));
    const least = stored === undefined ? 0 : begun.indexOf(stored) + 1;
    if (found.length < least) faults.push(`${least - found.length} stored edits are lost`);
    if (found.some((name, at) => name !== begun[at])) faults.push('a later edit survived an earlier one');
  }
  return faults;
}

async function open(path: string, server: RunningServer): Promise<{ accounts: AccountManager; datastore: Datastore }> {
  const accounts = await AccountManager.open({
    storage: new LmdbStorage({ path }),
    environment: environmentOf(globalThis),
    connect: (account) => server.link(account),
    retryDelays: { first: 20, most: 200 },
  });
  const datastore = await (await accounts.managerFor(await accounts.link('ann'))).openDefault();
  datastore.table('journal').setResolutionRule('sum', 'sum');
  return { accounts, datastore };
}

test('edits that sync or autosave has stored survive kill -9, are whole, and arrive once', async () => {
  const path = mkdtempSync(join(tmpdir(), 'deltaic-manager-'));
  const server = await startServer({ logs: new MemoryLogs() });
  const rounds = fc.sample(fc.integer({ min: 1, max: 60 }), { numRuns: runs(ROUNDS), seed: seedOfThisRun() });
  const lives: Life[] = [];
  for (const [at, lines] of rounds.entries()) lives.push(await live(path, server, at, { lines }));
  const { accounts, datastore } = await open(path, server);
  expect(faultsOf(datastore, lives)).toEqual([]);
  await datastore.sync();
  await datastore.commit();
  const other = await open(`${path}-other`, server);
  await other.datastore.loadDeltas();
  expect(namesIn(other.datastore)).toEqual(namesIn(datastore));
  await Promise.all([accounts.close(), other.accounts.close()]);
  await server.close();
  for (const folder of [path, `${path}-other`]) rmSync(folder, { recursive: true });
});

test('the test finds a storage that acknowledges too early', async () => {
  const path = mkdtempSync(join(tmpdir(), 'deltaic-manager-'));
  const server = await startServer({ logs: new MemoryLogs() });
  const lives = [await live(path, server, 0, { lines: 10, fault: 'early' })];
  const { accounts, datastore } = await open(path, server);
  expect(faultsOf(datastore, lives)).not.toEqual([]);
  await accounts.close();
  await server.close();
  rmSync(path, { recursive: true });
});
