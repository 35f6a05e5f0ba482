import { type Datastore, environmentOf, Tab } from '../../../src/datastore/index.js';
import { httpLink } from '../../../src/http/index.js';
import { BrowserTab, requestPersistence } from '../../../src/storage/indexeddb/index.js';

/** The records that were stored, the one that was not, and the code of the error. */
export interface Filled {
  readonly stored: readonly string[];
  readonly last: string;
  readonly code: string;
}

/** What a test calls in a page. */
export interface TabPage {
  /** Opens the tab and its datastore. The answer is the code of the error, or empty. */
  open(token: string): Promise<string>;
  /** The number of the slot, and how often the tab began. */
  slot(): { slot: number | undefined; starts: number };
  /** Makes edits, and syncs each. Resolves with those whose `sync()` resolved. */
  write(texts: readonly string[]): Promise<string[]>;
  /** Makes an edit without a sync: a record of that id. */
  edit(id: string): void;
  /** Inserts records of so many bytes, which do not compress, and syncs each, until one fails. */
  fill(prefix: string, size: number): Promise<Filled>;
  /** Edits and syncs until the page is gone, and tells each text that is stored. */
  writeForEver(prefix: string, told: (text: string) => Promise<void>): void;
  /** Syncs. The answer is the code of the error, or empty. */
  sync(): Promise<string>;
  /** The code of the error with which the last write to the storage failed, or empty. */
  saveError(): string;
  texts(): string[];
  close(): Promise<void>;
  persist(): Promise<boolean>;
}

let tab: Tab | undefined;
let datastore: Datastore | undefined;
let starts = 0;

function notes(): Datastore {
  if (datastore === undefined) throw new Error('nothing is open');
  return datastore;
}

function edit(id: string): void {
  notes().table('notes').insert(id, { text: id });
}

function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let start = 0; start < size; start += 65_536) crypto.getRandomValues(bytes.subarray(start, start + 65_536));
  return bytes;
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return '';
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error);
  }
}

const tabPage: TabPage = {
  open: (token) => {
    const opened = Tab.open({
      host: new BrowserTab({ name: 'notes' }),
      environment: environmentOf(globalThis),
      connect: () => httpLink({ url: location.origin, getToken: () => token, timeout: 10_000 }),
      retryDelays: { first: 100, most: 2_000 },
      started: async (accounts) => {
        starts++;
        datastore = await (await accounts.managerFor(await accounts.link('ann'))).openDefault();
      },
      onFailure: (error) => console.warn(String(error)),
    });
    return codeOf(
      opened.then((one) => {
        tab = one;
      }),
    );
  },
  slot: () => ({ slot: tab?.slot, starts }),
  write: async (texts) => {
    const stored: string[] = [];
    for (const text of texts) {
      edit(text);
      if ((await codeOf(notes().sync())) === '') stored.push(text);
    }
    return stored;
  },
  edit,
  fill: async (prefix, size) => {
    const stored: string[] = [];
    for (let count = 0; ; count++) {
      const last = `${prefix}-${count}`;
      notes()
        .table('notes')
        .insert(last, { text: noise(size) });
      const code = await codeOf(notes().sync());
      if (code !== '') return { stored, last, code };
      stored.push(last);
    }
  },
  writeForEver: (prefix, told) => {
    const write = async (): Promise<void> => {
      for (let count = 0; ; count++) {
        edit(`${prefix}-${count}`);
        await notes().sync();
        await told(`${prefix}-${count}`);
      }
    };
    write().catch((error: unknown) => console.error(String(error)));
  },
  sync: () => codeOf(notes().sync()),
  saveError: () => notes().syncStatus.saveError?.code ?? '',
  texts: () => [...notes().table('notes').query()].map(({ id }) => id).sort(),
  close: async () => await tab?.close(),
  persist: () => requestPersistence(),
};

Object.assign(globalThis, { tabPage });
