import process from 'node:process';
import type { Link, RemoteDatastore } from '../datastore/index.js';
import { httpLink } from '../http/index.js';
import { parseState } from '../index.js';
import {
  CommandError,
  type CommandIo,
  done,
  EXIT_STATUS,
  type Outcome,
  parseArguments,
  statusOf,
  usageError,
} from './command.js';
import { INSPECT_HELP } from './help.js';
import { inspectSnapshot } from './inspect-command.js';
import { alignedLines, countOf, quotedText, safeText } from './text.js';

/** Holds the token where the command line does not, which other users of a machine can see. */
const TOKEN_VARIABLE = 'DELTAIC_TOKEN';

/** Runs `deltaic inspect` on the address of a server. @returns the exit status. */
export function runServerInspectCommand([, ...argv]: readonly string[], io: CommandIo): Promise<number> {
  return statusOf('inspect', io, async () => {
    const { output, status } = await inspect(argv);
    if (output.length > 0) io.stdout(output);
    return status;
  });
}

async function inspect(argv: readonly string[]): Promise<Outcome> {
  const types = { json: 'flag', quiet: 'flag', datastore: 'text', token: 'text' } as const;
  const { files, flags, values } = parseArguments(argv, types, 'inspect');
  if (flags.has('help')) return done(INSPECT_HELP);
  const [url = '', ...others] = files;
  if (others.length > 0) throw usageError(`inspect takes one address, got ${countOf(files.length, 'file')}`, 'inspect');
  if (flags.has('json') && flags.has('quiet')) {
    throw usageError('--json and --quiet cannot be used together', 'inspect');
  }
  if (!URL.canParse(url)) throw usageError(`the address ${quotedText(url, 80)} is malformed`, 'inspect');
  const token = values.get('token') ?? process.env[TOKEN_VARIABLE];
  if (token === undefined) {
    throw new CommandError(
      `deltaic inspect: a server needs a token: give --token TOKEN, or set ${TOKEN_VARIABLE}; deltaic token makes one`,
    );
  }
  const link = httpLink({ url, getToken: () => token });
  const id = values.get('datastore');
  const { lines, json } = id === undefined ? await inspectAccount(url, link) : await inspectDatastore(link, id);
  if (flags.has('quiet')) return { output: '', status: EXIT_STATUS.done };
  return done(flags.has('json') ? `${JSON.stringify(json)}\n` : `${lines.join('\n')}\n`);
}

interface Report {
  readonly lines: readonly string[];
  readonly json: object;
}

async function inspectAccount(url: string, link: Link): Promise<Report> {
  const { userName, orgName } = await link.profile();
  const datastores = [...(await link.list())].sort((one, other) => (one.id < other.id ? -1 : 1));
  const user = orgName === undefined ? userName : `${userName} (${orgName})`;
  const rows = datastores.map(rowOf);
  return {
    lines: [
      `${safeText(url)}: a server, ${countOf(datastores.length, 'datastore')} of ${safeText(user)}`,
      ...alignedLines(rows, '  '),
    ],
    json: {
      kind: 'server',
      userName,
      orgName: orgName ?? null,
      datastores: datastores.map(({ id, handle, role, title, mtime }) => ({
        ...{ id, handle, role, title: title ?? null },
        mtime: mtime?.toISOString() ?? null,
      })),
    },
  };
}

function rowOf({ id, role, title, mtime }: RemoteDatastore): string[] {
  return [
    safeText(id),
    role,
    mtime === undefined ? '' : mtime.toISOString(),
    title === undefined ? '' : quotedText(title, 60),
  ];
}

async function inspectDatastore(link: Link, id: string): Promise<Report> {
  const { handle } = await link.find(id);
  const { message, role } = await link.send(handle, { type: 'fetch-snapshot' });
  if (message.type !== 'snapshot')
    throw new CommandError(`deltaic inspect: the role ${role} may not read ${quotedText(id, 80)}`);
  const { lines, json } = inspectSnapshot(
    `${safeText(id)} at revision ${message.rev}, role ${role}`,
    parseState(message.rows),
  );
  return { lines, json: { ...json, kind: 'datastore', id, handle, role, revision: message.rev } };
}
