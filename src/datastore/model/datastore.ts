import { ServiceError } from '../../errors/datastore-error.js';
import type { Delta } from '../../operations/change.js';
import { ownTableId } from '../../operations/ownership.js';
import { INFO_TABLE } from '../../sync/datastore-info.js';
import { canWrite, type Role } from '../../sync/role.js';
import { isShareableId } from '../../values/names.js';
import type { Announcer } from './announcer.js';
import { changedRecords, isReserved, recordsIn } from './changed-records.js';
import { Commits, type TransactionOptions } from './commits.js';
import type { ChangedRecords, DatastoreEvents } from './events.js';
import type { DatastoreOwner } from './host.js';
import type { Listener } from './listeners.js';
import { relocated } from './relocate.js';
import { ACL_TABLE, type Principal, RoleList } from './roles.js';
import type { Session } from './session.js';
import type { AnyTables, TableId } from './shape.js';
import type { DatastoreStatus } from './status.js';
import { Table } from './table.js';
import { Turns } from './turns.js';

/** A table that was declared. */
export type TableOf<Tables, Id extends keyof Tables> = Table<Tables[Id] & object>;

/**
 * An open datastore: tables of records on this device, kept in step with a server.
 *
 * Edits show at once, and are stored and put by {@link sync}; what others did arrives in the background and shows in
 * `sync()` and at no other time. Edits that were not synced when it is closed are lost. A manager opens datastores; the
 * application closes them, by {@link close} or `using`.
 *
 * `Datastore<Tables>` declares which tables there are and what their records hold, for the compiler alone: nothing is
 * checked at run time, and a field of any record may be absent. Once closed, everything but `id`, `isOpen` and `close`
 * throws `closed`, or `shut-down` where the manager was.
 */
export class Datastore<Tables extends object = AnyTables> {
  readonly #session: Session;
  readonly #announcer: Announcer<Tables>;
  readonly #roles: RoleList;
  readonly #commits: Commits;
  readonly #turns = new Turns();
  readonly #tables = new Map<string, Table>();

