import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { signToken } from '../server/tokens/index.js';
import {
  CommandError,
  type CommandIo,
  EXIT_STATUS,
  numberOf,
  parseArguments,
  statusOf,
  usageError,
} from './command.js';
import { TOKEN_HELP } from './help.js';
import { DATA, DAY_SECONDS, readSecret } from './secret.js';

/** How long a token lasts unless something else is said, in days. */
const DAYS = 30;

/** Runs `deltaic token`. @returns the exit status. */
export function runTokenCommand([, ...argv]: readonly string[], io: CommandIo): Promise<number> {
  return statusOf('token', io, async () => {
    io.stdout(await outputOf(argv));
    return EXIT_STATUS.done;
  });
}

async function outputOf(argv: readonly string[]): Promise<string> {
  const types = { secret: 'file', team: 'text', name: 'text', days: 'text' } as const;
  const { files, flags, values } = parseArguments(argv, types, 'token');
  if (flags.has('help')) return TOKEN_HELP;
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
  return `${await signToken(secret, claims, days * DAY_SECONDS)}\n`;
}
