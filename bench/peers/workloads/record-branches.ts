import { randomFrom } from '../../support/random.js';
import type { FieldUpdate, RecordEngine } from '../engine.js';
import { type Effort, expectTrue, firstTimesOf, repeat, sizesOf, timed, timesOf } from '../sample.js';
import type { Measurement, Workload } from '../workload.js';

const RECORDS = 10_000;
const FIELDS = 10;
const COUNTS = [1000, 10_000, 100_000];

const WORK = 'merge';

export const records: Workload = {
  name: 'records',
  title: `Two branches of ${RECORDS.toLocaleString('en')} records of ${FIELDS} fields`,
  explanation:
    "Each branch puts M random fields separately; then each receives the other's, until fields can be read. Both documents must be equal: a field that one side put holds its last value, one that both put holds the last value of either.",
  main: `${WORK} ms`,
  parts: () => COUNTS.length,
  run: ({ records: engine }, part, effort) =>
    engine === undefined ? [] : COUNTS.slice(part, part + 1).map((count) => measure(engine, count, effort)),
};

function measure(engine: RecordEngine<unknown>, count: number, effort: Effort): Measurement {
  const recordCount = effort.scale(RECORDS);
  const base = engine.create(startingRecords(recordCount));
  const [local, remote] = [1, 2].map((seed) => randomUpdates(recordCount, effort.scale(count), seed)) as [
    FieldUpdate[],
    FieldUpdate[],
  ];
  let bytes = 0;
  let merged: unknown;
  const { first, usual } = repeat(() => {
    const [mine, theirs] = [engine.fork(base), engine.fork(base)];
    const [branches, edit] = timed(() => [engine.edit(mine, local), engine.edit(theirs, remote)] as const);
    const [, merge] = timed(() => {
      bytes = engine.merge(...branches);
    });
    merged = mine;
    check(engine, [mine, theirs], local, remote);
    return { ...timesOf('edit', edit), ...timesOf(WORK, merge) };
  }, effort);
  return {
    case: `${count.toLocaleString('en')} updates`,
    idiom: engine.idiom,
    figures: {
      ...usual,
      ...firstTimesOf(WORK, first),
      ...(bytes > 0 && { 'sent kB': bytes / 1000 }),
      ...(engine.state !== undefined && sizesOf('state', engine.state(merged))),
    },
  };
}

function check(
  engine: RecordEngine<unknown>,
  docs: readonly unknown[],
  local: readonly FieldUpdate[],
  remote: readonly FieldUpdate[],
): void {
  const [mine, theirs] = [lastValues(local), lastValues(remote)];
  for (const { record, field } of [...local, ...remote]) {
    const [left, right] = docs.map((doc) => engine.field(doc, record, field));
    const key = `${record}/${field}`;
    const allowed = [mine.get(key), theirs.get(key)].filter((value) => value !== undefined);
    expectTrue(left === right && allowed.includes(left as number), `${key} holds ${allowed.join(' or ')}`);
  }
}

function lastValues(updates: readonly FieldUpdate[]): Map<string, number> {
  return new Map(updates.map(({ record, field, value }) => [`${record}/${field}`, value]));
}

function startingRecords(count: number): Record<string, Record<string, number>> {
  const fields = Object.fromEntries(Array.from({ length: FIELDS }, (_, number) => [`field${number}`, number]));
  return Object.fromEntries(Array.from({ length: count }, (_, number) => [`record${number}`, { ...fields }]));
}

function randomUpdates(recordCount: number, count: number, seed: number): FieldUpdate[] {
  const random = randomFrom(seed);
  const below = (bound: number): number => Math.floor(random() * bound);
  return Array.from({ length: count }, (_, number) => ({
    record: `record${below(recordCount)}`,
    field: `field${below(FIELDS)}`,
    value: seed * 1_000_000 + number,
  }));
}
