import type { Delta } from '../../deltas/delta.js';
import { type DatastoreError, isDatastoreError, ServiceError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { INFO_RECORD, INFO_TABLE, MTIME_FIELD, TITLE_FIELD } from '../../sync/datastore-info.js';
import {
  formatEntry,
  formatMessage,
  parseEntry,
  parseReplicaMessage,
  parseSequencerMessage,
} from '../../sync/message-format.js';
import type { ReplicaMessage, SequencerMessage } from '../../sync/messages.js';
import { canRead, headMember, type Role } from '../../sync/messages.js';
import { type SavedSequencer, Sequencer, type SequencerOptions } from '../../sync/sequencer.js';
import { isShareableId, isValidDatastoreId } from '../../values/names.js';
import { invalidDatastoreId } from '../model/arguments.js';
import { ACL_TABLE, refusedRoleChange, roleOfAccount, type TeamMember } from '../model/roles.js';
import type { AccountProfile, DatastoreAccess, Link, LinkAnswer, LinkEvent, RemoteDatastore, Watch } from './link.js';

/** How a {@link MemoryServer} is made. */
export interface MemoryServerOptions extends SequencerOptions {
  /** Whether editors may change roles: only owners may unless given. Spec: ACL-5. */
  readonly editorsMayChangeRoles?: boolean;
}

/**
 * A server with accounts and datastores that lasts as long as the object: for tests, examples and experiments. Each device
 * gets a link of its own, which can be cut or made unreliable; everything that crosses it is JSON. Accounts with the same
 * organisation are a team. Spec: LINK-1 to LINK-12.
 */
export class MemoryServer {
  readonly #mayEditorsChangeRoles: boolean;
  readonly #sequencerOptions: SequencerOptions;
  readonly #gone = new Set<string>();
  readonly #profiles = new Map<string, AccountProfile>();
  readonly #datastores = new Map<string, HostedDatastore>();
  readonly #subscribers = new Set<Subscriber>();
  #created = 0;

  constructor({ editorsMayChangeRoles = false, ...sequencerOptions }: MemoryServerOptions = {}) {
    this.#mayEditorsChangeRoles = editorsMayChangeRoles;
    this.#sequencerOptions = sequencerOptions;
  }

  /** Adds an account, or changes its profile. */
  setAccount(account: string, profile: AccountProfile): void {
    this.#profiles.set(account, profile);
    this.#gone.delete(account);
    this.#tell([account], { type: 'profile-changed' });
  }

  /** Ends the links of an account for good, as when its user revokes the access of an application. Its data stays. */
  removeAccount(account: string): void {
    this.#profiles.delete(account);
    for (const subscriber of [...this.#subscribers]) {
      if (subscriber.account === account) subscriber.end(this.#rejected(account));
    }
  }

  /** Deletes an account, and ends its links for good. What it has shared stays. */
  deleteAccount(account: string): void {
    this.#gone.add(account);
    this.removeAccount(account);
  }

  /** A new link for a device of an account. */
  link(account: string): MemoryLink {
    return new MemoryLink(account, this.#service(account));
  }

  /** The sequencer of a datastore, to look at its log or to trim it. @throws DatastoreError `not-found`. */
  sequencer(account: string, id: string): Sequencer {
    return this.#findFor(this.#requester(account), id).sequencer;
  }

  /**
   * Takes a datastore back to what its {@link sequencer} saved earlier, as a server does that is restored from a backup. All
   * watches end, as its restart would end them.
   *
   * @throws DatastoreError `not-found`, and what `Sequencer.restore` throws.
   */
  restore(account: string, id: string, { snapshot, log }: SavedSequencer): void {
    const hosted = this.#findFor(this.#requester(account), id);
    hosted.sequencer = Sequencer.restore(snapshot, log, this.#sequencerOptions);
    for (const subscriber of [...this.#subscribers]) subscriber.end(restarted());
  }

  #service(account: string): Service {
    return {
      profile: () => this.#profile(account),
      list: () => this.#list(this.#requester(account)),
      find: (id) => this.#find(this.#requester(account), id),
      create: (id) => this.#create(this.#requester(account), id),
      delete: (id) => this.#delete(this.#requester(account), id),
      send: (handle, message) => this.#send(this.#requester(account), handle, message),
      subscribe: (subscriber) => {
        this.#requester(account);
        this.#subscribers.add(subscriber);
      },
      unsubscribe: (subscriber) => void this.#subscribers.delete(subscriber),
      stateOf: (handle) => this.#stateOf(this.#requester(account), handle),
    };
  }

  /** @throws DatastoreError `unauthorized` or `account-gone`. */
  #profile(account: string): AccountProfile {
    const profile = this.#profiles.get(account);
    if (profile === undefined) throw this.#rejected(account);
    return profile;
  }

  #rejected(account: string): DatastoreError {
    return this.#gone.has(account)
      ? new ServiceError('account-gone', `the account ${quote(account)} was deleted`)
      : new ServiceError('unauthorized', `the server has no account ${quote(account)}`);
  }

  #requester(account: string): TeamMember {
    return { account, team: this.#profile(account).orgName };
  }

  #list(requester: TeamMember): RemoteDatastore[] {
    const listed = [...this.#datastores.values()].filter(({ listedBy }) => listedBy.has(requester.account));
    return listed.flatMap((hosted) => {
      const { id, handle, title, mtime } = hosted;
      const role = hosted.roleOf(requester);
      return canRead(role) ? [{ id, handle, role, title, mtime }] : [];
    });
  }

  #find(requester: TeamMember, id: string): DatastoreAccess {
    const hosted = this.#findFor(requester, id);
    if (!hosted.listedBy.has(requester.account)) {
      hosted.listedBy.add(requester.account);
      this.#tell([requester.account], { type: 'list-changed' });
    }
    return { handle: hosted.handle, role: hosted.roleOf(requester) };
  }

  #create(requester: TeamMember, id: string): DatastoreAccess {
    if (!isValidDatastoreId(id)) throw invalidDatastoreId(id);
    const known = this.#lookUp(requester, id);
    if (known !== undefined) {
      if (known.owner.account !== requester.account) {
        throw new ServiceError('exists', `another account has taken the datastore id ${quote(id)}`);
      }
      return { handle: known.handle, role: 'owner' };
    }
    const handle = `datastore-${++this.#created}`;
    this.#datastores.set(
      handle,
      new HostedDatastore(id, handle, requester, new Sequencer(this.#sequencerOptions), this.#mayEditorsChangeRoles),
    );
    this.#tell([requester.account], { type: 'list-changed' });
    return { handle, role: 'owner' };
  }

  #delete(requester: TeamMember, id: string): void {
    const hosted = this.#findFor(requester, id);
    if (hosted.owner.account !== requester.account) {
      throw new ServiceError('not-permitted', `only the owner may delete datastore ${quote(id)}`);
    }
    this.#datastores.delete(hosted.handle);
    for (const subscriber of this.#subscribers) {
      if (subscriber.handles.has(hosted.handle)) subscriber.tell({ type: 'deleted', handle: hosted.handle });
    }
    this.#tell(hosted.listedBy, { type: 'list-changed' });
  }

  #send(requester: TeamMember, handle: string, message: ReplicaMessage): LinkAnswer {
    const hosted = this.#datastores.get(handle);
    if (hosted === undefined) throw notFound(handle);
    const answer = hosted.answer(message, requester);
    if (message.type === 'put' && answer.type === 'accepted') {
      for (const subscriber of this.#subscribers) {
        if (subscriber.handles.has(handle)) subscriber.tell(this.#reached(hosted, subscriber.account, answer.rev - 1));
      }
      if (touchesList(message.delta)) this.#tell(hosted.listedBy, { type: 'list-changed' });
    }
    return { message: answer, role: hosted.roleOf(requester) };
  }

  /** The first event about a datastore that a watch begins to follow. */
  #stateOf({ account }: TeamMember, handle: string): LinkEvent {
    const hosted = this.#datastores.get(handle);
    return hosted === undefined
      ? { type: 'deleted', handle }
      : this.#reached(hosted, account, hosted.sequencer.revision);
  }

  #reached(hosted: HostedDatastore, account: string, since: number): LinkEvent {
    const { handle, sequencer } = hosted;
    const role = hosted.roleOf({ account, team: this.#profiles.get(account)?.orgName });
    const missed = canRead(role) ? sequencer.deltasSince(since) : undefined;
    const entries = missed?.type === 'entries' ? missed.entries : [];
    const { revision: rev } = sequencer;
    return { type: 'reached', handle, rev, ...headMember(sequencer.nonceAt(rev)), role, entries };
  }

  /** @throws DatastoreError `not-found` if there is none, or if the account may not read it. */
  #findFor(requester: TeamMember, id: string): HostedDatastore {
    const hosted = this.#lookUp(requester, id);
    if (hosted === undefined || !canRead(hosted.roleOf(requester))) throw notFound(id);
    return hosted;
  }

  /** A shareable id is the same for everyone; a private one belongs to an account. */
  #lookUp(requester: TeamMember, id: string): HostedDatastore | undefined {
    const isMeant = (hosted: HostedDatastore): boolean =>
      hosted.id === id && (isShareableId(id) || hosted.owner.account === requester.account);
    return [...this.#datastores.values()].find(isMeant);
  }

  #tell(accounts: Iterable<string>, event: LinkEvent): void {
    const meant = new Set(accounts);
    for (const subscriber of this.#subscribers) if (meant.has(subscriber.account)) subscriber.tell(event);
  }
}

/** A datastore on the server: its log, its owner, and the accounts that have found it. */
class HostedDatastore {
  readonly id: string;
  readonly handle: string;
  readonly owner: TeamMember;
  sequencer: Sequencer;
  /** The accounts whose list it is in: the owner's, and those that have found it. */
  readonly listedBy: Set<string>;
  readonly #mayEditorsChangeRoles: boolean;

  constructor(id: string, handle: string, owner: TeamMember, sequencer: Sequencer, mayEditorsChangeRoles: boolean) {
    this.id = id;
    this.handle = handle;
    this.owner = owner;
    this.sequencer = sequencer;
    this.#mayEditorsChangeRoles = mayEditorsChangeRoles;
    this.listedBy = new Set([owner.account]);
  }

  get title(): string | undefined {
    const title = this.sequencer.get(INFO_TABLE, INFO_RECORD)?.get(TITLE_FIELD);
    return typeof title === 'string' ? title : undefined;
  }

  get mtime(): Date | undefined {
    const mtime = this.sequencer.get(INFO_TABLE, INFO_RECORD)?.get(MTIME_FIELD);
    return mtime instanceof Date ? mtime : undefined;
  }

  roleOf(requester: TeamMember): Role {
    return roleOfAccount({ id: this.id, owner: this.owner, state: this.sequencer }, requester);
  }

  answer(message: ReplicaMessage, requester: TeamMember): SequencerMessage {
    const role = this.roleOf(requester);
    const { answer, entry } = this.sequencer.propose(message, role);
    if (entry === undefined) return answer;
    const refused = this.#mayEditorsChangeRoles ? undefined : refusedRoleChange(entry, role);
    if (refused !== undefined) return refused;
    this.sequencer.accept(entry);
    return answer;
  }
}

/** Whether a delta changes what lists say about its datastore. */
function touchesList(delta: Delta): boolean {
  return delta.changes.some(({ table }) => table === INFO_TABLE || table === ACL_TABLE);
}

/** What the server does for one account. */
interface Service {
  profile(): AccountProfile;
  list(): readonly RemoteDatastore[];
  find(id: string): DatastoreAccess;
  create(id: string): DatastoreAccess;
  delete(id: string): void;
  send(handle: string, message: ReplicaMessage): LinkAnswer;
  subscribe(subscriber: Subscriber): void;
  unsubscribe(subscriber: Subscriber): void;
  /** Where the log of a datastore stands. */
  stateOf(handle: string): LinkEvent;
}

/** A watch, as the server sees it. */
interface Subscriber {
  readonly account: string;
  readonly handles: ReadonlySet<string>;
  tell(event: LinkEvent): void;
  end(error: DatastoreError): void;
}

/** A call that crosses a {@link MemoryLink}. */
export interface LinkCall {
  readonly method: Exclude<keyof Link, 'watch'>;
  readonly argument: string | undefined;
  readonly message: ReplicaMessage | undefined;
}

/**
 * Decides what happens to a call between the device and the server. `deliver` takes it to the server and returns the
 * answer. A hook that throws without calling it loses the request; one that throws after calling it loses the answer;
 * one that waits delays either; one that calls it twice repeats the request.
 */
export type LinkHook = <Answer>(call: LinkCall, deliver: () => Promise<Answer>) => Promise<Answer>;

/** A device's link to a {@link MemoryServer}. */
export class MemoryLink implements Link {
  /** What happens to calls while the link is online. */
  hook: LinkHook | undefined;
  readonly #account: string;
  readonly #service: Service;
  readonly #watches = new Set<MemoryWatch>();
  #isOnline = true;

  constructor(account: string, service: Service) {
    this.#account = account;
    this.#service = service;
  }

  /** Whether calls reach the server. */
  get isOnline(): boolean {
    return this.#isOnline;
  }

  /** Cuts the link, or restores it. While it is cut, each call fails; cutting it ends all watches. */
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

  send(handle: string, message: ReplicaMessage): Promise<LinkAnswer> {
    const text = JSON.stringify(formatMessage(message));
    const deliver = (): LinkAnswer => {
      const answer = this.#service.send(handle, parseReplicaMessage(JSON.parse(text)));
      const returned = JSON.stringify(formatMessage(answer.message));
      return { message: parseSequencerMessage(JSON.parse(returned)), role: answer.role };
    };
    return this.#call('send', handle, deliver, message);
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
      // The server answers in a later turn, as it would over a network.
      await Promise.resolve();
      if (!this.#isOnline) throw offline();
      return serve();
    };
    return this.hook === undefined || !this.#isOnline
      ? await deliver()
      : await this.hook({ method, argument, message }, deliver);
  }
}

/** Tells each event in a turn of its own. */
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
        if (!isDatastoreError(refusal)) throw refusal;
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
  return new ServiceError('network', 'the link is offline', {}, undefined, 'not-sent');
}

function restarted(): DatastoreError {
  return new ServiceError('network', 'the server was restarted');
}

function notFound(id: string): DatastoreError {
  return new ServiceError('not-found', `there is no datastore ${quote(id)}`);
}
