/**
 * Guards around what the embedder implements: behind a guarded lease or link, each call answers what it should or
 * rejects with a `DatastoreError`, whatever the implementation does.
 */

import {
  DatastoreError,
  errorWithCode,
  isDatastoreError,
  ServiceError,
  type UsageErrorCode,
} from '../../errors/datastore-error.js';
import { InvariantError } from '../../errors/invariant-error.js';
import { quote } from '../../errors/quote.js';
import type { SequencerMessage } from '../../sync/messages.js';
import { checkHead, checkRevision, checkRole, headMember, ownEntry } from '../../sync/messages.js';
import { isBytes, timeOf } from '../../values/brands.js';
import { expectArray, expectItems, expectObject } from '../../values/json.js';
import type { AcquireOptions, DeviceStorage, StorageLease } from '../storage/device-storage.js';
import type { Environment } from './environment.js';
import type { AccountProfile, DatastoreAccess, Link, LinkAnswer, LinkEvent, RemoteDatastore, Watch } from './link.js';

/**
 * Takes the lease of a storage. Its calls reject with the code that the storage rejects with, and with `storage` for
 * whatever else goes wrong. Spec: STORE-5.
 */
export function guardedLease(
  storage: DeviceStorage,
  options: AcquireOptions,
  deadline?: Deadline,
): Promise<StorageLease> {
  // A caller that waits for a lease may wait as long as another holds it.
  return guarded(
    'storage',
    () => storage.acquire(options),
    (lease) => guardCalls(readLease(lease), deadline),
  );
}

function guardCalls(lease: StorageLease, deadline: Deadline | undefined): StorageLease {
  const call = <Answer>(ask: () => Promise<Answer>, read?: (answer: unknown) => Answer): Promise<Answer> =>
    guarded('storage', () => withDeadline('storage', ask, deadline), read);
  return {
    generation: lease.generation,
    get: (key) => call(() => lease.get(key), readBytes),
    getAll: (prefix) => call(() => lease.getAll(prefix), readValues),
    write: (batch) => call(() => lease.write(batch)),
    release: () => call(() => lease.release()),
  };
}

/**
 * A link that rejects with the code that the given link rejects with, and with `server` for whatever else goes wrong.
 * Spec: LINK-1, LINK-13.
 */
export function guardedLink(link: Link, deadline: Deadline): Link {
  const call = <Answer>(ask: () => Promise<Answer>, read?: (answer: unknown) => Answer): Promise<Answer> =>
    guarded('server', () => withDeadline('network', ask, deadline), read);
  return {
    profile: () => call(() => link.profile(), readProfile),
    list: () => call(() => link.list(), readList),
    find: (id) => call(() => link.find(id), readAccess),
    create: (id) => call(() => link.create(id), readAccess),
    delete: (id) => call(() => link.delete(id)),
    send: (handle, message) => call(() => link.send(handle, message), readAnswer),
    watch: (listener) => new GuardedWatch(link, listener),
  };
}

/** The mistakes after which a retry cannot help: somebody has to do something first. */
const LASTING: readonly UsageErrorCode[] = ['shut-down', 'closed', 'invalid-name', 'rule-missing', 'invalid-rule'];

/** Whether a background task that failed with this error should be tried again later. */
export function isWorthRetrying(error: DatastoreError): boolean {
  if (error instanceof ServiceError) return error.isRetryable;
  return !LASTING.some((code) => code === error.code);
}

/** The error for a malformed answer. */
export function malformed(code: OutsideCode, error: DatastoreError): ServiceError {
  return new ServiceError(code, `the answer of ${NAMES[code]} is malformed: ${error.message}`, {}, error);
}

/** How long a call to the outside may take. */
export interface Deadline {
  readonly environment: Environment;
  /** In milliseconds. */
  readonly delay: number;
}

/** How long the calls of a link and of a storage may take, in milliseconds. */
export interface CallDeadlines {
  readonly link: number;
  readonly storage: number;
}

