import type { ServiceEvent } from './announcer.js';

/** What a long poll is answered. */
export interface PollAnswer {
  readonly events: readonly ServiceEvent[];
  /** Where the next poll goes on. */
  readonly cursor: string;
  /** How long the token is valid, unless it does not end. */
  readonly seconds?: number;
  /** In how many ms to come back, if the server ends. */
  readonly after?: number;
}

/** What a client has been told: of each datastore a tag, and a digest of its list. Only a server reads it. */
export interface PollCursor {
  readonly list: string | undefined;
  readonly told: ReadonlyMap<string, string>;
}

/** How long a poll waits for more once something has happened, in ms. */
const GATHERING = 50;

/** The cursor that a client sends, as far as it fits what is followed now; an empty one if it is not one of ours. */
export function parseCursor(cursor: unknown, handles: ReadonlySet<string>): PollCursor | undefined {
  if (typeof cursor !== 'string') return undefined;
  try {
    const { list, told } = JSON.parse(cursor) as { readonly list?: unknown; readonly told?: unknown };
    const pairs = Array.isArray(told) ? told.filter(isPair) : [];
    return {
      list: typeof list === 'string' ? list : undefined,
      told: new Map(pairs.filter(([handle]) => handles.has(handle))),
    };
  } catch {
    return undefined;
  }
}

function isPair(pair: unknown): pair is [string, string] {
  return Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string');
}

/** A short text that stands for a long one. */
export async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return btoa(String.fromCharCode(...bytes.subarray(0, 12)));
}

/** One long poll: it ends soon after something has happened that its client does not know, or when its time is up. */
export class OpenPoll {
  readonly ended: Promise<void>;
  readonly #expires: number | undefined;
  readonly #told: Map<string, string>;
  readonly #news = new Map<string, ServiceEvent>();
  readonly #isFirst: boolean;
  #list: string | undefined;
  #timer: ReturnType<typeof setTimeout>;
  #isGathering = false;
  #after = 0;
  #resolve: () => void = () => undefined;

  /** @param time how long it may wait, in ms. */
  constructor({ expires }: { readonly expires?: number | undefined }, time: number, cursor: PollCursor | undefined) {
    this.#expires = expires;
    this.#told = new Map(cursor?.told);
    this.#list = cursor?.list;
    this.#isFirst = cursor === undefined;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    const left = expires === undefined ? time : Math.max(0, expires - Date.now());
    this.#timer = setTimeout(this.#resolve, Math.min(time, left));
  }

  get isListChanged(): boolean {
    return this.#news.has('');
  }

  tell(event: ServiceEvent): void {
    if (event.type === 'list-changed') this.#news.set('', event);
    else {
      const tag = tagOf(event);
      if (this.#told.get(event.handle) === tag) return;
      this.#told.set(event.handle, tag);
      this.#news.set(event.handle, event);
    }
    this.#gather();
  }

  /** Notes how the list stands. A client that asks for the first time is answered at once. */
  compareList(list: string): void {
    if (this.#list !== undefined && this.#list !== list) this.tell({ type: 'list-changed' });
    this.#list = list;
    if (this.#isFirst) this.#gather();
  }

  /** Ends it now. @param after in how many ms the client should come back; 0 for at once. */
  end(after: number): void {
    this.#after = after;
    clearTimeout(this.#timer);
    this.#resolve();
  }

  /** @param list how the list stands now, if it has changed. */
  answer(list: string | undefined = this.#list): PollAnswer {
    const seconds = this.#expires === undefined ? undefined : Math.floor((this.#expires - Date.now()) / 1000);
    return {
      events: [...this.#news.values()],
      cursor: JSON.stringify({ list, told: [...this.#told] }),
      ...(seconds === undefined ? {} : { seconds }),
      ...(this.#after === 0 ? {} : { after: this.#after }),
    };
  }

  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#resolve, GATHERING);
  }
}

function tagOf(event: Exclude<ServiceEvent, { type: 'list-changed' }>): string {
  return event.type === 'deleted' ? 'deleted' : `${event.rev} ${event.head ?? ''} ${event.role}`;
}
