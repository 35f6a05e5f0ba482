import { isDatastoreError, isServiceError, ServiceError } from '../../errors/datastore-error.js';
import type { ResolutionRules } from '../../rules/resolution-rules.js';
import type { Account } from '../manager/account.js';
import { AccountManager, type AccountManagerOptions } from '../manager/account-manager.js';
import { BackgroundJob, DEFAULT_RETRY_DELAYS } from '../manager/background-job.js';
import { isWorthRetrying } from '../manager/guards.js';
import type { Link } from '../manager/link.js';
import type { UnsentEdits } from '../manager/unsent-edits.js';
import type { Datastore } from '../model/datastore.js';
import type { RefusalEvent } from '../model/events.js';
import { Mutex } from '../model/mutex.js';
import type { StorageLease } from '../storage/device-storage.js';
import { handedOver, release, tryToAcquire, type UnsentDatastore, unsentIn } from './slot-choice.js';
import type { SlotEntry, TabHost } from './tab-host.js';

/** Edits of a tab that is gone, which one `sync()` has undone, as in {@link RefusalEvent}. */
export interface LeftoverRefusal extends RefusalEvent {
  readonly account: string;
  readonly datastore: string;
}

/** What {@link Leftovers} are given. */
export interface LeftoversContext {
  readonly host: TabHost;
  readonly options: Omit<AccountManagerOptions, 'storage' | 'wait' | 'connect' | 'onAccountGone'>;
  /** The tab's own slot and account manager, while it has them. */
  readonly own: () => { readonly slot: number; readonly accounts: AccountManager } | undefined;
  readonly rules: (datastore: string) => ResolutionRules;
  readonly refused: (refusal: LeftoverRefusal) => void;
  /** Takes the edits of an account that the server has deleted, if the application does. */
  readonly handOver: ((account: Account, unsent: UnsentEdits) => void | Promise<void>) | undefined;
  readonly failed: (error: unknown) => void;
}

/** How often an open tab looks for what closed ones left, in ms. */
const INTERVAL = 60_000;

/**
 * Uploads what tabs that are gone have left in their slots: a slot at a time, under its lease, for the accounts that are
 * linked in this tab. A slot that fails does not stop the others. What can never be uploaded is marked in the registry,
 * stays stored, and is not tried again by this. What they have of an account that the server has deleted is handed over.
 * Spec: TAB-5, TAB-6, TAB-9.
 */
export class Leftovers {
  readonly #context: LeftoversContext;
  readonly #job: BackgroundJob;
  /** Held while anything is done in the slot of another tab. */
  readonly #mutex = new Mutex();
  #cancelTimer: (() => void) | undefined;
  /** The slots that cannot be read, each reported once. */
  readonly #broken = new Set<number>();
  #isPaused = true;
  /** Resolves when this is paused. */
  #paused: Promise<void>;
  #interrupt: () => void = () => undefined;

