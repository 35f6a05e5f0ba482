/**
 * What a server does for its accounts, whatever carries the requests: it finds and creates datastores, answers the
 * messages of replicas, and tells watchers what has changed.
 *
 * Any number of services, in any number of processes, may work on one {@link LogStore}. A service keeps a sequencer in
 * memory for each datastore in use, and trusts it only as far as the store confirms it: the sequencer *proposes* what a
 * put becomes, the store appends the entry or says that another service came first, and only what was appended is
 * *accepted* by the sequencer, served and announced. So a service may die at any moment, and a copy that was left behind
 * loses its appends, catches up, and answers again.
 *
 * Puts of one datastore wait for each other here, so that the writers of one service do not lose to each other. Spec:
 * LOG-7 to LOG-10.
 */

import { decodeEntry, encodeEntry } from '../codec/binary/encoded-entry.js';
import { decodeSequencer, encodeSequencer } from '../codec/binary/encoded-sequencer.js';
import { UNLIMITED } from '../codec/binary/memory-budget.js';
import type { AccountProfile, DatastoreAccess, LinkAnswer, RemoteDatastore } from '../datastore/manager/link.js';
import { invalidDatastoreId } from '../datastore/model/arguments.js';
import { refusedRoleChange } from '../datastore/model/roles.js';
import { checkFunction, checkMethods } from '../errors/arguments.js';
import { isServiceError, ServiceError } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { parseRefusal } from '../sync/message-format.js';
import {
  canRead,
  type Entries,
  type Fetch,
  type LogEntry,
  type Put,
  type Refusal,
  type Refused,
  type ReplicaMessage,
  type Reset,
  type Role,
  type SequencerMessage,
} from '../sync/messages.js';
import { answerToRetry, DEFAULT_ANSWER_SIZE, pageOf, Sequencer, type SequencerOptions } from '../sync/sequencer.js';
import { isShareableId, isValidDatastoreId } from '../values/names.js';
import { Announcer, type Watcher } from './announcer.js';
import { GroupedAppends } from './grouped-appends.js';
import { HostedDatastore, touchesList } from './hosted-datastore.js';
import { HotDatastores } from './hot-datastores.js';
import {
  EMPTY_HEAD,
  type LogHead,
  type LogStore,
  parseInfo,
  type StoredDatastore,
  type StoredEntry,
  type StoredSnapshot,
} from './log-store.js';
import { checkKinds, type OptionKinds } from './option-kinds.js';
import type { Requester } from './requester.js';
import { Turns } from './turns.js';
import { WorkLimit } from './work-limit.js';

/** A put that is about to be accepted, for an embedder's own rules. */
export interface ProposedEntry {
  readonly requester: Requester;
  readonly role: Role;
  readonly handle: string;
  readonly id: string;
  readonly entry: LogEntry;
}

/** Why an embedder refuses a put, or only what it does at a place: in a table, a record, or a field. Spec: SYNC-67. */
export interface Objection {
  /** For the user. */
  readonly message: string;
  readonly place?: { readonly table: string; readonly record?: string; readonly field?: string };
}

type Verdict = string | Objection | undefined;

