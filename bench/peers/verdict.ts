import { type EngineResult, isOurs, isPlain, type PeersResult } from './result.js';
import type { Measurement } from './workload.js';

/** Deltaic beside the best peer at one figure of one case. */
export interface Verdict {
  readonly what: string;
  readonly ours: number;
  readonly peer: string;
  readonly theirs: number;
  readonly unit: string;
  /** The best peer divided by Deltaic: below 1 Deltaic takes more. */
  readonly lead: number;
  readonly target?: number;
  /** The cost for plain arrays and Maps that are given the result, if it was measured. */
  readonly plain?: number;
}

interface Choice {
  readonly workload: string;
  readonly figure: string;
  readonly what: string;
  /** Which of Deltaic's measurements, by engine and by the beginning of the case. */
  readonly ours: readonly [engine: string, caseStart: string];
  /** Which peers take part: all unless given. */
  readonly peers?: (engine: EngineResult) => boolean;
  /** Which of a peer's measurements take part: those of the same case unless given. */
  readonly anyCase?: boolean;
  readonly target?: number;
}

const isScript = ({ runsAs }: EngineResult): boolean => runsAs === 'JavaScript';
const isWasm = ({ runsAs }: EngineResult): boolean => runsAs === 'WebAssembly';

function merges(workload: string, what: string, figure: string, targets: Readonly<Record<string, number>>): Choice[] {
  return Object.entries(targets).flatMap(([name, target]) => [
    { workload, figure, what: `${what}, ${name}`, ours: ['deltaic', name], target } as const,
    { workload, figure, what: `${what}, ${name}, no bytes between`, ours: ['deltaic-in-memory', name] } as const,
    {
      workload,
      figure: `first ${figure}`,
      what: `${what}, ${name}, first of a process`,
      ours: ['deltaic', name],
    } as const,
  ]);
}

/** What is stored after the branches merged. Some peers deflate it themselves, so both sizes are compared. */
function kept(workload: string, what: string, names: readonly string[]): Choice[] {
  return names.flatMap((name) => {
    const choice = { workload, ours: ['deltaic', name], target: 1 } as const;
    return [
      { ...choice, figure: 'state kB', what: `state of ${what}, ${name}` },
      { ...choice, figure: 'state deflated kB', what: `state of ${what}, ${name}, deflated` },
    ];
  });
}

const TRACE = { workload: 'trace', anyCase: true } as const;

const CHOICES: readonly Choice[] = [
  ...merges('lists', 'list merge', 'merge and read ms', { '100 edits': 4, '1,000 edits': 10, '10,000 edits': 10 }),
  ...merges('moves', 'list merge with moves', 'merge and read ms', {
    '100 edits': 4,
    '1,000 edits': 10,
    '10,000 edits': 10,
  }),
  ...merges('records', 'record merge', 'merge ms', { '1,000 updates': 5, '10,000 updates': 5, '100,000 updates': 5 }),
  ...(['one by one', 'all in one'] as const).flatMap((edits): Choice[] => [
    {
      ...TRACE,
      figure: 'replay ms',
      what: `trace, ${edits}, against JavaScript`,
      ours: ['deltaic', edits],
      peers: isScript,
      target: 8,
    },
    {
      ...TRACE,
      figure: 'replay ms',
      what: `trace, ${edits}, against WebAssembly`,
      ours: ['deltaic', edits],
      peers: isWasm,
      target: 1,
    },
  ]),
  { ...TRACE, figure: 'memory MB', what: 'trace, memory', ours: ['deltaic', 'one by one'] },
  { ...TRACE, figure: 'state kB', what: 'trace, encoded state', ours: ['deltaic', 'all in one'], target: 1 },
  {
    ...TRACE,
    figure: 'state deflated kB',
    what: 'trace, encoded state, deflated',
    ours: ['deltaic', 'all in one'],
    target: 1,
  },
  {
    ...TRACE,
    figure: 'history deflated kB',
    what: 'trace, one delta of all edits, deflated',
    ours: ['deltaic', 'all in one'],
    target: 1,
  },
  { ...TRACE, figure: 'load ms', what: 'trace, load', ours: ['deltaic', 'all in one'] },
  ...kept('lists', 'the list', ['100 edits', '1,000 edits', '10,000 edits']),
  ...kept('records', 'the records', ['1,000 updates', '10,000 updates', '100,000 updates']),
  {
    workload: 'register',
    figure: 'state bytes',
    what: 'one key set 100,000 times',
    ours: ['deltaic', ''],
    anyCase: true,
  },
  { workload: 'keystroke', figure: 'receive µs', what: 'remote keystroke', ours: ['deltaic', ''], anyCase: true },
  {
    workload: 'keystroke',
    figure: 'first receive µs',
    what: 'remote keystroke, the first ten',
    ours: ['deltaic', ''],
    anyCase: true,
  },
  {
    workload: 'keystroke',
    figure: 'receive µs',
    what: 'remote keystroke, through Replica',
    ours: ['deltaic-replica', ''],
    anyCase: true,
  },
];

/** Every comparison for which both sides were measured. */
export function verdicts(result: PeersResult): Verdict[] {
  return [...CHOICES.flatMap((choice) => verdictOf(choice, result)), ...sizeVerdict(result)];
}

function verdictOf(choice: Choice, { workloads }: PeersResult): Verdict[] {
  const { figure, what, target, peers = () => true, anyCase = false } = choice;
  const engines = workloads.find(({ name }) => name === choice.workload)?.engines ?? [];
  const [engineName, caseStart] = choice.ours;
  const own = engines.find(({ engine }) => engine === engineName);
  const ours = own?.measurements.find((measurement) => measurement.case.startsWith(caseStart))?.figures[figure];
  const takesPart = (measurement: Measurement): boolean => anyCase || measurement.case.startsWith(caseStart);
  const bestOf = (candidates: readonly EngineResult[]): { peer: string; value: number } | undefined =>
    candidates
      .flatMap(({ title, measurements }) =>
        measurements
          .filter(takesPart)
          .map(({ idiom, figures }) => ({ peer: `${title} (${idiom})`, value: figures[figure] })),
      )
      .filter((rival): rival is { peer: string; value: number } => rival.value !== undefined)
      .sort((left, right) => left.value - right.value)[0];
  const best = bestOf(engines.filter((engine) => !isOurs(engine) && !isPlain(engine) && peers(engine)));
  if (ours === undefined || best === undefined) return [];
  const plain = bestOf(engines.filter(isPlain))?.value;
  const unit = figure.slice(figure.lastIndexOf(' ') + 1);
  const lead = best.value / ours;
  return [
    {
      ...{ what, ours, peer: best.peer, theirs: best.value, unit, lead },
      ...(target !== undefined && { target }),
      ...(plain !== undefined && { plain }),
    },
  ];
}

const SIZE_LIMIT = 20_000;

function sizeVerdict({ sizes }: PeersResult): Verdict[] {
  const own = sizes.find(({ title }) => title === 'Deltaic');
  if (own === undefined) return [];
  return [
    {
      what: 'the whole entry, minified and gzipped, without the codec’s dependency',
      ours: own.script,
      peer: 'the limit',
      theirs: SIZE_LIMIT,
      unit: 'bytes',
      lead: SIZE_LIMIT / own.script,
      target: 1,
    },
  ];
}
