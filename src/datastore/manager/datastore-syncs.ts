import { DatastoreError, type DatastoreErrorCode } from '../../errors/datastore-error.js';
import { ResolutionRules } from '../../rules/resolution-rules.js';
import { BackgroundSync, type SyncSurroundings } from './background-sync.js';
import type { DatastoreAccess } from './link.js';

/** The datastores of a manager that are open, or have something left to do: one {@link BackgroundSync} each. */
export class DatastoreSyncs {
  readonly #surroundings: SyncSurroundings;
  readonly #byId = new Map<string, BackgroundSync>();
  /** The ids for which nothing is begun at the moment. */
  readonly #paused = new Set<string>();
  /** The ends of what those that were let go of were still in the middle of. */
  readonly #leaving = new Map<string, Promise<void>>();
  /** How many datastores have been forgotten. */
  #removals = 0;

  constructor(surroundings: SyncSurroundings) {
    this.#surroundings = surroundings;
  }

  [Symbol.iterator](): Iterator<BackgroundSync> {
    return this.#byId.values();
  }

  isOpen(id: string): boolean {
    return this.#byId.get(id)?.isOpen === true;
  }

  get hasOpen(): boolean {
    return [...this.#byId.values()].some(({ isOpen }) => isOpen);
  }

  /** The handles of the open datastores that the server knows. */
  get openHandles(): string[] {
    return [...this.#byId.values()].flatMap(({ isOpen, handle }) => (isOpen && handle !== undefined ? [handle] : []));
  }

  byHandle(handle: string): BackgroundSync | undefined {
    return [...this.#byId.values()].find((sync) => sync.handle === handle);
  }

  /**
   * A datastore that is at work or cached, or `undefined` if there is none.
   *
   * @throws DatastoreError `storage`, and what `Replica.load` throws.
   */
  async find(id: string, rules: ResolutionRules): Promise<BackgroundSync | undefined> {
    const known = this.#byId.get(id);
    // One that was stopped may still be writing: what is stored is its last word only when it has ended.
    if (known?.isStopped === true) await this.#remove(known, 'closed');
    else if (known !== undefined) return known;
    const removals = this.#removals;
    const cached = await this.#surroundings.cache.read(id);
    // What was forgotten while it was read must not come back.
    if (removals !== this.#removals) return await this.find(id, rules);
    if (cached === undefined) return undefined;
    // Another may have come while this one was read.
    return this.#byId.get(id) ?? this.#add(new BackgroundSync(id, this.#surroundings, cached, rules));
  }

  /**
   * Begins a datastore, and stores it: one that this device makes, or one that the server has.
   *
   * @throws DatastoreError for what the link or the storage reject with; then nothing was begun.
   */
  async begin(id: string, rules: ResolutionRules, access?: DatastoreAccess): Promise<BackgroundSync> {
    const cached = access === undefined ? undefined : { ...access, replica: undefined };
    const sync = this.#add(new BackgroundSync(id, this.#surroundings, cached, rules));
    try {
      await (access === undefined ? sync.save() : sync.download());
      await this.#surroundings.cache.noteRemote(id);
      return sync;
    } catch (error) {
      await this.#remove(sync, 'not-found');
      throw error;
    }
  }

  /** Goes on with what was stored and not uploaded. What cannot be read stays, and fails when it is opened. */
  async resume(): Promise<void> {
    for (const [id, { isUploaded }] of this.#surroundings.cache.summaries) {
      if (isUploaded) continue;
      try {
        (await this.find(id, new ResolutionRules()))?.kick();
      } catch (error) {
        if (!(error instanceof DatastoreError)) throw error;
      }
    }
  }

  kickAll(): void {
    for (const sync of this.#byId.values()) sync.kick();
  }

  tellStatus(): void {
    for (const sync of this.#byId.values()) sync.tellStatus();
  }

  /** Lets go of a datastore that has nothing to do. */
  dropIfResting(id: string): void {
    if (this.#byId.get(id)?.isResting === true) this.#byId.delete(id);
  }

  /** Goes on with what is stored of a datastore instead of with what is in memory. */
  async restart(sync: BackgroundSync): Promise<void> {
    await this.#remove(sync, 'closed');
    const summary = this.#surroundings.cache.summaries.get(sync.id);
    if (summary?.isUploaded === false) await this.resume();
  }

  /** Begins nothing for a datastore until {@link goOn}. Resolves when the server was not left in the middle of anything. */
  async pause(id: string): Promise<void> {
    this.#paused.add(id);
    await this.#leaving.get(id);
    await this.#byId.get(id)?.pause();
  }

  goOn(id: string): void {
    this.#paused.delete(id);
    this.#byId.get(id)?.goOn();
  }

  /** Ends what there is to do for a datastore that is not open, and deletes what is stored of it. @throws DatastoreError `storage`. */
  async forget(id: string): Promise<void> {
    const sync = this.#byId.get(id);
    if (sync !== undefined) await this.#remove(sync, 'not-found');
    this.#removals++;
    this.#paused.delete(id);
    await this.#surroundings.cache.remove(id);
  }

  async stopAll(code: DatastoreErrorCode): Promise<void> {
    await Promise.all([...this.#byId.values()].map((sync) => sync.stop(code)));
    this.#byId.clear();
  }

  #add(sync: BackgroundSync): BackgroundSync {
    this.#byId.set(sync.id, sync);
    if (this.#paused.has(sync.id)) void sync.pause();
    return sync;
  }

  async #remove(sync: BackgroundSync, code: DatastoreErrorCode): Promise<void> {
    const { id, ended } = sync;
    this.#leaving.set(id, ended);
    void ended.then(() => {
      if (this.#leaving.get(id) === ended) this.#leaving.delete(id);
    });
    await sync.stop(code);
    if (this.#byId.get(sync.id) === sync) this.#byId.delete(sync.id);
  }
}
