import type { HostedDatastore } from './hosted-datastore.js';

/**
 * The datastores that a server holds in memory, within a budget of bytes: the least recently used leave first. One on
 * which work is under way stays, and so does the newest, however large it is: it was opened because somebody asks for it.
 */
export class HotDatastores {
  readonly #budget: number;
  /** By handle, the least recently used first. */
  readonly #hosted = new Map<string, { readonly datastore: HostedDatastore; readonly size: number }>();
  #bytes = 0;

  /** @param budget in bytes, as {@link HostedDatastore.size} counts them. */
  constructor(budget: number) {
    this.#budget = budget;
  }

  /** How many there are. */
  get count(): number {
    return this.#hosted.size;
  }

  /** What they take, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The datastore of a handle, which counts as used now. */
  get(handle: string): HostedDatastore | undefined {
    const datastore = this.#hosted.get(handle)?.datastore;
    if (datastore !== undefined) this.put(datastore);
    return datastore;
  }

  /** Adds a datastore, as the one that was used last. Others leave if there is no room for it. */
  put(datastore: HostedDatastore): void {
    this.delete(datastore.handle);
    const { size } = datastore;
    this.#hosted.set(datastore.handle, { datastore, size });
    this.#bytes += size;
    if (this.#bytes <= this.#budget) return;
    for (const [handle, { datastore: oldest }] of this.#hosted) {
      if (this.#bytes <= this.#budget || oldest === datastore) return;
      if (oldest.mutex.isFree) this.delete(handle);
    }
  }

  /** Measures a datastore again after it has grown, unless it has left. */
  grown(datastore: HostedDatastore): void {
    if (this.#hosted.get(datastore.handle)?.datastore === datastore) this.put(datastore);
  }

  delete(handle: string): void {
    this.#bytes -= this.#hosted.get(handle)?.size ?? 0;
    this.#hosted.delete(handle);
  }

  all(): readonly HostedDatastore[] {
    return [...this.#hosted.values()].map(({ datastore }) => datastore);
  }
}
