import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { createServer, type LogStore, MemoryLogs, type ServerOptions } from '../server/index.js';
import { LmdbLogs } from '../server/lmdb/index.js';
import { nodeListener } from '../server/node/index.js';
import { PostgresLogs } from '../server/postgres/index.js';
import { signToken, tokenAuthentication } from '../server/tokens/index.js';
import {
  type Arguments,
  addressOf,
  CommandError,
  type CommandIo,
  EXIT_STATUS,
  numberOf,
  type OptionTypes,
  parseArguments,
  statusOf,
  systemReason,
  usageError,
} from './command.js';
import { SERVE_HELP } from './help.js';
import { DATA, DAY_SECONDS, readSecret } from './secret.js';
import { LOG_LEVELS, serverLogWriter } from './server-log-writer.js';

const PORT = 8484;
const SECRET_BYTES = 48;
/** How long the token lasts that is printed, in days. */
const TRIAL_DAYS = 7;
/** Over how many ms devices come back after the server has ended. */
const SPREAD = 5_000;
/** How many ms requests that were begun may take after that, until their connections are cut. */
const GRACE = 10_000;

const OPTIONS: OptionTypes = {
  ...{ data: 'file', memory: 'flag', postgres: 'text', listen: 'text', migrate: 'flag' },
  ...{ port: 'text', host: 'text', origin: 'text', proxies: 'text' },
  ...{ secret: 'file', keys: 'text', 'editors-may-change-roles': 'flag' },
  ...{ 'account-rate': 'text', 'address-rate': 'text', 'max-body': 'text', 'max-watches': 'text' },
  ...{ 'max-concurrent': 'text', 'max-queued': 'text', keep: 'text' },
  ...{ 'max-datastores': 'text', 'max-time': 'text', cache: 'text', 'metrics-port': 'text', log: LOG_LEVELS },
};

/** Runs `deltaic serve` until it is stopped. @returns the exit status. */
export function runServeCommand([, ...argv]: readonly string[], io: CommandIo): Promise<number> {
  return statusOf('serve', io, async () => {
    await serve(argv, io);
    return EXIT_STATUS.done;
  });
}

async function serve(argv: readonly string[], io: CommandIo): Promise<void> {
  const { files, flags, values } = parseArguments(argv, OPTIONS, 'serve');
  if (flags.has('help')) return io.stdout(SERVE_HELP);
  if (files.length > 0) throw usageError('serve takes no files', 'serve');
  checkOneStore(flags, values);
  const limits = limitsOf(values);
  const port = numberOf(values.get('port') ?? String(PORT), 'port', 65_535);
  const host = values.get('host') ?? '127.0.0.1';
  const metricsPort = optionalNumber(values, 'metrics-port', 65_535);
  const keys = values.get('keys');
  if (keys !== undefined && values.has('secret')) throw usageError('give --secret or --keys, not both', 'serve');
  const secret = keys === undefined ? secretFor(flags, values) : undefined;

  const logs = await openLogs(flags, values);
  const log = serverLogWriter(values.get('log'), io);
  const server = createServer({
    ...{ ...limits, logs, log, editorsMayChangeRoles: flags.has('editors-may-change-roles') },
    authenticate: tokenAuthentication(secret === undefined ? { keys: addressOf(keys ?? '', 'keys') } : { secret }),
  });
  const listeners: Server[] = [];
  const open = async (listener: RequestListener, at: number, option: string): Promise<string> => {
    const http = createHttpServer(listener);
    listeners.push(http);
    return await listen(http, at, host, option);
  };
  try {
    const address = await open(nodeListener(server.handle), port, 'port');
    io.stdout(`deltaic serves at ${address}\n`);
    if (secret !== undefined) {
      const token = await signToken(secret, { account: 'me', userName: 'me' }, TRIAL_DAYS * DAY_SECONDS);
      io.stdout(`a token for the account "me", valid for ${TRIAL_DAYS} days:\n${token}\n`);
    }
    if (metricsPort !== undefined) {
      io.stdout(
        `metrics at ${await open(
          metricsListener(() => server.metrics()),
          metricsPort,
          'metrics-port',
        )}/metrics\n`,
      );
    }
    await stopped();
  } finally {
    // Even if it could not listen: open logs and timers would keep the process alive.
    await server.close(SPREAD);
    await Promise.all(listeners.map(end));
    await logs.close();
  }
}

