import { OWN_ENTRIES } from './bundle-size.js';
import { type EngineResult, isOurs, isPlain, type PeersResult } from './result.js';

/** Deltaic at one figure of one case, beside the best peer and the plain floor where these were measured. */
export interface Verdict {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  readonly best?: Rival | undefined;
  /** The best peer divided by Deltaic: below 1 Deltaic takes more. */
  readonly lead?: number | undefined;
  /** The cost for plain arrays and Maps that are given the result. */
  readonly plain?: number | undefined;
  readonly judged: readonly Judged[];
}

interface Rival {
  readonly peer: string;
  readonly value: number;
}

/** A target, and whether it was met. `out of reach` is a lead that even the plain floor does not have. */
export interface Judged {
  readonly target: string;
  readonly outcome: 'met' | 'missed' | 'out of reach';
}

/** What we aim at: a lead over the best peer, a multiple of the plain floor, or of another way of Deltaic, or a limit. */
interface Targets {
  readonly lead?: number;
  readonly floor?: number;
  readonly most?: number;
  readonly own?: { readonly ours: Way; readonly what: string; readonly most: number };
}

/** Which of Deltaic's measurements, by engine and by the beginning of the case. */
type Way = readonly [engine: string, caseStart: string];

interface Choice {
  readonly workload: string;
  /** The processor time is compared, `merge cpu ms` for `merge ms`, where it was measured. */
  readonly figure: string;
  readonly what: string;
  readonly ours: Way;
  /** Which peers take part: all unless given. */
  readonly peers?: (engine: EngineResult) => boolean;
  /** Which of a peer's measurements take part: those of the same case unless given. */
  readonly anyCase?: boolean;
  readonly targets?: Targets;
}

const isScript = ({ runsAs }: EngineResult): boolean => runsAs === 'JavaScript';
const isWasm = ({ runsAs }: EngineResult): boolean => runsAs === 'WebAssembly';

/** The least leads by case: with bytes between the branches, and in one memory. The first merge is compared with JavaScript. */
type Leads = Readonly<Record<string, readonly [withBytes: number, inMemory: number | undefined]>>;

function merges(
  workload: string,
  what: string,
  figure: string,
  leads: Leads,
  floors?: readonly [number, number],
): Choice[] {
  const choice = { workload, figure } as const;
  return Object.entries(leads).flatMap(([name, [withBytes, inMemory]]): Choice[] => [
    {
      ...{ ...choice, what: `${what}, ${name}`, ours: ['deltaic', name] },
      targets: { lead: withBytes, ...(floors && { floor: floors[0] }) },
    },
    {
      ...{ ...choice, what: `${what}, ${name}, no bytes between`, ours: ['deltaic-in-memory', name] },
      targets: { ...(inMemory !== undefined && { lead: inMemory }), ...(floors && { floor: floors[1] }) },
    },
    {
      ...{ workload, figure: `first ${figure}`, what: `${what}, ${name}, first of a process`, ours: ['deltaic', name] },
      ...{ peers: isScript, targets: { lead: 1 } },
    },
  ]);
}

/** What is stored after the branches merged, deflated: some peers deflate it themselves. */
function kept(workload: string, what: string, names: readonly string[]): Choice[] {
  return names.flatMap((name): Choice[] => {
    const choice = { workload, ours: ['deltaic', name] } as const;
    return [
      { ...choice, figure: 'state kB', what: `state of ${what}, ${name}` },
      {
        ...{ ...choice, figure: 'state deflated kB', what: `state of ${what}, ${name}, deflated` },
        targets: { lead: 1 },
      },
    ];
  });
}

const TRACE = { workload: 'trace', anyCase: true } as const;
const KEYSTROKE = { workload: 'keystroke', anyCase: true } as const;
const BY_APPLY = ['deltaic', 'one by one: list, State.apply'] as const;

