import { DatastoreError, errorWithCode, ServiceError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import type { Put, ReplicaMessage, SequencerMessage } from '../../sync/messages.js';
import type { Replica } from '../../sync/replica.js';
import { canRead, type Role } from '../../sync/role.js';
import { findInSnapshot } from '../../sync/snapshot.js';
import { nonsense } from './failure.js';
import type { Link, LinkEvent } from './link.js';
import type { ReplicaStore } from './replica-store.js';

/** What an exchange does next. */
export type Step =
  /** Tells the server of a datastore that was made here. */
  | 'create'
  /** Asks for what the log has and the replica lacks. */
  | 'fetch'
  /** Merges what has arrived, where nobody has the datastore open to do it by `sync()`. */
  | 'merge'
  /** Puts the next sealed delta. */
  | 'put';

export interface ServerExchangeOptions {
  readonly id: string;
  readonly replica: Replica;
  readonly store: ReplicaStore;
  readonly link: Link;
  /** A put was refused before the device restarted, and nobody has been told yet. */
  readonly isRefused: boolean;
  /** Whether a user has the datastore open. */
  readonly isAttended: () => boolean;
  /** Whether somebody waits for what is sealed to be in the log. */
  readonly isCommitting: () => boolean;
  readonly now: () => Date;
  /** Hears that the user's role is another one. */
  readonly roleChanged: () => void;
}

/**
 * One replica's side of the conversation with the server: knows what is to be done next, and does it. When it is done,
 * and what happens if it fails, is for others to decide. Spec: BACK-1 to BACK-6.
 */
export class ServerExchange {
  readonly #options: ServerExchangeOptions;
  readonly #replica: Replica;
  readonly #store: ReplicaStore;
  /** The log reaches at least to this revision. */
  #knownRev = 0;
  /** What was heard of it since it was last asked. */
  #heardRev = 0;
  #mustFetch = false;
  /** What was put last. */
  #lastPut: Put | undefined;
  #flightInSnapshot: 'present' | 'absent' | 'unknown' = 'absent';
  /** The server has said how far the log reaches, since a user is there. */
  #isChecked = false;
  /** The last put was refused, and no `sync()` has reported that yet. */
  #refusal: DatastoreError | undefined;

  constructor(options: ServerExchangeOptions) {
    this.#options = options;
    this.#replica = options.replica;
    this.#store = options.store;
    if (options.isRefused) this.#refusal = new ServiceError('server', 'an edit was refused');
  }

  /**
   * Whether the delta in flight is part of a snapshot that has arrived, which `sync()` will find out; `absent` also if
   * none has arrived, or nothing is in flight. Spec: SYNC-31.
   */
  get flightInSnapshot(): 'present' | 'absent' | 'unknown' {
    return this.#replica.status.isInFlight ? this.#flightInSnapshot : 'absent';
  }

  /** Whether it is known that nothing is left to be received. */
  get isUpToDate(): boolean {
    return this.#isChecked && !this.#mustFetch && !this.#isBehind;
  }

  /** Why the last put was refused, until the refused edit has been taken back. */
  get refusal(): DatastoreError | undefined {
    return this.#refusal;
  }

  /** Asks the log in any case: what is known of it may be old. */
  check(): void {
    this.#mustFetch = true;
  }

  /** A user has opened the datastore: until the server says otherwise, there may be something to receive. */
  beginAttendance(): void {
    this.#isChecked = false;
  }

  /** The user has closed the datastore: what arrived since is for the next time. */
  endAttendance(): void {
    this.#mustFetch = false;
  }

  /** What is to be done, or `undefined` if there is nothing, or a user must call `sync()` first. */
  nextStep(): Step | undefined {
    const { status } = this.#replica;
    const isAttended = this.#options.isAttended();
    if (!status.hasIncoming) this.#refusal = undefined;
    if (this.#store.handle === undefined) return 'create';
    if (this.#mustFetch || this.#isBehind) return 'fetch';
    if (status.hasIncoming) return !isAttended && this.#canMergeAlone() ? 'merge' : undefined;
    if (status.isInFlight) return 'put';
    // Once a commit has failed, its edits are the application's to drop or to make ordinary: they must not leave before.
    const isHeldBack = status.hasOutgoing && this.#replica.provisional === 'next' && !this.#options.isCommitting();
    return status.hasOutgoing && !isHeldBack ? 'put' : undefined;
  }

  /**
   * Does a step.
   *
   * @throws DatastoreError for what the link or the storage reject with; `not-permitted` where the log may not be read;
   * `server` for an answer that leads nowhere. What was merged or acknowledged before stays so.
   */
  async perform(step: Step): Promise<void> {
    switch (step) {
      case 'create':
        return await this.#create();
      case 'fetch':
        return await this.#fetch();
      case 'merge':
        this.#replica.sync(this.#options.now());
        return await this.#store.save();
      case 'put':
        return await this.#put();
    }
  }

  /** Takes what a watch tells about this datastore. @throws DatastoreError `log-mismatch`, or `server`. */
  hear(event: LinkEvent & { readonly type: 'reached' }): void {
    this.#setRole(event.role);
    this.#receive({ type: 'entries', entries: event.entries });
    this.#heardRev = Math.max(this.#heardRev, event.rev);
    this.#knownRev = Math.max(this.#knownRev, event.rev);
    if (canRead(event.role)) this.#isChecked = true;
  }

  get #isBehind(): boolean {
    const request = this.#replica.request();
    return request.type === 'fetch-snapshot' || request.rev < this.#knownRev;
  }

  /**
   * Whether nothing would be lost by merging without a user: what `sync()` reports of conflicts is how the rules work,
   * but an edit that was refused, or whose fate cannot be told, must be handed back to somebody.
   */
  #canMergeAlone(): boolean {
    const { needsReload, isInFlight } = this.#replica.status;
    return this.#refusal === undefined && !(needsReload && isInFlight);
  }

  async #create(): Promise<void> {
    const { handle, role } = await this.#options.link.create(this.#options.id);
    this.#setRole(role);
    await this.#store.setHandle(handle);
  }

  async #fetch(): Promise<void> {
    const missing = this.#replica.request();
    this.#mustFetch = false;
    this.#heardRev = 0;
    const answer = await this.#send(this.#request()).catch((error: unknown) => {
      this.#mustFetch = true;
      throw error;
    });
    if (answer.type === 'denied') {
      this.#knownRev = 0;
      this.#isChecked = false;
      throw new ServiceError('not-permitted', `datastore ${quote(this.#options.id)} may not be read`);
    }
    this.#receive(answer);
    const left = this.#replica.request();
    // The answer tells how far the log reached when it was asked, which settles what was said before, and not since.
    if (answer.type === 'entries' && left.type === 'fetch') this.#knownRev = Math.max(left.rev, this.#heardRev);
    if (isSame(missing, left) && this.#isBehind && this.#heardRev === 0) throw leadsNowhere(answer);
    this.#isChecked = true;
  }

  /** A replica that has nothing yet, and nothing of its own to be merged, is best served with a snapshot. */
  #request(): ReplicaMessage {
    const request = this.#replica.request();
    const isBlank = request.type === 'fetch' && request.rev === 0 && this.#replica.status.isIdle;
    return isBlank ? { type: 'fetch-snapshot' } : request;
  }

  async #put(): Promise<void> {
    const put = this.#replica.outgoing();
    if (put === undefined) return;
    this.#lastPut = put;
    this.#flightInSnapshot = 'absent';
    await this.#store.save();
    const answer = await this.#send(put);
    this.#receive(answer);
    if (answer.type === 'refused') {
      const { reason, code = reason === 'permission' ? 'not-permitted' : 'server', message, place } = answer;
      if (reason !== 'unknown-revision') this.#refusal = errorWithCode(code, message, place);
    }
    const { isInFlight, hasIncoming, needsReload } = this.#replica.status;
    if (isInFlight && !hasIncoming && !needsReload && this.#replica.outgoing()?.nonce === put.nonce)
      throw leadsNowhere(answer);
    await this.#store.save();
  }

  async #send(message: ReplicaMessage): Promise<SequencerMessage> {
    const { link, id } = this.#options;
    const { handle } = this.#store;
    if (handle === undefined) throw new ServiceError('not-found', `the server does not know ${quote(id)}`);
    const { message: answer, role } = await link.exchange(handle, message);
    this.#setRole(role);
    return answer;
  }

  #receive(message: SequencerMessage): void {
    this.#take(message);
    if (message.type === 'entries' || message.type === 'conflict') {
      this.#knownRev = Math.max(this.#knownRev, message.entries.at(-1)?.rev ?? 0);
    }
    if (message.type === 'snapshot' && this.#lastPut !== undefined) {
      this.#flightInSnapshot = findInSnapshot(message, this.#lastPut.rev, this.#lastPut.nonce);
    }
  }

  /** @throws DatastoreError `log-mismatch`, or `server` for what is no message. Spec: LINK-13. */
  #take(message: SequencerMessage): void {
    try {
      this.#replica.receive(message);
    } catch (error) {
      if (!(error instanceof DatastoreError) || error.code === 'log-mismatch') throw error;
      throw nonsense(error, 'server');
    }
  }

  #setRole(role: Role): void {
    if (role === this.#replica.role) return;
    this.#replica.setRole(role);
    this.#options.roleChanged();
  }
}

function isSame(one: ReplicaMessage, other: ReplicaMessage): boolean {
  return one.type === 'fetch' && other.type === 'fetch' ? one.rev === other.rev : one.type === other.type;
}

function leadsNowhere({ type }: SequencerMessage): DatastoreError {
  return new ServiceError('server', `the server's answer, ${type}, leads nowhere`);
}
