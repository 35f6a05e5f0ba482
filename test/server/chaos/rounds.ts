import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogStore } from '../../../src/server/index.js';
import { LmdbLogs } from '../../../src/server/lmdb/index.js';
import { PostgresLogs } from '../../../src/server/postgres/index.js';
import { Random } from '../../simulator/random.js';
import { Checker, Late } from './checker.js';
import { type Cluster, type Database, type Machine, startCluster } from './cluster.js';
import type { WireState } from './cuttable-wire.js';
import type { PlantedFault } from './planted.js';

export interface ChaosOptions {
  readonly seed: number;
  readonly rounds: number;
  /** Where the servers keep their logs: LMDB, unless there is a database. */
  readonly database?: Database;
  readonly fault?: PlantedFault;
  /** Is told of each round that has passed. */
  readonly onRound?: (round: number, summary: string) => void;
}

/** One thing that happens in a round. */
type Step =
  | { readonly type: 'edit'; readonly device: number }
  | { readonly type: 'kill' | 'start' | 'stop' | 'continue'; readonly what: 'server' | 'device'; readonly at: number }
  | { readonly type: 'wire'; readonly what: 'server' | 'device'; readonly at: number; readonly state: WireState }
  | { readonly type: 'database' }
  | { readonly type: 'trim' }
  | { readonly type: 'pass'; readonly ms: number };

const IDS = ['default', 'other'] as const;
const SERVERS = 2;
const DEVICES = 3;
const STEPS = 40;
/**
 * How often everybody may be asked until the cluster is at rest, once all of it lives. Beyond that, it is late. A turn waits for
 * all devices and a server, so a busy machine makes turns longer, and not more of them.
 */
const TURNS = 600;
/** How long a device that lives may take to answer, in ms. */
const SILENCE = 300_000;

/**
 * Runs a cluster through rounds. In each, devices edit while servers, the database and devices are killed, stopped and cut
 * off; then everybody lives again, and the checker says whether the cluster has come to rest as it must.
 *
 * The seed decides what happens, and not when: processes and sockets have a time of their own.
 *
 * @throws Wrong, or Late.
 */
export async function runChaos(options: ChaosOptions): Promise<void> {
  const { seed, rounds, database, fault, onRound } = options;
  const directory = mkdtempSync(join(tmpdir(), 'deltaic-chaos-'));
  const path = join(directory, 'logs');
  const logs = database === undefined ? new LmdbLogs({ path }) : await openMigrated(database);
  let checker: Checker | undefined;
  const cluster = await startCluster({
    directory,
    store: database === undefined ? { type: 'lmdb', path } : { type: 'postgres', database },
    ...{ servers: SERVERS, devices: DEVICES, ids: IDS, fault },
    onReport: (device, report) => checker?.hear(device, report),
  });
  try {
    checker = new Checker(IDS, DEVICES, cluster.token);
    const run = new Run(cluster, checker, logs, database);
    await run.rest();
    const random = new Random(seed);
    for (let round = 1; round <= rounds; round++) {
      const steps = drawSteps(random, database !== undefined);
      for (const step of steps) await run.take(step);
      await run.heal();
      await run.rest();
      onRound?.(round, `${checker.saved} edits, ${IDS.map((id) => checker?.revision(id)).join(' and ')} entries`);
    }
    await run.compareLogs();
  } finally {
    await cluster.close();
    await logs.close().catch(() => undefined);
    rmSync(directory, { recursive: true });
  }
}

function openMigrated({ url, port }: Database): Promise<PostgresLogs> {
  return PostgresLogs.open({ url: url(port), listenUrl: false, migrate: true, connections: 1 });
}

