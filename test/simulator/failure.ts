import { formatFaults } from './faults.js';
import type { Machines } from './machines.js';
import { type Outcome, replay } from './run.js';
import type { RunOptions } from './setup.js';
import { type ShrinkOptions, shrink } from './shrink.js';
import { formatSchedule, type Step } from './step.js';
import type { Violation } from './violation.js';

/** A failed run, made as small as possible. */
export interface Failure {
  readonly options: RunOptions;
  readonly schedule: readonly Step[];
  readonly violation: Violation;
}

/** Shrinks the schedule of a failed run to one that breaks the same law. */
export function explainFailure(
  options: RunOptions,
  { schedule, violation }: Outcome,
  machines?: Machines,
  effort?: ShrinkOptions,
): Failure {
  if (violation === undefined) throw new RangeError('the run did not fail');
  let smallest: Violation = violation;
  const fails = (candidate: readonly Step[]): boolean => {
    const found = replay(options, candidate, machines).violation;
    if (found?.law !== violation.law) return false;
    smallest = found;
    return true;
  };
  return { options, schedule: shrink(schedule, fails, effort), violation: smallest };
}

/** The command that goes through the shrunken schedule again. */
export function replayCommand({ options, schedule }: Failure): string {
  const { seed, replicas, edits, faults } = options;
  const run = `--seed ${seed} --replicas ${replicas} --edits ${edits} --faults ${formatFaults(faults)}`;
  return `npm run simulate -- ${run} --replay '${formatSchedule(schedule)}'`;
}

/** The report of a failure: what was broken, how to see it again, and what happened on the way. */
export function describeFailure(failure: Failure, machines?: Machines): string {
  const events: string[] = [];
  replay(failure.options, failure.schedule, machines, (event) => events.push(event));
  return [
    `Seed ${failure.options.seed} breaks a law. ${failure.violation.message}`,
    `Smallest schedule found, ${failure.schedule.length} steps. Replay it with:`,
    `  ${replayCommand(failure)}`,
    'What happens in it, and then until everyone is at rest:',
    ...events.map((event) => `  ${event}`),
  ].join('\n');
}
