import {
  type Account,
  AccountManager,
  type AccountManagerOptions,
  type DatastoreManager,
  type MemoryLink,
  type MemoryServer,
} from '../../../../src/datastore/index.js';
import { ManualEnvironment } from '../../../../src/datastore/testing/index.js';
import { Disk } from './disk.js';

let devices = 0;

/** A device with a storage and an environment, and links to one server. */
export class Device {
  readonly server: MemoryServer;
  readonly environment: ManualEnvironment;
  storage: Disk;
  /** The links that were made, the latest of each account. */
  readonly links = new Map<string, MemoryLink>();
  readonly failures: unknown[] = [];
  /** Whether links that are made are online at first. */
  isOnline = true;
  #accounts: AccountManager | undefined;

  constructor(server: MemoryServer, storage: Disk = new Disk()) {
    this.server = server;
    this.storage = storage;
    this.environment = new ManualEnvironment(++devices);
  }

  async accounts(
    options: Pick<AccountManagerOptions, 'wait' | 'autosave' | 'onAccountGone'> = {},
  ): Promise<AccountManager> {
    this.#accounts ??= await AccountManager.open({
      ...options,
      storage: this.storage,
      environment: this.environment,
      connect: (id) => {
        const link = this.server.link(id);
        link.isOnline = this.isOnline;
        this.links.set(id, link);
        return link;
      },
      onFailure: (error) => this.failures.push(error),
    });
    return this.#accounts;
  }

  async account(id = 'ann'): Promise<Account> {
    return await (await this.accounts()).link(id);
  }

  async manager(id = 'ann'): Promise<DatastoreManager> {
    return await (await this.accounts()).managerFor(await this.account(id));
  }

  link(id = 'ann'): MemoryLink {
    const link = this.links.get(id);
    if (link === undefined) throw new Error(`${id} is not linked`);
    return link;
  }

  /** The device after a crash: with what was stored, and nothing of what was in memory. */
  restarted(): Device {
    const next = new Device(this.server, this.storage.copy());
    for (const link of this.links.values()) link.isOnline = false;
    return next;
  }

  /** Lets everything happen that needs no time. */
  async rest(): Promise<void> {
    await this.environment.advance(0);
  }
}

/** A server with the accounts ann and cat of one organisation, eve of another, and sam of none. */
export function addAccounts(server: MemoryServer): MemoryServer {
  server.setAccount('ann', { userName: 'Ann Example', orgName: 'Example' });
  server.setAccount('cat', { userName: 'Cat Example', orgName: 'Example' });
  server.setAccount('eve', { userName: 'Eve Elsewhere', orgName: 'Elsewhere' });
  server.setAccount('sam', { userName: 'Sam Stranger' });
  return server;
}
