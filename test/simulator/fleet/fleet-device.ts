import {
  AccountManager,
  DatastoreError,
  type DatastoreManager,
  DEFAULT_CALL_DEADLINES,
  type LinkHook,
  type MemoryLink,
  type MemoryServer,
  MemoryStorage,
  ServiceError,
} from '../../../src/datastore/index.js';
import { ManualEnvironment } from '../../../src/datastore/testing/index.js';
import type { Fault } from '../faults.js';
import type { Random } from '../random.js';
import { Violation } from '../violation.js';
import { isMeddled, Meddler } from './meddler.js';
import { Opening } from './opening.js';
import type { Tag, Tags } from './tags.js';

/** What all devices of a fleet share. */
export interface FleetSurroundings {
  readonly server: MemoryServer;
  readonly random: Random;
  readonly faults: ReadonlySet<Fault>;
  tagsOf(account: string, id: string): Tags;
  failed(violation: Violation): void;
  note(event: string): void;
}

/** Slow writes queue up while no time passes, and then minutes pass at once: that is nobody's failure. */
const DEADLINES = { ...DEFAULT_CALL_DEADLINES, storage: Number.MAX_SAFE_INTEGER };

/** A device between two crashes: what dies with it. */
interface Life {
  readonly environment: ManualEnvironment;
  readonly storage: MemoryStorage;
  readonly openings: Map<string, Opening>;
  /** Everything that was ever open: what was closed may still await answers. */
  readonly past: Opening[];
  link: MemoryLink | undefined;
  manager: DatastoreManager | undefined;
  accounts: AccountManager | undefined;
  isOver: boolean;
}

/** A device of an account: it opens datastores, edits them, and loses its memory now and then. */
export class FleetDevice {
  readonly index: number;
  readonly account: string;
  readonly #around: FleetSurroundings;
  #life: Life;
  #lives = 0;
  #isFaulty = true;
  /** The openings of earlier lives. */
  readonly #everOpen: Opening[] = [];
  /** The edits that are open in datastores that are not. */
  readonly #carried = new Map<string, readonly Tag[]>();

  constructor(index: number, account: string, around: FleetSurroundings) {
    this.index = index;
    this.account = account;
    this.#around = around;
    this.#life = this.#begin(new MemoryStorage());
  }

  get openings(): ReadonlyMap<string, Opening> {
    return this.#life.openings;
  }

  get isRunning(): boolean {
    return this.#life.manager !== undefined;
  }