const CHOICES: readonly Choice[] = [
  ...merges(
    'lists',
    'list merge',
    'merge and read ms',
    { '100 edits': [1.5, 2], '1,000 edits': [2.5, 3.4], '10,000 edits': [4.5, 6] },
    [4, 3],
  ),
  ...merges('moves', 'list merge with moves', 'merge and read ms', {
    '100 edits': [20, undefined],
    '1,000 edits': [20, undefined],
    '10,000 edits': [20, undefined],
  }),
  ...merges(
    'records',
    'record merge',
    'merge ms',
    { '1,000 updates': [6, undefined], '10,000 updates': [7, undefined], '100,000 updates': [12, undefined] },
    [3.5, 3.5],
  ),
  {
    ...{ ...TRACE, figure: 'replay ms', what: 'trace, one by one, against JavaScript', ours: BY_APPLY },
    ...{ peers: isScript, targets: { lead: 1.7 } },
  },
  {
    ...{ ...TRACE, figure: 'replay ms', what: 'trace, one by one, no deltas made, against WebAssembly' },
    ...{ ours: ['deltaic', 'one by one: list, State.editList'], peers: isWasm, targets: { lead: 0.9 } },
  },
  {
    ...{
      ...TRACE,
      figure: 'replay ms',
      what: 'trace, one by one, through Replica',
      ours: ['deltaic-replica', 'one by one'],
    },
    targets: { own: { ours: BY_APPLY, what: 'State.apply', most: 2.5 } },
  },
  {
    ...{
      ...TRACE,
      figure: 'replay ms',
      what: 'trace, all in one, against JavaScript',
      ours: ['deltaic', 'all in one'],
    },
    ...{ peers: isScript, targets: { lead: 4 } },
  },
  { ...TRACE, figure: 'memory MB', what: 'trace, memory', ours: BY_APPLY },
  { ...TRACE, figure: 'state kB', what: 'trace, encoded state', ours: ['deltaic', 'all in one'] },
  {
    ...{
      ...TRACE,
      figure: 'state deflated kB',
      what: 'trace, encoded state, deflated',
      ours: ['deltaic', 'all in one'],
    },
    targets: { lead: 1 },
  },
  {
    ...{ ...TRACE, figure: 'history deflated kB', what: 'trace, one delta of all edits, deflated' },
    ...{ ours: ['deltaic', 'all in one'], targets: { lead: 1 } },
  },
  { ...TRACE, figure: 'load ms', what: 'trace, load', ours: ['deltaic', 'all in one'] },
  {
    ...{
      ...TRACE,
      figure: 'load ms',
      what: 'trace, load, pending in a Replica',
      ours: ['deltaic-replica', 'one by one'],
    },
    targets: { most: 200 },
  },
  ...kept('lists', 'the list', ['100 edits', '1,000 edits', '10,000 edits']),
  ...kept('records', 'the records', ['1,000 updates', '10,000 updates', '100,000 updates']),
  {
    workload: 'register',
    figure: 'state bytes',
    what: 'one key set 100,000 times',
    ours: ['deltaic', ''],
    anyCase: true,
  },
  { ...KEYSTROKE, figure: 'receive µs', what: 'remote keystroke', ours: ['deltaic', ''], targets: { most: 7 } },
  {
    ...{ ...KEYSTROKE, figure: 'first receive µs', what: 'remote keystroke, the first ten', ours: ['deltaic', ''] },
    targets: { most: 100 },
  },
  {
    ...{ ...KEYSTROKE, figure: 'receive µs', what: 'remote keystroke, through Replica', ours: ['deltaic-replica', ''] },
    targets: { most: 15 },
  },
];

const SHARED_TEXT = { anyCase: true } as const;
const MESH = 'deltaic-mesh';
const MESH_IN_MEMORY = 'deltaic-mesh-in-memory';

/** Without a sequencer, beside the peers that need none either, and beside Deltaic with one. */
const MESH_CHOICES: readonly Choice[] = [
  ...[
    ['shared-text', 'two people typing at once'],
    ['shared-text-4', 'four people typing at once'],
  ].flatMap(([workload = '', what = '']): Choice[] => [
    {
      ...{ ...SHARED_TEXT, workload, figure: 'receive ms', what: `mesh, ${what}, by the transaction` },
      ...{ ours: [MESH, ''], targets: { lead: 2 } },
    },
    {
      ...{
        ...SHARED_TEXT,
        workload,
        figure: 'receive ms',
        what: `mesh, ${what}, by the transaction, no bytes between`,
      },
      ...{ ours: [MESH_IN_MEMORY, ''], targets: { lead: 2 } },
    },
    {
      ...{ ...SHARED_TEXT, workload, figure: 'all in one ms', what: `mesh, ${what}, all in one` },
      ...{ ours: [MESH, ''], targets: { lead: 0.33 } },
    },
    { ...SHARED_TEXT, workload, figure: 'all kB', what: `mesh, ${what}, all events`, ours: [MESH, ''] },
    { ...SHARED_TEXT, workload, figure: 'memory MB', what: `mesh, ${what}, memory of the window`, ours: [MESH, ''] },
  ]),
  ...['near the start', 'at random places'].flatMap((where): Choice[] => [
    {
      ...{ workload: 'late', figure: 'late ms', what: `mesh, a late message, the others ${where}` },
      ...{ ours: [MESH, where], targets: { most: 5 } },
    },
    {
      ...{ workload: 'late', figure: 'next ms', what: `mesh, the next one, the others ${where}` },
      ...{ ours: [MESH, where], targets: { most: 0.1 } },
    },
  ]),
  ...['100 edits', '1,000 edits', '10,000 edits'].map(
    (name): Choice => ({
      ...{ workload: 'lists', figure: 'merge and read ms', what: `mesh, list merge, ${name}, no bytes between` },
      ours: [MESH_IN_MEMORY, name],
    }),
  ),
  // With a log one side merges for both, without one each for itself: what is compared is what a side does that merges.
  ...['100 edits', '1,000 edits', '10,000 edits'].map(
    (name): Choice => ({
      ...{ workload: 'lists', figure: 'one side ms', what: `mesh, list merge, ${name}, one side` },
      ours: [MESH_IN_MEMORY, name],
      targets: { own: { ours: ['deltaic-in-memory', name], what: 'the side that merges for a log', most: 1.5 } },
    }),
  ),
  ...['1,000 updates', '10,000 updates', '100,000 updates'].map(
    (name): Choice => ({
      ...{ workload: 'records', figure: 'merge ms', what: `mesh, record merge, ${name}, no bytes between` },
      ours: [MESH_IN_MEMORY, name],
    }),
  ),
  {
    ...{ ...TRACE, figure: 'replay ms', what: 'mesh, trace, one by one' },
    ours: [MESH, 'one by one: list, MeshReplica.apply for each'],
    targets: { own: { ours: ['deltaic-replica', 'one by one'], what: 'Replica', most: 1.5 } },
  },
  {
    ...{ ...TRACE, figure: 'replay ms', what: 'mesh, trace, an event for each edit' },
    ours: [MESH, 'one by one: list, MeshReplica.apply and seal'],
  },
  { ...KEYSTROKE, figure: 'receive µs', what: 'mesh, remote keystroke', ours: [MESH, ''] },
];

