import { DatastoreError, errorWithCode, isServiceError, ServiceError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import type { Put, ReplicaMessage, SequencerMessage } from '../../sync/messages.js';
import { canRead, type Role } from '../../sync/messages.js';
import type { Replica } from '../../sync/replica.js';
import { findInSnapshot } from '../../sync/snapshot.js';
import type { ReplicaStore } from './datastore-cache.js';
import { malformed } from './guards.js';
import type { Link, LinkEvent } from './link.js';

/** A step of a conversation. */
export type Step =
  /** Tells the server about a datastore that was created here. */
  | 'create'
  /** Asks for what the log has and the replica lacks. */
  | 'fetch'
  /** Merges what has arrived. Only while the datastore is closed: else the application does it by `sync()`. */
  | 'merge'
  /** Sends the next sealed delta. */
  | 'put';

/** What a {@link ServerConversation} is given. */
export interface ConversationContext {
  readonly id: string;
  readonly replica: Replica;
  readonly store: ReplicaStore;
  readonly link: Link;
  /** Whether a put was refused before the device restarted, and no `sync()` has reported it yet. */
  readonly isRefused: boolean;
  /** Whether the application has the datastore open. */
  readonly isOpen: () => boolean;
  /** Whether somebody waits for the sealed edits to be in the log. */
  readonly isCommitting: () => boolean;
  /** The device's time in ms. */
  readonly now: () => number;
  /** Hears that the user's role has changed. */
  readonly roleChanged: () => void;
  /** Hears of a merge function that failed while the datastore was closed. */
  readonly failed: (error: unknown) => void;
}

/**
 * The conversation of one replica with the server. It knows the next step, and takes it. When to take it, and what a
 * failure means, is decided by the `SyncSession`. Spec: BACK-1 to BACK-6.
 */
export class ServerConversation {
  readonly #context: ConversationContext;
  readonly #replica: Replica;
  readonly #store: ReplicaStore;
  /** The log reaches at least to this revision. */
  #knownRev = 0;
  /** The newest revision that was heard of since the last question. */
  #heardRev = 0;
  /** What is known of the log may be old, so it must be asked. */
  #mustFetch = false;
  /** Whether the server has answered since the application opened the datastore. */
  #hasAnswered = false;
  #lastPut: Put | undefined;
  /** The nonce of a put of which nobody knows whether it has arrived. */
  #doubted: string | undefined;
  #flightInSnapshot: 'present' | 'absent' | 'unknown' = 'absent';
  /** Whether an event was about another log than the replica's, as far as nobody has answered since. */
  #isLogDoubted = false;
  /** Whether the next event of the watch is the first since it connected, or since it follows the datastore. */
  #isNextCurrent = false;
  /** Whether somebody else had the nonce of the last put. */
  #wasReused = false;
  /** Why the last put was refused, until a `sync()` has reported it. */
  #refusal: DatastoreError | undefined;

  constructor(context: ConversationContext) {
    this.#context = context;
    this.#replica = context.replica;
    this.#store = context.store;
    if (context.isRefused) this.#refusal = new ServiceError('server', 'the server refused an edit before the restart');
  }

  /**
   * Whether a snapshot that has arrived contains the delta in flight, as `sync()` will find out. It is `absent` if no
   * snapshot has arrived, and if nothing is in flight. Spec: SYNC-31.
   */
  get flightInSnapshot(): 'present' | 'absent' | 'unknown' {
    return this.#replica.status.isInFlight ? this.#flightInSnapshot : 'absent';
  }

  /** Whether nothing is left to be received, as the server has said. */
  get isUpToDate(): boolean {
    return this.#hasAnswered && !this.#mustFetch && !this.#isBehind;
  }

  /** Why the last put was refused, until the refused edit was taken back. */
  get refusal(): DatastoreError | undefined {
    return this.#refusal;
  }

  /** Makes the next step a question to the log: what is known of it may be old. */
  check(): void {
    this.#mustFetch = true;
  }

  /** The application has opened the datastore: until the server says otherwise, there may be something to receive. */
  opened(): void {
    this.#hasAnswered = false;
    this.#isNextCurrent = true;
  }

  /** The application has closed the datastore: nobody waits for an answer any more. */
  closed(): void {
    this.#mustFetch = false;
  }

  /** The next step, or `undefined` if there is none, or if the application must call `sync()` first. Spec: BACK-2. */
  nextStep(): Step | undefined {
    const { status } = this.#replica;
    if (!status.hasIncoming) this.#refusal = undefined;
    if (this.#store.handle === undefined) return 'create';
    if (this.#mustFetch || this.#isBehind) return 'fetch';
    if (status.hasIncoming) return !this.#context.isOpen() && this.#canMergeAlone() ? 'merge' : undefined;
    if (status.isInFlight) return 'put';
    // After a failed commit, the application decides whether to drop its edits or keep them: they must not leave before.
    const isHeldBack = status.hasOutgoing && this.#replica.provisional === 'next' && !this.#context.isCommitting();
    return status.hasOutgoing && !isHeldBack ? 'put' : undefined;
  }

  /**
   * Takes a step.
   *
   * @throws DatastoreError what the link or the storage reject with; `not-permitted` if the user may not read the log;
   * `server` for an answer that brings nothing. What was merged or acknowledged before stays so.
   */
  async take(step: Step): Promise<void> {
    switch (step) {
      case 'create':
        return await this.#create();
      case 'fetch':
        return await this.#fetch();
      case 'merge':
        // The application has not synced what it has not sealed, so that stays as it is.
        for (const { error } of this.#replica.merge().ruleFailures) this.#context.failed(error);
        return await this.#store.save();
      case 'put':
        return await this.#put();
    }
  }

  /** A watch has connected: the next event says where the log stands, not where it stood. */
  connected(): void {
    this.#isNextCurrent = true;
  }

  /** Takes an event of the watch. @throws DatastoreError `log-mismatch`, or `server`. Spec: BACK-6. */
  hear(event: LinkEvent & { readonly type: 'reached' }): void {
    this.#setRole(event.role);
    if (this.#isOfAnotherLog(event)) this.#mustFetch = this.#isLogDoubted = true;
    this.#isNextCurrent = false;
    // Entries do not say what they follow. A fetch does.
    if (!this.#isLogDoubted) this.#receive({ type: 'entries', entries: event.entries });
    this.#heardRev = Math.max(this.#heardRev, event.rev);
    this.#knownRev = Math.max(this.#knownRev, event.rev);
    if (canRead(event.role)) this.#hasAnswered = true;
  }

  /** Whether the log seems to have gone back to a backup: the answer to the next question tells. Spec: SYNC-61. */
  #isOfAnotherLog({ rev, head, role }: LinkEvent & { readonly type: 'reached' }): boolean {
    const { revision, head: known } = this.#replica;
    if (!canRead(role) || this.#store.handle === undefined) return false;
    if (rev < revision) return this.#isNextCurrent;
    return rev === revision && head !== undefined && known !== undefined && head !== known;
  }

  get #isBehind(): boolean {
    const request = this.#replica.request();
    return request.type === 'fetch-snapshot' || request.rev < this.#knownRev;
  }

  /**
   * Whether a merge without the application loses nothing. Conflicts are resolved by the rules; but an edit that was
   * refused, or of which nobody can tell whether the log has it, must be handed back to the application.
   */
  #canMergeAlone(): boolean {
    const { needsReload, isInFlight } = this.#replica.status;
    return this.#refusal === undefined && !(needsReload && isInFlight);
  }

  async #create(): Promise<void> {
    const { handle, role } = await this.#context.link.create(this.#context.id);
    this.#setRole(role);
    await this.#store.setHandle(handle);
  }

  async #fetch(): Promise<void> {
    const before = this.#replica.request();
    this.#mustFetch = false;
    this.#heardRev = 0;
    const answer = await this.#send(this.#question()).catch((error: unknown) => {
      this.#mustFetch = true;
      throw error;
    });
    this.#isLogDoubted = false;
    if (answer.type === 'denied') {
      this.#knownRev = 0;
      this.#hasAnswered = false;
      throw new ServiceError('not-permitted', `the user may not read datastore ${quote(this.#context.id)}`);
    }
    this.#receive(answer);
    const after = this.#replica.request();
    // The answer says how far the log reached when it was asked. Only what was heard since then is newer.
    if (answer.type === 'entries' && after.type === 'fetch') {
      this.#knownRev = Math.max(after.rev, this.#heardRev, answer.rev ?? 0);
    }
    if (isSameRequest(before, after) && this.#isBehind && this.#heardRev === 0) throw broughtNothing(answer);
    this.#hasAnswered = true;
  }

  /** The question for what is missing. A replica that has nothing at all asks for a snapshot. Spec: BACK-5. */
  #question(): ReplicaMessage {
    const request = this.#replica.request();
    const isEmpty = request.type === 'fetch' && request.rev === 0 && this.#replica.status.isIdle;
    return isEmpty ? { type: 'fetch-snapshot' } : request;
  }

  async #put(): Promise<void> {
    const put = this.#replica.outgoing();
    if (put === undefined) return;
    this.#lastPut = put;
    this.#flightInSnapshot = 'absent';
    const answer = await this.#sendPut(put);
    this.#receive(answer);
    if (answer.type === 'refused') {
      const { reason, code = reason === 'permission' ? 'not-permitted' : 'server', message, place } = answer;
      // These two undo nothing: the replica reloads, or puts the edit again under another nonce.
      const isUndone = reason !== 'unknown-revision' && reason !== 'nonce-reused';
      if (isUndone) this.#refusal = errorWithCode(code, message, place);
    }
    // One nonce may be that of a copy of this device. Two in a row are the server's fault.
    const isReused = answer.type === 'refused' && answer.reason === 'nonce-reused';
    const isReusedAgain = isReused && this.#wasReused;
    this.#wasReused = isReused;
    const { isInFlight, hasIncoming, needsReload } = this.#replica.status;
    const isUnchanged = isInFlight && !hasIncoming && !needsReload && this.#replica.outgoing()?.nonce === put.nonce;
    if (isUnchanged) throw broughtNothing(answer);
    await this.#store.save();
    if (isReusedAgain) throw broughtNothing(answer);
  }

  /** Stores a put and sends it. If that was certainly never sent, a commit need not wait to learn what became of it. */
  async #sendPut(put: Put): Promise<SequencerMessage> {
    const wasInDoubt = this.#doubted === put.nonce;
    let isSent = false;
    try {
      // Lost, the edit would be sealed again under another nonce, and counted twice.
      await this.#store.save(true);
      this.#store.requireRunning();
      isSent = true;
      return await this.#send(put);
    } catch (error) {
      const isRuledOut = !isSent || (isServiceError(error) && error.outcome !== 'unknown');
      if (wasInDoubt || !isRuledOut) this.#doubted = put.nonce;
      else if (this.#replica.provisional === 'next') this.#replica.recall(put.nonce);
      throw error;
    }
  }

  async #send(message: ReplicaMessage): Promise<SequencerMessage> {
    const { link, id } = this.#context;
    const { handle } = this.#store;
    if (handle === undefined) throw new ServiceError('not-found', `the server does not know datastore ${quote(id)}`);
    const { message: answer, role, time } = await link.send(handle, message);
    if (time !== undefined) this.#replica.setClockOffset(Math.round(time.getTime() - this.#context.now()));
    this.#setRole(role);
    return answer;
  }

  #receive(message: SequencerMessage): void {
    this.#deliver(message);
    if (message.type === 'entries' || message.type === 'conflict') {
      this.#knownRev = Math.max(this.#knownRev, message.entries.at(-1)?.rev ?? 0, message.rev ?? 0);
    }
    if (message.type === 'snapshot' && this.#lastPut !== undefined) {
      this.#flightInSnapshot = findInSnapshot(message, this.#lastPut.rev, this.#lastPut.nonce);
    }
  }

  /** @throws DatastoreError `log-mismatch`, or `server` for a malformed message. Spec: LINK-13. */
  #deliver(message: SequencerMessage): void {
    try {
      this.#replica.receive(message);
    } catch (error) {
      if (!(error instanceof DatastoreError) || error.code === 'log-mismatch') throw error;
      throw malformed('server', error);
    }
  }

  #setRole(role: Role): void {
    if (role === this.#replica.role) return;
    this.#replica.setRole(role);
    this.#context.roleChanged();
  }
}

function isSameRequest(one: ReplicaMessage, other: ReplicaMessage): boolean {
  return one.type === 'fetch' && other.type === 'fetch' ? one.rev === other.rev : one.type === other.type;
}

function broughtNothing({ type }: SequencerMessage): ServiceError {
  return new ServiceError('server', `the server's answer ${quote(type)} does not bring the replica any further`);
}
