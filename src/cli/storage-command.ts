import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { encodeState } from '../codec/binary/index.js';
import {
  inspectStorage,
  type StorageFault,
  type StorageInspection,
  type StoredDatastoreInfo,
} from '../datastore/index.js';
import { parseState } from '../index.js';
import { LmdbStorage } from '../storage/lmdb/index.js';
import {
  CommandError,
  type CommandIo,
  done,
  EXIT_STATUS,
  type Outcome,
  parseArguments,
  STANDARD_STREAM,
  statusOf,
  usageError,
  writeFile,
} from './command.js';
import { CONVERT_HELP, INSPECT_HELP } from './help.js';
import { countOf, linesJson, quotedText, safeText } from './text.js';

/** Stands for the datastores without an account. It is not the id of an account, which has no spaces. */
const NO_ACCOUNT = 'this device';

/**
 * Runs `deltaic inspect` or `deltaic convert` on the directory of a storage. @returns the exit status.
 */
export async function runStorageCommand([command = '', ...argv]: readonly string[], io: CommandIo): Promise<number> {
  return await statusOf(command, io, async () => {
    const { output, status } = command === 'inspect' ? await inspect(argv) : await convert(argv, io);
    if (output.length > 0) io.stdout(output);
    return status;
  });
}

async function inspect(argv: readonly string[]): Promise<Outcome> {
  const { files, flags } = parseArguments(argv, { json: 'flag', quiet: 'flag' }, 'inspect');
  if (flags.has('help')) return done(INSPECT_HELP);
  if (flags.has('json') && flags.has('quiet')) {
    throw usageError('--json and --quiet cannot be used together', 'inspect');
  }
  const path = onlyFile(files, 'inspect');
  const found = await inspectStorage(new LmdbStorage({ path }));
  const status = found.faults.length === 0 ? EXIT_STATUS.done : EXIT_STATUS.badInput;
  if (flags.has('quiet')) return { output: '', status };
  const report = flags.has('json') ? JSON.stringify(jsonOf(found)) : linesOf(path, found).join('\n');
  return { output: `${report}\n`, status };
}

async function convert(argv: readonly string[], io: CommandIo): Promise<Outcome> {
  const { files, flags, values } = parseArguments(
    argv,
    { to: ['json', 'binary'], account: 'file', datastore: 'file', out: 'file' },
    'convert',
  );
  if (flags.has('help')) return done(CONVERT_HELP);
  const path = onlyFile(files, 'convert');
  const found = await inspectStorage(new LmdbStorage({ path }));
  const { rows } = chosen(found, values.get('account'), values.get('datastore'));
  const converted = values.get('to') === 'binary' ? encodeState(parseState(rows)) : linesJson(rows);
  const out = values.get('out') ?? STANDARD_STREAM;
  if (out === STANDARD_STREAM) {
    if (typeof converted === 'string' || !io.isTerminal) return done(converted);
    throw usageError('the binary form is not for a terminal: name a file with --out', 'convert');
  }
  writeFile(io, out, converted);
  return done('');
}

function onlyFile(files: readonly string[], command: string): string {
  const [path, ...others] = files;
  if (path === undefined || others.length > 0) {
    throw usageError(`${command} takes one directory, got ${countOf(files.length, 'file')}`, command);
  }
  // Opening it would make an empty storage of any directory.
  if (!existsSync(join(path, 'data.mdb'))) throw new CommandError(`${path}: there is no storage in this directory`);
  return path;
}

/** The one datastore that is meant. @throws CommandError if that is none or several. */
function chosen(
  { accounts, faults }: StorageInspection,
  account: string | undefined,
  datastore: string | undefined,
): StoredDatastoreInfo {
  const isMeant = (one: { account: string | undefined; datastore: string | undefined }): boolean =>
    (account === undefined || (one.account ?? NO_ACCOUNT) === account) &&
    (datastore === undefined || one.datastore === datastore);
  const damaged = faults.find(isMeant);
  if (damaged !== undefined) throw damaged.error;
  const all = accounts.flatMap((one) =>
    one.datastores.map((info) => ({ account: one.account, datastore: info.id, info })),
  );
  const [only, ...others] = all.filter(isMeant);
  if (only !== undefined && others.length === 0) return only.info;
  const names = all.map((one) => `${one.account ?? NO_ACCOUNT} / ${one.datastore}`).join(', ');
  const problem = only === undefined ? 'there is no such datastore' : 'more than one datastore is meant';
  throw usageError(`${problem}: use --account and --datastore; there are ${quotedText(names, 400)}`, 'convert');
}

function linesOf(path: string, { accounts, faults }: StorageInspection): string[] {
  const all = accounts.flatMap(({ datastores }) => datastores);
  const unsent = all.filter((info) => info.unsent + info.uncommitted > 0).length;
  const linked = accounts.filter(({ account }) => account !== undefined).length;
  const isEmpty = accounts.length === 0 && faults.length === 0;
  const held = `${countOf(linked, 'account')}, ${countOf(all.length, 'datastore')}, ${unsent} with edits that are not sent`;
  return [
    `${safeText(path)}: a storage with ${held}`,
    ...(isEmpty ? ['no device has stored anything here (deltaic cannot show the logs of a server)'] : []),
    faults.length === 0 ? 'every checksum holds' : `${countOf(faults.length, 'value')} CANNOT BE READ`,
    ...faults.map((fault) => `  ${faultText(fault)}`),
    ...accounts.flatMap(({ account, datastores }) => [
      '',
      account === undefined ? 'this device (no account)' : `account ${safeText(account)}`,
      ...datastores.map((info) => `  ${datastoreText(info)}`),
    ]),
  ];
}

function datastoreText({
  id,
  handle,
  role,
  revision,
  unsent,
  isInFlight,
  uncommitted,
  rows,
}: StoredDatastoreInfo): string {
  const parts = [
    `revision ${revision}, ${countOf(rows.length, 'record')}, role ${role}`,
    handle === undefined ? 'not on a server' : undefined,
    unsent === 0 ? undefined : `${countOf(unsent, 'sealed delta')} not sent${isInFlight ? ', the first perhaps' : ''}`,
    uncommitted === 0 ? undefined : `${countOf(uncommitted, 'change')} not synced`,
  ];
  return `${safeText(id)}: ${parts.filter((part) => part !== undefined).join('; ')}`;
}

function faultText({ account, datastore, error }: StorageFault): string {
  const where = [account ?? NO_ACCOUNT, ...(datastore === undefined ? [] : [datastore])].join(' / ');
  return safeText(`${where}: ${error.message}`);
}

function jsonOf({ accounts, faults }: StorageInspection): unknown {
  return {
    kind: 'storage',
    accounts: accounts.map(({ account, datastores }) => ({
      account: account ?? null,
      datastores: datastores.map(({ rows, handle, ...info }) => ({
        ...info,
        handle: handle ?? null,
        records: rows.length,
      })),
    })),
    faults: faults.map(({ account, datastore, error }) => ({
      account: account ?? null,
      datastore: datastore ?? null,
      code: error.code,
      message: error.message,
    })),
  };
}
