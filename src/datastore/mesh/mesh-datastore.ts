import type { Row } from '../../codec/wire/state.js';
import { checkFunction, checkMethods, checkOptions, invalidArgument } from '../../errors/arguments.js';
import { DatastoreError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { ownRuleName } from '../../mesh/event.js';
import type { VersionVector } from '../../mesh/event-graph.js';
import { MeshReplica, type MeshReplicaOptions } from '../../mesh/mesh-replica.js';
import type { EventsMessage, HaveMessage, MeshMessage, SnapshotMessage } from '../../mesh/messages.js';
import { ResolutionRules } from '../../rules/resolution-rules.js';
import type { Limits } from '../../state/limits.js';
import { isShareableId, isValidDatastoreId } from '../../values/names.js';
import { DeviceStore, parsedOrCorrupt } from '../manager/device-store.js';
import { checkEnvironment, type Environment, randomName, tellFailure } from '../manager/environment.js';
import { invalidDatastoreId } from '../model/arguments.js';
import { type Datastore, type OpenedDatastore, openDatastore } from '../model/datastore.js';
import type { AnyTables } from '../model/fields.js';
import type { ConnectionStatus, DatastoreContext } from '../model/open-replica.js';
import type { AcquireOptions, DeviceStorage } from '../storage/device-storage.js';
import { EditableMesh } from './editable-mesh.js';
import { MeshLog } from './mesh-log.js';

/** How a datastore is opened that needs no server. */
export interface MeshDatastoreOptions {
  /** Where it is kept. A storage is held by one datastore at a time. */
  readonly storage: DeviceStorage;
  /** Time and randomness: `environmentOf(globalThis)`. */
  readonly environment: Environment;
  /** The id of the datastore, the same on all devices, and not a shareable one: `default` unless given. */
  readonly id?: string;
  /** Waits until the storage is free, or until the signal aborts. Without it, a storage that is in use is an error. */
  readonly wait?: AcquireOptions['wait'];
  /** The rules for collisions: names only, the same on all devices. */
  readonly rules?: ResolutionRules;
  /** What the datastore may weigh after an edit of this device: `DEFAULT_LIMITS` unless given. */
  readonly limits?: Limits;
  /** The rows that all devices begin with, in a mesh that begins with any. */
  readonly rows?: readonly Row[];
  /**
   * Returns a name for this replica that none ever had: 22 random characters unless given. It is called for each start,
   * because a storage may have been restored from a backup. Spec: PEER-2.
   */
  readonly newAgent?: () => string;
  /** See `MeshReplicaOptions`. Unless given, everybody may write. */
  readonly mayWrite?: (agent: string, seq: number) => boolean;
  /**
   * Called with each failure that no caller waits for: what a listener threw, and the errors of events that all
   * replicas refuse. By default they are thrown from a timer, as uncaught errors.
   */
  readonly onFailure?: (error: unknown) => void;
}

/**
 * A datastore that devices share without a server. The application edits `datastore` as any other, and carries messages
 * between devices, in any order and repeatedly, over anything:
 *
 *     const have = await mesh.have();                  // on one device
 *     const news = await other.receive(have);          // on another: what the first one lacks
 *     if (news !== undefined) await mesh.receive(news);
 *     await mesh.datastore.sync();                     // shows it
 *
 * What a message tells is stored before it is given out, so no crash can lose what others have seen. Received edits
 * become visible, and are stored, by `datastore.sync()`. Spec: PEER-1, PEER-2, MSTORE-1.
 */
export class MeshDatastore<Tables extends object = AnyTables> {
  /** The datastore, for the application to edit. It cannot commit: `commit` and `transaction` throw `bad-state`. */
  readonly datastore: Datastore<Tables>;
  readonly #replica: MeshReplica;
  readonly #opened: OpenedDatastore<Tables>;
  readonly #log: MeshLog;
  readonly #store: DeviceStore;
  #isClosed = false;

  /** Not for applications: {@link openMeshDatastore} makes it. */
  constructor(replica: MeshReplica, opened: OpenedDatastore<Tables>, log: MeshLog, store: DeviceStore) {
    this.datastore = opened.datastore;
    this.#replica = replica;
    this.#opened = opened;
    this.#log = log;
    this.#store = store;
  }

  /** The name of this replica, as its next event will carry it. */
  get agent(): string {
    return this.#replica.agent;
  }

  /** What this device holds, for others to answer. @throws ServiceError `storage`. */
  async have(): Promise<HaveMessage> {
    const have = this.#replica.have();
    await this.#save();
    return have;
  }

  /**
   * What a replica with this vector lacks: events, or a snapshot if some of them were trimmed; `undefined` if nothing.
   * For a connection in one direction, such as a file, an empty vector gives everything.
   *
   * @throws ServiceError `storage`.
   */
  async missingFrom(vector: VersionVector = new Map()): Promise<EventsMessage | SnapshotMessage | undefined> {
    const missing = this.#replica.missingFrom(vector);
    await this.#save();
    return missing;
  }

  /**
   * Takes a message of another device. What it brings becomes visible by `datastore.sync()`.
   *
   * @returns the answer to a `have`: what its sender lacks, or `undefined` if nothing.
   * @throws ServiceError `log-mismatch` if two different events have one id, which no merge can repair; `storage`;
   * DatastoreError `invalid-option`, with nothing taken, for JSON that `parseMeshMessage` has not read.
   */
  async receive(message: MeshMessage): Promise<EventsMessage | SnapshotMessage | undefined> {
    this.#requireOpen();
    if (message?.type === 'have') return await this.missingFrom(message.vector);
    this.#replica.receive(message);
    if (this.datastore.isOpen) this.#opened.statusChanged();
    return undefined;
  }

  /**
   * Forgets as much of the history as no event can be concurrent with any more. Sync first.
   *
   * @param held what each other device that may still write said last that it holds: the vectors of their {@link have}.
   * Any other device gets back the edits that it makes later.
   * @returns how many events were forgotten.
   * @throws DatastoreError `bad-state` if there are edits that were not synced, `invalid-option`; ServiceError `storage`. Spec: WINDOW-3.
   */
  async trim(held: Iterable<VersionVector>): Promise<number> {
    this.#requireOpen();
    // Nobody else would count.
    if (held === undefined) throw invalidArgument('held must be an array', held);
    const count = this.#replica.trim([], held);
    await this.#save();
    return count;
  }

  /** Closes the datastore, which drops the edits that were not synced, and releases the storage. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.datastore.close();
    await this.#store.close();
  }

  #save(): Promise<void> {
    this.#requireOpen();
    return this.#log.save(this.#replica);
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new DatastoreError('closed', `datastore ${quote(this.datastore.id)} was closed`);
  }
}

/**
 * Opens a datastore that devices share without a server, as it was when it was last synced.
 *
 * @throws DatastoreError `already-open` if somebody holds the storage, `invalid-name`, `invalid-option`, `unknown-version`;
 * ServiceError `storage` or `corrupt-data`.
 */
export async function openMeshDatastore<Tables extends object = AnyTables>(
  options: MeshDatastoreOptions,
): Promise<MeshDatastore<Tables>> {
  const id = checkMeshOptions(options);
  const store = await DeviceStore.open(options.storage, { wait: options.wait });
  try {
    return await openOn<Tables>(store, id, options);
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openOn<Tables extends object>(
  store: DeviceStore,
  id: string,
  options: MeshDatastoreOptions,
): Promise<MeshDatastore<Tables>> {
  const { environment, rules = new ResolutionRules(), newAgent = (): string => randomName(environment) } = options;
  const failed = (error: unknown): void => tellFailure(error, options);
  const { log, stored } = await MeshLog.open(store, id);
  const agent = newAgent();
  const settings: MeshReplicaOptions = { ...replicaOptions(options), agent, rules };
  const replica = stored === undefined ? new MeshReplica(settings) : MeshReplica.from(stored.content, settings);
  if (stored !== undefined) {
    parsedOrCorrupt(`what is stored of datastore ${quote(id)}`, () => {
      replica.receive({ type: 'events', events: stored.events });
      for (const { error } of replica.sync().refused) throw error;
    });
    log.loaded(stored.content, replica);
    if (replica.vector().has(agent)) throw invalidArgument('newAgent must return a name that no replica had', agent);
  }
  const context: DatastoreContext = {
    manager: { isLocal: true, isShutDown: false },
    now: () => new Date(environment.now()),
    elapsed: () => environment.now(),
    newRecordId: () => randomName(environment),
    schedule: (delay, task) => environment.schedule(delay, task),
    save: () => log.save(replica),
    changed: () => undefined,
    keepsUnsynced: false,
    hasLog: false,
    status: () => ALONE,
    loadDeltas: () => Promise.resolve(),
    commit: () => log.save(replica),
    closed: () => undefined,
    listenerFailed: failed,
  };
  const opened = openDatastore<Tables>({
    id,
    replica: new EditableMesh({ replica, newAgent, failed }),
    rules: { set: (table, field, rule) => rules.set(table, field, ownRuleName(rule, { table, field })) },
    context,
  });
  return new MeshDatastore(replica, opened, log, store);
}

/** There is no server, so nobody can say that everything has been received. */
const ALONE: ConnectionStatus = {
  isConnected: false,
  isDownloading: true,
  isDeleted: false,
  downloadError: undefined,
  uploadError: undefined,
  saveError: undefined,
};

function replicaOptions({ limits, rows, mayWrite }: MeshDatastoreOptions): Omit<MeshReplicaOptions, 'agent'> {
  return {
    ...(limits === undefined ? {} : { limits }),
    ...(rows === undefined ? {} : { rows }),
    ...(mayWrite === undefined ? {} : { mayWrite }),
  };
}

/** @returns the id. @throws DatastoreError `invalid-option` or `invalid-name`. */
function checkMeshOptions(options: MeshDatastoreOptions): string {
  checkOptions(options, {
    ...{ storage: true, environment: true, id: true, wait: true, rules: true, limits: true, rows: true },
    ...{ newAgent: true, mayWrite: true, onFailure: true },
  });
  const { storage, environment, id = 'default', rules, newAgent, mayWrite, onFailure } = options;
  checkMethods<DeviceStorage>(storage, 'storage', ['acquire']);
  checkEnvironment(environment);
  if (rules !== undefined) checkMethods<ResolutionRules>(rules, 'rules', ['get', 'set']);
  for (const [name, given] of Object.entries({ newAgent, mayWrite, onFailure })) {
    if (given !== undefined) checkFunction(given, name);
  }
  if (!isValidDatastoreId(id)) throw invalidDatastoreId(id);
  if (!isShareableId(id)) return id;
  throw new DatastoreError(
    'invalid-name',
    `${quote(id)} is the id of a datastore with roles, and a mesh has none: use one without a dot`,
  );
}