/** The deadlines unless others are given: a minute each. */
export const DEFAULT_CALL_DEADLINES: CallDeadlines = { link: 60_000, storage: 60_000 };

/**
 * Makes a call. If it has not settled in time, it has failed, and whether it takes effect is unknown. Spec: BACK-18.
 */
async function withDeadline<Answer>(
  code: 'network' | 'storage',
  call: () => Promise<Answer>,
  deadline: Deadline | undefined,
): Promise<Answer> {
  if (deadline === undefined) return await call();
  const { environment, delay } = deadline;
  let cancel: () => void = () => undefined;
  const late = new Promise<never>((_, reject) => {
    cancel = environment.schedule(delay, () => {
      const who = code === 'network' ? 'the server' : 'the storage';
      reject(new ServiceError(code, `${who} has not answered for ${delay} ms: the call may take effect or not`));
    });
  });
  try {
    return await Promise.race([call(), late]);
  } finally {
    cancel();
  }
}

type OutsideCode = 'server' | 'storage';

const NAMES: Readonly<Record<OutsideCode, string>> = { server: 'the link', storage: 'the storage' };

/**
 * Makes a call to the outside, and reads its answer.
 *
 * @throws DatastoreError with the code that the call rejected with; or with `code` if it threw or rejected with anything
 * else, or if `read` rejects the answer.
 */
async function guarded<Answer>(
  code: OutsideCode,
  call: () => Promise<Answer>,
  read: (answer: unknown) => Answer = (answer) => answer as Answer,
): Promise<Answer> {
  let answer: Answer;
  try {
    answer = await call();
  } catch (error) {
    throw failureOf(code, error);
  }
  return readAs(code, answer, read);
}

function failureOf(code: OutsideCode, error: unknown): DatastoreError {
  if (error instanceof ServiceError) return error;
  // An implementation in plain JavaScript may have made an error of the base class.
  if (error instanceof DatastoreError) return errorWithCode(error.code, error.reason, error, error.cause);
  if (error instanceof InvariantError) throw error;
  const reason = error instanceof Error ? error.message : quote(error);
  return new ServiceError(code, `${NAMES[code]} failed: ${reason}`, {}, error);
}

function readAs<Answer>(code: OutsideCode, answer: unknown, read: (answer: unknown) => Answer): Answer {
  try {
    return read(answer);
  } catch (error) {
    throw isDatastoreError(error) ? malformed(code, error) : error;
  }
}

/** A watch that ends and says so if the watch that it guards fails. */
class GuardedWatch implements Watch {
  #listener: ((event: LinkEvent) => void) | undefined;
  #watch: Watch | undefined;

  constructor(link: Link, listener: (event: LinkEvent) => void) {
    this.#listener = listener;
    let isBegun = false;
    this.#try(() => {
      this.#watch = link.watch((event) => {
        // The listener cannot hear of a watch that it does not have yet.
        if (isBegun) this.#hear(event);
        else this.#later(() => this.#hear(event));
      });
    });
    isBegun = true;
    // A watch is not a promise. If it is one all the same, its rejection must be handled.
    Promise.resolve(this.#watch).catch((error: unknown) => this.#tell(disconnected(error)));
  }

  follow(handles: readonly string[]): void {
    if (this.#listener !== undefined) this.#try(() => (this.#watch as Watch).follow(handles));
  }

  close(): void {
    const watch = this.#watch;
    this.#listener = undefined;
    this.#watch = undefined;
    try {
      watch?.close();
    } catch {
      // Its events are no longer heard, so nothing depends on its end.
    }
  }

  #hear(told: unknown): void {
    let event: LinkEvent;
    try {
      event = readAs('server', told, readEvent);
    } catch (error) {
      event = disconnected(error);
    }
    this.#tell(event);
  }

  #tell(event: LinkEvent): void {
    const listener = this.#listener;
    if (event.type === 'disconnected') this.close();
    listener?.(event);
  }

  /** Calls the watch. A failure is told in a later turn, as all events are. */
  #try(call: () => void): void {
    try {
      call();
    } catch (error) {
      const event = disconnected(error);
      this.#later(() => this.#tell(event));
    }
  }

  #later(task: () => void): void {
    void Promise.resolve().then(task);
  }
}

