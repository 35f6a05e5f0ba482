import {
  type AccountManager,
  type Datastore,
  type MemoryLink,
  MemoryServer,
  Tab,
} from '../../../src/datastore/index.js';
import { unsentIn } from '../../../src/datastore/tabs/slot-choice.js';
import { ManualEnvironment, settled } from '../../../src/datastore/testing/index.js';
import { Random } from '../../simulator/random.js';
import { Violation } from '../../simulator/violation.js';
import { type BrowserFaults, FakeBrowser, type TabLife } from './fake-browser.js';

export interface TabWorldOptions {
  readonly seed: number;
  readonly steps: number;
  readonly faults?: BrowserFaults;
}

/** What happened in a run, counted. */
export interface TabOutcome {
  readonly edits: number;
  /** Edits that had to arrive. */
  readonly kept: number;
  readonly crashes: number;
  /** How often a tab had to begin anew. */
  readonly moves: number;
}

const ACCOUNT = 'ann';
const MOST_TABS = 5;
const MOST_ROUNDS = 60;
const NEVER = Number.MAX_SAFE_INTEGER;

/** One edit: a tag in a list that all share, a record of its own, and an amount that is added to a sum. */
interface Edit {
  readonly name: string;
  readonly amount: bigint;
  /** Whether the list and the sum have it, and not only the record. */
  readonly isInJournal: boolean;
  /** Whether it was promised that it survives. */
  isKept: boolean;
}

/** An application in a tab: it opens one datastore whenever its tab begins, and edits it. */
class AppTab {
  readonly life: TabLife;
  readonly environment: ManualEnvironment;
  readonly edits: Edit[] = [];
  readonly #world: TabWorld;
  #tab: Tab | undefined;
  #datastore: Datastore | undefined;
  readonly #links: MemoryLink[] = [];
  starts = 0;

  constructor(world: TabWorld, life: TabLife, seed: number) {
    this.#world = world;
    this.life = life;
    this.environment = new ManualEnvironment(seed);
  }

  /** Whether the page is shown and runs. */
  get isUsable(): boolean {
    return !this.life.isOver && !this.life.isFrozen && this.#datastore?.isOpen === true;
  }

  get datastore(): Datastore | undefined {
    return this.#datastore;
  }

  open(): void {
    const opened = Tab.open({
      host: this.life,
      environment: this.environment,
      connect: () => this.#connect(),
      started: (accounts) => this.#start(accounts),
      // Time passes in leaps here, and a page that is frozen is not late.
      deadlines: { link: NEVER, storage: NEVER },
      onFailure: (error) => this.#world.failed(error),
    });
    opened.then(
      (tab) => {
        this.#tab = tab;
      },
      (error) => this.#world.failed(error),
    );
  }

  edit(random: Random): void {
    if (!this.isUsable || this.#datastore === undefined) return;
    // A new slot has no journal until the server was reached: two lists that are made apart are two values.
    const journal = this.#datastore.table('journal').get('j');
    const edit = this.#world.newEdit(BigInt(random.below(1000)), journal !== undefined);
    this.edits.push(edit);
    if (journal !== undefined) {
      journal.getList('tags').push(edit.name);
      journal.set('count', journal.getLong('count') + edit.amount);
    }
    this.#datastore.table('edits').insert(edit.name, { by: edit.name });
  }

  sync(): void {
    if (!this.isUsable || this.#datastore === undefined) return;
    const sealed = [...this.edits];
    this.#datastore.sync().then(
      () => {
        if (!this.life.isOver) for (const edit of sealed) edit.isKept = true;
      },
      () => undefined,
    );
  }

  setOnline(isOnline: boolean): void {
    for (const link of this.#links) link.isOnline = isOnline;
    this.life.hear({ type: isOnline ? 'online' : 'offline' });
  }

  end(): void {
    this.life.end();
    for (const link of this.#links) link.isOnline = false;
  }

  get slot(): number | undefined {
    return this.#tab?.slot;
  }

  #connect(): MemoryLink {
    const link = this.#world.server.link(ACCOUNT);
    link.isOnline = this.#world.browser.isOnline;
    link.hook = async (_call, deliver) => {
      await this.life.gate();
      const answer = await deliver();
      await this.life.gate();
      return answer;
    };
    this.#links.push(link);
    return link;
  }

  async #start(accounts: AccountManager): Promise<void> {
    this.starts++;
    const manager = await accounts.managerFor(await accounts.link(ACCOUNT));
    const datastore = await manager.openDefault();
    datastore.table('journal').setResolutionRule('count', 'sum');
    this.#datastore = datastore;
  }
}

/** Tabs of one browser go through what a seed says, and then everything must have arrived, once. */
class TabWorld {
  readonly browser: FakeBrowser;
  readonly server = new MemoryServer();
  readonly #random: Random;
  readonly #steps: number;
  readonly #seed: number;
  readonly #edits: Edit[] = [];
  #tabs: AppTab[] = [];
  #begun = 0;
  #crashes = 0;
  #moves = 0;
  #failure: unknown;

