import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, test } from 'vitest';
import { runTerminal } from '../../examples/todo/terminal.js';
import { MemoryLogs } from '../../src/server/memory-logs.js';
import { signToken } from '../../src/server/tokens/index.js';
import { type RunningServer, SECRET, startServer } from '../server/server-fixture.js';

let server: RunningServer;
const folder = mkdtempSync(join(tmpdir(), 'deltaic-terminals-'));
beforeAll(async () => {
  server = await startServer({ logs: new MemoryLogs() });
});
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true });
});

/** A terminal that a test types into, and waits for. */
class TypedTerminal {
  readonly #lines: string[] = [];
  readonly #printed: string[] = [];
  readonly ended: Promise<void>;
  #wake: () => void = () => undefined;
  #heard: () => void = () => undefined;

  constructor(name: string, token: string) {
    const directory = join(folder, name);
    const print = (line: string): void => {
      this.#printed.push(line);
      this.#heard();
    };
    this.ended = runTerminal({ name, url: server.url, token, directory, lines: this.#typed(), print });
  }

  type(line: string): void {
    this.#lines.push(line);
    this.#wake();
  }

  /** Waits until a line was printed, and forgets what came before it. */
  async until(line: string): Promise<void> {
    for (;;) {
      const at = this.#printed.indexOf(line);
      if (at >= 0) {
        this.#printed.splice(0, at + 1);
        return;
      }
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  async *#typed(): AsyncGenerator<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) yield line;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

test('two terminals on two storages meet through the server', async () => {
  const token = await signToken(SECRET, { account: 'me' }, 600);
  const phone = new TypedTerminal('phone', token);
  phone.type('add milk Buy milk');
  phone.type('add tax Tax return');
  const laptop = new TypedTerminal('laptop', token);
  await laptop.until('laptop: tax changed');
  await laptop.until('laptop: the order changed');
  laptop.type('work tax 20');
  await phone.until('phone: tax changed');
  phone.type('top tax');
  await laptop.until('laptop: the order changed');
  laptop.type('show');
  await laptop.until('  [ ] Tax return  (20 min)');
  await laptop.until('  [ ] Buy milk');
  laptop.type('tick nothing');
  await laptop.until('there is no task nothing');
  laptop.type('what');
  await laptop.until(
    'add ID TEXT · rename ID TEXT · tick ID · work ID MINUTES · top ID · remove ID · show · status · quit',
  );
  for (const terminal of [phone, laptop]) terminal.type('quit');
  await Promise.all([phone.ended, laptop.ended]);

  // What was synced is on the disk, with or without a server.
  const again = new TypedTerminal('phone', 'no token');
  again.type('show');
  await again.until('  [ ] Tax return  (20 min)');
  again.type('quit');
  await again.ended;
});
