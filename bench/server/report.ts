import type { Setting } from '../support/machine.js';
import type { SizedTimes } from './datastore-of-size.js';
import type { WatcherCosts } from './watchers.js';

/** How fast a contender was. */
export interface Rates {
  /** Puts in a second of the clock. */
  readonly perSecond: number;
  /** Processor time of its process for each put, in ms. */
  readonly cpuEach: number;
  /** Answers for each put that were conflicts. */
  readonly conflictsEach: number;
}

export interface ServerResult extends Setting {
  readonly rounds: number;
  readonly clients: number;
  readonly seconds: number;
  /** How many processes wanted a processor at the end, over five minutes. */
  readonly load: number;
  readonly rates: readonly (Rates & { readonly name: string })[];
  readonly sized: SizedTimes;
  readonly watchers: WatcherCosts;
}

/** What SERVER.md says of a figure. */
interface Target {
  readonly what: string;
  readonly figure: string;
  readonly target: string;
  readonly isMet: boolean;
}

/** The measurements as Markdown. */
export function formatServer(result: ServerResult): string {
  const { commit, node, machine, rounds, clients, seconds, load, rates, sized, watchers } = result;
  return `${[
    '# The server, measured',
    '',
    `Made by \`npm run bench:server\` at commit ${commit}, Node ${node}, ${machine}.`,
    '',
    `Medians of ${rounds} rounds of ${seconds} s each after up to 10,000 requests to warm up, in alternating order; each contender has a process of its own, beside the process of`,
    `the ${clients} clients. Each client sends a put when the one before it was answered. "Processor time" is that of the contender's process.`,
    'Deltaic checks a signed token with each request and acknowledges what is on the disk; ShareDB 7 keeps its documents in memory and checks nothing.',
    'The bare rows are the same bytes written without a server: LMDB in commits of 64, PostgreSQL by as many connections as there are clients.',
    '',
    ...(load > 3
      ? [
          `**Other work shared the processors: the load was ${load.toFixed(1)}.** Compare ratios, and processor time before time.`,
          '',
        ]
      : []),
    '## Durable puts',
    '',
    '| contender | puts a second | processor time for a put | conflicts for a put |',
    '|---|---|---|---|',
    ...rates.map(
      ({ name, perSecond, cpuEach, conflictsEach }) =>
        `| ${name} | ${number(perSecond)} | ${number(cpuEach * 1_000)} µs | ${conflictsEach === 0 ? '–' : number(conflictsEach)} |`,
    ),
    '',
    '## A datastore of 10 MiB, in process',
    '',
    '| what | time |',
    '|---|---|',
    `| opening it cold, to an answer | ${number(sized.open)} ms |`,
    `| reading and decoding its snapshot | ${number(sized.decode)} ms |`,
    `| a put of 1 kB, warm | ${number(sized.put)} ms |`,
    `| a commit of the same bytes | ${number(sized.commit)} ms |`,
    '',
    '## Watchers',
    '',
    `${number(watchers.watchers)} watchers of one datastore, on one process with LMDB.`,
    '',
    '| what | |',
    '|---|---|',
    `| memory of the process for each | ${number(watchers.rssEach / 1_000)} kB |`,
    `| of that in use after a garbage collection | ${number(watchers.heldEach / 1_000)} kB |`,
    `| until half of them have heard of an edit | ${number(watchers.toHalf)} ms |`,
    `| until all have | ${number(watchers.toAll)} ms |`,
    `| processor time for that | ${number(watchers.cpu)} ms |`,
    `| processor time in a second without any edit | ${number(watchers.idleCpu)} ms |`,
    '',
    '## Targets',
    '',
    '| what | here | target | |',
    '|---|---|---|---|',
    ...targetsOf(result).map(
      ({ what, figure, target, isMet }) => `| ${what} | ${figure} | ${target} | ${isMet ? 'met' : 'missed'} |`,
    ),
    '',
    ...REASONS,
  ].join('\n')}\n`;
}

function targetsOf({ rates, sized, watchers }: ServerResult): Target[] {
  const of = (name: string): Rates => rates.find((rate) => rate.name === name) as Rates;
  const ratio = (what: string, one: number, other: number, least: number): Target => ({
    ...{ what, figure: `${number(one / other)} ×`, target: `≥ ${least} ×`, isMet: one / other >= least },
  });
  const most = (what: string, value: number, unit: string, limit: number): Target => ({
    ...{ what, figure: `${number(value)} ${unit}`, target: `≤ ${limit} ${unit}`, isMet: value <= limit },
  });
  const [lmdb, hot, pg] = [of('Deltaic, LMDB'), of('Deltaic, LMDB, one hot datastore'), of('Deltaic, PostgreSQL')];
  return [
    ratio('LMDB, beside ShareDB on memory, by the clock', lmdb.perSecond, of('ShareDB, memory').perSecond, 5),
    ratio('the same, by processor time', of('ShareDB, memory').cpuEach, lmdb.cpuEach, 5),
    ratio('LMDB, beside bare commits', lmdb.perSecond, of('bare LMDB commits').perSecond, 0.5),
    ratio('PostgreSQL, beside bare inserts', pg.perSecond, of('bare PostgreSQL inserts').perSecond, 0.6),
    ratio('one hot datastore, beside 64 datastores', hot.perSecond, lmdb.perSecond, 0.25),
    most('opening cold, beside its snapshot alone', sized.open / sized.decode, '×', 3),
    most('a warm put, beside its commit', sized.put / sized.commit, '×', 2),
    most('memory of a watcher', watchers.rssEach / 1_000, 'kB', 25),
    most('until all watchers have heard', watchers.toAll, 'ms', 1_000),
  ];
}

/** Why targets are missed, as far as a profile tells. */
const REASONS: readonly string[] = [
  '### What is missed, and why',
  '',
  '- **ShareDB, bare commits and bare inserts.** The row without HTTP shows what the server itself takes for a put: checking, encoding',
  '  and a share of a commit. The rest is HTTP: a `Request`, a `Response` and their streams for each put, where ShareDB sends frames over',
  '  a WebSocket that is open. A put also waits for several threads in turn, and each of them for a processor, if others use the machine.',
  '  Checking tokens was a quarter of a put before those that were found to be good were remembered.',
  '- **One hot datastore.** A put names the revision that it was decided on. Of 64 puts that are on their way one is accepted; the others',
  '  are answered by a conflict, rebased by their devices, and sent again: the column of conflicts counts them. Edits of one datastore',
  '  come one after the other by design, so this row is about the round trip to the devices.',
  '- **Watchers.** The time until all have heard has the work of 10,000 clients in it, which share the processors with the server; the',
  '  processor time of the server is beside it.',
  '',
];

function number(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
