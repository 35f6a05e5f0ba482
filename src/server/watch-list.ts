import { ServiceError } from '../errors/datastore-error.js';
import type { ServiceEvent } from './announcer.js';
import { ANSWER_TIME, type DatastoreService } from './datastore-service.js';
import type { BodySink, ServerAnswer, ServerRequest, StreamedBody } from './exchange.js';
import { digest, OpenPoll, type PollAnswer, parseCursor } from './open-poll.js';
import type { Requester } from './requester.js';
import { withinTime } from './within-time.js';

/** How watches are served. See `ServerOptions`. */
export interface WatchOptions {
  readonly heartbeat?: number;
  readonly watchesPerAccount?: number;
  readonly pollInterval?: number;
  readonly answerTime?: number;
}

/** The account of a watch, and until when it may listen, in ms since 1970. */
interface Listener extends Requester {
  readonly expires?: number | undefined;
}

const HEARTBEAT = 15_000;
const POLL_INTERVAL = 1_000;
const WATCHES = 100;
/** When to come back to a server that is stopping, in ms. */
const CLOSING_RETRY = 5_000;

/** The watches that are open: streams of server-sent events, and long polls. Spec: HTTP-4, HTTP-11. */
export class WatchList {
  readonly #service: DatastoreService;
  readonly #options: WatchOptions;
  readonly #failed: (error: unknown) => void;
  readonly #open = new Set<OpenWatch | OpenPoll>();
  readonly #counts = new Map<string, number>();
  readonly #poll: ReturnType<typeof setInterval> | undefined;
  #isPolling = false;
  #isClosed = false;

  /** @param failed is called when the store cannot be read. */
  constructor(service: DatastoreService, options: WatchOptions, failed: (error: unknown) => void) {
    this.#service = service;
    this.#options = options;
    this.#failed = failed;
    const { pollInterval = POLL_INTERVAL } = options;
    if (pollInterval > 0) this.#poll = setInterval(() => this.#pollNow(), pollInterval);
  }

