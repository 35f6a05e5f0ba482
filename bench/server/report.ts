import type { Setting } from '../support/machine.js';
import type { SizedTimes } from './datastore-of-size.js';
import type { WatcherCosts } from './watchers.js';

/** How fast a contender was. */
export interface Rates {
  /** Puts in a second of the clock. */
  readonly perSecond: number;
  /** Processor time of its process for each put, in ms. */
  readonly cpuEach: number;
  /** The same of the process of the clients; 0 if there is none. */
  readonly clientEach: number;
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
  /** What the bare work reaches that this must do as well, if that was measured. */
  readonly most: string;
  readonly outcome: 'met' | 'missed' | 'out of reach';
  /** Why, unless it is met. */
  readonly reason: string;
}

/** The measurements as Markdown. */
export function formatServer(result: ServerResult): string {
  const { commit, node, machine, rounds, clients, seconds, load, rates, sized, watchers } = result;
  const targets = targetsOf(result);
  const missed = targets
    .filter(({ outcome }) => outcome !== 'met')
    .map(({ what, reason }) => `- **${what}.** ${reason}`.trimEnd());
  return `${[
    '# The server, measured',
    '',
    `Made by \`npm run bench:server\` at commit ${commit}, Node ${node}, ${machine}.`,
    '',
    `Medians of ${rounds} rounds of ${seconds} s each after up to 10,000 requests to warm up, in alternating order; each contender has a process of its own, beside the process of`,
    `the ${clients} clients. Each client sends a put when the one before it was answered. "Processor time" is that of the contender's process.`,
    'Deltaic checks a signed token with each request and acknowledges what is on the disk; ShareDB 7 keeps its documents in memory and checks nothing.',
    'The bare rows are parts of the work alone: the same bytes written without a server, to LMDB in commits of 64 and of one, to PostgreSQL by as',
    'many connections as there are clients; and an HTTP server of Node that reads each request and answers the same. In the rows with HTTP the',
    'clients are one process, which has to make the requests.',
    '',
    'Hocuspocus 4.7 is not among them, since its work is another: it confirms an update as soon as that is in memory, and its hook for storing is given the',
    'whole document afterwards, with `debounce: 0` as well. With 64 of its own clients and a hook that writes to LMDB, 1,144 edits had been confirmed',
    'when 887 documents had been written.',
    '',
    ...(load > 3
      ? [
          `**Other work shared the processors: the load was ${load.toFixed(1)}.** Compare ratios, and processor time before time.`,
          '',
        ]
      : []),
    '## Durable puts',
    '',
    '| contender | puts a second | processor time for a put | that of the clients | conflicts for a put |',
    '|---|---|---|---|---|',
    ...rates.map(
      ({ name, perSecond, cpuEach, clientEach, conflictsEach }) =>
        `| ${name} | ${number(perSecond)} | ${micros(cpuEach)} | ${clientEach === 0 ? '–' : micros(clientEach)} | ${conflictsEach === 0 ? '–' : number(conflictsEach)} |`,
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
    '"At most" is what the bare work reaches that a put by HTTP has to do as well, measured in the same run. A target above it is out of reach.',
    '',
    '| what | here | target | at most | |',
    '|---|---|---|---|---|',
    ...targets.map(
      ({ what, figure, target, most, outcome }) => `| ${what} | ${figure} | ${target} | ${most} | ${outcome} |`,
    ),
    '',
    ...(missed.length === 0 ? [] : ['### What is missed, and why', '', ...missed, '']),
  ].join('\n')}\n`;
}

/** A figure that is to be large, and what the bare work reaches. */
interface Ratio {
  readonly what: string;
  readonly value: number;
  readonly least: number;
  readonly bare: number;
  readonly reason: string;
}

function ratio({ what, value, least, bare, reason }: Ratio): Target {
  const [figure, target, most] = [`${number(value)} ×`, `≥ ${least} ×`, `${number(bare)} ×`];
  return {
    what,
    figure,
    target,
    most,
    outcome: value >= least ? 'met' : bare < least ? 'out of reach' : 'missed',
    reason,
  };
}

/** A figure that is to be small. */
function limit(what: string, value: number, unit: string, largest: number, reason: string): Target {
  const outcome = value <= largest ? 'met' : 'missed';
  return { what, figure: `${number(value)} ${unit}`, target: `≤ ${largest} ${unit}`, most: '–', outcome, reason };
}

function targetsOf({ rates, sized, watchers }: ServerResult): Target[] {
  const of = (name: string): Rates => rates.find((rate) => rate.name === name) as Rates;
  const [lmdb, hot, pg] = [of('Deltaic, LMDB'), of('Deltaic, LMDB, one hot datastore'), of('Deltaic, PostgreSQL')];
  const [alone, share, bareLmdb] = [of('Deltaic, LMDB, without HTTP'), of('ShareDB, memory'), of('bare LMDB commits')];
  const [http, barePg] = [of('bare Node HTTP'), of('bare PostgreSQL inserts')];
  // An edit of a hot datastore takes a commit of its own, and a round trip to the device that makes the next one.
  const turn = 1 / of('bare LMDB commits of one put').perSecond + 1 / of('bare Node HTTP, one client').perSecond;
  const parts =
    `Of ${micros(lmdb.cpuEach)} of processor time for a put, a bare HTTP server takes ${micros(http.cpuEach)}, and the server without HTTP ` +
    `${micros(alone.cpuEach)}; the rest is tokens, JSON, and what is counted. The clients take ${micros(lmdb.clientEach)} beside it.`;
  return [
    ratio({
      what: 'LMDB, beside ShareDB on memory, by the clock',
      value: lmdb.perSecond / share.perSecond,
      least: 5,
      bare: http.perSecond / share.perSecond,
      reason: `${parts} ShareDB gets frames over a WebSocket that is open, and writes nothing to a disk.`,
    }),
    ratio({
      what: 'the same, by processor time',
      value: share.cpuEach / lmdb.cpuEach,
      least: 5,
      bare: share.cpuEach / http.cpuEach,
      reason: 'As above.',
    }),
    ratio({
      what: 'LMDB, beside bare commits',
      value: lmdb.perSecond / bareLmdb.perSecond,
      least: 0.5,
      bare: http.perSecond / bareLmdb.perSecond,
      reason: `A bare commit takes ${micros(bareLmdb.cpuEach)} for a put, and a bare HTTP server ${micros(http.cpuEach)}.`,
    }),
    ratio({
      what: 'PostgreSQL, beside bare inserts',
      value: pg.perSecond / barePg.perSecond,
      least: 0.6,
      bare: Math.min(http.perSecond / barePg.perSecond, 1),
      reason:
        `A put takes ${micros(pg.cpuEach)} of the server and ${micros(pg.clientEach)} of the clients, and an insert takes ${micros(barePg.cpuEach)}, ` +
        'all beside the database. They share the processors.',
    }),
    ratio({
      what: 'one hot datastore, beside 64 datastores',
      value: hot.perSecond / lmdb.perSecond,
      least: 0.25,
      bare: 1 / turn / lmdb.perSecond,
      reason:
        'Its edits come one after the other: each is decided on the one before, which its device must have seen. ' +
        `A commit of one put and a bare round trip allow ${number(1 / turn)} edits a second. Besides, every device is sent every edit.`,
    }),
    limit('opening cold, beside its snapshot alone', sized.open / sized.decode, '×', 3, ''),
    limit('a warm put, beside its commit', sized.put / sized.commit, '×', 2, ''),
    limit(
      'memory of a watcher',
      watchers.rssEach / 1_000,
      'kB',
      25,
      `${number(watchers.heldEach / 1_000)} kB are in use after a garbage collection, most of it Node's connection, request and answer.`,
    ),
    limit(
      'until all watchers have heard',
      watchers.toAll,
      'ms',
      1_000,
      `It has the work of the ${number(watchers.watchers)} clients in it; the server took ${number(watchers.cpu)} ms of a processor.`,
    ),
  ];
}

function micros(ms: number): string {
  return `${number(ms * 1_000)} µs`;
}

function number(value: number): string {
  if (value >= 1_000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
