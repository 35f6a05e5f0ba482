import type { LinkEvent, Watch } from '../datastore/manager/link.js';
import { DatastoreError, ServiceError } from '../errors/datastore-error.js';
import { headMember, type Role } from '../sync/messages.js';
import type { Requests } from './requests.js';
import { type StreamEvent, streamEvents } from './stream-events.js';
import { type WatchAction, type WatchInput, type WatchState, watchStep } from './watch-states.js';

/** How streams have fared with the proxies of a link, for all of its watches. */
export class StreamTrust {
  #broken = 0;

  /** Whether a watch should ask long polls instead: streams have ended at once three times. Spec: HTTP-11. */
  get isLost(): boolean {
    return this.#broken >= 3;
  }

  /** A stream ended at once, or never began. */
  lose(): void {
    this.#broken++;
  }

  /** A stream has lived. */
  regain(): void {
    this.#broken = 0;
  }
}

/** What a watch is made of. */
export interface WatchContext {
  readonly requests: Requests;
  readonly trust: StreamTrust;
  /** How long a watch may be silent, in ms. */
  readonly silence: number;
}

/** How often a watch looks at the clock, in ms. */
const TICK = 5_000;
/** A stream that ends by itself within this many ms has ended at once. */
const AT_ONCE = 5_000;
/** How long a stream may take to begin, in ms. */
const BEGINNING = 15_000;
/** If the clock went on by so many ms more than a tick, the machine has slept. */
const SLEEP = 20_000;

/**
 * A watch over HTTP: a stream of server-sent events, or long polls where proxies hold streams back. Following other datastores
 * opens another stream and then drops the first, so nothing is missed in between; the listener sees one watch. What
 * happens in which state is in `watch-states.ts`. Spec: HTTP-4, HTTP-11, HTTP-12.
 */
export class HttpWatch implements Watch {
  readonly #context: WatchContext;
  readonly #listener: (event: LinkEvent) => void;
  readonly #clock: ReturnType<typeof setInterval>;
  #state: WatchState;
  #handles: readonly string[] = [];
  /** The newest request, and the stream that works until that has begun. */
  #newest = new AbortController();
  #working: AbortController | undefined;
  /** Where the long poll goes on. */
  #cursor: string | undefined;
  #isScheduled = false;
  #openedAt = Date.now();
  #heardAt = Date.now();
  #tickedAt = Date.now();

  constructor(context: WatchContext, listener: (event: LinkEvent) => void) {
    this.#context = context;
    this.#listener = listener;
    this.#state = context.trust.isLost ? 'asking' : 'opening';
    this.#clock = setInterval(() => this.#tick(), Math.min(TICK, context.silence / 3));
    this.#schedule();
  }

  follow(handles: readonly string[]): void {
    this.#handles = [...handles];
    this.#step('follow');
  }

  close(): void {
    this.#step('close');
  }

  #step(input: WatchInput, event?: LinkEvent, error?: DatastoreError): void {
    const { state, actions } = watchStep(this.#state, input);
    this.#state = state;
    for (const action of actions) this.#act(action, event, error);
    if (state === 'ended') clearInterval(this.#clock);
  }

  #act(action: WatchAction, event: LinkEvent | undefined, error: DatastoreError | undefined): void {
    switch (action) {
      case 'open':
      case 'ask':
        this.#schedule();
        break;
      case 'connect':
        this.#listener({ type: 'connected' });
        break;
      case 'tell':
        if (event !== undefined) this.#listener(event);
        break;
      case 'distrust':
        this.#distrust();
        break;
      case 'drop':
        this.#working?.abort();
        this.#working = this.#newest;
        break;
      case 'abort':
        this.#abort();
        break;
      case 'disconnect':
        this.#abort();
        this.#listener({ type: 'disconnected', error: error ?? lost() });
    }
  }