  /** Not for applications: `openDatastore` makes it. */
  constructor(session: Session, announcer: Announcer<Tables>) {
    this.#session = session;
    this.#announcer = announcer;
    this.#roles = new RoleList(session);
    this.#commits = new Commits(session, {
      merge: () => this.#merge(),
      undone: ({ changes, conflicts }) => {
        session.edited(changes);
        this.#announcer.tellConflicts(conflicts);
      },
    });
    session.onEdited((applied) => this.#tellEdited(applied));
  }

  get id(): string {
    return this.#session.id;
  }

  /** Whether it has not been closed. */
  get isOpen(): boolean {
    return this.#session.isOpen;
  }

  /** Who opened it. */
  get manager(): DatastoreOwner {
    this.#session.requireOpen();
    return this.#session.host.manager;
  }

  /** Whether it can be shared: its id begins with a dot. */
  get isShareable(): boolean {
    return isShareableId(this.id);
  }

  /** What this user may do with it, as the server last said: the owner of a private datastore is its user. */
  get effectiveRole(): Role {
    return this.#session.replica.role;
  }

  /** Whether the role is owner or editor. */
  get isWritable(): boolean {
    return canWrite(this.effectiveRole);
  }

  /** The title, or `undefined` if it has none. */
  get title(): string | undefined {
    return this.#session.replica.title;
  }

  /** When it was last edited, by the clocks of those who did; `undefined` if that was never synced. */
  get mtime(): Date | undefined {
    return this.#session.replica.mtime;
  }

  /** In bytes: 1000 and the sizes of all records. */
  get size(): number {
    return this.#session.replica.size;
  }

  /** How many records there are, those included that hold the title and the roles. */
  get recordCount(): number {
    return this.#session.replica.recordCount;
  }

  /** The size in bytes of the edits that the next {@link sync} will seal. */
  get unsyncedChangesSize(): number {
    return this.#session.replica.unsyncedSize;
  }

  /** How it stands with the server. */
  get syncStatus(): DatastoreStatus {
    return this.#announcer.status;
  }

  /** Sets the title, or deletes it. @throws DatastoreError `invalid-value`, or as any edit. */
  setTitle(title: string | undefined): void {
    const { replica } = this.#session;
    const before = replica.title;
    relocated(
      () => ({}),
      () => replica.setTitle(title),
    );
    this.#session.edited([]);
    const isTitleChanged = replica.title !== before;
    this.#announcer.tellChange({ origin: 'local', records: new Map(), isTitleChanged, areRolesChanged: false });
  }

  /** The table with an id: always the same object. It shows in {@link tables} while it has records. @throws DatastoreError `invalid-name`. */
  table<Id extends TableId<Tables>>(id: Id): TableOf<Tables, Id> {
    this.#session.requireOpen();
    return this.#table(id) as unknown as TableOf<Tables, Id>;
  }

  /** The tables that hold any records, in code point order of their ids; reserved ones are left out. */
  tables(): TableOf<Tables, TableId<Tables>>[] {
    const ids = this.#session.replica.tables().filter((id) => !isReserved(id));
    return ids.map((id) => this.table(id as TableId<Tables>));
  }

  /** The roles that were given. @throws DatastoreError `not-shareable`. */
  listRoles(): ReadonlyMap<Principal, Role> {
    return this.#roles.all();
  }

  /** The role that a principal was given, `none` if none was. @throws DatastoreError `not-shareable` or `invalid-option`. */
  getRole(principal: Principal): Role {
    return this.#roles.of(principal);
  }

  /**
   * Gives a principal a role, in place of any before; `none` takes it away. Nobody can be made an owner.
   *
   * @throws DatastoreError `not-shareable`, `invalid-option` or `not-permitted`.
   */
  setRole(principal: Principal, role: Exclude<Role, 'owner'>): void {
    this.#roles.set(principal, role);
  }

  /** Takes a principal's role away. @throws DatastoreError `not-shareable`, `invalid-option` or `not-permitted`. */
  deleteRole(principal: Principal): void {
    this.#roles.delete(principal);
  }

  /**
   * Seals the edits made since the last call, to be put in the background, and makes visible what others did, which is
   * merged with them. Both happen before this returns, save that it waits for a commit that is under way; the promise
   * resolves when everything is stored.
   *
   * @returns the records that others changed.
   * @throws DatastoreError `not-found` if the server deleted the datastore, `closed`, and what storing, or a merge
   * function, throws.
   */
  sync(): Promise<ChangedRecords<Tables>> {
    return this.#turns.isFree ? this.#merge() : this.#turns.take(() => this.#merge());
  }

  /** Drops the edits made since the last {@link sync}, or commit, as if they had never been made. */
  rollback(): void {
    const { replica } = this.#session;
    this.#session.edited(replica.rollback());
  }

  /** Brings in what the server has now, as {@link sync} does. @throws DatastoreError as `sync`, or for the network. */
  loadDeltas(): Promise<ChangedRecords<Tables>> {
    return this.#turns.take(async () => {
      this.#session.requireOpen();
      await this.#session.host.loadDeltas();
      return this.#merge();
    });
  }

  /**
   * Puts the edits made since the last {@link sync}, and those that wait, and resolves once the log has them. If others
   * came first, nothing is merged: then the edits are as they were before the call, for {@link rollback} to drop or
   * `sync()` to merge. A manager waits until it is known what became of what was sent.
   *
   * @throws DatastoreError `conflict`, or for a refusal, storage, the network or a server that cannot tell any more what
   * became of the edits. Spec: COMMIT-1, COMMIT-2.
   */
  commit(): Promise<void> {
    return this.#turns.take(() => this.#commits.commit().finally(() => this.#announcer.tellStatus()));
  }

  /**
   * Runs `edit`, and commits what it did as one delta. If others came first, its edits are rolled back, what the log has
   * is loaded, and it runs again, at most `maxTries` times in all. Other edits are neither part of it nor affected. What
   * `edit` throws rolls it back as well.
   *
   * @returns what `edit` returned.
   * @throws DatastoreError `conflict` if others came first each time, `invalid-option`, or as {@link commit}.
   * Spec: COMMIT-3, COMMIT-4.
   */
  transaction<Result>(edit: () => Result, options: TransactionOptions = {}): Promise<Result> {
    return this.#turns.take(() => this.#commits.transaction(edit, options).finally(() => this.#announcer.tellStatus()));
  }

  /**
   * Has `listener` told of an event from now on; once more has no effect, nor has it once the datastore was closed. What
   * a listener throws reaches whoever embeds the engine, and nobody else.
   *
   * @returns a function that does what {@link off} does.
   */
  on<Name extends keyof DatastoreEvents<Tables>>(
    name: Name,
    listener: Listener<DatastoreEvents<Tables>[Name]>,
  ): () => void {
    this.#announcer.add(name, listener);
    return () => this.off(name, listener);
  }

  /** Has `listener` not told of an event any more; no effect if it never was. */
  off<Name extends keyof DatastoreEvents<Tables>>(name: Name, listener: Listener<DatastoreEvents<Tables>[Name]>): void {
    this.#announcer.remove(name, listener);
  }

  /** Closes it: edits that were not synced are lost, those that were are still put. No effect once it is closed. */
  close(): void {
    this.#session.close('closed');
    this.#announcer.close();
  }

  /** For `using`. Where the language has no `Symbol.dispose`, there is {@link close}. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #merge(): Promise<ChangedRecords<Tables>> {
    const { replica, host } = this.#session;
    if (host.status().isDeleted) throw new ServiceError('not-found', `datastore ${this.id} was deleted on the server`);
    const { title } = replica;
    try {
      const result = replica.sync(host.now());
      const records = changedRecords<Tables>(result.changed, (id) => this.#table(id));
      const isTitleChanged = replica.title !== title;
      const areRolesChanged = result.changed.has(ACL_TABLE);
      this.#announcer.tellSync(result, { origin: 'remote', records, isTitleChanged, areRolesChanged });
      return records;
    } finally {
      host.changed();
      await host.save();
    }
  }

  #table(id: string): Table {
    const known = this.#tables.get(id);
    if (known !== undefined) return known;
    const table = new Table(this.#session, this, ownTableId(id));
    this.#tables.set(id, table);
    return table;
  }

  /** Tells what was edited here. */
  #tellEdited(applied: Delta): void {
    if (this.#announcer.isHeard) {
      const touched = recordsIn(applied);
      const records = changedRecords<Tables>(touched, (id) => this.#table(id));
      const isTitleChanged = touched.has(INFO_TABLE);
      const areRolesChanged = touched.has(ACL_TABLE);
      this.#announcer.tellChange({ origin: 'local', records, isTitleChanged, areRolesChanged });
    }
    this.#announcer.tellStatus();
  }
}
