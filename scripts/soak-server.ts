// Gives `deltaic serve` a mixed load for as long as asked, and draws what memory it takes meanwhile.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { draw } from '../bench/support/charts.js';
import { thisSetting } from '../bench/support/machine.js';
import { Random } from '../test/simulator/random.js';

const HELP = `Usage: npm run soak:server -- [options]

  --minutes N   for how long (default 60)
  --clients N   how many clients at once (default 16)
  --pause N     how long a client rests after each step, in ms (default 0)
  --seed N      of what they do (default 1)
  --draw        write bench/server-soak.json and its chart
  --help        show this
`;

const SAMPLES = 60;
const DATASTORES = 40;
/** Records are written over again and again, so that the datastores do not grow. */
const RECORDS = 50;
/** How much more memory the process may take in the last quarter than in the second, in parts. */
const GROWTH_MOST = 1.1;

interface Sample {
  readonly minute: number;
  readonly megabytes: number;
  /** What of it are pages of files, such as those of the store, which the system may take back; where the system says so. */
  readonly mapped?: number;
  readonly requests: number;
}

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    clients: { type: 'string', default: '16' },
    pause: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    draw: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
async function soak(minutes: number, clients: number, rest: number, seed: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'deltaic-soak-'));
  const args = ['--import', 'tsx', resolve('src/cli/main.ts'), 'serve', '--data', directory, '--port', '0'];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const lines = createInterface({ input: server.stdout });
  const { url, token } = await new Promise<{ url: string; token: string }>((found) => {
    let address = '';
    lines.on('line', (line) => {
      address ||= /https?:\/\/\S+/.exec(line)?.[0] ?? '';
      if (/^eyJ/.test(line)) found({ url: address, token: line });
    });
  });
  const samples: Sample[] = [];
  const load = new Load(url, token, seed);
  const end = performance.now() + minutes * 60_000;
  const work = Promise.all(
    Array.from({ length: clients }, async () => {
      while (performance.now() < end) {
        await load.step();
        await pause(rest);
      }
    }),
  );
  const sample = (): void => {
    const minute = minutes - (end - performance.now()) / 60_000;
    const memory = memoryOf(server.pid ?? 0);
    samples.push({ minute, ...memory, requests: load.requests });
    const { megabytes, mapped = 0 } = memory;
    console.log(`${minute.toFixed(1)} min: ${megabytes} MiB, ${mapped} of it mapped, ${load.requests} requests`);
  };
  const timer = setInterval(sample, (minutes * 60_000) / SAMPLES);
  await work;
  clearInterval(timer);
  const ended = once(server, 'close');
  server.kill('SIGTERM');
  await ended;
  rmSync(directory, { recursive: true });
  report(samples, load.requests, minutes, clients);
}

/** What memory a process takes, in MiB. */
function memoryOf(pid: number): Pick<Sample, 'megabytes' | 'mapped'> {
  const inMebibytes = (kilobytes: string): number => Math.round(Number(kilobytes) / 102.4) / 10;
  const megabytes = inMebibytes(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }));
  if (!existsSync(`/proc/${pid}/status`)) return { megabytes };
  const mapped = /^RssFile:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return { megabytes, ...(mapped === undefined ? {} : { mapped: inMebibytes(mapped) }) };
}

function report(samples: readonly Sample[], requests: number, minutes: number, clients: number): void {
  const quarter = Math.floor(samples.length / 4);
  const most = (part: readonly Sample[]): number => Math.max(...part.map(({ megabytes }) => megabytes));
  const [second, last] = [most(samples.slice(quarter, 2 * quarter)), most(samples.slice(-quarter))];
  console.log(
    `${requests} requests; at most ${second.toFixed(0)} MiB in the second quarter, ${last.toFixed(0)} in the last`,
  );
  if (values.draw) {
    const result = { ...thisSetting(), minutes, clients, requests, samples };
    writeFileSync(resolve('bench/server-soak.json'), `${JSON.stringify(result, undefined, 2)}\n`);
    draw(resolve('bench/charts/server-soak.svg'), {
      title: `deltaic serve under a mixed load of ${clients} clients: ${requests.toLocaleString('en')} requests`,
      width: 640,
      height: 280,
      data: { values: samples },
      mark: { type: 'line', strokeWidth: 2.5, color: '#0b5cad' },
      encoding: {
        x: { field: 'minute', type: 'quantitative', title: 'minutes' },
        y: { field: 'megabytes', type: 'quantitative', title: 'memory of the process, MiB', scale: { zero: true } },
      },
    });
  }
  if (last > GROWTH_MOST * second) throw new Error('the memory of the server has grown');
}

/** Puts, questions, watches that come and go, and datastores that are created and deleted. */
class Load {
  requests = 0;
  readonly #url: string;
  readonly #token: string;
  readonly #random: Random;

  constructor(url: string, token: string, seed: number) {
    this.#url = url;
    this.#token = token;
    this.#random = new Random(seed);
  }

  async step(): Promise<void> {
    const id = `d${this.#random.below(DATASTORES)}`;
    const kind = this.#random.below(100);
    if (kind < 70) await this.#put(id);
    else if (kind < 80) await this.#watch(id);
    else if (kind < 90) await this.#call('list', {});
    else if (kind < 98) await this.#read(id);
    else await this.#call('delete', { id });
  }

  async #put(id: string): Promise<void> {
    const { handle } = await this.#call('create', { id });
    const record = `r${this.#random.below(RECORDS)}`;
    const text = 'x'.repeat(this.#random.below(400));
    const found = await this.#call('send', { handle, message: { type: 'fetch-snapshot' } });
    if (found.message === undefined) return;
    const isThere = found.message.rows.some(({ rowid }) => rowid === record);
    const change = isThere ? ['U', 'notes', record, { text: ['P', text] }] : ['I', 'notes', record, { text }];
    const { rev } = found.message;
    await this.#call('send', { handle, message: { type: 'put', rev, nonce: `n${this.requests}`, delta: [change] } });
  }

  async #read(id: string): Promise<void> {
    const { handle } = await this.#call('create', { id });
    await this.#call('send', { handle, message: { type: 'fetch', rev: 0 } });
  }

  async #watch(id: string): Promise<void> {
    const { handle } = await this.#call('create', { id });
    const abort = new AbortController();
    const response = await this.#fetch('watch', { handles: [handle] }, abort.signal);
    if (response.ok) await response.body?.getReader().read();
    abort.abort();
  }

  /** A datastore may be deleted meanwhile, and an account may have too many watches: both are part of the load. */
  async #call(
    name: string,
    body: object,
  ): Promise<{ handle: string; message?: { rev: number; rows: { rowid: string }[] } }> {
    const response = await this.#fetch(name, body);
    const text = await response.text();
    if (response.ok) return JSON.parse(text) ?? {};
    if (response.status >= 500) throw new Error(`${name} was answered with ${response.status}: ${text}`);
    return { handle: '' };
  }

  #fetch(name: string, body: object, signal?: AbortSignal): Promise<Response> {
    this.requests++;
    return fetch(`${this.#url}/v1/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    });
  }
}

if (values.help) console.log(HELP);
else await soak(Number(values.minutes), Number(values.clients), Number(values.pause), Number(values.seed));
