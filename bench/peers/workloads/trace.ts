import { hasShared, readShared, type SequentialTrace } from '../../../test/support/shared-data.js';
import type { Splice, TraceWay } from '../engine.js';
import { bytesInUse, type Effort, expectTrue, repeat, sizesOf, type Times, timed, timesOf } from '../sample.js';
import type { Measurement, Workload } from '../workload.js';

const PATH = 'traces/sequential-automerge-paper.json.gz';

export const trace: Workload = {
  name: 'trace',
  title: 'A person typing: the trace automerge-paper, 259,778 edits',
  explanation:
    'Every character is its own item, or a character of the engine\'s text type where the idiom says text. "One by one" makes each edit its own transaction or call, "all in one" groups all. Memory is what the document holds after garbage collection. State is what must be stored to continue; history holds every edit. "Load" reads the state, or else the history, and gives the text. The text must be that of the trace.',
  main: 'replay ms',
  parts: ({ trace: ways }) => ways.length,
  run: ({ trace: ways }, part, effort) => {
    const way = ways[part];
    if (way === undefined || !hasShared(PATH)) return [];
    const { all, endContent } = history();
    const edits = all.slice(0, effort.scale(all.length));
    return [measure(way, edits, edits.length === all.length ? endContent : textAfter(edits), effort)];
  },
};

let known: { readonly all: readonly Splice[]; readonly endContent: string } | undefined;

/** Read once: a test measures all engines in one process. */
function history(): NonNullable<typeof known> {
  if (known === undefined) {
    const { txns, endContent } = JSON.parse(readShared(PATH)) as SequentialTrace;
    known = { all: txns.flatMap(({ patches }) => patches.flatMap(singleCharacters)), endContent };
  }
  return known;
}

/** A splice as edits of one character each. */
function singleCharacters([position, deleteCount, inserted]: Splice): Splice[] {
  return [
    ...Array.from({ length: deleteCount }, (): Splice => [position, 1, '']),
    ...[...inserted].map((character, offset): Splice => [position + offset, 0, character]),
  ];
}

/** The text after the beginning of the trace. */
function textAfter(edits: readonly Splice[]): string {
  const characters: string[] = [];
  for (const [position, deleteCount, inserted] of edits) characters.splice(position, deleteCount, ...inserted);
  return characters.join('');
}

function measure(way: TraceWay<unknown>, edits: readonly Splice[], endContent: string, effort: Effort): Measurement {
  const before = bytesInUse();
  const [doc, first] = timed(() => way.replay(edits));
  const memory = bytesInUse() - before;
  expectTrue(way.text(doc) === endContent, `${way.idiom} ends in the text of the trace`);
  const replay = (): Times => timesOf('replay', timed(() => way.replay(edits))[1]);
  const usual = first.wall > 5000 ? timesOf('replay', first) : repeat(replay, effort).usual;
  const state = way.state?.(doc);
  const history = way.history?.(doc);
  const bytes = state ?? history;
  return {
    case: `${way.edits}: ${way.idiom}`,
    idiom: way.idiom,
    figures: {
      ...usual,
      'memory MB': memory / 1e6,
      ...(state !== undefined && sizesOf('state', state)),
      ...(history !== undefined && sizesOf('history', history)),
      ...(bytes !== undefined && loadTimes(way, bytes, endContent, effort)),
    },
  };
}

function loadTimes(way: TraceWay<unknown>, bytes: Uint8Array, endContent: string, effort: Effort): Times {
  expectTrue(way.load(bytes) === endContent, `${way.idiom} loads the text of the trace`);
  return repeat(() => timesOf('load', timed(() => way.load(bytes))[1]), effort).usual;
}
