import type { Setting } from '../support/machine.js';
import type { BundleSize } from './bundle-size.js';
import { explain } from './reasons.js';
import type { EngineResult, PeersResult, WorkloadResult } from './result.js';
import { type Verdict, verdicts } from './verdict.js';

/** The comparison as Markdown. */
export function formatPeers(result: PeersResult): string {
  const { encoding, workloads } = result;
  const all = verdicts(result);
  return `${[
    '# Deltaic beside its peers',
    '',
    `Made by \`npm run bench:peers\`. Deltaic's bytes are ${encoding}. Each section says at which commit and where it was measured.`,
    '',
    'Each engine does each case of a merge, and each other workload, in its own process. The order alternates over the rounds;',
    'within a process a case is repeated after a warm-up, unless it takes more than 5 s; garbage is collected by force before a',
    'case, but not between its repetitions. Figures are medians of medians. Figures called "first" are of the first merge of a',
    'process, as when an application has just started: most of its code is not compiled yet. Every result is checked before it',
    'gets a figure. "cpu" is processor time, with that of helper threads such as the garbage collector. Compare figures within one table, not with those of another machine. Raw numbers: [`peers.json`](peers.json).',
    '',
    'The trace is `automerge-paper` from github.com/josephg/editing-traces. json-joy is licensed AGPL-3.0; it is installed in',
    '`bench/peers` only to be measured and is not part of this package. @dabble/patches is missing: npm has no such package.',
    '',
    '![Merging two branches](charts/peers-merges.svg)',
    '',
    '![Replaying the trace](charts/peers-trace.svg)',
    '',
    '## Where Deltaic stands',
    '',
    'The lead is the best peer divided by Deltaic; below 1 Deltaic takes more. The floor is the cost for plain arrays of blocks',
    'and Maps that are given the result off the clock and only make the edits. A lead that even the floor does not have is out',
    'of reach. Times are processor time where that was measured, and else by the clock.',
    '',
    '| what | Deltaic | best peer | lead | floor | times the floor | targets |',
    '|---|---|---|---|---|---|---|',
    ...all.map(formatVerdict),
    '',
    ...losses(all),
    ...explain(all),
    ...MORE,
    ...workloads.flatMap(formatWorkload),
    ...formatSizes(result),
  ].join('\n')}\n`;
}

function formatVerdict({ what, ours, best, unit, lead, plain, judged }: Verdict): string {
  const cells = [
    what,
    `${number(ours)} ${unit}`,
    best === undefined ? '' : `${number(best.value)} ${unit}, ${best.peer}`,
    lead === undefined ? '' : `${number(lead)} ×`,
    plain === undefined ? '' : `${number(plain)} ${unit}`,
    plain === undefined ? '' : `${number(ours / plain)} ×`,
    judged.map(({ target, outcome }) => `${target}: ${outcome}`).join('; '),
  ];
  return `| ${cells.join(' | ')} |`;
}

/** In words, so that readers need not search the tables. */
function losses(all: readonly Verdict[]): string[] {
  const lost = all.flatMap(({ what, ours, unit, best, lead }) =>
    best !== undefined && lead !== undefined && lead < 1
      ? [`- ${what}: ${number(ours)} ${unit}, ${best.peer} ${number(best.value)} ${unit}.`]
      : [],
  );
  if (lost.length === 0) return ['In no measurement here does a peer take less than Deltaic.', ''];
  return ['## Where Deltaic loses', '', ...lost, ''];
}

/** What the figures do not show. */
const MORE = [
  '## What the others do and Deltaic does not',
  '',
  '- **Peer to peer.** Yjs, Loro, Automerge, json-joy and diamond-types merge any copies, in any order, without a server.',
  '  Rows that do not say "mesh" are Deltaic with one sequencer for each datastore. Much of their lead comes from this: it can',
  '  discard identifiers and tombstones after a merge, which peer-to-peer engines cannot. `deltaic/mesh` needs no sequencer, and',
  '  is slower. It sends events as JSON one at a time; the binary form is for many. Each event is integrated as it comes, with its',
  '  conflicts and what it changed; Yjs and json-joy only link characters then.',
  '- **Text and rich text.** Yjs, Loro, Automerge, json-joy (Peritext) and diamond-types have text types, the first four with marks.',
  '  In Deltaic a text that two people edit is a list of characters, without marks.',
  '- **Nesting.** The others hold trees of maps and lists, and Loro trees whose nodes move. Deltaic holds tables, records and fields.',
  '- **History.** Loro, Automerge and diamond-types keep every edit and can show any past version. Deltaic has only what its log keeps.',
  '- **Built-in compression.** Loro and Automerge save compressed data, at least in part: deflating what they save of the trace',
  '  gains little. Deltaic leaves compression to the platform: its bytes are canonical, which a changing deflater would break.',
  '  So compare plain sizes with plain ones, and deflated sizes with deflated ones.',
  '- **Moves across the document.** ot-json1 moves anything to anywhere in a document. Deltaic moves items within a list.',
  '',
  'What Deltaic does and most of them do not: moves of list items (besides it Loro and ot-json1), exact counters on plain numbers,',
  'rules for each field, conflict reports, undo across merges in the engine itself, and state that is no larger than the data.',
  '',
];

function formatWorkload(workload: WorkloadResult): string[] {
  const { title, explanation, main, engines, rounds } = workload;
  const lines = [
    `## ${title}`,
    '',
    explanation,
    '',
    `${madeAt(workload)}, ${rounds === 1 ? 'one round' : `${rounds} rounds`}.`,
    '',
  ];
  const measured = engines.filter(({ measurements }) => measurements.length > 0);
  const cases = measured[0]?.measurements.map((measurement) => measurement.case) ?? [];
  const isPivot = cases.length > 1 && measured.every((engine) => hasCases(engine, cases));
  if (isPivot) {
    lines.push(...pivot(measured, cases, main), '', ...pivot(measured, cases, `first ${main}`));
    const processorTime = main.replace(' ms', ' cpu ms');
    const figures = [
      processorTime,
      `first ${processorTime}`,
      'one side cpu ms',
      'sent kB',
      'state kB',
      'state deflated kB',
      'edit ms',
    ];
    for (const figure of figures) {
      const rows = pivot(measured, cases, figure);
      if (rows.length > HEADER_LINES) lines.push('', ...rows);
    }
  } else {
    lines.push(...table(measured));
  }
  const missing = engines.filter(({ absent, failure }) => absent !== undefined || failure !== undefined);
  if (missing.length > 0) {
    lines.push(
      '',
      `Not here: ${missing.map(({ title, absent, failure }) => `${title} (${failure ?? absent})`).join('; ')}.`,
    );
  }
  return [...lines, ''];
}

