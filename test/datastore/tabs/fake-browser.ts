import {
  type DeviceStorage,
  MemoryStorage,
  type SlotEntry,
  type Slots,
  type StorageLease,
  type TabEvent,
  type TabHost,
} from '../../../src/datastore/index.js';

/** What a planted fault changes in a browser. */
export interface BrowserFaults {
  /** A tab finds the slots that it has used itself, and no others. */
  readonly forgetsSlots?: boolean;
  /** A slot is given to whoever asks for it, and its last holder can go on writing. */
  readonly sharesSlots?: boolean;
  /** A write without the lease is acknowledged. */
  readonly hasNoFence?: boolean;
}

/** A browser whose tabs share storages, a registry and a channel. Nothing happens in it by itself. */
export class FakeBrowser {
  readonly faults: BrowserFaults;
  readonly #storages = new Map<number, MemoryStorage>();
  readonly #registry = new Map<number, SlotEntry>();
  readonly #holders = new Map<number, TabLife>();
  readonly #lives = new Set<TabLife>();
  isOnline = true;

  constructor(faults: BrowserFaults = {}) {
    this.faults = faults;
  }

  /** The slots that were ever used. */
  get slots(): readonly number[] {
    return [...this.#storages.keys()];
  }

  /** A page that begins. `remembered` is what a reload or duplicate has of the one before. */
  begin(remembered: number | undefined): TabLife {
    const life = new TabLife(this, remembered);
    this.#lives.add(life);
    return life;
  }

  storageOf(slot: number): MemoryStorage {
    const known = this.#storages.get(slot) ?? new MemoryStorage();
    this.#storages.set(slot, known);
    return known;
  }

  async acquire(life: TabLife, slot: number, options: Parameters<DeviceStorage['acquire']>[0]): Promise<StorageLease> {
    const medium = this.storageOf(slot);
    if (this.faults.sharesSlots === true) medium.kill();
    const lease = await medium.acquire(options);
    this.#holders.set(slot, life);
    if (life.isOver) medium.kill();
    return lease;
  }

  released(life: TabLife, slot: number): void {
    if (this.#holders.get(slot) === life) this.#holders.delete(slot);
  }

  /** The browser takes the locks of a page away, because it is gone or was put aside. */
  freeLocks(life: TabLife): void {
    for (const [slot, holder] of [...this.#holders]) {
      if (holder !== life) continue;
      this.#holders.delete(slot);
      this.storageOf(slot).kill();
    }
  }

  ended(life: TabLife): void {
    this.#lives.delete(life);
    this.freeLocks(life);
  }

  entries(life: TabLife): readonly SlotEntry[] {
    const all = [...this.#registry.values()];
    return this.faults.forgetsSlots === true ? all.filter(({ slot }) => life.used.has(slot)) : all;
  }

  put(entry: SlotEntry): void {
    this.#registry.set(entry.slot, entry);
  }

  tell(from: TabLife, message: unknown): void {
    for (const life of this.#lives) if (life !== from) life.hear({ type: 'told', message });
  }
}

/** A page between its start and its end, as its browser sees it. */
export class TabLife implements TabHost {
  remembered: number | undefined;
  readonly used = new Set<number>();
  isOver = false;
  readonly #browser: FakeBrowser;
  readonly #listeners = new Set<(event: TabEvent) => void>();
  #thaw: (() => void) | undefined;
  #thawed: Promise<void> | undefined;

  constructor(browser: FakeBrowser, remembered: number | undefined) {
    this.#browser = browser;
    this.remembered = remembered;
  }

  get isFrozen(): boolean {
    return this.#thawed !== undefined;
  }

  get isOnline(): boolean {
    return this.#browser.isOnline;
  }

  get slots(): Slots {
    return {
      list: async () => {
        await this.gate();
        return this.#browser.entries(this);
      },
      put: async (entry) => {
        await this.gate();
        this.used.add(entry.slot);
        this.#browser.put(entry);
      },
      storage: (slot) => ({ acquire: (options) => this.#acquire(slot, options) }),
    };
  }

  tell(message: unknown): void {
    if (!this.isOver && !this.isFrozen) this.#browser.tell(this, message);
  }

  listen(listener: (event: TabEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Events reach a page that runs. */
  hear(event: TabEvent): void {
    if (this.isOver || this.isFrozen) return;
    for (const listener of [...this.#listeners]) listener(event);
  }

  freeze(areLocksLost: boolean): void {
    this.#thawed = new Promise((resolve) => {
      this.#thaw = resolve;
    });
    if (areLocksLost) this.#browser.freeLocks(this);
  }

  thaw(): void {
    this.#thawed = undefined;
    this.#thaw?.();
  }

  end(): void {
    this.isOver = true;
    this.#browser.ended(this);
  }

  /** Passes while the page runs: a frozen page waits, and one that is gone waits for ever. */
  async gate(): Promise<void> {
    while (this.#thawed !== undefined) await this.#thawed;
    if (this.isOver) await new Promise(() => undefined);
  }

  async #acquire(slot: number, options: Parameters<DeviceStorage['acquire']>[0]): Promise<StorageLease> {
    await this.gate();
    const lease = await this.#browser.acquire(this, slot, options);
    await this.gate();
    const gated = async <Result>(call: () => Promise<Result>): Promise<Result> => {
      await this.gate();
      try {
        return await call();
      } finally {
        await this.gate();
      }
    };
    const { hasNoFence, sharesSlots } = this.#browser.faults;
    return {
      generation: lease.generation,
      get: (key) => gated(() => lease.get(key)),
      getAll: (prefix) => gated(() => lease.getAll(prefix)),
      write: (batch) =>
        gated(() => {
          const written = lease.write(batch);
          return hasNoFence === true || sharesSlots === true ? written.catch(() => undefined) : written;
        }),
      release: () =>
        gated(async () => {
          await lease.release();
          this.#browser.released(this, slot);
        }),
    };
  }
}
