import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { MemoryLogs } from '../../src/server/memory-logs.js';
import { Overloaded, WorkLimit } from '../../src/server/work-limit.js';
import { runs } from '../support/seed.js';
import { type RunningServer, startServer } from './server-fixture.js';

afterEach(() => {
  vi.useRealTimers();
});

/** Work that ends when it is told to. */
function task(): { readonly work: () => Promise<void>; readonly end: () => void } {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { work: () => ended, end };
}

describe('a limit of work', () => {
  test('does as a plain list of who runs and who waits says, whoever comes and ends', async () => {
    const step = fc.oneof(fc.constant('come' as const), fc.nat({ max: 9 }));
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.nat({ max: 3 }),
        fc.array(step),
        async (most, queued, steps) => {
          const limit = new WorkLimit({ concurrent: most, queued, wait: 60_000 });
          const begun: number[] = [];
          const refused: number[] = [];
          const ends: (() => void)[] = [];
          // The naive twin: the first of these run, and the others wait.
          let present: number[] = [];
          const [expectedBegun, expectedRefused] = [new Set<number>(), new Set<number>()];
          for (const [at, action] of steps.entries()) {
            const running = present.slice(0, most);
            if (action === 'come') {
              const { work, end } = task();
              ends[at] = end;
              const run = (): Promise<void> => {
                begun.push(at);
                return work();
              };
              limit.run(run).catch(() => refused.push(at));
              if (present.length < most + queued) present.push(at);
              else expectedRefused.add(at);
            } else if (running.length > 0) {
              const ended = running[action % running.length] as number;
              ends[ended]?.();
              present = present.filter((one) => one !== ended);
            }
            for (const one of present.slice(0, most)) expectedBegun.add(one);
            await new Promise((resolve) => setImmediate(resolve));
            expect(begun).toEqual([...expectedBegun]);
            expect(refused).toEqual([...expectedRefused]);
            expect([limit.running, limit.waiting, limit.refused]).toEqual([
              Math.min(most, present.length),
              Math.max(0, present.length - most),
              expectedRefused.size,
            ]);
          }
          for (const end of ends) end?.();
          await expect.poll(() => limit.running + limit.waiting).toBe(0);
        },
      ),
      { numRuns: runs(30) },
    );
  });

  test('sends away those whose time is up, the oldest first, and nobody else', async () => {
    vi.useFakeTimers();
    const limit = new WorkLimit({ concurrent: 1, queued: 10, wait: 1_000 });
    const { work, end } = task();
    const log: string[] = [];
    const come = (name: string): void => {
      limit.run(work).then(
        () => log.push(`${name} done`),
        (error) => log.push(`${name} ${error instanceof Overloaded ? error.retryAfter : error}`),
      );
    };
    come('a');
    come('b');
    await vi.advanceTimersByTimeAsync(600);
    come('c');
    await vi.advanceTimersByTimeAsync(399);
    expect(log).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(log).toEqual(['b 10000']);
    await vi.advanceTimersByTimeAsync(599);
    end();
    await vi.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['b 10000', 'a done', 'c done']);
    expect([limit.running, limit.waiting, limit.refused, vi.getTimerCount()]).toEqual([0, 0, 1, 0]);
  });

  test('makes room again after work that failed', async () => {
    const limit = new WorkLimit({ concurrent: 1, queued: 0, wait: 1_000 });
    for (let at = 0; at < 3; at++) await expect(limit.run(() => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(limit.running).toBe(0);
  });
});

describe('a server with more requests than it can do', () => {
  /** A store whose appends end when it is told so. */
  class SlowLogs extends MemoryLogs {
    #end: () => void = () => undefined;
    readonly #mayEnd = new Promise<void>((resolve) => {
      this.#end = resolve;
    });

    override async append(...given: Parameters<MemoryLogs['append']>): ReturnType<MemoryLogs['append']> {
      await this.#mayEnd;
      return super.append(...given);
    }

    letGo(): void {
      this.#end();
    }
  }

  async function withFullServer(check: (running: RunningServer, logs: SlowLogs, handles: string[]) => Promise<void>) {
    const logs = new SlowLogs();
    const running = await startServer({ logs, pollInterval: 0, maxConcurrent: 2, maxQueued: 1 });
    const link = running.link('ann');
    const handles: string[] = [];
    for (const id of ['one', 'two', 'three', 'four']) handles.push((await link.create(id)).handle);
    try {
      await check(running, logs, handles);
    } finally {
      logs.letGo();
      await running.close();
    }
  }

  const body = (handle: string): string =>
    JSON.stringify({ handle, message: { type: 'put', rev: 0, nonce: 'n1', delta: [['I', 't', 'r', {}]] } });

  test('sends those away for whom there is no room, and nothing has come of those', () =>
    withFullServer(async (running, logs, handles) => {
      const link = running.link('ann');
      const token = await running.token('ann');
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const put = (handle: string): Promise<Response> =>
        fetch(`${running.url}/v1/send`, { method: 'POST', headers, body: body(handle) });
      const [one, two, three, four] = handles as [string, string, string, string];
      const taken = [put(one), put(two), put(three)];
      const { service } = running.server;
      await expect.poll(() => service.statistics.waiting, { timeout: 60_000 }).toBe(1);
      const refused = await put(four);
      expect([refused.status, refused.headers.get('retry-after'), await refused.json()]).toEqual([
        503,
        '10',
        { code: 'retry-later', message: 'the server has too much to do: try again later' },
      ]);
      // A device knows that nothing has come of it, and when to come back.
      await expect(link.list()).rejects.toMatchObject({ code: 'retry-later', outcome: 'answered', retryAfter: 10_000 });
      // What is no work is answered.
      for (const path of ['health', 'ready']) expect((await fetch(`${running.url}/${path}`)).status).toBe(200);
      const abort = new AbortController();
      const watch = await fetch(`${running.url}/v1/watch`, {
        ...{ method: 'POST', headers, body: JSON.stringify({ handles: [one] }), signal: abort.signal },
      });
      expect(watch.status).toBe(200);
      abort.abort();
      expect(service.statistics).toMatchObject({ running: 2, waiting: 1, refused: 2 });
      expect(running.server.metrics()).toMatch(/calls_running 2\n.*calls_waiting 1\n.*calls_refused_total 2\n/s);
      logs.letGo();
      expect((await Promise.all(taken)).map(({ status }) => status)).toEqual([200, 200, 200]);
      expect((await logs.getMany(handles)).map((log) => log?.revision)).toEqual([1, 1, 1, 0]);
      expect(service.statistics).toMatchObject({ running: 0, waiting: 0, refused: 2 });
    }));
});
