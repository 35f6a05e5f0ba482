import { DatastoreError, ServiceError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import type { ReplicaMessage } from '../../sync/messages.js';
import { canRead } from '../../sync/role.js';
import type { Sequencer, SequencerOptions } from '../../sync/sequencer.js';
import { isShareableId, isValidDatastoreId } from '../../values/names.js';
import { HostedDatastore, touchesList, type Visitor } from './hosted-datastore.js';
import type { AccountProfile, DatastoreAccess, LinkAnswer, LinkEvent, RemoteDatastore } from './link.js';
import { MemoryLink, type Service, type Subscriber } from './memory-link.js';

/**
 * A server with accounts and datastores that lasts as long as the object: for tests, examples and trying things out.
 * Every device gets a link of its own, which can be cut and tampered with, and everything that crosses it is JSON.
 * Accounts with the same organisation are a team. Spec: LINK-1 to LINK-12.
 */
export class MemoryServer {
  readonly #options: SequencerOptions;
  readonly #profiles = new Map<string, AccountProfile>();
  readonly #datastores = new Map<string, HostedDatastore>();
  readonly #subscribers = new Set<Subscriber>();
  #created = 0;

  constructor(options: SequencerOptions = {}) {
    this.#options = options;
  }

  /** Adds an account, or changes what there is to say about its user. */
  setAccount(account: string, profile: AccountProfile): void {
    this.#profiles.set(account, profile);
    this.#tell([account], { type: 'profile-changed' });
  }

  /** Closes an account's links for good, as when its user revokes an app's access. Its data stays. */
  removeAccount(account: string): void {
    this.#profiles.delete(account);
    for (const subscriber of [...this.#subscribers]) {
      if (subscriber.account === account) subscriber.end(unauthorized(account));
    }
  }

  /** A new link for a device of an account. */
  link(account: string): MemoryLink {
    return new MemoryLink(account, this.#service(account));
  }

  /** The sequencer of a datastore, to look at its log or to trim it. @throws DatastoreError `not-found`. */
  sequencer(account: string, id: string): Sequencer {
    return this.#findFor(this.#visitor(account), id).sequencer;
  }

  #service(account: string): Service {
    return {
      profile: () => this.#profile(account),
      list: () => this.#list(this.#visitor(account)),
      find: (id) => this.#find(this.#visitor(account), id),
      create: (id) => this.#create(this.#visitor(account), id),
      delete: (id) => this.#delete(this.#visitor(account), id),
      exchange: (handle, message) => this.#exchange(this.#visitor(account), handle, message),
      subscribe: (subscriber) => {
        this.#visitor(account);
        this.#subscribers.add(subscriber);
      },
      unsubscribe: (subscriber) => void this.#subscribers.delete(subscriber),
      stateOf: (handle) => this.#stateOf(this.#visitor(account), handle),
    };
  }

  /** @throws DatastoreError `unauthorized`. */
  #profile(account: string): AccountProfile {
    const profile = this.#profiles.get(account);
    if (profile === undefined) throw unauthorized(account);
    return profile;
  }

  #visitor(account: string): Visitor {
    return { account, team: this.#profile(account).orgName };
  }

  #list(visitor: Visitor): RemoteDatastore[] {
    const listed = [...this.#datastores.values()].filter(({ listedBy }) => listedBy.has(visitor.account));
    return listed.flatMap((hosted) => {
      const { id, handle, title, mtime } = hosted;
      const role = hosted.roleOf(visitor);
      return canRead(role) ? [{ id, handle, role, title, mtime }] : [];
    });
  }

  #find(visitor: Visitor, id: string): DatastoreAccess {
    const hosted = this.#findFor(visitor, id);
    if (!hosted.listedBy.has(visitor.account)) {
      hosted.listedBy.add(visitor.account);
      this.#tell([visitor.account], { type: 'list-changed' });
    }
    return { handle: hosted.handle, role: hosted.roleOf(visitor) };
  }

  #create(visitor: Visitor, id: string): DatastoreAccess {
    if (!isValidDatastoreId(id)) throw new DatastoreError('invalid-name', `${quote(id)} is no id of a datastore`);
    const known = this.#lookUp(visitor, id);
    if (known !== undefined) {
      if (known.owner.account !== visitor.account) {
        throw new ServiceError('exists', `another account has a datastore ${quote(id)}`);
      }
      return { handle: known.handle, role: 'owner' };
    }
    const handle = `datastore-${++this.#created}`;
    this.#datastores.set(handle, new HostedDatastore(id, handle, visitor, this.#options));
    this.#tell([visitor.account], { type: 'list-changed' });
    return { handle, role: 'owner' };
  }

  #delete(visitor: Visitor, id: string): void {
    const hosted = this.#findFor(visitor, id);
    if (hosted.owner.account !== visitor.account) {
      throw new ServiceError('not-permitted', `only the owner of ${quote(id)} may delete it`);
    }
    this.#datastores.delete(hosted.handle);
    for (const subscriber of this.#subscribers) {
      if (subscriber.handles.has(hosted.handle)) subscriber.tell({ type: 'deleted', handle: hosted.handle });
    }
    this.#tell(hosted.listedBy, { type: 'list-changed' });
  }

  #exchange(visitor: Visitor, handle: string, message: ReplicaMessage): LinkAnswer {
    const hosted = this.#datastores.get(handle);
    if (hosted === undefined) throw notFound(handle);
    const answer = hosted.answer(message, visitor);
    if (message.type === 'put' && answer.type === 'accepted') {
      for (const subscriber of this.#subscribers) {
        if (subscriber.handles.has(handle)) subscriber.tell(this.#reached(hosted, subscriber.account, answer.rev - 1));
      }
      if (touchesList(message.delta)) this.#tell(hosted.listedBy, { type: 'list-changed' });
    }
    return { message: answer, role: hosted.roleOf(visitor) };
  }

  /** What a watch tells first about a datastore that it begins to follow. */
  #stateOf({ account }: Visitor, handle: string): LinkEvent {
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
    return { type: 'reached', handle, rev: sequencer.revision, role, entries };
  }

  /** @throws DatastoreError `not-found` also for what the account may not read. */
  #findFor(visitor: Visitor, id: string): HostedDatastore {
    const hosted = this.#lookUp(visitor, id);
    if (hosted === undefined || !canRead(hosted.roleOf(visitor))) throw notFound(id);
    return hosted;
  }

  /** Shareable ids are the same for everyone, private ones belong to an account. */
  #lookUp(visitor: Visitor, id: string): HostedDatastore | undefined {
    const isMeant = (hosted: HostedDatastore): boolean =>
      hosted.id === id && (isShareableId(id) || hosted.owner.account === visitor.account);
    return [...this.#datastores.values()].find(isMeant);
  }

  #tell(accounts: Iterable<string>, event: LinkEvent): void {
    const meant = new Set(accounts);
    for (const subscriber of this.#subscribers) if (meant.has(subscriber.account)) subscriber.tell(event);
  }
}

function notFound(id: string): DatastoreError {
  return new ServiceError('not-found', `there is no datastore ${quote(id)}`);
}

function unauthorized(account: string): DatastoreError {
  return new ServiceError('unauthorized', `the account ${quote(account)} is not linked`);
}