/** Every figure of Deltaic that has a peer or a target. */
export function verdicts(result: PeersResult): Verdict[] {
  return [...[...CHOICES, ...MESH_CHOICES].flatMap((choice) => verdictOf(choice, result)), ...sizeVerdicts(result)];
}

function verdictOf(choice: Choice, { workloads }: PeersResult): Verdict[] {
  const { what, targets = {}, peers = () => true, anyCase = false } = choice;
  const engines = workloads.find(({ name }) => name === choice.workload)?.engines ?? [];
  const processorTime = choice.figure.replace(/ (ms|µs)$/, ' cpu $1');
  const figure = ourFigure(engines, choice.ours, processorTime) === undefined ? choice.figure : processorTime;
  const ours = ourFigure(engines, choice.ours, figure);
  if (ours === undefined) return [];
  const takesPart = (name: string): boolean => anyCase || name.startsWith(choice.ours[1]);
  const bestOf = (candidates: readonly EngineResult[]): Rival | undefined =>
    candidates
      .flatMap(({ title, measurements }) =>
        measurements
          .filter((measurement) => takesPart(measurement.case))
          .map(({ idiom, figures }) => ({ peer: `${title} (${idiom})`, value: figures[figure] })),
      )
      .filter((rival): rival is Rival => rival.value !== undefined)
      .sort((left, right) => left.value - right.value)[0];
  const best = bestOf(engines.filter((engine) => !isOurs(engine) && !isPlain(engine) && peers(engine)));
  const plain = bestOf(engines.filter(isPlain))?.value;
  const own = targets.own && ourFigure(engines, targets.own.ours, figure);
  const judged = judge(targets, { ours, best: best?.value, plain, own });
  if (best === undefined && judged.length === 0) return [];
  const unit = figure.slice(figure.lastIndexOf(' ') + 1);
  return [{ what, unit, ours, best, lead: best && best.value / ours, plain, judged }];
}

function ourFigure(engines: readonly EngineResult[], [name, caseStart]: Way, figure: string): number | undefined {
  const own = engines.find(({ engine }) => engine === name);
  return own?.measurements.find((measurement) => measurement.case.startsWith(caseStart))?.figures[figure];
}

interface Found {
  readonly ours: number;
  readonly best: number | undefined;
  readonly plain: number | undefined;
  readonly own: number | undefined;
}

function judge({ lead, floor, most, own: other }: Targets, { ours, best, plain, own }: Found): Judged[] {
  const judged: Judged[] = [];
  const add = (target: string, isMet: boolean, isInReach = true): void => {
    judged.push({ target, outcome: isMet ? 'met' : isInReach ? 'missed' : 'out of reach' });
  };
  if (lead !== undefined && best !== undefined) {
    add(`≥ ${lead} × the best`, best / ours >= lead, plain === undefined || best / plain >= lead);
  }
  if (floor !== undefined && plain !== undefined) add(`≤ ${floor} × the floor`, ours <= floor * plain);
  if (other !== undefined && own !== undefined) add(`≤ ${other.most} × ${other.what}`, ours <= other.most * own);
  if (most !== undefined) add(`≤ ${most}`, ours <= most);
  return judged;
}

/** By what is bundled: the most that it may take, minified and gzipped, in bytes. */
const SIZE_LIMITS: readonly number[] = [18_000, 28_000, 38_000];

function sizeVerdicts({ sizes }: PeersResult): Verdict[] {
  return OWN_ENTRIES.flatMap(([title], at) => {
    const script = sizes.find((size) => size.title === title)?.script;
    if (script === undefined) return [];
    const found = { ours: script, best: undefined, plain: undefined, own: undefined };
    const judged = judge({ most: SIZE_LIMITS[at] as number }, found);
    return [{ what: `${title}, minified and gzipped`, unit: 'bytes', ours: script, judged }];
  });
}