function madeAt({ commit, node, machine }: Setting): string {
  return `Measured at commit ${commit}, Node ${node}, ${machine}`;
}

/** Whether an engine was measured at these cases; an engine that did not finish lacks the last ones. */
function hasCases({ measurements }: EngineResult, cases: readonly string[]): boolean {
  return measurements.every((each, at) => each.case === cases[at]);
}

const HEADER_LINES = 2;

function pivot(engines: readonly EngineResult[], cases: readonly string[], figure: string): string[] {
  return [
    `| ${figure} | how | ${cases.join(' | ')} |`,
    `|---|---|${cases.map(() => '---').join('|')}|`,
    ...engines
      .filter(({ measurements }) => measurements[0]?.figures[figure] !== undefined)
      .map(
        ({ title, measurements }) =>
          `| ${title} | ${measurements[0]?.idiom ?? ''} | ${cases.map((_, at) => number(measurements[at]?.figures[figure])).join(' | ')} |`,
      ),
  ];
}

function table(engines: readonly EngineResult[]): string[] {
  const rows = engines.flatMap(({ title, measurements }) =>
    measurements.map((measurement) => ({ title, measurement })),
  );
  const figures = [...new Set(rows.flatMap(({ measurement }) => Object.keys(measurement.figures)))];
  return [
    `| engine | how | ${figures.join(' | ')} |`,
    `|---|---|${figures.map(() => '---').join('|')}|`,
    ...rows.map(({ title, measurement }) => {
      const how = measurement.case.includes(':') ? measurement.case : measurement.idiom;
      return `| ${title} | ${how} | ${figures.map((figure) => number(measurement.figures[figure])).join(' | ')} |`;
    }),
  ];
}

function formatSizes(result: PeersResult): string[] {
  const { sizes } = result;
  return [
    '## What an application ships',
    '',
    `${madeAt(result)}.`,
    '',
    'Bundled with esbuild, minified and gzipped. diamond-types is for Node only; a browser build would have the same size.',
    '',
    '| engine | version | licence | script kB | WebAssembly kB | packages installed with it |',
    '|---|---|---|---|---|---|',
    ...sizes.map(
      ({ title, version, licence, script, wasm, dependencies }) =>
        `| ${title} | ${version} | ${licence} | ${(script / 1000).toFixed(1)} | ${wasm === 0 ? '–' : (wasm / 1000).toFixed(0)} | ${dependencies} |`,
    ),
    ...formatParts(sizes),
  ];
}

/** Where the bytes of Deltaic come from. */
function formatParts(all: readonly BundleSize[]): string[] {
  const sizes = all.filter(({ parts }) => parts !== undefined && Object.keys(parts).length > 0);
  const parts = sizes.map((size) => size.parts ?? {});
  const whole = parts.at(-1);
  if (whole === undefined) return [];
  const folders = Object.keys(whole).sort((left, right) => (whole[right] ?? 0) - (whole[left] ?? 0));
  return [
    '',
    'The kB of Deltaic by folder of its source. A folder counts by its share of the minified script, of which the texts of messages',
    'are about a twentieth: most of it is the merge of lists and records itself, the replica with its undo history, and the columns',
    'that make both fast.',
    '',
    `| folder | ${sizes.map(({ title }) => title).join(' | ')} |`,
    `|---|${sizes.map(() => '---').join('|')}|`,
    ...folders.map((folder) => {
      const cells = parts.map((each) => (each[folder] === undefined ? '–' : (each[folder] / 1000).toFixed(1)));
      return `| \`${folder}\` | ${cells.join(' | ')} |`;
    }),
  ];
}

function number(value: number | undefined): string {
  if (value === undefined) return '–';
  if (value >= 1000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