  #abort(): void {
    this.#newest.abort();
    this.#working?.abort();
  }

  #distrust(): void {
    if (this.#working === undefined || Date.now() - this.#openedAt < AT_ONCE) this.#context.trust.lose();
  }

  /** Makes a request in a later turn, once for all that is asked for until then. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (this.#state === 'ended') return;
      if (this.#newest !== this.#working) this.#newest.abort();
      this.#newest = new AbortController();
      this.#openedAt = this.#heardAt = Date.now();
      const isPoll = this.#state === 'asking' || this.#state === 'polling';
      void (isPoll ? this.#ask(this.#newest) : this.#read(this.#newest));
    });
  }

  /** Reads one stream to its end. */
  async #read(stream: AbortController): Promise<void> {
    try {
      const response = await this.#context.requests.open('watch', { handles: this.#handles }, stream.signal);
      for await (const event of streamEvents(response)) {
        if (stream !== this.#newest && stream !== this.#working) return;
        this.#hear(stream, event);
      }
      if (stream === this.#newest) this.#step('broken');
    } catch (error) {
      if (stream !== this.#newest) return;
      if (error instanceof DatastoreError) this.#step('failed', undefined, error);
      else this.#step('broken', undefined, lost(error));
    }
  }

  #hear(stream: AbortController, { event, data }: StreamEvent): void {
    this.#heardAt = Date.now();
    if (event === 'connected' && stream === this.#newest) this.#step('begun');
    else if (event === 'alive') this.#context.trust.regain();
    else if (event === 'end') this.#step('end', undefined, ended(data));
    else if (event === 'message') this.#tell(data);
  }

  #tell(data: unknown): void {
    const event = linkEventOf(data);
    if (event !== undefined) this.#step('told', event);
  }

  /** Asks what has happened since the last answer; the server waits until something has. */
  async #ask(poll: AbortController): Promise<void> {
    try {
      const body = { handles: this.#handles, ...(this.#cursor === undefined ? {} : { cursor: this.#cursor }) };
      const { events, cursor, after } = await this.#context.requests.call('poll', body, poll.signal);
      if (poll !== this.#newest) return;
      this.#heardAt = Date.now();
      if (typeof cursor === 'string') this.#cursor = cursor;
      this.#step('begun');
      if (Array.isArray(events)) for (const event of events) this.#tell(event);
      if (typeof after === 'number') this.#step('end', undefined, ended({ after }));
    } catch (error) {
      if (poll !== this.#newest) return;
      this.#step('failed', undefined, error instanceof DatastoreError ? error : lost(error));
    }
  }

  #tick(): void {
    const now = Date.now();
    const { silence } = this.#context;
    const isAsleep = now - this.#tickedAt > Math.min(TICK, silence / 3) + SLEEP;
    this.#tickedAt = now;
    if (isAsleep) this.#step('slept', undefined, lost(undefined, 'the machine has slept'));
    const isBeginning = this.#state === 'opening' || this.#state === 'switching';
    const most = isBeginning ? Math.min(BEGINNING, silence) : silence;
    const since = isBeginning ? this.#openedAt : this.#heardAt;
    if (now - since > most) this.#step('silent', undefined, lost(undefined, `nothing was heard for ${most} ms`));
  }
}

function linkEventOf(data: unknown): LinkEvent | undefined {
  const told = data as { type?: string; handle: string; rev: number; head?: string; role: Role } | null;
  switch (told?.type) {
    case 'reached': {
      const { handle, rev, head, role } = told;
      return { type: 'reached', handle, rev, ...headMember(head), role, entries: [] };
    }
    case 'deleted':
      return { type: 'deleted', handle: told.handle };
    case 'list-changed':
      return { type: 'list-changed' };
    default:
      return undefined;
  }
}

/** The server has ended the watch, and says in how many ms to come back. */
function ended(data: unknown): ServiceError {
  const { after } = (data ?? {}) as { after?: unknown };
  const wait = typeof after === 'number' && after > 0 ? after : undefined;
  return new ServiceError('network', 'the server has ended the watch', {}, undefined, 'answered', wait);
}

function lost(cause?: unknown, reason = 'the watch has broken off'): ServiceError {
  return new ServiceError('network', reason, {}, cause);
}
