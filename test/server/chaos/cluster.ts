import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { signToken } from '../../../src/server/tokens/index.js';
import { CuttableWire, freePort } from './cuttable-wire.js';
import type { DeviceReport, DeviceTask } from './device-process.js';
import type { PlantedFault } from './planted.js';
import type { ServerTask } from './server-process.js';

const SECRET = 'a secret of at least thirty-two bytes';
/** Inside the folder of installed packages, so that the programs find those that are not bundled. */
const PROGRAMS = resolve('node_modules/.cache/deltaic-chaos');
/** Every process that is started here is ended here, even if a test fails. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The database that servers share: what it takes to kill it, and to let it live again. */
export interface Database {
  readonly port: number;
  /** The address with another port, such as that of a wire. */
  url(port: number): string;
  /** Ends it at once, as a crash does. */
  crash(): Promise<void>;
  start(): Promise<void>;
}

/** Where the servers keep their logs. */
export type ClusterStore =
  | { readonly type: 'lmdb'; readonly path: string }
  | { readonly type: 'postgres'; readonly database: Database };

export interface ClusterOptions {
  /** A directory for the disks of the devices. */
  readonly directory: string;
  readonly store: ClusterStore;
  readonly servers: number;
  readonly devices: number;
  readonly ids: readonly string[];
  readonly fault?: PlantedFault | undefined;
  readonly onReport: (device: number, report: DeviceReport) => void;
}

/** A process that can be killed and started again, and the wire that it speaks through. */
export interface Machine {
  readonly name: string;
  readonly wire: CuttableWire | undefined;
  readonly isUp: boolean;
  start(): Promise<void>;
  /** Writes a line to it. */
  say(line: string): void;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  kill(): Promise<void>;
}

/** Server processes on one store and device processes, with wires between all of them. */
export interface Cluster {
  readonly servers: readonly Machine[];
  readonly devices: readonly Machine[];
  /** The addresses of the servers, without a wire before them. */
  readonly urls: readonly string[];
  readonly token: string;
  close(): Promise<void>;
}

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { directory, store, servers: serverCount, devices: deviceCount, ids, fault } = options;
  await bundlePrograms();
  const token = await signToken(new TextEncoder().encode(SECRET), { account: 'ann' }, 7 * 86_400);
  const ports = await Promise.all(Array.from({ length: serverCount }, freePort));
  const servers = await Promise.all(
    ports.map(async (port, at) => {
      const wire = store.type === 'postgres' ? await CuttableWire.to([store.database.port]) : undefined;
      const task = (): ServerTask => ({
        port,
        secret: SECRET,
        store: store.type === 'lmdb' ? { path: store.path } : { url: store.database.url(wire?.port ?? 0) },
        fault,
      });
      return new ProcessMachine(`server ${at}`, wire, 'server-process', task, () => undefined);
    }),
  );
  const devices = await Promise.all(
    Array.from({ length: deviceCount }, async (_, at) => {
      // Another server comes first for each device.
      const wire = await CuttableWire.to([...ports.slice(at % serverCount), ...ports.slice(0, at % serverCount)]);
      const task = (life: number): DeviceTask => ({
        path: join(directory, `device-${at}`),
        url: `http://127.0.0.1:${wire.port}`,
        token,
        life: `${at}-${String(life).padStart(4, '0')}`,
        ids,
      });
      const hear = (line: string): void => options.onReport(at, JSON.parse(line) as DeviceReport);
      return new ProcessMachine(`device ${at}`, wire, 'device-process', task, hear);
    }),
  );
  await Promise.all([...servers, ...devices].map((machine) => machine.start()));
  return {
    servers,
    devices,
    urls: ports.map((port) => `http://127.0.0.1:${port}`),
    token,
    close: async () => {
      await Promise.all([...servers, ...devices].map((machine) => machine.close()));
    },
  };
}

class ProcessMachine implements Machine {
  readonly name: string;
  readonly wire: CuttableWire | undefined;
  readonly #program: string;
  readonly #task: (life: number) => object;
  readonly #hear: (line: string) => void;
  #child: ChildProcess | undefined;
  #lives = 0;

  constructor(
    name: string,
    wire: CuttableWire | undefined,
    program: string,
    task: (life: number) => object,
    hear: (line: string) => void,
  ) {
    this.name = name;
    this.wire = wire;
    this.#program = program;
    this.#task = task;
    this.#hear = hear;
  }

  get isUp(): boolean {
    return this.#child !== undefined;
  }

  /** Resolves when the process exists: what it can do yet is found by asking it. */
  async start(): Promise<void> {
    if (this.#child !== undefined) return;
    const args = [join(PROGRAMS, `${this.#program}.mjs`), JSON.stringify(this.#task(++this.#lives))];
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    running.add(child);
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', this.#hear);
    child.once('exit', () => {
      running.delete(child);
      if (this.#child === child) this.#child = undefined;
    });
    await once(child, 'spawn');
  }

  say(line: string): void {
    this.#child?.stdin?.write(`${line}\n`);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    // What it had written to its pipe counts too.
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  }

  async close(): Promise<void> {
    await this.kill();
    await this.wire?.close();
  }
}

/** One file for each program: starting it from its sources would take a second of processor time. */
async function bundlePrograms(): Promise<void> {
  mkdirSync(PROGRAMS, { recursive: true });
  await build({
    entryPoints: ['server-process', 'device-process'].map((name) => resolve(import.meta.dirname, `${name}.ts`)),
    outdir: PROGRAMS,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
}
