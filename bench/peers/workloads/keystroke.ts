import { randomFrom } from '../../support/random.js';
import type { LongList } from '../engine.js';
import { type Effort, expectTrue, median, type Took, timed } from '../sample.js';
import type { Measurement, Workload } from '../workload.js';

const LENGTH = 1_000_000;
const KEYSTROKES = 1000;
/** The first keystrokes compile the measured code, and split large blocks of an engine. */
const WARM_UP = 3000;
/** How many count as the first: the very first is also the first use of other code. */
const FIRST = 10;
/** A slow engine makes fewer. */
const BUDGET = 20_000;

export const keystroke: Workload = {
  name: 'keystroke',
  title: `One remote keystroke in a list of ${LENGTH.toLocaleString('en')} items`,
  explanation:
    'Somebody else inserts single items at random places; the figure is the cost of receiving one, from its bytes on: for the first ten, and after three thousand, or half of what an engine receives within 20 s. The list must have grown by as many items.',
  main: 'receive µs',
  parts: ({ longLists }) => longLists.length,
  run: ({ longLists }, part, effort) => longLists.slice(part, part + 1).map((list) => measure(list, effort)),
};

function measure(list: LongList<unknown>, { scale }: Effort): Measurement {
  const length = scale(LENGTH);
  const random = randomFrom(1);
  const theirs = list.create(length);
  const mine = list.fork(theirs);
  const times: Took[] = [];
  const start = performance.now();
  let typed = 0;
  while (typed < scale(WARM_UP + KEYSTROKES) && (typed < 5 || performance.now() - start < BUDGET)) {
    const sent = list.type(theirs, Math.floor(random() * length));
    times.push(timed(() => list.receive(mine, sent))[1]);
    typed++;
  }
  expectTrue(list.length(mine) === length + typed, 'the list has grown');
  const kept = times.slice(Math.min(WARM_UP, typed >> 1));
  return {
    case: `${LENGTH.toLocaleString('en')} items`,
    idiom: list.idiom,
    figures: { ...microseconds('receive', kept), ...microseconds('first receive', times.slice(0, FIRST)) },
  };
}

function microseconds(name: string, times: readonly Took[]): Record<string, number> {
  return {
    [`${name} µs`]: 1000 * median(times.map(({ wall }) => wall)),
    [`${name} cpu µs`]: 1000 * median(times.map(({ processor }) => processor)),
  };
}