/** The options that limit what clients may do. */
function limitsOf(values: Arguments['values']): Partial<ServerOptions> {
  const mebibytes = (name: string): number | undefined => {
    const number = optionalNumber(values, name, 1_000_000, 1);
    return number === undefined ? undefined : number * 2 ** 20;
  };
  const seconds = optionalNumber(values, 'max-time', 3_600, 1);
  const limits = {
    origins: values.get('origin')?.split(','),
    proxies: optionalNumber(values, 'proxies', 10),
    accountRate: optionalNumber(values, 'account-rate', 1_000_000, 1),
    addressRate: optionalNumber(values, 'address-rate', 1_000_000, 1),
    bodySize: mebibytes('max-body'),
    watchesPerAccount: optionalNumber(values, 'max-watches', 1_000_000, 1),
    datastoresPerAccount: optionalNumber(values, 'max-datastores', 1_000_000_000, 1),
    keepEntries: optionalNumber(values, 'keep', 1_000_000_000),
    maxConcurrent: optionalNumber(values, 'max-concurrent', 1_000_000, 1),
    maxQueued: optionalNumber(values, 'max-queued', 1_000_000),
    answerTime: seconds === undefined ? undefined : seconds * 1000,
    cacheBytes: mebibytes('cache'),
  };
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}

function optionalNumber(values: Arguments['values'], name: string, most: number, least = 0): number | undefined {
  const given = values.get(name);
  return given === undefined ? undefined : numberOf(given, name, most, least);
}

function checkOneStore(flags: Arguments['flags'], values: Arguments['values']): void {
  const stores = [values.has('data'), flags.has('memory'), values.has('postgres')].filter(Boolean);
  if (stores.length > 1) throw usageError('give one of --data, --memory and --postgres', 'serve');
  for (const name of ['migrate', 'listen']) {
    const isGiven = flags.has(name) || values.has(name);
    if (isGiven && !values.has('postgres')) throw usageError(`--${name} is for --postgres`, 'serve');
  }
}

async function openLogs(flags: Arguments['flags'], values: Arguments['values']): Promise<LogStore> {
  const url = values.get('postgres');
  if (url === undefined)
    return flags.has('memory') ? new MemoryLogs() : new LmdbLogs({ path: values.get('data') ?? DATA });
  const listenUrl = values.get('listen') === 'none' ? false : values.get('listen');
  const migrate = flags.has('migrate');
  return await PostgresLogs.open({ url, migrate, ...(listenUrl === undefined ? {} : { listenUrl }) });
}

/** The secret in the file that was named, or one beside the data, which is made at the first start. */
function secretFor(flags: Arguments['flags'], values: Arguments['values']): Uint8Array {
  const named = values.get('secret');
  if (named !== undefined) return readSecret(named);
  if (flags.has('memory') || values.has('postgres')) return randomBytes(SECRET_BYTES);
  const directory = values.get('data') ?? DATA;
  const path = join(directory, 'secret');
  try {
    mkdirSync(directory, { recursive: true });
    if (!existsSync(path)) writeFileSync(path, randomBytes(SECRET_BYTES).toString('base64url'), { mode: 0o600 });
  } catch (error) {
    throw new CommandError(`${path}: cannot write: ${systemReason(error)}`);
  }
  return readSecret(path);
}

/** Answers `GET /metrics`. */
function metricsListener(text: () => string): RequestListener {
  return ({ method, url }, response) => {
    const isFound = method === 'GET' && url === '/metrics';
    response.writeHead(isFound ? 200 : 404, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(isFound ? `${text()}${processMetrics()}` : 'there is only /metrics\n');
  };
}

/** What Prometheus shows of every process, under the names that it expects. */
function processMetrics(): string {
  const { user, system } = process.cpuUsage();
  return [
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
    '# TYPE process_cpu_seconds_total counter',
    `process_cpu_seconds_total ${(user + system) / 1e6}`,
    '# TYPE process_start_time_seconds gauge',
    `process_start_time_seconds ${Math.round(Date.now() / 1000 - process.uptime())}`,
    '',
  ].join('\n');
}

/** @returns the address. @throws CommandError. */
function listen(http: Server, port: number, host: string, option: string): Promise<string> {
  return new Promise((resolve, reject) => {
    http.once('error', (error) => {
      const hint = 'code' in error && error.code === 'EADDRINUSE' ? `; choose another port with --${option}` : '';
      reject(new CommandError(`deltaic serve: cannot listen on ${host}, port ${port}: ${systemReason(error)}${hint}`));
    });
    http.listen(port, host, () => {
      const address = http.address();
      const shownPort = typeof address === 'object' && address !== null ? address.port : port;
      resolve(`http://${host.includes(':') ? `[${host}]` : host}:${shownPort}`);
    });
  });
}

/** Lets what was begun be done, for a while. */
async function end(http: Server): Promise<void> {
  const timer = setTimeout(() => http.closeAllConnections(), GRACE);
  http.closeIdleConnections();
  await new Promise((resolve) => http.close(resolve));
  clearTimeout(timer);
}

/** Resolves when the process is asked to end. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
