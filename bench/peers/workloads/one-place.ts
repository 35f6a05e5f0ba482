import { expectTrue, timed, timesOf } from '../sample.js';
import type { Workload } from '../workload.js';

const SETS = 100_000;
const ADDITIONS = 1000;

export const register: Workload = {
  name: 'register',
  title: `One key set ${SETS.toLocaleString('en')} times`,
  explanation: 'What must be stored afterwards. The key must hold the last value.',
  main: 'state bytes',
  run: ({ register: engine }, _, { scale }) => {
    if (engine === undefined) return [];
    const times = scale(SETS);
    const [doc, time] = timed(() => engine.overwrite(times));
    expectTrue(engine.value(doc) === times - 1, 'the key holds the last value');
    return [
      {
        case: `${SETS.toLocaleString('en')} times`,
        idiom: engine.idiom,
        figures: { 'state bytes': engine.state(doc).length, ...timesOf('set', time) },
      },
    ];
  },
};

export const counter: Workload = {
  name: 'counter',
  title: `A counter added to from two sides, ${ADDITIONS.toLocaleString('en')} times each`,
  explanation: `Both sides add 1 separately, then merge. Both must hold the same; ${(2 * ADDITIONS).toLocaleString('en')} is right, and less means that additions were lost.`,
  main: 'state bytes',
  run: ({ counter: engine }, _, { scale }) => {
    if (engine === undefined) return [];
    const base = engine.create();
    const [mine, theirs] = [engine.fork(base), engine.fork(base)];
    const times = scale(ADDITIONS);
    const branches = [engine.add(mine, times), engine.add(theirs, times)] as const;
    const sent = engine.merge(...branches);
    expectTrue(engine.value(mine) === engine.value(theirs), 'both sides count the same');
    return [
      {
        case: `${ADDITIONS.toLocaleString('en')} times each`,
        idiom: engine.idiom,
        figures: {
          count: Number(engine.value(mine)),
          'sent bytes': sent,
          'state bytes': engine.state(mine).length,
        },
      },
    ];
  },
};
