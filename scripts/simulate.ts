// Runs the simulator: many seeds, or one schedule again.

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { checkWorld, WORLDS } from '../test/mesh/mesh-worlds.js';
import { describeFailure, explainFailure } from '../test/simulator/failure.js';
import { formatFaults, parseFaults } from '../test/simulator/faults.js';
import { runFleet } from '../test/simulator/fleet/fleet.js';
import { FLEET_FAULTS } from '../test/simulator/fleet/fleet-faults.js';
import { Random } from '../test/simulator/random.js';
import { type Outcome, replay, run } from '../test/simulator/run.js';
import type { RunOptions } from '../test/simulator/setup.js';
import { addStatistics, noStatistics, type Statistics } from '../test/simulator/statistics.js';
import { parseSchedule } from '../test/simulator/step.js';
import { Violation } from '../test/simulator/violation.js';

const HELP = `Usage: npm run simulate -- [options]

  --seed S       the seed of the first run; the next ones count up (default: a fresh one, printed)
  --runs N       how many runs (default 1000)
  --replicas R   how many replicas in each (default 3)
  --edits E      how many edits in each (default 60)
  --faults F     all, none, or some of delay,reorder,drop,repeat,crash,clock,role,limit,trim (default all)
  --keep-going   go on after a failure, and count the failures
  --mesh         replicas without a sequencer; with --seed, --runs and --edits, which are steps here
  --naive N      compare one mesh in N with the naive state, which costs most of the time, and the others with a
                 replica that receives the events in another order (default 1: all with the naive state)
  --fleet        devices with managers, all faults on; with --seed, --runs, --replicas, which are devices here, and --edits,
                 which are steps
  --replay STEPS go through one schedule, as a failure prints it, and show what happens
  --help         show this
`;

const SEEDS = 2 ** 31;
const BAR_WIDTH = 30;
const REDRAW_MILLISECONDS = 100;
const LINE_MILLISECONDS = 15_000;

interface Command {
  readonly first: RunOptions;
  readonly runs: number;
  readonly isGoingOn: boolean;
  readonly isMesh: boolean;
  readonly isFleet: boolean;
  readonly naive: number;
  readonly replay: string | undefined;
}

function readCommand(args: string[]): Command | undefined {
  const text = { type: 'string' } as const;
  const some = { seed: text, runs: text, replicas: text, edits: text, faults: text } as const;
  const options = { ...some, naive: text, replay: text } as const;
  const flag = { type: 'boolean' } as const;
  const { values } = parseArgs({
    args,
    options: { ...options, 'keep-going': flag, mesh: flag, fleet: flag, help: flag },
  });
  if (values.help) return undefined;
  const first = {
    seed: wholeNumber('seed', values.seed, randomInt(SEEDS), 0),
    replicas: wholeNumber('replicas', values.replicas, 3, 1),
    edits: wholeNumber('edits', values.edits, 60, 0),
    faults: parseFaults(values.faults ?? 'all'),
  };
  const runs = wholeNumber('runs', values.runs, 1000, 1);
  const naive = wholeNumber('naive', values.naive, 1, 1);
  const { 'keep-going': isGoingOn = false, mesh: isMesh = false, fleet: isFleet = false, replay } = values;
  return { first, runs, isGoingOn, isMesh, isFleet, naive, replay };
}

function wholeNumber(name: string, text: string | undefined, otherwise: number, least: number): number {
  const number = text === undefined ? otherwise : Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new RangeError(`--${name} must be a whole number from ${least}, not ${text}`);
}

/** Shows how far the runs are: a bar on a terminal, and now and then a line elsewhere. */
class Progress {
  readonly #runs: number;
  readonly #start = performance.now();
  #shown = performance.now();

  constructor(runs: number) {
    this.#runs = runs;
  }

