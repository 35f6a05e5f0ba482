import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { LinkEvent, Watch } from '../../src/datastore/index.js';
import { ServiceError } from '../../src/datastore/index.js';
import { SharedWatch, type TabGroup, type TabMessage } from '../../src/http/shared-watch.js';

/** A browser: one lock, and a channel that a frozen tab neither hears nor uses. */
class Browser {
  readonly #waiting: { readonly tab: FakeTab; readonly held: () => void }[] = [];
  readonly #listeners = new Map<FakeTab, (message: TabMessage) => void>();
  #holder: FakeTab | undefined;

  groupOf(tab: FakeTab): TabGroup {
    return {
      lock: (held) => {
        this.#waiting.push({ tab, held });
        queueMicrotask(() => this.#grant());
        return () => {
          const at = this.#waiting.findIndex((waiting) => waiting.tab === tab);
          if (at >= 0) this.#waiting.splice(at, 1);
          if (this.#holder === tab) this.#holder = undefined;
          queueMicrotask(() => this.#grant());
        };
      },
      join: (listener) => {
        this.#listeners.set(tab, listener);
        return {
          post: (message) => {
            if (tab.isFrozen) return;
            for (const [other, hear] of [...this.#listeners]) {
              if (other === tab || other.isFrozen) continue;
              queueMicrotask(() => this.#listeners.get(other) === hear && hear(structuredClone(message)));
            }
          },
          leave: () => this.#listeners.delete(tab),
        };
      },
    };
  }

  #grant(): void {
    const next = this.#holder === undefined ? this.#waiting.shift() : undefined;
    if (next === undefined) return;
    this.#holder = next.tab;
    next.held();
  }
}

interface Stream {
  readonly tab: string;
  readonly tell: (event: LinkEvent) => void;
  followed: readonly string[];
}

class FakeTab {
  readonly told: LinkEvent[] = [];
  readonly watch: SharedWatch;
  isFrozen = false;

  constructor(name: string, browser: Browser, streams: Stream[]) {
    const open = (tell: (event: LinkEvent) => void): Watch => {
      const stream: Stream = { tab: name, tell, followed: [] };
      streams.push(stream);
      return {
        follow: (handles) => {
          stream.followed = handles;
        },
        close: () => void streams.splice(streams.indexOf(stream), 1),
      };
    };
    this.watch = new SharedWatch(browser.groupOf(this), open, (event) => this.told.push(event));
  }

  get types(): string[] {
    return this.told.map((event) => (event.type === 'reached' ? `${event.handle} ${event.rev}` : event.type));
  }
}

let browser: Browser;
let streams: Stream[];
const tabOf = (name: string, ...handles: string[]): FakeTab => {
  const tab = new FakeTab(name, browser, streams);
  tab.watch.follow(handles);
  return tab;
};
const settle = (ms = 1): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const reached = (handle: string, rev: number): LinkEvent => ({
  type: 'reached',
  handle,
  rev,
  role: 'owner',
  entries: [],
});
const shown = (): unknown => streams.map(({ tab, followed }) => [tab, [...followed].sort()]);

beforeEach(() => {
  vi.useFakeTimers();
  browser = new Browser();
  streams = [];
});
afterEach(() => vi.useRealTimers());

test('one tab has the stream, and every tab hears what it follows', async () => {
  const [one, two] = [tabOf('one', 'a'), tabOf('two', 'a', 'b')];
  await settle();
  expect(shown()).toEqual([['one', ['a', 'b']]]);
  for (const event of [{ type: 'connected' } as const, reached('a', 1), reached('b', 2)]) streams[0]?.tell(event);
  streams[0]?.tell({ type: 'list-changed' });
  await settle();
  expect(one.types).toEqual(['connected', 'a 1', 'list-changed']);
  expect(two.types).toEqual(['connected', 'a 1', 'b 2', 'list-changed']);
  // A tab that comes later is told at once how things stand.
  const three = tabOf('three', 'b');
  await settle();
  expect([three.types, two.types.length]).toEqual([['connected', 'b 2'], 4]);
  two.watch.follow(['c']);
  await settle();
  expect(shown()).toEqual([['one', ['a', 'b', 'c']]]);
});

test('when the tab with the stream closes, another goes on, and no tab hears of a break', async () => {
  const [one, two, three] = [tabOf('one', 'a'), tabOf('two', 'b'), tabOf('three', 'c')];
  await settle();
  streams[0]?.tell({ type: 'connected' });
  await settle();
  one.watch.close();
  await settle();
  expect(shown()).toEqual([['two', ['b', 'c']]]);
  await settle(60_000);
  // What the closed tab followed is forgotten when nobody says it any more.
  three.watch.follow(['c', 'd']);
  await settle();
  expect(shown()).toEqual([['two', ['b', 'c', 'd']]]);
  streams[0]?.tell({ type: 'connected' });
  streams[0]?.tell(reached('c', 5));
  await settle();
  expect([two.types, three.types, one.types]).toEqual([['connected'], ['connected', 'c 5'], ['connected']]);
});

test('when the stream ends, every tab is told, with the time to come back, before another tries', async () => {
  const [one, two] = [tabOf('one', 'a'), tabOf('two', 'a')];
  await settle();
  streams[0]?.tell({ type: 'connected' });
  const error = new ServiceError('network', 'the server has ended the watch', {}, undefined, 'answered', 3_000);
  streams[0]?.tell({ type: 'disconnected', error });
  await settle(1_000);
  for (const tab of [one, two]) {
    expect(tab.types).toEqual(['connected', 'disconnected']);
    expect(tab.told[1]).toMatchObject({ error: { code: 'network', retryAfter: 3_000 } });
  }
  expect([shown(), vi.getTimerCount()]).toEqual([[], 0]);
  tabOf('later', 'a');
  await settle();
  expect(shown()).toEqual([['later', ['a']]]);
});

test('a tab that hears nothing for two heartbeats asks by itself, until the other is back', async () => {
  const [one, two] = [tabOf('one', 'a'), tabOf('two', 'a')];
  await settle();
  streams[0]?.tell({ type: 'connected' });
  await settle(60_000);
  expect(shown()).toEqual([['one', ['a']]]);
  one.isFrozen = true;
  await settle(50_000);
  expect(shown()).toEqual([
    ['one', ['a']],
    ['two', ['a']],
  ]);
  streams[1]?.tell({ type: 'connected' });
  streams[1]?.tell(reached('a', 7));
  expect(two.types).toEqual(['connected', 'a 7']);
  one.isFrozen = false;
  await settle(16_000);
  expect(shown()).toEqual([['one', ['a']]]);
  streams[0]?.tell(reached('a', 8));
  await settle();
  expect(two.types).toEqual(['connected', 'a 7', 'a 8']);
});
