import { type Datastore, MemoryServer } from '../../../src/datastore/index.js';
import type { LogEntry, Put, SavedSequencer } from '../../../src/sync/index.js';
import { Fingerprint } from '../fingerprint.js';
import { Random } from '../random.js';
import { Violation } from '../violation.js';
import { FleetDevice } from './fleet-device.js';
import type { FleetFault } from './fleet-faults.js';
import { RECORD, TABLE, tagsIn } from './opening.js';
import { refusing } from './refusing-server.js';
import { Tags } from './tags.js';

export interface FleetOptions {
  readonly seed: number;
  readonly devices: number;
  readonly steps: number;
  readonly faults: ReadonlySet<FleetFault>;
}

/** What happened in a run, counted. */
export interface FleetOutcome {
  readonly edits: number;
  readonly kept: number;
  readonly doubtful: number;
  readonly lost: number;
  readonly crashes: number;
  readonly transactions: number;
  readonly fingerprint: string;
}

const ACCOUNTS = ['ann', 'sam'] as const;
const PRIVATE = 'default';
const MOST_ROUNDS = 200;

/**
 * Managers on several devices of two accounts, each account with a datastore of its own and all with one that is shared.
 * They go through what a seed says, and then the fleet is let come to rest and checked.
 */
class Fleet {
  readonly #options: FleetOptions;
  readonly #random: Random;
  readonly #server = new MemoryServer();
  readonly #tags = new Map<string, Tags>();
  readonly #devices: FleetDevice[];
  /** What the server saved of a datastore, by account and id. */
  readonly #backups = new Map<string, SavedSequencer>();
  readonly #fingerprint = new Fingerprint();
  #shared = '';
  #isSettling = false;
  #violation: Violation | undefined;
  #edits = 0;
  #crashes = 0;
  #transactions = 0;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
    const around = {
      ...{ server: this.#server, random: this.#random, faults: options.faults },
      tagsOf: (account: string, id: string) => this.#tagsOf(account, id),
      accepted: (device: number, put: Put) => {
        for (const tags of this.#tags.values()) tags.accepted(device, put, tagsIn(put.delta.changes));
      },
      failed: (violation: Violation) => {
        this.#violation ??= violation;
      },
      note: (event: string) => this.#fingerprint.add(event),
    };
    for (const account of ACCOUNTS) this.#server.setAccount(account, { userName: account });
    this.#devices = Array.from({ length: options.devices }, (_, index) => {
      return new FleetDevice(index, ACCOUNTS[index % ACCOUNTS.length] ?? 'ann', around);
    });
  }

  async run(): Promise<FleetOutcome> {
    await this.#prepare();
    for (let step = 0; step < this.#options.steps; step++) await this.#step();
    await this.#settle();
    this.#check();
    const all = [...this.#tags.values()];
    const sum = (count: (tags: Tags) => number): number => all.reduce((total, tags) => total + count(tags), 0);
    return {
      edits: sum((tags) => tags.count),
      kept: sum((tags) => tags.countOf('kept')),
      doubtful: sum((tags) => tags.countOf('doubtful')),
      lost: sum((tags) => tags.countOf('lost')),
      crashes: this.#crashes,
      transactions: this.#transactions,
      fingerprint: this.#fingerprint.toString(),
    };
  }

  /** Makes the journals before anything can go wrong. */
  async #prepare(): Promise<void> {
    for (const account of ACCOUNTS) {
      const first = new FleetDevice(100 + ACCOUNTS.indexOf(account), account, {
        ...{ server: this.#server, random: this.#random, faults: new Set<FleetFault>() },
        tagsOf: (owner, id) => this.#tagsOf(owner, id),
        accepted: () => undefined,
        failed: (violation) => {
          throw violation;
        },
        note: () => undefined,
      });
      await first.start();
      await first.withManager(async (manager) => {
        await makeJournal(await manager.openOrCreate(PRIVATE));
        if (account !== ACCOUNTS[0]) return;
        const shared = await manager.create();
        shared.setRole('public', 'editor');
        await makeJournal(shared);
        this.#shared = shared.id;
      });
    }
    for (const account of ACCOUNTS) for (const id of [PRIVATE, this.#shared]) this.#meddleWith(account, id);
    for (const device of this.#devices) await device.start();
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const device = random.pick(this.#devices);
    const id = random.chance(0.5) ? PRIVATE : this.#shared;
    const opening = device.openings.get(id);
    const { faults } = this.#options;
    const name = `${device.index}-${this.#edits}`;
    const act = random.pickWeighted<() => unknown>([
      [() => void device.open(id), opening === undefined ? 8 : 0],
      [() => opening?.edit(name, random), opening === undefined ? 0 : 10],
      [() => opening?.sync(), opening === undefined ? 0 : 8],
      [() => this.#transact(() => opening?.transaction(name, random)), opening === undefined ? 0 : 3],
      [() => opening?.commit(), opening === undefined ? 0 : 3],
      [() => device.withOpening(id, (open, manager) => open.flush(manager)), opening === undefined ? 0 : 2],
      [() => device.withOpening(id, (open, manager) => open.rollback(manager)), opening === undefined ? 0 : 0.7],
      [() => device.close(id), opening === undefined ? 0 : 1.5],
      [() => device.advance(random.below(8000)), 8],
      [() => device.setConnected(random.chance(0.6)), faults.has('drop') ? 1.5 : 0],
      [() => device.setOnline(random.chance(0.6)), faults.has('drop') ? 1 : 0],
      [() => void device.renewManager(), 0.7],
      [
        () => this.#crash(device, faults.has('power') && random.chance(0.3) ? 'power' : 'crash'),
        faults.has('crash') ? 1.5 : 0,
      ],
      [() => this.#trim(device.account, id), faults.has('trim') ? 0.7 : 0],
      [() => device.expireToken(), faults.has('token') ? 0.7 : 0],
      [() => device.signIn(), faults.has('token') ? 1 : 0],
      [() => device.openSecond(), faults.has('second-manager') ? 0.5 : 0],
      [() => this.#crash(device, 'lease-lost'), faults.has('second-manager') ? 0.5 : 0],
      [() => this.#backUp(device.account, id), faults.has('backup') ? 0.5 : 0],
      [() => this.#restore(device.account, id), faults.has('backup') ? 0.3 : 0],
      [() => this.#clone(device), faults.has('clone') && this.#canBeCopied(device) ? 0.3 : 0],
    ]);
    this.#fingerprint.add(`${device.index} ${id} ${this.#edits++}`);
    await act?.();
    for (let turns = random.below(60); turns > 0; turns--) await Promise.resolve();
    if (this.#violation !== undefined) throw this.#violation;
  }

  #transact(begin: () => void): void {
    this.#transactions++;
    begin();
  }

  async #crash(device: FleetDevice, end: 'crash' | 'power' | 'lease-lost'): Promise<void> {
    this.#crashes++;
    device.end(end);
    await device.start();
  }

  #backUp(account: string, id: string): void {
    this.#backups.set(this.#keyOf(account, id), this.#server.sequencer(account, id).save());
  }

  #restore(account: string, id: string): void {
    const backup = this.#backups.get(this.#keyOf(account, id));
    if (backup === undefined) return;
    const before = this.#inLog(account, id);
    const lost = this.#server.sequencer(account, id);
    this.#server.restore(account, id, backup);
    this.#meddleWith(account, id);
    const after = new Set(this.#inLog(account, id));
    const entries: Pick<LogEntry, 'rev' | 'nonce'>[] = [];
    for (let rev = this.#server.sequencer(account, id).revision + 1; rev <= lost.revision; rev++) {
      const nonce = lost.nonceAt(rev);
      if (nonce !== undefined) entries.push({ rev, nonce });
    }
    this.#tagsOf(account, id).lose(
      before.filter((name) => !after.has(name)),
      entries,
    );
  }

  /** A copy of a copy has edits of both. */
  #canBeCopied({ index }: FleetDevice): boolean {
    const { devices } = this.#options;
    return index < devices && this.#devices.length < devices + 2;
  }

  async #clone(device: FleetDevice): Promise<void> {
    // A device that does not know that the log has an edit puts it again, once a backup is all that is left of the log.
    const isInLog = (id: string, name: string): boolean =>
      !this.#options.faults.has('backup') && this.#inLog(device.account, id).includes(name);
    const twin = device.copy(this.#devices.length, isInLog);
    this.#devices.push(twin);
    await twin.start();
  }

  /** The names of the edits that the log has. */
  #inLog(account: string, id: string): readonly string[] {
    const tags = this.#server.sequencer(account, id).get(TABLE, RECORD)?.get('tags');
    return Array.isArray(tags) ? tags.map(String) : [];
  }

  #meddleWith(account: string, id: string): void {
    const { faults } = this.#options;
    if (!faults.has('refuse') || (id !== PRIVATE && account !== ACCOUNTS[0])) return;
    refusing(this.#server.sequencer(account, id), () => !this.#isSettling && this.#random.chance(0.08), this.#random);
  }

  #trim(account: string, id: string): void {
    const sequencer = this.#server.sequencer(account, id);
    sequencer.trim(Math.max(sequencer.firstRevision, sequencer.revision - this.#random.below(4)));
  }

  /** Nothing goes wrong any more, and everybody exchanges until there is nothing left. */
  async #settle(): Promise<void> {
    this.#isSettling = true;
    for (const device of this.#devices) device.endFaults();
    for (let round = 0; round < MOST_ROUNDS; round++) {
      for (const device of this.#devices) {
        await device.advance(600_000);
        if (!device.isRunning) continue;
        for (const id of [PRIVATE, this.#shared]) {
          if (device.openings.has(id)) device.openings.get(id)?.sync();
          else await device.open(id);
        }
        await device.advance(10_000);
      }
      if (this.#violation !== undefined) throw this.#violation;
      if (round > 2 && this.#devices.every((device) => this.#isQuiet(device))) return;
    }
    const states = this.#devices.map((device) =>
      JSON.stringify([...device.openings].map(([, { datastore }]) => datastore.syncStatus)),
    );
    throw new Violation('everyone comes to rest', states.join('; '));
  }

  #isQuiet({ openings }: FleetDevice): boolean {
    if (openings.size < 2) return false;
    return [...openings.values()].every(({ datastore }) => {
      const { isUploading, isDownloading, hasIncoming, hasOutgoing, anyError } = datastore.syncStatus;
      return !isUploading && !isDownloading && !hasIncoming && !hasOutgoing && anyError === undefined;
    });
  }

  #check(): void {
    for (const { account, index, openings } of this.#devices) {
      for (const [id, opening] of openings) {
        const { datastore } = opening;
        opening.checkHeard(`device ${index}, ${id}`);
        const rows = this.#server.sequencer(account, id).snapshot().rows;
        const where = `device ${index}, ${id}`;
        for (const { tid, rowid, data } of rows) {
          if (tid.startsWith(':') || tid === TABLE) continue;
          const record = datastore.table(tid).get(rowid);
          const shown =
            record === undefined
              ? undefined
              : Object.fromEntries(record.names().map((name) => [name, record.get(name)]));
          if (JSON.stringify(sorted(shown)) === JSON.stringify(sorted(data))) continue;
          throw new Violation(
            'everyone converges',
            `${where}: ${tid}/${rowid} is ${JSON.stringify(shown)}, not ${JSON.stringify(data)}`,
          );
        }
        const journal = datastore.table(TABLE).get(RECORD);
        if (journal === undefined) throw new Violation('the journal is there', where);
        this.#tagsOf(account, id).check(where, journal.getList('tags').toArray().map(String), journal.getLong('count'));
      }
    }
  }

  #keyOf(account: string, id: string): string {
    return id === PRIVATE ? `${account}/${id}` : id;
  }

  #tagsOf(account: string, id: string): Tags {
    const key = this.#keyOf(account, id);
    const known = this.#tags.get(key) ?? new Tags();
    this.#tags.set(key, known);
    return known;
  }
}

/** Goes through one run. @throws Violation */
export async function runFleet(options: FleetOptions): Promise<FleetOutcome> {
  try {
    return await new Fleet(options).run();
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    throw new Violation(error.law, `seed ${options.seed}: ${error.message}`, error);
  }
}

/** Makes the record that the edits of a fleet go to. */
export async function makeJournal(datastore: Datastore): Promise<void> {
  datastore.table(TABLE).insert(RECORD, { tags: [], count: 0n });
  await datastore.commit();
  datastore.close();
}

function sorted(object: unknown): unknown {
  if (typeof object !== 'object' || object === null) return object;
  return Object.entries(object).sort(([left], [right]) => (left < right ? -1 : 1));
}