/** What a service works with. */
export interface DatastoreServiceOptions {
  readonly logs: LogStore;
  /** Makes handles. No two calls, of any process, may ever give the same. Random ones are made unless given. */
  readonly newHandle: () => string;
  /** Limits and the number of remembered nonces, as of every sequencer. */
  readonly sequencer?: SequencerOptions;
  /**
   * Refuses a put that breaks a rule of the embedder. The device takes the edits back, and tells the user the message; with
   * a place, only the edits there, and it puts the rest again. A text is a message without a place. `undefined` lets the put
   * pass.
   */
  readonly validate?: (proposed: ProposedEntry) => Verdict | Promise<Verdict>;
  /** Whether editors may change roles: only owners may unless given. Spec: ACL-5. */
  readonly editorsMayChangeRoles?: boolean;
  /** After how many entries a snapshot is written. 200 unless given. */
  readonly snapshotInterval?: number;
  /**
   * How many of the newest entries of each log the store keeps, beside those that no snapshot contains: all unless given. A
   * device that was away for longer loads a snapshot.
   */
  readonly keepEntries?: number;
  /**
   * How many bytes of datastores are kept in memory, as their limits count them: 256 MiB unless given. What was not used
   * for the longest time leaves first.
   */
  readonly cacheBytes?: number;
  /** How many datastores an account may own. 1,000 unless given. */
  readonly datastoresPerAccount?: number;
  /**
   * How many calls may be in work at once: 256 unless given. Others wait for a sixth of `answerTime`, and then fail as
   * `retry-later`. Watches do not count.
   */
  readonly maxConcurrent?: number;
  /** How many calls may wait for that: 2,000 unless given. Others fail at once as `retry-later`. */
  readonly maxQueued?: number;
  /** How long an answer may take, in ms: 30 s unless given. `createServer` answers then; what was begun goes on. */
  readonly answerTime?: number;
  /** The time in ms since 1970. `Date.now` unless given. */
  readonly now?: () => number;
}

/** The options of a service. */
export const SERVICE_OPTIONS: OptionKinds<DatastoreServiceOptions> = {
  ...({ logs: 'object', newHandle: 'function', sequencer: 'object', validate: 'function', now: 'function' } as const),
  ...({ editorsMayChangeRoles: 'boolean', snapshotInterval: 'number', keepEntries: 'number' } as const),
  ...({ cacheBytes: 'number', datastoresPerAccount: 'number', maxConcurrent: 'number' } as const),
  ...({ maxQueued: 'number', answerTime: 'number' } as const),
};

const STORE_METHODS = [
  ...(['create', 'find', 'get', 'getMany', 'list', 'join', 'leave', 'append', 'read'] as const),
  ...(['readSnapshot', 'writeSnapshot', 'trim', 'remove', 'listen', 'close'] as const),
];

/** What a service has done since it began, and what it holds. */
export interface ServiceStatistics {
  /** Entries that were appended, that lost to other services, and of which nobody knows. */
  readonly appended: number;
  readonly lost: number;
  readonly failed: number;
  /** Datastores that were opened from the store. */
  readonly opened: number;
  /** Snapshots that were kept. */
  readonly snapshots: number;
  /** The datastores in memory now, and what they take, in bytes. */
  readonly datastores: number;
  readonly bytes: number;
  readonly watchers: number;
  /** Calls in work, and those that wait for that. */
  readonly running: number;
  readonly waiting: number;
  /** Calls that were sent away, since there was no room for them. */
  readonly refused: number;
}

/** @throws DatastoreError `invalid-json` for a verdict that is none. */
function refusalOf(verdict: string | Objection): Refusal {
  const objection = typeof verdict === 'string' ? { message: verdict } : verdict;
  return parseRefusal({ ...objection, reason: 'invalid' });
}

const CACHE_BYTES = 256 << 20;
const DATASTORES = 1_000;
const CONCURRENT = 256;
const QUEUED = 2_000;
/** How long an answer may take unless an option says so, in ms. */
export const ANSWER_TIME = 30_000;
/** Which part of that a call waits at most to be begun, and a put that lost for its turn. */
const QUEUE_PART = 1 / 6;
const TURN_PART = 1 / 15;
/** How often a put that lost to other services is answered again. */
const ATTEMPTS = 20;
/** How many entries are trimmed at once. */
const TRIM = 1_000;
/** How much of a log is read at once. */
const PAGE = { entries: 2_000, bytes: 4 << 20 } as const;

/** See the comment at the top of this file. `createServer` puts HTTP in front of it. */
export class DatastoreService {
  readonly #options: DatastoreServiceOptions;
  readonly #logs: LogStore;
  readonly #appends: GroupedAppends;
  readonly #hosted: HotDatastores;
  readonly #work: WorkLimit;
  readonly #turns: Turns;
  readonly #counts = { appended: 0, lost: 0, failed: 0, opened: 0, snapshots: 0 };
  readonly #announcer: Announcer;
  readonly #stopListening: () => void;