function disconnected(error: unknown): LinkEvent {
  return { type: 'disconnected', error: failureOf('server', error) };
}

function readLease(answer: unknown): StorageLease {
  const lease = expectObject(answer, 'a lease');
  for (const name of ['get', 'getAll', 'write', 'release']) {
    if (typeof lease[name] !== 'function') {
      throw new DatastoreError('invalid-json', `a lease must have a method ${name}, got ${quote(lease[name])}`);
    }
  }
  return answer as StorageLease;
}

function readBytes(answer: unknown): Uint8Array | undefined {
  if (answer === undefined || isBytes(answer)) return answer;
  throw new DatastoreError('invalid-json', `a stored value must be bytes or undefined, got ${quote(answer)}`);
}

function readValues(answer: unknown): readonly (readonly [string, Uint8Array])[] {
  return expectItems(answer, 'the values of a prefix', (pair): [string, Uint8Array] => {
    const [key, value] = expectArray(pair, 'a key with its value');
    return [expectText(key, 'a key'), readBytes(value) ?? new Uint8Array()];
  });
}

function readProfile(answer: unknown): AccountProfile {
  const { userName, orgName } = expectObject(answer, 'a profile');
  return { userName: expectText(userName, 'userName'), orgName: optionalText(orgName, 'orgName') };
}

function readAccess(answer: unknown): DatastoreAccess {
  const { handle, role } = expectObject(answer, 'the access to a datastore');
  checkRole(role);
  return { handle: expectText(handle, 'handle'), role };
}

function readList(answer: unknown): readonly RemoteDatastore[] {
  return expectItems(answer, 'a list of datastores', (json) => {
    const { id, title, mtime } = expectObject(json, 'a datastore of the list');
    const texts = { id: expectText(id, 'id'), title: optionalText(title, 'title') };
    return { ...texts, ...readAccess(json), mtime: optionalTime(mtime, 'mtime') };
  });
}

function readAnswer(answer: unknown): LinkAnswer {
  const { message, role, time } = expectObject(answer, 'the answer to a message');
  checkRole(role);
  // The replica checks the contents of the message before it uses them.
  const known = expectObject(message, 'message') as unknown as SequencerMessage;
  return { message: known, role, time: optionalTime(time, 'time') };
}

function readEvent(told: unknown): LinkEvent {
  const event = expectObject(told, 'an event');
  switch (event['type']) {
    case 'disconnected':
      return disconnected(event['error']);
    case 'reached': {
      const { type, handle, rev, head, role, entries } = event;
      checkRevision(rev);
      checkHead(head);
      checkRole(role);
      const read = expectItems(entries, 'entries', ownEntry);
      return { type, handle: expectText(handle, 'handle'), rev, ...headMember(head), role, entries: read };
    }
    case 'deleted':
      return { type: 'deleted', handle: expectText(event['handle'], 'handle') };
    default:
      return told as LinkEvent;
  }
}

function expectText(json: unknown, name: string): string {
  if (typeof json === 'string') return json;
  throw new DatastoreError('invalid-json', `${name} must be a string, got ${quote(json)}`);
}

/** Null stands for an absent text, as it does in JSON. */
function optionalText(json: unknown, name: string): string | undefined {
  return json === undefined || json === null ? undefined : expectText(json, name);
}

function optionalTime(time: unknown, name: string): Date | undefined {
  if (time === undefined || time === null) return undefined;
  const milliseconds = timeOf(time);
  if (milliseconds !== undefined && !Number.isNaN(milliseconds)) return new Date(milliseconds);
  throw new DatastoreError('invalid-json', `${name} must be a valid Date, got ${quote(time)}`);
}
