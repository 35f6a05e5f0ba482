// Feeds mutated messages to both decoders: many, or one again.

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Fuzz } from '../test/fuzz/fuzz.js';

const HELP = `Usage: npm run fuzz -- [options]

  --seed S      which valid messages to start from, and how to mutate them (default: a fresh one, printed)
  --messages N  how many mutated messages (default 100000)
  --only N      check message N alone
  --help        show this
`;

const LINE_MILLISECONDS = 15_000;
/** A message that takes longer is reported: they are all small. */
const SLOW_MILLISECONDS = 1000;

interface Command {
  readonly seed: number;
  readonly first: number;
  readonly end: number;
}

function readCommand(args: string[]): Command | undefined {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: { seed: text, messages: text, only: text, help: { type: 'boolean' } },
  });
  if (values.help) return undefined;
  const seed = wholeNumber('seed', values.seed, randomInt(2 ** 31));
  if (values.only !== undefined) {
    const only = wholeNumber('only', values.only, 0);
    return { seed, first: only, end: only + 1 };
  }
  return { seed, first: 0, end: wholeNumber('messages', values.messages, 100_000) };
}

function wholeNumber(name: string, text: string | undefined, otherwise: number): number {
  const number = text === undefined ? otherwise : Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new RangeError(`--${name} must be a whole number from 0, not ${text}`);
}

function run({ seed, first, end }: Command): void {
  console.log(`Messages ${first} to ${end - 1} of seed ${seed}.`);
  const fuzz = new Fuzz(seed);
  const start = performance.now();
  let shown = start;
  let slowest = 0;
  for (let number = first; number < end; number++) {
    const before = performance.now();
    fuzz.check(number);
    const now = performance.now();
    slowest = Math.max(slowest, now - before);
    if (now - shown < LINE_MILLISECONDS) continue;
    shown = now;
    console.error(`${(number - first + 1).toLocaleString('en')} messages`);
  }
  const lines = Object.entries(fuzz.tally)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([sort, { accepted, refused }]) => [sort.padEnd(20), column(accepted), column(refused)].join(''));
  console.log(
    ['', ' '.repeat(20) + ['accepted', 'refused'].map((word) => word.padStart(14)).join(''), ...lines].join('\n'),
  );
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(`\nNo failure in ${(end - first).toLocaleString('en')} messages, ${seconds} seconds.`);
  console.log(`The slowest took ${slowest.toFixed(0)} ms.`);
  if (slowest > SLOW_MILLISECONDS) throw new Error('a message took longer than its size explains');
}

function column(count: number): string {
  return count.toLocaleString('en').padStart(14);
}

try {
  const command = readCommand(process.argv.slice(2));
  if (command === undefined) console.log(HELP);
  else run(command);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
