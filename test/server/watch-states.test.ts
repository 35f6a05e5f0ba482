import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LinkEvent } from '../../src/datastore/index.js';
import { type HttpLinkOptions, httpLink } from '../../src/http/index.js';
import { type WatchInput, type WatchState, watchStep } from '../../src/http/watch-states.js';

const STATES: readonly WatchState[] = ['opening', 'streaming', 'switching', 'asking', 'polling', 'ended'];
const INPUTS: readonly WatchInput[] = [
  'follow',
  'begun',
  'told',
  'end',
  'failed',
  'broken',
  'silent',
  'slept',
  'close',
];

describe('the table of a watch', () => {
  test('is the one of the specification, in each state for each event', () => {
    const text = readFileSync(resolve(import.meta.dirname, '../../spec/http.md'), 'utf8');
    const [, table = ''] = /(\| +\| opening .*\n(?:\|.*\n)+)/.exec(text) ?? [];
    const [header = [], , ...rows] = table
      .trim()
      .split('\n')
      .map((line) =>
        line
          .split('|')
          .map((cell) => cell.trim())
          .slice(1, -1),
      );
    expect(header.slice(1)).toEqual(STATES);
    expect(rows.map(([input]) => input)).toEqual(INPUTS);
    for (const [input, ...cells] of rows) {
      for (const [at, cell] of cells.entries()) {
        const from = STATES[at] as WatchState;
        const { state, actions } = watchStep(from, input as WatchInput);
        const step = [...actions, ...(state === from ? [] : [`**${state}**`])].join(', ');
        expect([from, input, cell]).toEqual([from, input, step]);
      }
    }
  });

  test('ends once, and tells a listener of it once, unless that closed the watch', () => {
    for (const state of STATES) {
      for (const input of INPUTS) {
        const { state: next, actions } = watchStep(state, input);
        const isEnding = state !== 'ended' && next === 'ended';
        expect([state, input, actions.includes('disconnect')]).toEqual([state, input, isEnding && input !== 'close']);
        if (state === 'ended') expect([next, actions]).toEqual(['ended', []]);
      }
    }
  });
});

/** A server of streams that a test writes by hand. */
class Streams {
  readonly bodies: { readonly method: string; readonly body: Record<string, unknown> }[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  polls: ((answer: object) => void)[] = [];

  readonly fetch: NonNullable<HttpLinkOptions['fetch']> = async (url, init) => {
    const method = String(url).split('/').at(-1) ?? '';
    this.bodies.push({ method, body: JSON.parse(String(init?.body)) as Record<string, unknown> });
    if (method === 'poll') {
      return await new Promise((resolve) => this.polls.push((answer) => resolve(Response.json(answer))));
    }
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
    });
    return new Response(stream);
  };

  write(event: string, data: object = {}): void {
    const name = event === 'message' ? '' : `event: ${event}\n`;
    this.#controller?.enqueue(new TextEncoder().encode(`${name}data: ${JSON.stringify(data)}\n\n`));
  }

  finish(): void {
    this.#controller?.close();
  }
}

describe('a watch over HTTP', () => {
  let streams: Streams;
  let told: string[];
  let errors: unknown[];

  beforeEach(() => {
    vi.useFakeTimers();
    streams = new Streams();
    told = [];
    errors = [];
  });
  afterEach(() => vi.useRealTimers());

  const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
  const hear = (event: LinkEvent): void => {
    told.push(event.type);
    if (event.type === 'disconnected') errors.push(event.error);
  };
  const linkOf = (options: Partial<HttpLinkOptions> = {}) =>
    httpLink({ url: 'http://example.org', getToken: () => 'token', fetch: streams.fetch, ...options });

  test('counts as lost when nothing is heard for too long, and not before', async () => {
    linkOf().watch(hear);
    await settle();
    streams.write('connected');
    for (let beat = 0; beat < 4; beat++) {
      await settle(40_000);
      streams.write('alive', { seconds: 60 });
      await settle();
    }
    expect(told).toEqual(['connected']);
    await settle(51_000);
    expect(told).toEqual(['connected', 'disconnected']);
    await settle(100_000);
    expect([told.length, vi.getTimerCount()]).toEqual([2, 0]);
  });

  test('ends when the machine has slept, before it would notice the silence', async () => {
    linkOf().watch(hear);
    await settle();
    streams.write('connected');
    await settle(5_000);
    vi.setSystemTime(Date.now() + 3_600_000);
    streams.write('alive');
    await settle(5_000);
    expect(errors).toMatchObject([{ code: 'network', reason: 'the machine has slept' }]);
  });

  test('passes on when to come back to a server that stops', async () => {
    linkOf().watch(hear);
    await settle();
    streams.write('connected');
    streams.write('end', { after: 3_210 });
    await settle();
    expect(errors).toMatchObject([{ code: 'network', retryAfter: 3_210 }]);
  });

  test('asks long polls once three streams in a row have ended at once, or were held back', async () => {
    const link = linkOf();
    link.watch(hear);
    await settle();
    streams.write('connected');
    streams.finish();
    await settle();
    link.watch(hear);
    await settle();
    streams.finish();
    await settle();
    // A proxy that holds everything back.
    link.watch(hear);
    await settle(20_001);
    expect(told).toEqual(['connected', 'disconnected', 'disconnected', 'disconnected']);
    const watch = link.watch(hear);
    watch.follow(['h']);
    await settle();
    expect(streams.bodies.at(-1)).toEqual({ method: 'poll', body: { handles: ['h'] } });
    streams.polls[0]?.({ events: [{ type: 'reached', handle: 'h', rev: 3, head: 'n', role: 'owner' }], cursor: 'c1' });
    await settle();
    expect(told.slice(4)).toEqual(['connected', 'reached']);
    expect(streams.bodies.at(-1)).toEqual({ method: 'poll', body: { handles: ['h'], cursor: 'c1' } });
    streams.polls[1]?.({ events: [{ type: 'list-changed' }], cursor: 'c2', after: 700 });
    await settle();
    expect(told.slice(6)).toEqual(['list-changed', 'disconnected']);
    expect(errors.at(-1)).toMatchObject({ retryAfter: 700 });
  });

  test('trusts streams again once one has lived, and blames no proxy for a server that ends', async () => {
    const link = linkOf();
    for (let round = 0; round < 6; round++) {
      link.watch(hear);
      await settle();
      streams.write('connected');
      if (round % 2 === 0) streams.write('alive');
      await settle(round === 5 ? 6_000 : 0);
      streams.finish();
      await settle();
    }
    link.watch(hear);
    await settle();
    streams.write('end', { after: 0 });
    await settle();
    expect(new Set(streams.bodies.map(({ method }) => method))).toEqual(new Set(['watch']));
  });

  test('follows other datastores on another stream, and is heard meanwhile', async () => {
    const watch = linkOf().watch(hear);
    watch.follow(['a']);
    await settle();
    streams.write('connected');
    await settle();
    const first = streams.write.bind(streams);
    watch.follow(['a', 'b']);
    first('message', { type: 'list-changed' });
    await settle();
    streams.write('connected');
    streams.write('message', { type: 'deleted', handle: 'b' });
    await settle();
    expect(streams.bodies.map(({ body }) => body['handles'])).toEqual([['a'], ['a', 'b']]);
    expect(told).toEqual(['connected', 'list-changed', 'deleted']);
    watch.close();
    await settle(100_000);
    expect([told.length, vi.getTimerCount()]).toEqual([3, 0]);
  });
});
