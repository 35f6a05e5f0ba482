import {
  AccountManager,
  DatastoreError,
  type DatastoreManager,
  DEFAULT_CALL_DEADLINES,
  type LinkAnswer,
  type LinkHook,
  type MemoryLink,
  type MemoryServer,
  MemoryStorage,
  ServiceError,
} from '../../../src/datastore/index.js';
import { ManualEnvironment } from '../../../src/datastore/testing/index.js';
import type { Put } from '../../../src/sync/index.js';
import type { Random } from '../random.js';
import { Violation } from '../violation.js';
import type { FleetFault } from './fleet-faults.js';
import { isMeddled, Meddler } from './meddler.js';
import { Opening } from './opening.js';
import type { Tag, Tags } from './tags.js';

/** What all devices of a fleet share. */
export interface FleetSurroundings {
  readonly server: MemoryServer;
  readonly random: Random;
  readonly faults: ReadonlySet<FleetFault>;
  tagsOf(account: string, id: string): Tags;
  /** The log has accepted a put of a device. */
  accepted(device: number, put: Put): void;
  failed(violation: Violation): void;
  note(event: string): void;
}

/** Slow writes queue up while no time passes, and then minutes pass at once: that is nobody's failure. */
const DEADLINES = { ...DEFAULT_CALL_DEADLINES, storage: Number.MAX_SAFE_INTEGER };

/** After how many seconds an edit is stored by itself, a few for each time. */
const SOON = 2;

/** What opening a datastore may fail with in a world like this one. */
const NOT_OPENED: readonly string[] = ['network', 'already-open', 'shut-down', 'unauthorized'];

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
  /** The token that calls carry, and the one that the server takes. */
  token: number;
  validToken: number;
  isOver: boolean;
  /** Whether another manager has its storage by now, so that it can write nothing any more. */
  isLeaseLost: boolean;
}

/** What a device begins with, if it is a copy of another: the random numbers may be copied as well. */
interface DeviceOrigin {
  readonly storage?: MemoryStorage;
  readonly seed?: number;
}

const NEW: DeviceOrigin = {};

/** A device of an account: it opens datastores, edits them, and loses its memory now and then. */
export class FleetDevice {
  readonly index: number;
  readonly account: string;
  readonly #around: FleetSurroundings;
  #life: Life;
  /** Where the random numbers of the next life come from. */
  #seed: number;
  #isFaulty = true;
  /** The openings of earlier lives. */
  readonly #everOpen: Opening[] = [];
  /** The edits that are open in datastores that are not. */
  readonly #carried = new Map<string, readonly Tag[]>();

  constructor(index: number, account: string, around: FleetSurroundings, origin: DeviceOrigin = NEW) {
    this.index = index;
    this.account = account;
    this.#around = around;
    this.#seed = origin.seed ?? index * 1000;
    this.#life = this.#begin(origin.storage ?? new MemoryStorage());
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
    this.signIn();
  }

  /** The server rejects from now on what the device sends, and what is on its way. */
  expireToken(): void {
    this.#life.validToken++;
  }

  /** The user signs in, and calls carry a token that the server takes. */
  signIn(): void {
    this.#life.token = this.#life.validToken;
    this.#life.accounts?.linkedAccount?.resume();
  }

  /** Another manager wants the storage while this one has it, and must not get it. */
  async openSecond(): Promise<void> {
    const { storage, manager, isOver } = this.#life;
    if (manager === undefined || isOver) return;
    const environment = new ManualEnvironment(this.index);
    const connect = (): MemoryLink => this.#around.server.link(this.account);
    try {
      const accounts = await AccountManager.open({ environment, storage, connect, onFailure: () => undefined });
      this.#around.failed(new Violation('a storage has one manager', `device ${this.index}`));
      await accounts.managerFor(await accounts.link(this.account));
    } catch (error) {
      if (error instanceof DatastoreError && error.code === 'already-open') return;
      this.#around.failed(new Violation('nothing throws', `opening a second manager: ${String(error)}`, error));
    }
  }