  /** From now on nothing is lost or delayed. */
  endFaults(): void {
    this.#isFaulty = false;
    if (this.#life.link !== undefined) this.#life.link.isOnline = true;
    this.#life.accounts?.setOnline(true);
  }

  async start(): Promise<void> {
    const life = this.#life;
    const { environment, storage } = life;
    const connect = (): MemoryLink => {
      const link = this.#around.server.link(this.account);
      link.hook = this.#hook(life);
      life.link = link;
      return link;
    };
    const onFailure = (error: unknown): void => {
      if (!isMeddled(error)) this.#around.failed(new Violation('nothing throws', String(error), error));
    };
    const accounts = await AccountManager.open({ environment, storage, connect, onFailure, deadlines: DEADLINES });
    life.accounts = accounts;
    life.manager = await accounts.managerFor(await accounts.link(this.account));
  }

  /** Does something with the manager, if it runs. */
  async withManager(act: (manager: DatastoreManager) => Promise<void>): Promise<void> {
    if (this.#life.manager !== undefined) await act(this.#life.manager);
  }

  async open(id: string): Promise<void> {
    const life = this.#life;
    const { manager } = life;
    if (manager === undefined) return;
    try {
      const { tagsOf, failed } = this.#around;
      const meddler = new Meddler(failed);
      const datastore = await manager.open(id, { rules: meddler.rules });
      if (life.isOver) return;
      meddler.datastore = datastore;
      const opening = new Opening(datastore, tagsOf(this.account, id), failed, this.#carried.get(id) ?? []);
      this.#carried.delete(id);
      life.openings.set(id, opening);
      life.past.push(opening);
    } catch (error) {
      const isExpected =
        error instanceof DatastoreError && ['network', 'already-open', 'shut-down'].includes(error.code);
      if (!isExpected) this.#around.failed(new Violation('nothing throws', `opening ${id}: ${String(error)}`, error));
    }
  }

  /** Does something with an open datastore and its manager. */
  withOpening(id: string, act: (opening: Opening, manager: DatastoreManager) => void): void {
    const { openings, manager } = this.#life;
    const opening = openings.get(id);
    if (opening !== undefined && manager !== undefined) act(opening, manager);
  }

  close(id: string): void {
    const opening = this.#life.openings.get(id);
    if (opening !== undefined) this.#carried.set(id, opening.close());
    this.#life.openings.delete(id);
  }

  async advance(duration: number): Promise<void> {
    await this.#life.environment.advance(duration);
  }

  setOnline(isOnline: boolean): void {
    this.#life.accounts?.setOnline(isOnline);
  }

  setConnected(isConnected: boolean): void {
    if (this.#life.link !== undefined) this.#life.link.isOnline = isConnected;
  }

  /** Shuts the manager down in good order, and takes another. */
  async renewManager(): Promise<void> {
    const life = this.#life;
    if (life.manager === undefined || life.accounts === undefined) return;
    const { manager, accounts } = life;
    life.manager = undefined;
    const ended = manager.shutDown();
    for (const [id, opening] of life.openings) this.#carried.set(id, opening.leave());
    life.openings.clear();
    await ended;
    if (life.isOver) return;
    // What was closed is stored now.
    for (const tag of [...this.#carried.values()].flat()) tag.isSaved = true;
    life.manager = await accounts.managerFor(await accounts.link(this.account));
  }

  /** Everything in memory is gone, and of the storage what had not been written; after a power cut, more. */
  crash(isPowerCut = false): void {
    this.#around.note(`device ${this.index} ${isPowerCut ? 'loses power' : 'crashes'}`);
    const life = this.#life;
    life.isOver = true;
    if (life.link !== undefined) life.link.isOnline = false;
    for (const [id, opening] of life.openings) this.#carried.set(id, opening.leave());
    for (const opening of life.past) opening.die();
    this.#everOpen.push(...life.past);
    const left = life.storage.copy();
    if (isPowerCut) {
      left.cutPower();
      for (const opening of this.#everOpen) opening.losePower();
    }
    for (const [id, tags] of this.#carried) {
      for (const tag of tags) if (!tag.isSaved) tag.fate = 'doubtful';
      this.#carried.set(
        id,
        tags.filter(({ isSaved }) => isSaved),
      );
    }
    this.#life = this.#begin(left);
  }

  #begin(before: MemoryStorage): Life {
    this.#lives++;
    const storage: MemoryStorage = before.copy(async ({ method }) => {
      const turns = this.#isFaulty && this.#around.faults.has('delay') ? this.#around.random.below(12) : 0;
      for (let left = turns; left > 0; left--) await Promise.resolve();
      if (life.isOver && method !== 'get') await never();
    });
    const environment = new ManualEnvironment(this.index * 1000 + this.#lives);
    const openings = new Map<string, Opening>();
    const life: Life = {
      ...{ environment, storage, openings, past: [], isOver: false },
      ...{ link: undefined, manager: undefined, accounts: undefined },
    };
    return life;
  }

  /** What the network does to the calls of a device. */
  #hook(life: Life): LinkHook {
    return async (call, deliver) => {
      const { random, faults, note } = this.#around;
      if (life.isOver) return await never();
      if (!this.#isFaulty) return await deliver();
      note(`device ${this.index} calls ${call.method} ${call.message?.type ?? ''}`);
      const fate = random.below(20);
      if (faults.has('drop') && fate === 0) throw new ServiceError('network', 'the request was lost');
      if (faults.has('delay') && fate < 4) await wait(life.environment, random.below(4000));
      if (life.isOver) return await never();
      const answer = await deliver();
      if (faults.has('repeat') && fate === 5) await deliver().catch(() => undefined);
      if (faults.has('delay') && fate > 16) await wait(life.environment, random.below(4000));
      if (faults.has('drop') && fate === 6) throw new ServiceError('network', 'the answer was lost');
      return life.isOver ? await never() : answer;
    };
  }
}

function wait(environment: ManualEnvironment, duration: number): Promise<void> {
  return new Promise((resolve) => environment.schedule(duration, resolve));
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