  /** @throws DatastoreError `invalid-option`. */
  constructor(options: DatastoreServiceOptions) {
    checkKinds(options, SERVICE_OPTIONS);
    checkMethods<LogStore>(options.logs, 'logs', STORE_METHODS);
    checkFunction(options.newHandle, 'newHandle');
    const { logs, cacheBytes = CACHE_BYTES, maxConcurrent = CONCURRENT, maxQueued = QUEUED } = options;
    const { answerTime = ANSWER_TIME } = options;
    this.#options = options;
    this.#logs = logs;
    this.#appends = new GroupedAppends(logs);
    this.#hosted = new HotDatastores(cacheBytes);
    this.#work = new WorkLimit({ concurrent: maxConcurrent, queued: maxQueued, wait: answerTime * QUEUE_PART });
    this.#turns = new Turns(answerTime * TURN_PART);
    this.#announcer = new Announcer({
      logs,
      current: async (handle) => {
        const hosted = await this.#host(handle);
        await this.#catchUp(hosted);
        return hosted;
      },
      list: (requester) => this.#list(requester),
    });
    this.#stopListening = this.#logs.listen((handles) => this.#announcer.wake(new Set(handles)));
  }

  /** What this service has done since it was made, and what it holds now. */
  get statistics(): ServiceStatistics {
    const { count: datastores, bytes } = this.#hosted;
    const { running, waiting, refused } = this.#work;
    return { ...this.#counts, datastores, bytes, watchers: this.#announcer.watchers, running, waiting, refused };
  }

  /** The server's time, in ms since 1970. */
  now(): number {
    const { now = Date.now } = this.#options;
    return now();
  }

  /** What an account is called. */
  profile({ account, team, userName = account }: Requester): AccountProfile {
    return { userName, orgName: team };
  }

  /**
   * The datastores of an account: its own, and those of others that it has found and may still read.
   *
   * @throws ServiceError `retry-later` if there is too much to do, as each of the calls below; nothing was begun then.
   */
  list(requester: Requester): Promise<readonly RemoteDatastore[]> {
    return this.#work.run(() => this.#list(requester));
  }

  async #list(requester: Requester): Promise<readonly RemoteDatastore[]> {
    const stored = await this.#logs.list(requester.account);
    const listed = await Promise.all(
      stored.map(async (datastore): Promise<RemoteDatastore | undefined> => {
        const role = await this.#roleIn(datastore, requester);
        const { id, handle, info } = datastore;
        return canRead(role) ? { id, handle, role, ...parseInfo(info) } : undefined;
      }),
    );
    return listed.filter((datastore) => datastore !== undefined);
  }

  /** @throws ServiceError `not-found` if there is none, or if the account may not read it. */
  find(requester: Requester, id: string): Promise<DatastoreAccess> {
    return this.#work.run(() => this.#find(requester, id));
  }

  async #find(requester: Requester, id: string): Promise<DatastoreAccess> {
    const datastore = await this.#findReadable(requester, id);
    if (datastore.owner !== requester.account) {
      await this.#logs.join(datastore.handle, requester.account);
      this.#announcer.tellAccounts([requester]);
    }
    return { handle: datastore.handle, role: await this.#roleIn(datastore, requester) };
  }

  /**
   * @throws ServiceError `exists` for a shareable id that another account has taken, `quota` if the account owns too many;
   * DatastoreError `invalid-name`.
   */
  create(requester: Requester, id: string): Promise<DatastoreAccess> {
    return this.#work.run(() => this.#create(requester, id));
  }

  async #create(requester: Requester, id: string): Promise<DatastoreAccess> {
    if (!isValidDatastoreId(id)) throw invalidDatastoreId(id);
    if ((await this.#logs.find(id, requester.account)) === undefined) await this.#checkRoomForOneMore(requester);
    const { type, datastore } = await this.#logs.create(
      this.#options.newHandle(),
      id,
      requester.account,
      requester.team,
    );
    if (datastore.owner !== requester.account) {
      throw new ServiceError('exists', `another account has taken the datastore id ${quote(id)}`);
    }
    if (type === 'created') this.#announcer.tellAccounts([requester]);
    return { handle: datastore.handle, role: 'owner' };
  }

  /** @throws ServiceError `not-found`, or `not-permitted` unless the account owns it. */
  delete(requester: Requester, id: string): Promise<void> {
    return this.#work.run(() => this.#delete(requester, id));
  }

  async #delete(requester: Requester, id: string): Promise<void> {
    const { handle, owner } = await this.#findReadable(requester, id);
    if (owner !== requester.account) {
      throw new ServiceError('not-permitted', `only the owner may delete the datastore ${quote(id)}`);
    }
    await this.#logs.remove(handle);
    this.#hosted.delete(handle);
    this.#announcer.tellDeleted(handle);
    this.#announcer.tellAccounts([requester]);
  }

  /**
   * Answers a message of a replica.
   *
   * @throws ServiceError `not-found` for a handle without a datastore; `storage` if it is unknown whether a put took
   * effect: the replica sends it again under the same nonce. DatastoreError for a malformed message.
   */
  async send(requester: Requester, handle: string, message: ReplicaMessage): Promise<LinkAnswer> {
    const decide = (): Promise<LinkAnswer> => this.#work.run(() => this.#send(requester, handle, message));
    const first = await decide();
    if (first.message.type !== 'conflict') return first;
    // One that waits for its turn is not in work.
    const answer = await this.#turns.take(handle, () => this.#conflictNow(requester, handle, message));
    return answer ?? (await decide());
  }

  /** What a put that has lost is told by now, as far as that is known in memory. */
  #conflictNow(requester: Requester, handle: string, message: ReplicaMessage): LinkAnswer | undefined {
    const hosted = this.#hosted.get(handle);
    const role = hosted?.roleOf(requester) ?? 'none';
    const answer = canRead(role) ? hosted?.sequencer.propose(message, role).answer : undefined;
    return answer?.type === 'conflict' ? { message: answer, role } : undefined;
  }

  async #send(requester: Requester, handle: string, message: ReplicaMessage): Promise<LinkAnswer> {
    const hosted = await this.#host(handle);
    if (message.type === 'put') return this.#put(hosted, requester, message);
    await this.#catchUp(hosted);
    const role = hosted.roleOf(requester);
    if (message.type === 'fetch' && message.rev < hosted.sequencer.firstRevision && canRead(role)) {
      const answer = await this.#readOlder(hosted, message);
      if (answer !== undefined) return { message: answer, role };
    }
    return { message: hosted.sequencer.answer(message, role), role };
  }

  /** Tells a watcher from now on, and first where each of its datastores is. @returns a function that ends it. */
  watch(watcher: Watcher): () => void {
    return this.#announcer.watch(watcher);
  }

  /**
   * Looks at the heads of the watched logs in the store, for what other services appended and no notification told. Call
   * it every second or so where services share a store.
   */
  poll(): Promise<void> {
    return this.#announcer.poll();
  }

  /** Remembers what is in the list of an account, so that {@link poll} notices a change. @returns all of it. */
  noteList(requester: Requester): Promise<string> {
    return this.#announcer.noteList(requester);
  }

  /** Finishes what was begun. The store stays open: it is the embedder's. */
  async close(): Promise<void> {
    this.#stopListening();
    this.#turns.close();
    this.#announcer.close();
    await Promise.all(this.#hosted.all().map((hosted) => hosted.mutex.run(() => hosted.snapshotting)));
  }

  /** Several creations at once may exceed the limit by as many: it is there to stop a flood. */
  async #checkRoomForOneMore({ account }: Requester): Promise<void> {
    const { datastoresPerAccount = DATASTORES } = this.#options;
    const listed = await this.#logs.list(account);
    if (listed.filter(({ owner }) => owner === account).length < datastoresPerAccount) return;
    throw new ServiceError('quota', `an account may own at most ${datastoresPerAccount} datastores`);
  }

  /** One put after the other: each is decided on what the one before left. */
  #put(hosted: HostedDatastore, requester: Requester, put: Put): Promise<LinkAnswer> {
    return hosted.mutex.run(async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const role = hosted.roleOf(requester);
        const { answer, entry } = hosted.sequencer.propose(put, role);
        const refused = entry && this.#refusedRoleChange(entry, role);
        if (entry === undefined || refused !== undefined) {
          // The answer may rest on a copy that was left behind: a conflict tells all that is missing.
          if (await this.#catchUpNow(hosted)) continue;
          return { message: refused ?? (await this.#withStored(hosted, put, answer)), role };
        }
        const verdict = await this.#options.validate?.({
          requester,
          role,
          handle: hosted.handle,
          id: hosted.id,
          entry,
        });
        if (verdict !== undefined)
          return { message: { type: 'refused', nonce: entry.nonce, ...refusalOf(verdict) }, role };
        if (await this.#append(hosted, entry)) return { message: answer, role: hosted.roleOf(requester) };
        await this.#catchUpNow(hosted);
      }
      throw new ServiceError('retry-later', 'other servers appended to the log first each time: try again');
    });
  }

  /**
   * The answer to a put that is not appended, with what the store has and the sequencer does not: entries from before its
   * snapshot. They are compared with a retry, and handed to a put that missed them. Spec: LOG-10.
   */
  async #withStored(hosted: HostedDatastore, put: Put, answer: SequencerMessage): Promise<SequencerMessage> {
    const { handle, sequencer } = hosted;
    const { nonce } = put;
    if (answer.type === 'reset' && answer.isLogLost !== true) {
      const older = await this.#readOlder(hosted, put);
      return older?.type === 'entries' ? { ...older, type: 'conflict', nonce } : (older ?? answer);
    }
    if (answer.type !== 'repeated' || answer.rev > sequencer.firstRevision) return answer;
    const stored = await this.#storedEntry(handle, answer.rev);
    return stored === undefined ? answer : answerToRetry(put, decodeEntry(stored.bytes, answer.rev, nonce));
  }

  /** An entry of the log in the store, if it is not trimmed. */
  async #storedEntry(handle: string, revision: number): Promise<StoredEntry | undefined> {
    const read = await this.#logs.read(handle, revision - 1, { entries: 1, bytes: 1 });
    return read.type === 'entries' ? read.entries[0] : undefined;
  }

  #refusedRoleChange(entry: LogEntry, role: Role): Refused | undefined {
    const { editorsMayChangeRoles = false } = this.#options;
    return editorsMayChangeRoles ? undefined : refusedRoleChange(entry, role);
  }

  /** Appends an entry that was proposed. @returns whether it is in the log; if not, others came first. */
  async #append(hosted: HostedDatastore, entry: LogEntry): Promise<boolean> {
    const { handle, head } = hosted;
    const info = touchesList(entry) ? hosted.infoAfter(entry, this.now()) : undefined;
    try {
      const outcome = await this.#appends.append({
        handle,
        head,
        nonce: entry.nonce,
        bytes: encodeEntry(entry),
        info,
      });
      if (outcome.type === 'gone') throw this.#forget(hosted);
      if (outcome.type === 'lost') {
        this.#counts.lost++;
        return false;
      }
    } catch (error) {
      // Whether it took effect is unknown, so this copy cannot be trusted: the next request reads the log again.
      this.#counts.failed++;
      this.#hosted.delete(handle);
      throw error;
    }
    this.#counts.appended++;
    hosted.accept(entry);
    this.#hosted.grown(hosted);
    this.#turns.next(handle);
    this.#announcer.announce(hosted, entry);
    this.#snapshotBehind(hosted);
    return true;
  }

  /** Keeps a snapshot now and then, off the path of puts. */
  #snapshotBehind(hosted: HostedDatastore): void {
    const { snapshotInterval = 200 } = this.#options;
    if (hosted.isSnapshotting || hosted.head.revision - hosted.snapshotRevision < snapshotInterval) return;
    const { revision } = hosted.sequencer;
    const bytes = encodeSequencer({ snapshot: hosted.sequencer.snapshot(), log: [] });
    hosted.isSnapshotting = true;
    hosted.snapshotting = this.#logs
      .writeSnapshot(hosted.handle, { revision, bytes })
      // A snapshot that cannot be written now is written later; the log has everything.
      .then((isKept) => {
        if (!isKept) return;
        this.#counts.snapshots++;
        hosted.noteSnapshot(revision);
        this.#hosted.grown(hosted);
        return this.#trimBehind(hosted);
      })
      .catch(() => undefined)
      .finally(() => {
        hosted.isSnapshotting = false;
      });
  }

  /**
   * Trims the log up to the entries that are to be kept. The snapshot that contains the others is in the store by now; which
   * entries it contains, the store looks up itself (LOG-6). What is not trimmed now is trimmed behind the next snapshot. Spec: LOG-13.
   */
  async #trimBehind(hosted: HostedDatastore): Promise<void> {
    const { keepEntries } = this.#options;
    if (keepEntries === undefined) return;
    const target = Math.min(hosted.head.revision - keepEntries, hosted.snapshotRevision);
    while (hosted.trimmed < target) {
      // Not all at once, since a store may have to do so in one transaction, and others wait for that.
      const trimmed = await this.#logs.trim(hosted.handle, Math.min(target, hosted.trimmed + TRIM));
      // The datastore may be gone.
      if (trimmed <= hosted.trimmed) return;
      hosted.trimmed = trimmed;
    }
  }

  /** The datastore in memory, opened from its newest snapshot and what came after it. */
  async #host(handle: string): Promise<HostedDatastore> {
    const known = this.#hosted.get(handle);
    if (known !== undefined) return known;
    const opened = await this.#open(handle);
    // Somebody else may have opened it meanwhile; one copy is enough.
    const other = this.#hosted.get(handle);
    if (other !== undefined) return other;
    this.#hosted.put(opened);
    return opened;
  }

  async #open(handle: string): Promise<HostedDatastore> {
    const stored = await this.#logs.get(handle);
    if (stored === undefined) throw notFound(handle);
    const snapshot = await this.#logs.readSnapshot(handle);
    const hosted = new HostedDatastore(stored, ...this.#restored(handle, snapshot));
    await this.#catchUpNow(hosted, () => {
      throw new ServiceError('storage', `the log of ${handle} does not follow its snapshot`);
    });
    this.#counts.opened++;
    hosted.snapshotting = this.#trimBehind(hosted).catch(() => undefined);
    return hosted;
  }

  /** A sequencer, and the head of the log at its snapshot. @throws ServiceError `storage` if the snapshot is damaged. */
  #restored(handle: string, snapshot: StoredSnapshot | undefined): [Sequencer, LogHead] {
    const { sequencer: options = {} } = this.#options;
    if (snapshot === undefined) return [new Sequencer(options), EMPTY_HEAD];
    try {
      const saved = decodeSequencer(snapshot.bytes, UNLIMITED).snapshot;
      const sequencer = Sequencer.restore(saved, [], options);
      return [sequencer, { revision: sequencer.revision, nonce: saved.nonces.at(-1) ?? '' }];
    } catch (error) {
      throw new ServiceError('storage', `the snapshot of ${handle} is damaged`, {}, error);
    }
  }

  #catchUp(hosted: HostedDatastore): Promise<boolean> {
    return hosted.mutex.run(() => this.#catchUpNow(hosted));
  }

  /**
   * Accepts what the store has and this copy does not.
   *
   * @param restart what to do where the log has moved out of reach of this copy.
   * @returns whether there was anything.
   */
  async #catchUpNow(
    hosted: HostedDatastore,
    restart: () => Promise<true> = () => this.#reopen(hosted),
  ): Promise<boolean> {
    const start = hosted.head.revision;
    for (;;) {
      const read = await this.#logs.read(hosted.handle, hosted.head.revision, PAGE);
      if (read.type === 'gone') throw this.#forget(hosted);
      if (read.type === 'reset') return restart();
      for (const entry of read.entries) {
        try {
          hosted.accept(decodeEntry(entry.bytes, entry.revision, entry.nonce));
        } catch (error) {
          this.#hosted.delete(hosted.handle);
          throw new ServiceError('storage', `entry ${entry.revision} of ${hosted.handle} is damaged`, {}, error);
        }
      }
      this.#hosted.grown(hosted);
      const { revision, nonce } = hosted.head;
      if (read.entries.length > 0) this.#turns.next(hosted.handle);
      if (revision > read.head.revision) return restart();
      if (revision < read.head.revision) continue;
      // The same revision by another nonce: the store lost entries that this copy has seen.
      return nonce === read.head.nonce ? revision > start : restart();
    }
  }

  /** Replaces the copy by a new one: the log no longer reaches back to it, or contradicts it. */
  async #reopen(hosted: HostedDatastore): Promise<true> {
    this.#hosted.delete(hosted.handle);
    const opened = await this.#open(hosted.handle);
    hosted.become(opened);
    this.#hosted.put(hosted);
    return true;
  }

  /** A page of entries that are older than what the sequencer in memory holds, if the store has them. */
  async #readOlder(
    { handle, head, sequencer }: HostedDatastore,
    { rev, head: named }: Fetch | Put,
  ): Promise<Entries | Reset | undefined> {
    const { sequencer: { answerSize = DEFAULT_ANSWER_SIZE } = {} } = this.#options;
    if (named !== undefined && rev > 0) {
      const nonce = sequencer.nonceAt(rev) ?? (await this.#storedEntry(handle, rev))?.nonce;
      const reset = { type: 'reset', since: rev, rev: head.revision } as const;
      // Entries are served only behind one that is known to be the same here.
      if (nonce !== named) return nonce === undefined ? reset : { ...reset, isLogLost: true };
    }
    const read = await this.#logs.read(handle, rev, PAGE);
    if (read.type !== 'entries') return undefined;
    const known = read.entries.filter(({ revision }) => revision <= head.revision);
    if (known.length === 0) return undefined;
    const entries = known.map(({ revision, nonce, bytes }) => decodeEntry(bytes, revision, nonce));
    return { type: 'entries', ...pageOf(entries, 0, answerSize, head.revision) };
  }

  #forget({ handle }: HostedDatastore): ServiceError {
    this.#hosted.delete(handle);
    this.#turns.next(handle);
    this.#announcer.tellDeleted(handle);
    return notFound(handle);
  }

  async #findReadable(requester: Requester, id: string): Promise<StoredDatastore> {
    const datastore = isValidDatastoreId(id) ? await this.#logs.find(id, requester.account) : undefined;
    if (datastore === undefined || !canRead(await this.#roleIn(datastore, requester))) throw notFound(id);
    return datastore;
  }

  /** An owner's role needs no look at the datastore. */
  async #roleIn({ handle, owner, id, revision }: StoredDatastore, requester: Requester): Promise<Role> {
    if (owner === requester.account) return 'owner';
    if (!isShareableId(id)) return 'none';
    try {
      const hosted = await this.#host(handle);
      // Another service may have given or taken a role meanwhile.
      if (hosted.head.revision !== revision) await this.#catchUp(hosted);
      return hosted.roleOf(requester);
    } catch (error) {
      if (isNotFound(error)) return 'none';
      throw error;
    }
  }
}

function isNotFound(error: unknown): boolean {
  return isServiceError(error, 'not-found');
}

function notFound(name: string): ServiceError {
  return new ServiceError('not-found', `there is no datastore ${quote(name)}`);
}