  /** Opens a stream. @throws ServiceError `retry-later`. */
  async open(requester: Listener, handles: ReadonlySet<string>): Promise<ServerAnswer> {
    const { heartbeat = HEARTBEAT, answerTime = ANSWER_TIME } = this.#options;
    const release = this.#admit(requester);
    await withinTime(answerTime, this.#service.noteList(requester)).catch(() => undefined);
    const watch = new OpenWatch(requester, heartbeat, () => {
      if (!this.#open.delete(watch)) return;
      stop();
      release();
    });
    this.#open.add(watch);
    const stop = this.#service.watch({ requester, handles, tell: (event) => watch.tell(event) });
    // It may have been closed meanwhile.
    if (this.#isClosed) watch.end(CLOSING_RETRY);
    return { status: 200, headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' }, body: watch };
  }

  /**
   * Answers a long poll: with what has happened since an earlier one gave the cursor, at once or when something happens.
   *
   * @throws ServiceError `retry-later`, `storage`.
   */
  async poll(
    requester: Listener,
    handles: ReadonlySet<string>,
    cursor: unknown,
    request: Pick<ServerRequest, 'onGone'>,
  ): Promise<PollAnswer> {
    const { heartbeat = HEARTBEAT, answerTime = ANSWER_TIME } = this.#options;
    const listTag = (): Promise<string> => withinTime(answerTime, this.#service.noteList(requester).then(digest));
    const release = this.#admit(requester);
    const poll = new OpenPoll(requester, heartbeat, parseCursor(cursor, handles));
    this.#open.add(poll);
    request.onGone(() => poll.end(0));
    const stop = this.#service.watch({ requester, handles, tell: (event) => poll.tell(event) });
    try {
      poll.compareList(await listTag());
      if (this.#isClosed) poll.end(CLOSING_RETRY);
      await poll.ended;
      return poll.answer(poll.isListChanged ? await listTag() : undefined);
    } finally {
      poll.end(0);
      stop();
      this.#open.delete(poll);
      release();
    }
  }

  /** Counts a watch of an account. @returns a function that makes room again. @throws ServiceError `retry-later`. */
  #admit({ account }: Listener): () => void {
    const { watchesPerAccount = WATCHES } = this.#options;
    if (this.#isClosed) {
      throw new ServiceError('retry-later', 'the server is stopping', {}, undefined, 'answered', CLOSING_RETRY);
    }
    const count = this.#counts.get(account) ?? 0;
    if (count >= watchesPerAccount) {
      throw new ServiceError('retry-later', `an account may have at most ${watchesPerAccount} watches at once`);
    }
    this.#counts.set(account, count + 1);
    return () => {
      const left = (this.#counts.get(account) ?? 1) - 1;
      if (left === 0) this.#counts.delete(account);
      else this.#counts.set(account, left);
    };
  }

  close(spread: number): void {
    clearInterval(this.#poll);
    this.#isClosed = true;
    for (const watch of [...this.#open]) watch.end(Math.round(Math.random() * spread));
  }

  #pollNow(): void {
    if (this.#isPolling) return;
    this.#isPolling = true;
    this.#service
      .poll()
      .catch(this.#failed)
      .finally(() => {
        this.#isPolling = false;
      });
  }
}

const ENCODER = new TextEncoder();
const CONNECTED = ENCODER.encode('event: connected\ndata: {}\n\n');
/** What many watchers are told is encoded once. */
const ENCODED = new WeakMap<ServiceEvent, Uint8Array>();

function bytesOfEvent(event: ServiceEvent): Uint8Array {
  const known = ENCODED.get(event);
  if (known !== undefined) return known;
  const bytes = ENCODER.encode(`data: ${JSON.stringify(event)}\n\n`);
  ENCODED.set(event, bytes);
  return bytes;
}

/**
 * One stream. What is told while the client does not read is not queued event by event: of each datastore only the newest
 * revision is kept, so a slow client costs no more than a fast one.
 */
class OpenWatch implements StreamedBody {
  readonly #waiting = new Map<string, ServiceEvent>();
  readonly #end: () => void;
  readonly #beat: ReturnType<typeof setInterval>;
  #sink: BodySink | undefined;
  #isReady = false;
  /** What is to be said last, if it has ended before it began. */
  #last: Uint8Array | undefined;

  constructor({ expires }: Listener, heartbeat: number, onEnd: () => void) {
    this.#end = onEnd;
    const beat = (): void => {
      const seconds = expires === undefined ? undefined : Math.floor((expires - Date.now()) / 1000);
      if (seconds !== undefined && seconds <= 0) this.end(0);
      else this.#write(ENCODER.encode(`event: alive\ndata: ${JSON.stringify({ seconds })}\n\n`));
    };
    this.#beat = setInterval(beat, heartbeat);
  }

  open(sink: BodySink): void {
    this.#sink = sink;
    this.#isReady = true;
    this.#write(CONNECTED);
    if (this.#last === undefined) this.#flush();
    else this.#endWith(this.#last);
  }

  ready(): void {
    this.#isReady = true;
    this.#flush();
  }

  gone(): void {
    this.#close();
  }

  tell(event: ServiceEvent): void {
    this.#waiting.set(event.type === 'list-changed' ? '' : event.handle, event);
    this.#flush();
  }

  /** Ends the stream, and tells the client to come back after some ms. */
  end(after: number): void {
    const bytes = ENCODER.encode(`event: end\ndata: ${JSON.stringify({ after })}\n\n`);
    if (this.#sink === undefined) this.#last = bytes;
    this.#endWith(bytes);
  }

  #flush(): void {
    for (const [key, event] of this.#waiting) {
      if (!this.#isReady) return;
      this.#waiting.delete(key);
      this.#write(bytesOfEvent(event));
    }
  }

  #write(bytes: Uint8Array): void {
    if (this.#sink !== undefined) this.#isReady = this.#sink.write(bytes);
  }

  #endWith(bytes: Uint8Array): void {
    this.#write(bytes);
    this.#sink?.end();
    this.#close();
  }

  #close(): void {
    clearInterval(this.#beat);
    this.#sink = undefined;
    this.#isReady = false;
    this.#end();
  }
}
