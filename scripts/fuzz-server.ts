// Sends random requests to a server, as many as you ask for, and watches what it keeps in memory.

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { RequestFuzz } from '../test/server/request-fuzz.js';

const HELP = `Usage: npm run fuzz:server -- [options]

  --requests N   how many (default 100000)
  --seed S       which (default: a fresh one, printed)
  --help         show this
`;

const PARTS = 20;
/**
 * How much more the server may hold in the last quarter than in the second, in bytes. What it holds rises and falls with the
 * datastores that the requests make and delete, so the least of each quarter counts.
 */
const GROWTH_MOST = 8 << 20;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(HELP);
else await run(Number(values.seed), Number(values.requests));

async function run(seed: number, requests: number): Promise<void> {
  console.log(`${requests} requests of seed ${seed}.`);
  const fuzz = await RequestFuzz.start(seed);
  const held: number[] = [];
  for (let part = 1; part <= PARTS; part++) {
    for (let count = 0; count < requests / PARTS; count++) await fuzz.step();
    globalThis.gc?.();
    held.push(process.memoryUsage().heapUsed);
    const shown = `${((held.at(-1) ?? 0) / 1e6).toFixed(1)} MB in use`;
    console.log(`${Math.round((requests * part) / PARTS)}: ${globalThis.gc === undefined ? 'no failure' : shown}`);
  }
  await fuzz.end();
  console.log(
    [...fuzz.statuses]
      .sort()
      .map(([status, count]) => `${status}: ${count}`)
      .join(', '),
  );
  const growth = Math.min(...held.slice(-PARTS / 4)) - Math.min(...held.slice(PARTS / 4, PARTS / 2));
  if (globalThis.gc !== undefined && growth > GROWTH_MOST) throw new Error(`the server grew by ${growth} bytes`);
  console.log('No request failed the server, showed data of others, or changed them.');
}
