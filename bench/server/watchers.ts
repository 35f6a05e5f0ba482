import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Caller } from './load.js';
import { Contender } from './protocol.js';

/** What many watchers cost. */
export interface WatcherCosts {
  readonly watchers: number;
  /** Bytes of the process for each, with the buffers of its connection. */
  readonly rssEach: number;
  /** Bytes in use for each, after a garbage collection. */
  readonly heldEach: number;
  /** From the moment at which an edit is sent until the last watcher has heard of it, in ms. */
  readonly toAll: number;
  /** The same until half of them have. */
  readonly toHalf: number;
  /** Processor time of the server for that, in ms. */
  readonly cpu: number;
  /** Processor time in a second in which nothing happens, in ms. */
  readonly idleCpu: number;
}

/** How many connections are opened at once. */
const BATCH = 200;

/** Watches one datastore that everyone may read, each watcher by an account of its own. */
export async function measureWatchers(watchers: number, accounts: number): Promise<WatcherCosts> {
  const contender = await Contender.start('deltaic-lmdb');
  const ann = await Caller.of(contender.port, 'ann');
  const { handle } = await ann.call('create', { id: '.shared' });
  const put = (rev: number, change: unknown): object => ({
    handle,
    message: { type: 'put', rev, nonce: `n${rev + 1}`, delta: [change] },
  });
  await ann.call('send', put(0, ['I', ':acl', 'public', { role: { I: '1000' } }]));
  const tokens = await Promise.all(
    Array.from({ length: accounts }, async (_, at) => (await Caller.of(contender.port, `account-${at}`)).token),
  );
  const before = await contender.usage();
  const heard: number[] = [];
  let wanted = '"rev":1,';
  const sockets: Socket[] = [];
  for (let at = 0; at < watchers; at += BATCH) {
    const count = Math.min(BATCH, watchers - at);
    const opened = Array.from({ length: count }, (_, index) =>
      open(contender.port, handle, tokens[(at + index) % accounts] ?? '', (text) => {
        if (text.includes(wanted)) heard.push(performance.now());
      }),
    );
    sockets.push(...opened);
    while (heard.length < at + count) await pause(5);
  }
  const after = await contender.usage();
  await pause(3_000);
  const idle = await contender.usage();
  const times: { all: number; half: number; cpu: number }[] = [];
  for (let rev = 1; rev < 6; rev++) {
    heard.length = 0;
    wanted = `"rev":${rev + 1},`;
    const started = await contender.usage();
    const sent = performance.now();
    await ann.call('send', put(rev, ['I', 'notes', `r${rev}`, { text: 'hello' }]));
    while (heard.length < watchers) await pause(2);
    const { cpu } = await contender.usage();
    const at = (part: number): number => (heard[Math.ceil(watchers * part) - 1] ?? Number.NaN) - sent;
    times.push({ all: at(1), half: at(0.5), cpu: cpu - started.cpu });
  }
  for (const socket of sockets) socket.destroy();
  ann.close();
  await contender.stop();
  const middle = (values: readonly number[]): number =>
    [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
  return {
    watchers,
    rssEach: (after.rss - before.rss) / watchers,
    heldEach: (after.held - before.held) / watchers,
    toAll: middle(times.map(({ all }) => all)),
    toHalf: middle(times.map(({ half }) => half)),
    cpu: middle(times.map(({ cpu }) => cpu)),
    idleCpu: (idle.cpu - after.cpu) / 3,
  };
}

/** A connection that reads a watch, as plainly as possible. */
function open(port: number, handle: string, token: string, hear: (text: string) => void): Socket {
  const socket = connect(port, '127.0.0.1');
  const body = JSON.stringify({ handles: [handle] });
  socket.setEncoding('utf8');
  socket.on('data', hear);
  socket.write(
    `POST /v1/watch HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}
