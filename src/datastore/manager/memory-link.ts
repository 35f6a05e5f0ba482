import { DatastoreError, ServiceError } from '../../errors/datastore-error.js';
import {
  formatEntry,
  formatMessage,
  parseEntry,
  parseReplicaMessage,
  parseSequencerMessage,
} from '../../sync/message-format.js';
import type { ReplicaMessage } from '../../sync/messages.js';
import type { AccountProfile, DatastoreAccess, Link, LinkAnswer, LinkEvent, RemoteDatastore, Watch } from './link.js';

/** What a server does for one account, at once. */
export interface Service {
  profile(): AccountProfile;
  list(): readonly RemoteDatastore[];
  find(id: string): DatastoreAccess;
  create(id: string): DatastoreAccess;
  delete(id: string): void;
  exchange(handle: string, message: ReplicaMessage): LinkAnswer;
  subscribe(subscriber: Subscriber): void;
  unsubscribe(subscriber: Subscriber): void;
  /** Where the log of a datastore stands. */
  stateOf(handle: string): LinkEvent;
}

/** A watch as the server sees it. */
export interface Subscriber {
  readonly account: string;
  readonly handles: ReadonlySet<string>;
  tell(event: LinkEvent): void;
  end(error: DatastoreError): void;
}

/** A call on its way over a {@link MemoryLink}. */
export interface LinkCall {
  readonly method: Exclude<keyof Link, 'watch'>;
  readonly argument: string | undefined;
  readonly message: ReplicaMessage | undefined;
}

/**
 * Stands between a device and the server, and decides what becomes of a call: `deliver` takes it to the server and
 * brings the answer back. Not to call it is to lose the request; to call it and throw, to lose the answer; to wait, to
 * delay one of them; to call it twice, to repeat it.
 */
export type LinkHook = <Answer>(call: LinkCall, deliver: () => Promise<Answer>) => Promise<Answer>;

/** A device's link to a {@link MemoryServer}. */
export class MemoryLink implements Link {
  /** What becomes of calls while the link is online. */
  hook: LinkHook | undefined;
  readonly #account: string;
  readonly #service: Service;
  readonly #watches = new Set<MemoryWatch>();
  #isOnline = true;

  constructor(account: string, service: Service) {
    this.#account = account;
    this.#service = service;
  }

  get isOnline(): boolean {
    return this.#isOnline;
  }

  /** Cuts the link, or mends it. While it is cut every call fails, and all watches have ended. */
  set isOnline(isOnline: boolean) {
    this.#isOnline = isOnline;
    if (!isOnline) for (const watch of [...this.#watches]) watch.end(offline());
  }

  profile(): Promise<AccountProfile> {
    return this.#call('profile', undefined, () => this.#service.profile());
  }

  list(): Promise<readonly RemoteDatastore[]> {
    return this.#call('list', undefined, () => this.#service.list());
  }

  find(id: string): Promise<DatastoreAccess> {
    return this.#call('find', id, () => this.#service.find(id));
  }

  create(id: string): Promise<DatastoreAccess> {
    return this.#call('create', id, () => this.#service.create(id));
  }

  delete(id: string): Promise<void> {
    return this.#call('delete', id, () => this.#service.delete(id));
  }

  exchange(handle: string, message: ReplicaMessage): Promise<LinkAnswer> {
    const text = JSON.stringify(formatMessage(message));
    const deliver = (): LinkAnswer => {
      const answer = this.#service.exchange(handle, parseReplicaMessage(JSON.parse(text)));
      const returned = JSON.stringify(formatMessage(answer.message));
      return { message: parseSequencerMessage(JSON.parse(returned)), role: answer.role };
    };
    return this.#call('exchange', handle, deliver, message);
  }

  watch(listener: (event: LinkEvent) => void): Watch {
    const onEnd = (watch: MemoryWatch): void => {
      this.#watches.delete(watch);
      this.#service.unsubscribe(watch);
    };
    const watch = new MemoryWatch(this.#account, this.#service, listener, onEnd);
    this.#watches.add(watch);
    watch.begin(this.#isOnline ? undefined : offline());
    return watch;
  }

  async #call<Answer>(
    method: LinkCall['method'],
    argument: string | undefined,
    serve: () => Answer,
    message?: ReplicaMessage,
  ): Promise<Answer> {
    const deliver = async (): Promise<Answer> => {
      // The server works in a turn of its own, as it would behind a network.
      await Promise.resolve();
      if (!this.#isOnline) throw offline();
      return serve();
    };
    return this.hook === undefined || !this.#isOnline
      ? await deliver()
      : await this.hook({ method, argument, message }, deliver);
  }
}

/** Hands events on one at a time, each in a turn of its own. */
class MemoryWatch implements Watch, Subscriber {
  readonly account: string;
  handles: ReadonlySet<string> = new Set();
  readonly #service: Service;
  readonly #onEnd: (watch: MemoryWatch) => void;
  #listener: ((event: LinkEvent) => void) | undefined;
  #isConnected = false;

  constructor(
    account: string,
    service: Service,
    listener: (event: LinkEvent) => void,
    onEnd: (watch: MemoryWatch) => void,
  ) {
    this.account = account;
    this.#service = service;
    this.#listener = listener;
    this.#onEnd = onEnd;
  }

  begin(error: DatastoreError | undefined): void {
    void Promise.resolve().then(() => {
      if (this.#listener === undefined) return;
      if (error !== undefined) return this.end(error);
      try {
        this.#service.subscribe(this);
      } catch (refusal) {
        if (!(refusal instanceof DatastoreError)) throw refusal;
        return this.end(refusal);
      }
      this.#isConnected = true;
      this.#listener({ type: 'connected' });
      this.#tellStates(this.handles);
    });
  }

  follow(handles: readonly string[]): void {
    const before = this.handles;
    this.handles = new Set(handles);
    if (this.#isConnected) this.#tellStates(handles.filter((handle) => !before.has(handle)));
  }

  tell(event: LinkEvent): void {
    const delivered = event.type === 'reached' ? { ...event, entries: event.entries.map(copyOf) } : event;
    void Promise.resolve().then(() => this.#listener?.(delivered));
  }

  end(error: DatastoreError): void {
    const listener = this.#listener;
    this.close();
    if (listener !== undefined) void Promise.resolve().then(() => listener({ type: 'disconnected', error }));
  }

  close(): void {
    this.#listener = undefined;
    this.#onEnd(this);
  }

  #tellStates(handles: Iterable<string>): void {
    for (const handle of handles) this.tell(this.#service.stateOf(handle));
  }
}

function copyOf(entry: Parameters<typeof formatEntry>[0]): ReturnType<typeof parseEntry> {
  return parseEntry(JSON.parse(JSON.stringify(formatEntry(entry))));
}

function offline(): DatastoreError {
  return new ServiceError('network', 'the link is offline');
}