  show({ runs, edits }: Pick<Statistics, 'runs' | 'edits'>): void {
    const now = performance.now();
    const pause = process.stderr.isTTY ? REDRAW_MILLISECONDS : LINE_MILLISECONDS;
    if (now - this.#shown < pause && (runs < this.#runs || !process.stderr.isTTY)) return;
    this.#shown = now;
    const perSecond = Math.round((edits / (now - this.#start)) * 1000);
    const text = `${count(runs)} of ${count(this.#runs)} runs, ${count(edits)} edits, ${count(perSecond)} a second`;
    if (!process.stderr.isTTY) process.stderr.write(`${text}\n`);
    else process.stderr.write(`\r\u001b[K[${bar(runs / this.#runs)}] ${text}`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }

  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }
}

function bar(share: number): string {
  const full = Math.round(share * BAR_WIDTH);
  return '█'.repeat(full) + '·'.repeat(BAR_WIDTH - full);
}

function count(number: number): string {
  return number.toLocaleString('en');
}

function summary(total: Statistics, seconds: number): string {
  const lines: readonly (readonly [name: string, number: number])[] = [
    ['runs', total.runs],
    ['steps', total.steps],
    ['edits', total.edits],
    ['  failed at once', total.rejections],
    ['undos and redos', total.undos],
    ['messages', total.messages],
    ['  delivered', total.delivered],
    ['  dropped', total.drops],
    ['  repeated', total.repeats],
    ['crashes', total.crashes],
    ['deltas accepted', total.accepted],
    ['  overtaken', total.conflicts],
    ['  refused', total.refusals],
    ['  indeterminate', total.indeterminate],
    ['conflicts', total.collisions],
    ['reloads', total.reloads],
  ];
  const table = lines.map(([name, number]) => `${name.padEnd(18)}${count(number).padStart(14)}`);
  return [...table, `${'seconds'.padEnd(18)}${seconds.toFixed(1).padStart(14)}`].join('\n');
}

/** @returns whether all runs went well. */
function runMany({ first, runs, isGoingOn }: Command): boolean {
  const { replicas, edits } = first;
  console.log(`${count(runs)} runs from seed ${first.seed}: ${replicas} replicas, ${edits} edits each,`);
  console.log(`faults ${formatFaults(first.faults)}.`);
  const total = noStatistics();
  const failed: number[] = [];
  const progress = new Progress(runs);
  for (let index = 0; index < runs && (isGoingOn || failed.length === 0); index++) {
    const options = { ...first, seed: (first.seed + index) % SEEDS };
    const outcome = run(options);
    addStatistics(total, outcome.statistics);
    progress.show(total);
    if (outcome.violation === undefined) continue;
    progress.end();
    failed.push(options.seed);
    if (failed.length === 1) explain(options, outcome);
    else console.log(`Seed ${options.seed} breaks a law. ${outcome.violation.message}`);
  }
  progress.end();
  console.log(`\n${summary(total, progress.seconds)}\n`);
  if (failed.length === 0) console.log(`No failure. Seeds ${first.seed} to ${first.seed + runs - 1}.`);
  else console.log(`${count(failed.length)} of ${count(total.runs)} runs failed: seeds ${failed.join(', ')}.`);
  return failed.length === 0;
}

function explain(options: RunOptions, outcome: Outcome): void {
  console.log('\nA run failed. Shrinking its schedule.\n');
  console.log(`${describeFailure(explainFailure(options, outcome))}\n`);
}

/** Worlds of a mesh, of each kind in turn. @returns whether all runs went well. */
function runMesh({ first, runs, isGoingOn, naive }: Command): boolean {
  console.log(`${count(runs)} runs of a mesh from seed ${first.seed}, 1 in ${naive} compared with the naive state.`);
  const kinds = Object.entries(WORLDS);
  const progress = new Progress(runs);
  const failed: number[] = [];
  let edits = 0;
  for (let index = 0; index < runs && (isGoingOn || failed.length === 0); index++) {
    const seed = (first.seed + index) % SEEDS;
    const [name, { shape }] = kinds[seed % kinds.length] as (typeof kinds)[number];
    const random = new Random(seed);
    // Each kind gets its share: the seed alone chooses the kind.
    const check = Math.floor(seed / kinds.length) % naive === 0 ? 'naive state' : 'another order';
    try {
      edits += checkWorld((below) => random.below(below), { ...shape, steps: first.edits }, check);
    } catch (error) {
      progress.end();
      failed.push(seed);
      console.log(`Seed ${seed} (${name}) breaks a law.`, error);
    }
    progress.show({ runs: index + 1, edits });
  }
  progress.end();
  console.log(`${count(edits)} events in ${progress.seconds.toFixed(1)} seconds.`);
  if (failed.length === 0) console.log(`No failure. Seeds ${first.seed} to ${first.seed + runs - 1}.`);
  else console.log(`${count(failed.length)} runs failed: seeds ${failed.join(', ')}.`);
  return failed.length === 0;
}

/** Fleets of devices. @returns whether all runs went well. */
async function runFleets({ first, runs, isGoingOn }: Command): Promise<boolean> {
  const { replicas: devices, edits: steps } = first;
  console.log(`${count(runs)} fleets of ${devices} devices and ${steps} steps from seed ${first.seed}.`);
  const progress = new Progress(runs);
  const failed: number[] = [];
  let edits = 0;
  for (let index = 0; index < runs && (isGoingOn || failed.length === 0); index++) {
    const seed = (first.seed + index) % SEEDS;
    try {
      edits += (await runFleet({ seed, devices, steps, faults: new Set(FLEET_FAULTS) })).edits;
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      progress.end();
      failed.push(seed);
      console.log(`${error.law}: ${error.message}`);
    }
    progress.show({ runs: index + 1, edits });
  }
  progress.end();
  console.log(`${count(edits)} edits in ${progress.seconds.toFixed(1)} seconds.`);
  if (failed.length === 0) console.log(`No failure. Seeds ${first.seed} to ${first.seed + runs - 1}.`);
  else console.log(`${count(failed.length)} runs failed: seeds ${failed.join(', ')}.`);
  return failed.length === 0;
}

/** @returns whether the schedule went well. */
function replayOne({ first }: Command, schedule: string): boolean {
  const outcome = replay(first, parseSchedule(schedule), undefined, (event) => console.log(event));
  console.log(`\nFingerprint ${outcome.fingerprint}.`);
  if (outcome.violation !== undefined) console.error(outcome.violation);
  else console.log('No law is broken.');
  return outcome.violation === undefined;
}

async function simulate(command: Command): Promise<boolean> {
  if (command.isMesh) return runMesh(command);
  if (command.isFleet) return await runFleets(command);
  return command.replay === undefined ? runMany(command) : replayOne(command, command.replay);
}

async function main(): Promise<void> {
  try {
    const command = readCommand(process.argv.slice(2));
    if (command === undefined) console.log(HELP);
    else process.exitCode = (await simulate(command)) ? 0 : 1;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
    process.exitCode = 2;
  }
}

await main();