  /**
   * Another device with a copy of what this one has stored, which may get the same random numbers. What is not in the log by now may get there from both, unless it
   * is under way.
   */
  copy(index: number, isInLog: (id: string, name: string) => boolean): FleetDevice {
    for (const opening of [...this.#everOpen, ...this.#life.past]) opening.noteCopy(isInLog);
    const storage = this.#life.storage.copy();
    // With the entries of a trimmed log, what tells two puts of one nonce apart is gone.
    return new FleetDevice(index, this.account, this.#around, {
      storage,
      ...(this.#around.faults.has('trim') ? {} : { seed: this.#seed - 1 }),
    });
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
      if (!isMeddled(error) && !life.isLeaseLost)
        this.#around.failed(new Violation('nothing throws', String(error), error));
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
      if (life !== this.#life) return;
      meddler.datastore = datastore;
      const opening = new Opening(datastore, tagsOf(this.account, id), failed, this.#carried.get(id) ?? []);
      this.#carried.delete(id);
      life.openings.set(id, opening);
      life.past.push(opening);
    } catch (error) {
      const isExpected = life.isLeaseLost || (error instanceof DatastoreError && NOT_OPENED.includes(error.code));
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
    const life = this.#life;
    await life.environment.advance(duration);
    if (duration < 3000) return;
    for (const opening of life.openings.values()) opening.passed();
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
    try {
      await ended;
      if (life !== this.#life) return;
      // What was closed is stored now.
      for (const tag of [...this.#carried.values()].flat()) tag.isSaved = true;
      life.manager = await accounts.managerFor(await accounts.link(this.account));
    } catch (error) {
      if (!life.isLeaseLost) throw error;
    }
  }

  /**
   * Everything in memory is gone, and of the storage what had not been written; after a power cut, more. Where the lease was
   * lost, what was in memory lives on, and can write nothing.
   */
  end(end: 'crash' | 'power' | 'lease-lost'): void {
    this.#around.note(`device ${this.index}: ${end}`);
    const life = this.#life;
    life.isLeaseLost = end === 'lease-lost';
    life.isOver = !life.isLeaseLost;
    if (life.isLeaseLost) life.storage.kill();
    else if (life.link !== undefined) life.link.isOnline = false;
    for (const [id, opening] of life.openings) this.#carried.set(id, opening.leave());
    for (const opening of life.past) opening.die();
    this.#everOpen.push(...life.past);
    const left = life.storage.copy();
    if (end === 'power') {
      left.cutPower();
      for (const opening of this.#everOpen) opening.losePower();
    }
    for (const [id, tags] of this.#carried) {
      // An edit is stored soon after it was made, except in the power cut.
      const isStored = ({ isSaved, age }: Tag): boolean => isSaved || (age > SOON && end !== 'power');
      for (const tag of tags) if (!isStored(tag)) tag.fate = 'doubtful';
      this.#carried.set(id, tags.filter(isStored));
    }
    this.#life = this.#begin(left);
  }

  #begin(before: MemoryStorage): Life {
    this.#seed++;
    const storage: MemoryStorage = before.copy(async ({ method }) => {
      const turns = this.#isFaulty && this.#around.faults.has('delay') ? this.#around.random.below(12) : 0;
      for (let left = turns; left > 0; left--) await Promise.resolve();
      if (life.isOver && method !== 'get') await never();
    });
    const environment = new ManualEnvironment(this.#seed);
    const openings = new Map<string, Opening>();
    const life: Life = {
      ...{ environment, storage, openings, past: [], isOver: false, isLeaseLost: false, token: 0, validToken: 0 },
      ...{ link: undefined, manager: undefined, accounts: undefined },
    };
    return life;
  }

  /** What the network does to the calls of a device. */
  #hook(life: Life): LinkHook {
    return async (call, deliver) => {
      const { random, faults, note } = this.#around;
      if (life.isOver) return await never();
      const { token } = life;
      const send = async (): ReturnType<typeof deliver> => {
        if (token !== life.validToken) throw new ServiceError('unauthorized', 'the token has expired');
        const answer = await deliver();
        if (call.message?.type === 'put' && isAccepted(answer)) this.#around.accepted(this.index, call.message);
        return answer;
      };
      if (!this.#isFaulty) return await send();
      note(`device ${this.index} calls ${call.method} ${call.message?.type ?? ''}`);
      const fate = random.below(20);
      if (faults.has('drop') && fate === 0) throw new ServiceError('network', 'the request was lost');
      if (faults.has('delay') && fate < 4) await wait(life.environment, random.below(4000));
      if (life.isOver) return await never();
      const answer = await send();
      if (faults.has('repeat') && fate === 5) await send().catch(() => undefined);
      if (faults.has('delay') && fate > 16) await wait(life.environment, random.below(4000));
      if (faults.has('drop') && fate === 6) throw new ServiceError('network', 'the answer was lost');
      return life.isOver ? await never() : answer;
    };
  }
}

function isAccepted(answer: unknown): boolean {
  return (answer as LinkAnswer).message.type === 'accepted';
}

function wait(environment: ManualEnvironment, duration: number): Promise<void> {
  return new Promise((resolve) => environment.schedule(duration, resolve));
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