  constructor({ seed, steps, faults }: TabWorldOptions) {
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#steps = steps;
    this.browser = new FakeBrowser(faults);
    this.server.setAccount(ACCOUNT, { userName: ACCOUNT });
  }

  failed(error: unknown): void {
    this.#failure ??= error;
  }

  newEdit(amount: bigint, isInJournal: boolean): Edit {
    const edit = { name: `e${this.#edits.length}`, amount, isInJournal, isKept: false };
    this.#edits.push(edit);
    return edit;
  }

  async run(): Promise<TabOutcome> {
    await this.#prepare();
    for (let step = 0; step < this.#steps; step++) await this.#step();
    await this.#settle();
    await this.#check();
    const moves = this.#moves + this.#tabs.reduce((sum, { starts }) => sum + starts - 1, 0);
    const kept = this.#edits.filter(({ isKept }) => isKept).length;
    return { edits: this.#edits.length, kept, crashes: this.#crashes, moves };
  }

  /** Another device makes the journal. */
  async #prepare(): Promise<void> {
    const first = this.#begin(undefined);
    first.open();
    await settled();
    first.datastore?.table('journal').insert('j', { tags: [], count: 0n });
    await first.datastore?.commit();
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const running = this.#tabs.filter(({ life }) => !life.isFrozen);
    const frozen = this.#tabs.filter(({ life }) => life.isFrozen);
    const isFull = this.#tabs.length >= MOST_TABS;
    const weigh = (list: readonly AppTab[], weight: number): number => (list.length === 0 ? 0 : weight);
    const act = random.pickWeighted<() => unknown>([
      [() => this.#begin(undefined).open(), isFull ? 0 : 3],
      [() => random.pick(running).edit(random), weigh(running, 14)],
      [() => random.pick(running).sync(), weigh(running, 10)],
      [() => random.pick(running).environment.advance(random.below(90_000)), weigh(running, 6)],
      [() => random.pick(running).life.freeze(random.chance(0.4)), weigh(running, 2)],
      [() => this.#putAside(random.pick(running)), weigh(running, 2)],
      [() => this.#wake(random.pick(frozen)), weigh(frozen, 5)],
      [() => this.#reload(random.pick(running)), weigh(running, 2)],
      [() => this.#begin(random.pick(running).life.remembered).open(), isFull ? 0 : weigh(running, 1.5)],
      [() => this.#close(random.pick(running)), weigh(running, 2)],
      [() => this.#crash(random.pick(this.#tabs)), weigh(this.#tabs, 2)],
      [() => this.#setOnline(random.chance(0.5)), 3],
    ]);
    await act?.();
    await this.#turns(60);
  }

  #begin(remembered: number | undefined): AppTab {
    const tab = new AppTab(this, this.browser.begin(remembered), this.#seed * 100 + ++this.#begun);
    this.#tabs.push(tab);
    return tab;
  }

  /** Into the back/forward cache, which gives the page a little time, and may let go of its locks. */
  async #putAside({ life }: AppTab): Promise<void> {
    life.hear({ type: 'leaving', isKept: true });
    await this.#turns(40);
    life.freeze(this.#random.chance(0.5));
  }

  #wake({ life }: AppTab): void {
    life.thaw();
    life.hear({ type: 'back' });
  }

  async #reload(tab: AppTab): Promise<void> {
    const { remembered } = tab.life;
    await this.#close(tab);
    this.#begin(remembered).open();
  }

  async #close(tab: AppTab): Promise<void> {
    tab.life.hear({ type: 'leaving', isKept: false });
    await this.#turns(40);
    this.#crash(tab);
  }

  #crash(tab: AppTab): void {
    this.#crashes++;
    this.#moves += Math.max(0, tab.starts - 1);
    tab.end();
    this.#tabs = this.#tabs.filter((other) => other !== tab);
  }

  #setOnline(isOnline: boolean): void {
    this.browser.isOnline = isOnline;
    for (const tab of this.#tabs) tab.setOnline(isOnline);
  }

  async #turns(most: number): Promise<void> {
    for (let left = this.#random.below(most); left > 0; left--) await Promise.resolve();
  }

  /** Nothing goes wrong any more; one tab is open at least. */
  async #settle(): Promise<void> {
    this.#setOnline(true);
    for (const tab of this.#tabs) if (tab.life.isFrozen) this.#wake(tab);
    if (this.#tabs.length === 0) this.#begin(undefined).open();
    for (let round = 0; round < MOST_ROUNDS; round++) {
      for (const tab of this.#tabs) await tab.environment.advance(400_000);
      for (const tab of this.#tabs) tab.sync();
      for (const tab of this.#tabs) await tab.environment.advance(10_000);
      if (round > 1 && this.#isQuiet()) return;
    }
    const states = this.#tabs.map(({ slot, datastore }) => JSON.stringify([slot, datastore?.syncStatus]));
    throw new Violation('everyone comes to rest', `${states.join('; ')}; ${String(this.#failure)}`);
  }

  #isQuiet(): boolean {
    for (const { isUsable, datastore } of this.#tabs) {
      if (!isUsable || datastore === undefined) return false;
      const { isUploading, isDownloading, hasIncoming, hasOutgoing, anyError } = datastore.syncStatus;
      if (isUploading || isDownloading || hasIncoming || hasOutgoing || anyError !== undefined) return false;
    }
    return true;
  }

  /** @throws Violation */
  async #check(): Promise<void> {
    if (this.#failure !== undefined) throw new Violation('nothing throws', String(this.#failure), this.#failure);
    const slots = this.#tabs.map(({ slot }) => slot);
    if (new Set(slots).size < slots.length) throw new Violation('a slot has one tab', slots.join(', '));
    // A tab that is open still has everything that was edited in it, synced or not.
    for (const { edits } of this.#tabs) for (const edit of edits) edit.isKept = true;
    const { rows } = this.server.sequencer(ACCOUNT, 'default').snapshot();
    const journal = rows.find(({ tid }) => tid === 'journal')?.data as { tags: string[]; count: { I: string } };
    const own = new Set(rows.filter(({ tid }) => tid === 'edits').map(({ rowid }) => rowid));
    let sum = 0n;
    for (const { name, amount, isInJournal, isKept } of this.#edits) {
      const times = journal.tags.filter((tag) => tag === name).length;
      const isThere = own.has(name);
      if (times > 1) throw new Violation('no edit arrives twice', `${name} is there ${times} times`);
      if (isKept && !isThere) throw new Violation('every edit arrives', name);
      if (isThere !== (times === 1) && isInJournal) throw new Violation('an edit is whole', name);
      sum += times === 1 ? amount : 0n;
    }
    if (BigInt(journal.count.I) !== sum) throw new Violation('the sum is right', `${journal.count.I}, not ${sum}`);
    for (const slot of this.browser.slots) {
      const unsent = await unsentIn(await this.browser.storageOf(slot).copy().acquire());
      if (unsent.length > 0) throw new Violation('nothing is left behind', `in slot ${slot}`);
    }
  }
}

/** Goes through one run. @throws Violation */
export async function runTabWorld(options: TabWorldOptions): Promise<TabOutcome> {
  try {
    return await new TabWorld(options).run();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    throw new Violation(error.law, `seed ${options.seed}: ${error.message}`, error);
  }
}
