import { isDatastoreError, ServiceError } from '../../errors/datastore-error.js';
import type { ResolutionRules } from '../../rules/resolution-rules.js';
import { AccountManager, type AccountManagerOptions } from '../manager/account-manager.js';
import { BackgroundJob, DEFAULT_RETRY_DELAYS } from '../manager/background-job.js';
import { isWorthRetrying } from '../manager/guards.js';
import type { Link } from '../manager/link.js';
import type { Datastore } from '../model/datastore.js';
import type { RefusalEvent } from '../model/events.js';
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
  readonly options: Omit<AccountManagerOptions, 'storage' | 'wait' | 'connect'>;
  /** The tab's own slot and account manager, while it has them. */
  readonly own: () => { readonly slot: number; readonly accounts: AccountManager } | undefined;
  readonly rules: (datastore: string) => ResolutionRules;
  readonly refused: (refusal: LeftoverRefusal) => void;
  readonly failed: (error: unknown) => void;
}

/** How often an open tab looks for what closed ones left, in ms. */
const INTERVAL = 60_000;

/**
 * Uploads what tabs that are gone have left in their slots: a slot at a time, under its lease, for the accounts that are
 * linked in this tab. A slot that fails does not stop the others. What can never be uploaded is marked in the registry,
 * stays stored, and is not tried again by this. Spec: TAB-5, TAB-6.
 */
export class Leftovers {
  readonly #context: LeftoversContext;
  readonly #job: BackgroundJob;
  #cancelTimer: (() => void) | undefined;
  /** The slots that cannot be read, each reported once. */
  readonly #broken = new Set<number>();
  #isPaused = true;
  /** Resolves when this is paused. */
  #paused: Promise<void> = Promise.resolve();
  #interrupt: () => void = () => undefined;

  constructor(context: LeftoversContext) {
    const { environment, retryDelays = DEFAULT_RETRY_DELAYS } = context.options;
    this.#context = context;
    this.#job = new BackgroundJob({
      environment,
      delays: retryDelays,
      job: () => this.#lookThrough(),
      failed: () => true,
    });
  }

  /** Looks through the slots now, and from then on now and then. */
  start(): void {
    this.#isPaused = false;
    this.#paused = new Promise((resolve) => {
      this.#interrupt = resolve;
    });
    this.ask();
  }

  /** Looks through the slots now, unless paused. */
  ask(): void {
    if (this.#isPaused) return;
    this.#cancelTimer?.();
    this.#cancelTimer = this.#context.options.environment.schedule(INTERVAL, () => this.ask());
    this.#job.ask();
  }

  /** Stops until {@link start}. Resolves when no slot is held any more. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    this.#cancelTimer?.();
    this.#job.rest();
    this.#interrupt();
    await this.#job.ended;
    this.#job.rest();
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
        await this.#takeOver(entry, tab.accounts);
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
      const guest = await AccountManager.open({
        ...this.#context.options,
        onFailure: this.#context.failed,
        storage: handedOver(lease),
        connect: (id) => links.get(id) ?? NO_LINK,
      });
      await this.#upload(entry, guest, unsent);
    } finally {
      await release(lease);
    }
  }

  async #upload(entry: SlotEntry, guest: AccountManager, unsent: readonly UnsentDatastore[]): Promise<void> {
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

  /** @throws DatastoreError what keeps the edits from the log. */
  async #uploadDatastore(guest: AccountManager, account: string, id: string): Promise<void> {
    const { rules, refused } = this.#context;
    const interrupted = this.#paused.then(interruption);
    interrupted.catch(() => undefined);
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
