import type { DeviceStorage } from '../storage/device-storage.js';

/**
 * What a {@link Tab} takes from its browser, and takes in no other way. `BrowserTab` of `deltaic/storage/indexeddb` is one;
 * a test makes its own. Spec: TAB-1, TAB-2.
 */
export interface TabHost {
  /** Where the tabs of one application keep their data. */
  readonly slots: Slots;
  /** The slot that this tab had last. It outlives a reload, and a duplicated tab begins with a copy. */
  remembered: number | undefined;
  /** Whether the browser says that the device is online. */
  readonly isOnline: boolean;
  /** Tells the other open tabs of the application something. Nobody may depend on its arrival. */
  tell(message: unknown): void;
  /** Adds a listener. @returns a function that removes it. */
  listen(listener: (event: TabEvent) => void): () => void;
}

/** What a tab tells the others when it gives its slot back, and what a host says of a tab that is gone without a word. */
export const PARTING = 'parting';

/** What a browser tells a tab. */
export type TabEvent =
  /** The user looks at something else, and may never come back. */
  | { readonly type: 'hidden' }
  /** The page goes. `isKept`: the browser may bring it back as it is. */
  | { readonly type: 'leaving'; readonly isKept: boolean }
  /** The browser has brought the page back. */
  | { readonly type: 'back' }
  | { readonly type: 'online' }
  | { readonly type: 'offline' }
  /** Another tab has told something. */
  | { readonly type: 'told'; readonly message: unknown };

/** A slot as the registry knows it. */
export interface SlotEntry {
  readonly slot: number;
  /** What is in it and cannot be uploaded: `account/datastore`. */
  readonly stuck: readonly string[];
}

/** The storages of the tabs of one application, by number, and the registry of them. */
export interface Slots {
  /** The slots that were ever used, by number. @throws ServiceError `storage`. */
  list(): Promise<readonly SlotEntry[]>;
  /** Puts a slot into the registry, or changes its entry. @throws ServiceError `storage`. */
  put(entry: SlotEntry): Promise<void>;
  /** The storage of a slot. */
  storage(slot: number): DeviceStorage;
}