  constructor(context: LeftoversContext) {
    const { environment, retryDelays = DEFAULT_RETRY_DELAYS } = context.options;
    this.#context = context;
    this.#paused = this.#untilPaused();
    this.#job = new BackgroundJob({
      environment,
      delays: retryDelays,
      job: () => this.#lookThrough(),
      failed: () => true,
    });
  }

  /** The tab takes a slot: from now on edits can be handed over. */
  prepare(): void {
    this.#paused = this.#untilPaused();
  }

  /** Looks through the slots now, and from then on now and then. */
  start(): void {
    this.#isPaused = false;
    this.ask();
  }

  /** Looks through the slots now, unless paused. */
  ask(): void {
    if (this.#isPaused) return;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#context.options.environment.schedule(INTERVAL, () => this.ask());
    this.#job.ask();
  }

  /** Stops until {@link prepare} and {@link start}. Resolves when no slot is held any more. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    this.#cancelTimer?.();
    this.#job.rest();
    this.#interrupt();
    await this.#job.ended;
    this.#job.rest();
    await this.#mutex.run(() => Promise.resolve());
  }

  /**
   * Hands over what closed tabs have left of an account that the server has deleted, and deletes it: one slot after the other.
   * A slot that cannot be read stays as it is.
   *
   * @param own the slot of this tab.
   * @throws what the application throws, and `network` if paused: then the slot stays as it is, and so do those after it.
   */
  async leaveGone(account: Account, own: number): Promise<void> {
    for (const { slot } of await this.#context.host.slots.list()) {
      if (slot !== own) await this.#mutex.run(() => this.#leaveGoneIn(slot, account));
    }
  }

  async #leaveGoneIn(slot: number, account: Account): Promise<void> {
    let guest: AccountManager | undefined;
    try {
      // An open tab hands over what it has itself.
      const lease = await tryToAcquire(this.#context.host.slots.storage(slot));
      guest = lease && (await this.#openSlot(lease, () => NO_LINK));
    } catch (error) {
      this.#context.failed(error);
    }
    if (guest === undefined) return;
    try {
      await this.#leaveAccount(guest, account);
    } finally {
      await guest.close();
    }
  }

  /** Hands over what a slot has of an account, and deletes it there. @throws as {@link leaveGone}. */
  async #leaveAccount(guest: AccountManager, account: Account): Promise<void> {
    const interrupted = this.#untilInterrupted();
    await guest.linkedAccounts
      .find(({ id }) => id === account.id)
      ?.unlink({ handOver: (unsent) => Promise.race([this.#context.handOver?.(account, unsent), interrupted]) });
  }

  /** The account manager of the slot of a lease. It gives the lease back when it is closed, and if it cannot be opened. */
  async #openSlot(lease: StorageLease, connect: (account: string) => Link): Promise<AccountManager> {
    const { options, failed } = this.#context;
    try {
      return await AccountManager.open({ ...options, onFailure: failed, storage: handedOver(lease), connect });
    } catch (error) {
      await release(lease);
      throw error;
    }
  }

  #untilPaused(): Promise<void> {
    return new Promise((resolve) => {
      this.#interrupt = resolve;
    });
  }

  /** Rejects when this is paused. */
  #untilInterrupted(): Promise<never> {
    const interrupted = this.#paused.then(interruption);
    interrupted.catch(() => undefined);
    return interrupted;
  }

  /** @throws DatastoreError the last failure that may pass. */
  async #lookThrough(): Promise<void> {
    const { host, own, failed } = this.#context;
    let passing: unknown;
    for (const entry of await host.slots.list()) {
      const tab = own();
      if (tab === undefined || this.#isPaused || !tab.accounts.isOnline) return;
      if (entry.slot === tab.slot || !tab.accounts.hasLinkedAccount) continue;
      try {
        await this.#mutex.run(() => this.#takeOver(entry, tab.accounts));
      } catch (error) {
        if (isPassing(error)) passing = error;
        else if (!this.#broken.has(entry.slot)) {
          this.#broken.add(entry.slot);
          failed(error);
        }
      }
    }
    if (passing !== undefined && !this.#isPaused) throw passing;
  }

  async #takeOver(entry: SlotEntry, accounts: AccountManager): Promise<void> {
    const lease = await tryToAcquire(this.#context.host.slots.storage(entry.slot));
    if (lease === undefined) return;
    const links = new Map(accounts.linkedAccounts.map(({ id, link }) => [id, link]));
    const isOurs = ({ account, id }: UnsentDatastore): boolean =>
      account !== undefined && links.has(account) && !entry.stuck.includes(`${account}/${id}`);
    try {
      const unsent = (await unsentIn(lease)).filter(isOurs);
      if (unsent.length === 0 || this.#isPaused) return;
      const guest = await this.#openSlot(lease, (id) => links.get(id) ?? NO_LINK);
      await this.#upload(entry, guest, unsent, accounts);
    } finally {
      await release(lease);
    }
  }

  async #upload(
    entry: SlotEntry,
    guest: AccountManager,
    unsent: readonly UnsentDatastore[],
    accounts: AccountManager,
  ): Promise<void> {
    const { host, failed } = this.#context;
    let passing: unknown;
    let stuck = entry.stuck;
    try {
      for (const { account = '', id } of unsent) {
        try {
          await this.#uploadDatastore(guest, account, id);
        } catch (error) {
          if (this.#isPaused) return;
          if (isPassing(error)) {
            passing = error;
            continue;
          }
          const gone = this.#goneAccount(error, account, accounts);
          if (gone !== undefined) {
            await this.#leaveAccount(guest, gone);
            continue;
          }
          stuck = [...stuck, `${account}/${id}`];
          await host.slots.put({ ...entry, stuck });
          failed(error);
        }
      }
    } finally {
      await guest.close();
    }
    if (passing !== undefined) throw passing;
  }

  /** The account whose edits are to be handed over after a failure, if they are. */
  #goneAccount(error: unknown, account: string, { linkedAccounts }: AccountManager): Account | undefined {
    if (!isServiceError(error, 'account-gone') || this.#context.handOver === undefined) return undefined;
    return linkedAccounts.find(({ id }) => id === account);
  }

  /** @throws DatastoreError what keeps the edits from the log. */
  async #uploadDatastore(guest: AccountManager, account: string, id: string): Promise<void> {
    const { rules, refused } = this.#context;
    const interrupted = this.#untilInterrupted();
    const linked = guest.linkedAccounts.find((one) => one.id === account);
    if (linked === undefined) return;
    const datastore = await (await guest.managerFor(linked)).openOrCreate(id, { rules: rules(id) });
    datastore.on('refusal', (event) => refused({ account, datastore: id, ...event }));
    await untilUploaded(datastore, interrupted);
    // The log says whether it has them.
    await Promise.race([datastore.loadDeltas(), interrupted]);
    datastore.close();
  }
}

/** @throws DatastoreError the error that the datastore shows, or `shut-down` if interrupted. */
async function untilUploaded(datastore: Datastore, interrupted: Promise<never>): Promise<void> {
  await datastore.sync();
  for (;;) {
    const changed = new Promise<void>((resolve) => {
      const stop = datastore.on('syncStatus', () => {
        stop();
        resolve();
      });
    });
    const { anyError, hasIncoming, hasOutgoing, isUploading } = datastore.syncStatus;
    if (anyError !== undefined) throw anyError;
    if (hasIncoming || hasOutgoing) await datastore.sync();
    else if (isUploading) await Promise.race([changed, interrupted]);
    else return;
  }
}

/** Whether to try again later. A lease that was lost went to somebody who goes on with what is there. */
function isPassing(error: unknown): boolean {
  return isDatastoreError(error) && (isWorthRetrying(error) || error.code === 'lease-lost');
}

function interruption(): never {
  throw new ServiceError('network', 'the upload of what a closed tab left was interrupted');
}

/** The link of an account that is not linked in this tab: nothing of it is sent. */
const NO_LINK: Link = {
  profile: () => unreachable(),
  list: () => unreachable(),
  find: () => unreachable(),
  create: () => unreachable(),
  delete: () => unreachable(),
  send: () => unreachable(),
  watch: () => ({ follow: () => undefined, close: () => undefined }),
};

function unreachable(): Promise<never> {
  return Promise.reject(
    new ServiceError('network', 'this account is not linked in this tab, so nothing of it is sent'),
  );
}
