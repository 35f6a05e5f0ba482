import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { DatastoreError } from '../index.js';
import { createServer, type LogStore, MemoryLogs } from '../server/index.js';
import { LmdbLogs } from '../server/lmdb/index.js';
import { nodeListener } from '../server/node/index.js';
import { PostgresLogs } from '../server/postgres/index.js';
import { signToken, tokenAuthentication } from '../server/tokens/index.js';
import {
  type Arguments,
  CommandError,
  type CommandIo,
  EXIT_STATUS,
  parseArguments,
  systemReason,
  usageError,
} from './command.js';
import { SERVE_HELP, TOKEN_HELP } from './help.js';
import { quotedText, safeText } from './text.js';

const DATA = 'deltaic-data';
const PORT = 8484;
const SECRET_BYTES = 48;
/** How long the token lasts that `serve` prints, and one that `token` makes, in days. */
const TRIAL_DAYS = 7;
const DAYS = 30;
const DAY_SECONDS = 86_400;
/** How far apart devices come back after the server has ended, in ms. */
const SPREAD = 5_000;

/** Runs `deltaic serve` until it is stopped, or `deltaic token`. @returns the exit status. */
export async function runServerCommand([command = '', ...argv]: readonly string[], io: CommandIo): Promise<number> {
  try {
    if (command === 'token') await printToken(argv, io);
    else await serve(argv, io);
    return EXIT_STATUS.done;
  } catch (error) {
    if (!(error instanceof CommandError) && !(error instanceof DatastoreError)) throw error;
    const message = error instanceof CommandError ? error.message : `deltaic ${command}: ${error.message}`;
    io.stderr(`${safeText(message)}\n`);
    return EXIT_STATUS.badInput;
  }
}

async function serve(argv: readonly string[], io: CommandIo): Promise<void> {
  const { files, flags, values } = parseArguments(
    argv,
    {
      ...{ data: 'file', memory: 'flag', postgres: 'text', migrate: 'flag', port: 'text', host: 'text' },
      ...{ secret: 'file', keys: 'text', origin: 'text' },
    },
    'serve',
  );
  if (flags.has('help')) return io.stdout(SERVE_HELP);
  if (files.length > 0) throw usageError('serve takes no files', 'serve');
  checkOneStore(flags, values);
  const port = numberOf(values.get('port') ?? String(PORT), 'port', 65_535);
  const host = values.get('host') ?? '127.0.0.1';
  const keys = values.get('keys');
  if (keys !== undefined && values.has('secret')) throw usageError('give --secret or --keys, not both', 'serve');
  const secret = keys === undefined ? secretFor(flags, values) : undefined;
  const origin = values.get('origin');

  const logs = await openLogs(flags, values);
  const server = createServer({
    logs,
    authenticate: tokenAuthentication(secret === undefined ? { keys: addressOf(keys ?? '', 'keys') } : { secret }),
    ...(origin === undefined ? {} : { origins: [origin] }),
    onFailure: (error) => io.stderr(`deltaic serve: ${safeText(describe(error))}\n`),
  });
  const http = createHttpServer(nodeListener(server.fetch));
  try {
    await listen(http, port, host);
    const address = http.address();
    const shownPort = typeof address === 'object' && address !== null ? address.port : port;
    io.stdout(`deltaic serves at http://${host.includes(':') ? `[${host}]` : host}:${shownPort}\n`);
    if (secret !== undefined) {
      const token = await signToken(secret, { account: 'me', userName: 'me' }, TRIAL_DAYS * DAY_SECONDS);
      io.stdout(`a token for the account "me", valid for ${TRIAL_DAYS} days:\n${token}\n`);
    }
    await stopped();
  } finally {
    // Even if it could not listen: open logs and timers would keep the process alive.
    await server.close(SPREAD);
    http.closeIdleConnections();
    await new Promise((resolve) => http.close(resolve));
    await logs.close();
  }
}

async function printToken(argv: readonly string[], io: CommandIo): Promise<void> {
  const types = { secret: 'file', team: 'text', name: 'text', days: 'text' } as const;
  const { files, flags, values } = parseArguments(argv, types, 'token');
  if (flags.has('help')) return io.stdout(TOKEN_HELP);
  const [account, ...others] = files;
  if (account === undefined || others.length > 0) throw usageError('token takes one account', 'token');
  const path = values.get('secret') ?? join(DATA, 'secret');
  if (!values.has('secret') && !existsSync(path)) {
    throw new CommandError(
      `${path}: there is no secret: run this in the directory where \`deltaic serve\` was started, or give --secret FILE`,
    );
  }
  const secret = readSecret(path);
  const days = numberOf(values.get('days') ?? String(DAYS), 'days', 36_500, 1);
  const claims = { account, team: values.get('team'), userName: values.get('name') };
  io.stdout(`${await signToken(secret, claims, days * DAY_SECONDS)}\n`);
}

function checkOneStore(flags: Arguments['flags'], values: Arguments['values']): void {
  const stores = [values.has('data'), flags.has('memory'), values.has('postgres')].filter(Boolean);
  if (stores.length > 1) throw usageError('give one of --data, --memory and --postgres', 'serve');
  if (flags.has('migrate') && !values.has('postgres')) throw usageError('--migrate is for --postgres', 'serve');
}

async function openLogs(flags: Arguments['flags'], values: Arguments['values']): Promise<LogStore> {
  const url = values.get('postgres');
  if (url !== undefined) return await PostgresLogs.open({ url, migrate: flags.has('migrate') });
  return flags.has('memory') ? new MemoryLogs() : new LmdbLogs({ path: values.get('data') ?? DATA });
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

function readSecret(path: string): Uint8Array {
  try {
    return new TextEncoder().encode(readFileSync(path, 'utf8').trim());
  } catch (error) {
    throw new CommandError(`${path}: cannot read the secret: ${systemReason(error)}`);
  }
}

function numberOf(text: string, option: string, most: number, least = 0): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new CommandError(
    `deltaic: --${option} must be a whole number from ${least} to ${most}, not ${quotedText(text, 40)}`,
  );
}

function addressOf(text: string, option: string): URL {
  try {
    return new URL(text);
  } catch {
    throw new CommandError(`deltaic: --${option} must be an address, not ${quotedText(text, 80)}`);
  }
}

function listen(http: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    http.once('error', (error) => {
      const hint = 'code' in error && error.code === 'EADDRINUSE' ? '; choose another port with --port' : '';
      reject(new CommandError(`deltaic serve: cannot listen on ${host}, port ${port}: ${systemReason(error)}${hint}`));
    });
    http.listen(port, host, resolve);
  });
}

/** Resolves when the process is asked to end. */
function stopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
