import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

export type ContenderName =
  | 'deltaic-memory'
  | 'deltaic-lmdb'
  | 'deltaic-postgres'
  | 'sharedb'
  | 'in-process-lmdb'
  | 'bare-http'
  | 'bare-lmdb'
  | 'bare-postgres';

export const SECRET = 'a secret of at least thirty-two bytes';
/** The text that each edit inserts. */
export const ENTRY_TEXT = 'Buy milk, and a present for Sam, who has his birthday on Friday: something to read, perhaps';
/** How many bytes an entry has with that text, about. */
export const PUT_BYTES = 140;

/** What a contender is asked. */
export type Question =
  | { readonly type: 'usage' }
  | { readonly type: 'work'; readonly clients: number; readonly ms: number };

/** What a process has used. */
export interface Usage {
  /** Processor time in ms. */
  readonly cpu: number;
  readonly rss: number;
  /** Bytes that are in use after a garbage collection. */
  readonly held: number;
}

/** A process that is measured. */
export class Contender {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(name: ContenderName, url = ''): Promise<Contender> {
    const program = resolve(import.meta.dirname, 'contender.js');
    const child = fork(program, [name, url], { execArgv: ['--expose-gc'] });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new Contender(child, port);
  }

  async usage(): Promise<Usage> {
    this.#child.send({ type: 'usage' });
    return ((await once(this.#child, 'message')) as [Usage])[0];
  }

  async work(clients: number, ms: number): Promise<number> {
    this.#child.send({ type: 'work', clients, ms });
    return ((await once(this.#child, 'message')) as [number])[0];
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
  }
}