class Run {
  readonly #cluster: Cluster;
  readonly #checker: Checker;
  readonly #logs: LogStore;
  readonly #database: Database | undefined;
  #trimming: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster, checker: Checker, logs: LogStore, database: Database | undefined) {
    this.#cluster = cluster;
    this.#checker = checker;
    this.#logs = logs;
    this.#database = database;
  }

  async take(step: Step): Promise<void> {
    switch (step.type) {
      case 'edit':
        return this.#cluster.devices[step.device]?.say('edit');
      case 'kill':
        return this.#machine(step).kill();
      case 'start':
        return this.#machine(step).start();
      case 'stop':
        return this.#machine(step).signal('SIGSTOP');
      case 'continue':
        return this.#machine(step).signal('SIGCONT');
      case 'wire':
        return this.#machine(step).wire?.set(step.state);
      case 'database':
        await this.#database?.crash();
        return this.#database?.start();
      case 'trim':
        // Whoever is stopped may hold the lock of the store.
        this.#trimming = this.#trimming.then(() => this.#trim());
        return;
      case 'pass':
        return pause(step.ms);
    }
  }

  /** Lets everybody live. */
  async heal(): Promise<void> {
    const { servers, devices } = this.#cluster;
    for (const machine of [...servers, ...devices]) {
      machine.wire?.set('open');
      machine.signal('SIGCONT');
      await machine.start();
    }
    await this.#trimming;
  }

  /** Waits until the cluster is at rest, and checks it. @throws Wrong, or Late. */
  async rest(): Promise<void> {
    const { urls } = this.#cluster;
    for (let turn = 0; ; turn++) {
      await this.#ask();
      const unrest = (await this.#readLogs(urls[turn % urls.length] ?? '')) ?? this.#checker.unrest();
      if (unrest === undefined) break;
      if (turn > TURNS) throw new Late(unrest);
      await pause(20);
    }
    this.#checker.checkViews();
  }

  /** Asks all devices what they show, and waits for the answers. @throws Late. */
  async #ask(): Promise<void> {
    const end = performance.now() + SILENCE;
    this.#checker.forgetViews();
    for (const device of this.#cluster.devices) device.say('view');
    for (let silent = this.#checker.silent(); silent !== undefined; silent = this.#checker.silent()) {
      if (performance.now() > end) throw new Late(`${silent} does not answer`);
      await pause(10);
    }
  }

  /** Reads all of the logs again, from each server, and compares. @throws Wrong, or Late. */
  async compareLogs(): Promise<void> {
    for (const url of this.#cluster.urls) {
      for (const id of IDS) {
        for (let turn = 0; ; turn++) {
          const failure = await failureOf(url, () => this.#checker.compareLog(id, url));
          if (failure === undefined) break;
          if (turn > TURNS) throw new Late(failure);
          await pause(20);
        }
      }
    }
  }

  /** @returns why it could not. @throws Wrong. */
  #readLogs(url: string): Promise<string | undefined> {
    return failureOf(url, async () => {
      for (const id of IDS) await this.#checker.readLog(id, url);
    });
  }

  /** Forgets what the checker has read, as an operator does, whoever is stopped or cut off meanwhile. */
  async #trim(): Promise<void> {
    for (const id of IDS) {
      const found = await this.#logs.find(id, 'ann').catch(() => undefined);
      // A database that cannot be reached is trimmed another time.
      if (found !== undefined) await this.#logs.trim(found.handle, this.#checker.revision(id)).catch(() => undefined);
    }
  }

  #machine({ what, at }: { readonly what: 'server' | 'device'; readonly at: number }): Machine {
    const machine = this.#cluster[what === 'server' ? 'servers' : 'devices'][at];
    if (machine === undefined) throw new Error(`there is no ${what} ${at}`);
    return machine;
  }
}

/** Why a server did not answer, if it did not. @throws Wrong. */
async function failureOf(url: string, work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Error && error.constructor === Error) return error.message;
    if (error instanceof TypeError || error instanceof DOMException) return `${url} does not answer: ${error.message}`;
    throw error;
  }
}

/** What happens in a round. Whoever is stopped, killed or cut off may stay so until the end of it. */
function drawSteps(random: Random, hasDatabase: boolean): Step[] {
  const anyone = (): { what: 'server' | 'device'; at: number } =>
    random.chance(0.5) ? { what: 'server', at: random.below(SERVERS) } : { what: 'device', at: random.below(DEVICES) };
  return Array.from({ length: STEPS }, (): Step => {
    const type = random.pickWeighted<Step['type']>([
      ['edit', 16],
      ['pass', 7],
      ['kill', 2],
      ['start', 3],
      ['stop', 2],
      ['continue', 3],
      ['wire', 5],
      ['trim', 1],
      ['database', hasDatabase ? 0.2 : 0],
    ]);
    switch (type) {
      case 'kill':
      case 'start':
      case 'stop':
      case 'continue':
        return { type, ...anyone() };
      case 'wire':
        return { type, ...anyone(), state: random.pick<WireState>(['open', 'open', 'cut', 'silent', 'deaf']) };
      case 'database':
      case 'trim':
        return { type };
      case 'pass':
        return { type, ms: random.below(60) };
      default:
        return { type: 'edit', device: random.below(DEVICES) };
    }
  });
}
