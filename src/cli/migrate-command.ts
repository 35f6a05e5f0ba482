import { migrateDatabase } from '../server/postgres/index.js';
import { type CommandIo, EXIT_STATUS, parseArguments, statusOf, usageError } from './command.js';
import { MIGRATE_HELP } from './help.js';

/** Runs `deltaic migrate`. @returns the exit status. */
export function runMigrateCommand([, ...argv]: readonly string[], io: CommandIo): Promise<number> {
  return statusOf('migrate', io, async () => {
    const { files, flags, values } = parseArguments(argv, { postgres: 'text' }, 'migrate');
    if (flags.has('help')) {
      io.stdout(MIGRATE_HELP);
      return EXIT_STATUS.done;
    }
    const url = values.get('postgres');
    if (url === undefined || files.length > 0) throw usageError('migrate takes --postgres URL and no files', 'migrate');
    const { from, to } = await migrateDatabase(url);
    const done = from === to ? 'the schema is up to date' : `the schema was at version ${from} and is up to date`;
    io.stdout(`${done}: version ${to}\n`);
    return EXIT_STATUS.done;
  });
}
