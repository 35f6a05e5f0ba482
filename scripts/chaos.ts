// Kills, stops and cuts off servers, databases and devices: many rounds, as often as you like.

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Late, Wrong } from '../test/server/chaos/checker.js';
import { runChaos } from '../test/server/chaos/rounds.js';
import { startPostgres } from '../test/server/postgres-server.js';

const HELP = `Usage: npm run chaos -- [options]

  --rounds N     how many rounds (default 20)
  --seed S       what happens in them (default: a fresh one, printed)
  --store NAME   lmdb or postgres (default lmdb)
  --help         show this
`;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    store: { type: 'string', default: 'lmdb' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(HELP);
else await run(Number(values.seed), Number(values.rounds), values.store === 'postgres');

async function run(seed: number, rounds: number, isPostgres: boolean): Promise<void> {
  console.log(`${rounds} rounds of seed ${seed}, on ${isPostgres ? 'PostgreSQL' : 'LMDB'}.`);
  const server = isPostgres ? await startPostgres() : undefined;
  try {
    await server?.emptyDatabase();
    await runChaos({
      seed,
      rounds,
      ...(server === undefined ? {} : { database: server }),
      onRound: (round, summary) => console.log(`${round} of ${rounds}: ${summary}`),
    });
    console.log('Nothing acknowledged was lost, nothing was doubled, and all devices show what the logs hold.');
  } catch (error) {
    if (!(error instanceof Wrong || error instanceof Late)) throw error;
    console.log(`${error instanceof Wrong ? 'WRONG' : 'LATE'}: ${error.message}`);
    process.exitCode = 1;
  } finally {
    await server?.stop();
  }
}
