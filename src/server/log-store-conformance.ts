import {
  type ConformanceCase,
  casesOf,
  expectRejection,
  expectSame,
  expectThat,
} from '../datastore/testing/conformance-case.js';
import { type Append, EMPTY_HEAD, type LogHead, type LogStore, type ReadOutcome } from './log-store.js';

/** A store to be tested. */
export interface LogStoreFixture {
  /** Any store; the suite uses handles, ids and accounts of its own. */
  readonly store: LogStore;
  /** Another store on the same medium, as another process would open it. The same one where there is only one process. */
  readonly other: LogStore;
  /** The store as a new process finds it after this one was killed, for a medium that outlives it. */
  reopen?(): Promise<LogStore>;
  /** Releases what the fixture holds. */
  close(): Promise<void>;
}

type Check = (fixture: LogStoreFixture, name: (what: string) => string) => Promise<void>;

const EVERYTHING = { entries: Number.MAX_SAFE_INTEGER, bytes: Number.MAX_SAFE_INTEGER } as const;

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function append(handle: string, head: LogHead, nonce: string, text = nonce): Append {
  return { handle, head, nonce, bytes: bytesOf(text) };
}

/** Appends entries one after the other and gives the head that they lead to. */
async function grow(store: LogStore, handle: string, nonces: readonly string[], from = EMPTY_HEAD): Promise<LogHead> {
  let head = from;
  for (const nonce of nonces) {
    const [outcome] = await store.append([append(handle, head, nonce)]);
    expectSame(outcome, { type: 'appended' }, `the append of ${nonce}`);
    head = { revision: head.revision + 1, nonce };
  }
  return head;
}

async function noncesIn(store: LogStore, handle: string, after = 0): Promise<string[]> {
  const read = await store.read(handle, after, EVERYTHING);
  expectThat(read.type === 'entries', `reading after ${after} answered ${read.type}`);
  return read.entries.map(({ nonce }) => nonce);
}

function range(count: number, prefix: string): string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}${at + 1}`);
}

/** Several writers decide on the same head: exactly one may win. */
function race(writers: number): Check {
  return async ({ store, other }, name) => {
    const handle = name('log');
    await store.create(handle, name('id'), name('ann'));
    let head: LogHead = EMPTY_HEAD;
    for (let round = 0; round < 20; round++) {
      const outcomes = await Promise.all(
        range(writers, `r${round}w`).map(async (nonce, at) => {
          const [outcome] = await (at % 2 === 0 ? store : other).append([append(handle, head, nonce)]);
          return { nonce, outcome };
        }),
      );
      const winners = outcomes.filter(({ outcome }) => outcome?.type === 'appended');
      expectSame(winners.length, 1, `the winners of round ${round}`);
      const won: LogHead = { revision: head.revision + 1, nonce: winners[0]?.nonce ?? '' };
      for (const { nonce, outcome } of outcomes) {
        if (nonce !== won.nonce) expectSame(outcome, { type: 'lost', head: won }, `what ${nonce} is told`);
      }
      head = won;
    }
    expectSame((await noncesIn(store, handle)).length, 20, 'the entries after 20 rounds');
    expectSame((await store.get(handle))?.nonce, head.nonce, 'the head');
  };
}

const RACES: Readonly<Record<string, Check>> = {
  'lets exactly one of two appends to one head win': race(2),
  'lets exactly one of five appends to one head win': race(5),
  'creates a datastore once, however many ask': async ({ store, other }, name) => {
    const outcomes = await Promise.all(
      range(5, 'h').map((handle, at) => (at % 2 === 0 ? store : other).create(name(handle), name('id'), name('ann'))),
    );
    expectSame(outcomes.filter(({ type }) => type === 'created').length, 1, 'how many were created');
    expectSame(new Set(outcomes.map(({ datastore }) => datastore.handle)).size, 1, 'how many handles were answered');
  },
  'removes a datastore once, however many ask': async ({ store, other }, name) => {
    const handle = name('log');
    await store.create(handle, name('id'), name('ann'));
    const removed = await Promise.all([store, other, store, other, store].map((one) => one.remove(handle)));
    expectSame(removed.filter((isRemoved) => isRemoved).length, 1, 'how many removed it');
  },
  'keeps the newest of snapshots that are written at once': async ({ store, other }, name) => {
    const handle = name('log');
    await store.create(handle, name('id'), name('ann'));
    await grow(store, handle, range(9, 'n'));
    await Promise.all(
      [3, 9, 5, 7, 1].map((revision, at) =>
        (at % 2 === 0 ? store : other).writeSnapshot(handle, { revision, bytes: bytesOf(`state ${revision}`) }),
      ),
    );
    const snapshot = await store.readSnapshot(handle);
    expectSame([snapshot?.revision, textOf(snapshot?.bytes ?? bytesOf(''))], [9, 'state 9'], 'the snapshot');
  },
  'grows overlapping groups of two processes without a deadlock, each append by itself': async (fixture, name) => {
    const { store, other } = fixture;
    const handles = range(6, 'log').map(name);
    for (const handle of handles) await store.create(handle, handle, name('ann'));
    const writer = async (one: LogStore, order: readonly string[], prefix: string): Promise<void> => {
      const heads = new Map<string, LogHead>(order.map((handle) => [handle, EMPTY_HEAD]));
      const left = new Map<string, number>(order.map((handle) => [handle, 15]));
      while (left.size > 0) {
        const group = [...left].map(([handle, count]) =>
          append(handle, heads.get(handle) ?? EMPTY_HEAD, `${prefix}${count}`),
        );
        const outcomes = await one.append(group);
        for (const [at, { handle, head, nonce }] of group.entries()) {
          const outcome = outcomes[at];
          if (outcome?.type === 'appended') {
            heads.set(handle, { revision: head.revision + 1, nonce });
            const count = (left.get(handle) ?? 0) - 1;
            if (count === 0) left.delete(handle);
            else left.set(handle, count);
          } else if (outcome?.type === 'lost') heads.set(handle, outcome.head);
        }
      }
    };
    await Promise.all([writer(store, handles, 'a'), writer(other, [...handles].reverse(), 'b')]);
    for (const handle of handles) {
      const nonces = await noncesIn(store, handle);
      expectSame([nonces.length, new Set(nonces).size], [30, 30], `the entries of ${handle}`);
    }
  },
};

/** A writer that was stopped with a head in its hands, and goes on after the world has changed. */
const STOPPED_WRITERS: Readonly<Record<string, Check>> = {
  'refuses a writer that was stopped before a trim and goes on after it': async ({ store, other }, name) => {
    const handle = name('log');
    await store.create(handle, name('id'), name('ann'));
    const stopped = await grow(store, handle, range(4, 'n'));
    const head = await grow(other, handle, range(96, 'm'), stopped);
    await other.writeSnapshot(handle, { revision: 95, bytes: bytesOf('state') });
    expectSame(await other.trim(handle, 90), 90, 'the revision up to which it is trimmed');
    expectSame(await store.append([append(handle, stopped, 'late')]), [{ type: 'lost', head }], 'the late append');
    expectSame(await noncesIn(store, handle, 90), range(96, 'm').slice(-10), 'the log after it');
  },
  'refuses a writer whose revision is right and whose nonce is not, as after a failover': async ({ store }, name) => {
    const handle = name('log');
    await store.create(handle, name('id'), name('ann'));
    const head = await grow(store, handle, ['n1', 'n2']);
    const lost = { revision: 2, nonce: 'another' };
    expectSame(await store.append([append(handle, lost, 'late')]), [{ type: 'lost', head }], 'the late append');
  },
  'refuses a writer that was stopped before a deletion and goes on after it': async ({ store, other }, name) => {
    const handle = name('log');
    await store.create(handle, name('id'), name('ann'));
    const head = await grow(store, handle, ['n1']);
    await other.remove(handle);
    expectSame(await store.append([append(handle, head, 'late')]), [{ type: 'gone' }], 'the late append');
    expectSame(await store.append([append(handle, EMPTY_HEAD, 'late')]), [{ type: 'gone' }], 'one from the start');
    expectSame(await store.writeSnapshot(handle, { revision: 1, bytes: bytesOf('s') }), false, 'a late snapshot');
    const again = await store.create(name('next'), name('id'), name('ann'));
    expectSame([again.type, again.datastore.revision], ['created', 0], 'the datastore that is made anew');
    expectSame(await store.append([append(handle, head, 'later')]), [{ type: 'gone' }], 'an append to the old handle');
  },
};

const LOGS: Readonly<Record<string, Check>> = {
  'gives back the very bytes, nonces and revisions': async ({ store }, name) => {
    const handle = name('log');
    await store.create(handle, name('id'), name('ann'));
    const all = Uint8Array.from({ length: 256 }, (_, at) => at);
    const nonce = 'nonce "\\ \u{1f600} ä';
    await store.append([{ handle, head: EMPTY_HEAD, nonce, bytes: all }]);
    await store.append([{ handle, head: { revision: 1, nonce }, nonce: '2', bytes: new Uint8Array() }]);
    const read = await store.read(handle, 0, EVERYTHING);
    expectThat(read.type === 'entries', `reading answered ${read.type}`);
    const found = read.entries.map((entry) => [entry.revision, entry.nonce, [...entry.bytes]]);
    expectSame(
      found,
      [
        [1, nonce, [...all]],
        [2, '2', []],
      ],
      'the entries',
    );
    expectSame(read.head, { revision: 2, nonce: '2' }, 'the head');
  },
  'keeps what it was given, whatever the caller does with the bytes later': async ({ store }, name) => {
    const handle = name('log');
    await store.create(handle, name('id'), name('ann'));
    const bytes = bytesOf('entry');
    await store.append([{ handle, head: EMPTY_HEAD, nonce: 'n', bytes }]);
    bytes.fill(0);
    const read = await store.read(handle, 0, EVERYTHING);
    expectSame(read.type === 'entries' && textOf(read.entries[0]?.bytes ?? bytes), 'entry', 'the entry');
  },
  'keeps a large entry': async ({ store }, name) => {
    const handle = name('log');
    await store.create(handle, name('id'), name('ann'));
    const bytes = Uint8Array.from({ length: 3 << 20 }, (_, at) => at * 7);
    await store.append([{ handle, head: EMPTY_HEAD, nonce: 'n', bytes }]);
    const read = await store.read(handle, 0, { entries: 10, bytes: 1000 });
    const found = read.type === 'entries' ? read.entries[0]?.bytes : undefined;
    expectThat(found?.length === bytes.length && found.every((byte, at) => byte === bytes[at]), 'the bytes differ');
  },
  'answers within the limits, and at least one entry': async ({ store }, name) => {
    const handle = name('log');
    await store.create(handle, name('id'), name('ann'));
    let head: LogHead = EMPTY_HEAD;
    for (const nonce of range(5, 'n')) {
      await store.append([append(handle, head, nonce, 'x'.repeat(100))]);
      head = { revision: head.revision + 1, nonce };
    }
    const count = async (after: number, entries: number, bytes: number): Promise<number> => {
      const read = await store.read(handle, after, { entries, bytes });
      return read.type === 'entries' ? read.entries.length : -1;
    };
    expectSame(await count(0, 2, 10_000), 2, 'two entries at most');
    expectSame(await count(0, 100, 350), 3, '350 bytes at most');
    expectSame(await count(1, 100, 1), 1, 'one byte at most');
    expectSame(await count(5, 100, 1000), 0, 'nothing after the head');
  },
  'tells a revision that the log does not hold from an empty answer': async ({ store }, name) => {
    const handle = name('log');
    await store.create(handle, name('id'), name('ann'));
    const head = await grow(store, handle, range(5, 'n'));
    await store.writeSnapshot(handle, { revision: 4, bytes: bytesOf('state') });
    await store.trim(handle, 3);
    const reset: ReadOutcome = { type: 'reset', head };
    expectSame(await store.read(handle, 2, EVERYTHING), reset, 'a revision that was trimmed');
    expectSame(await store.read(handle, 6, EVERYTHING), reset, 'a revision ahead of the log');
    expectSame(await noncesIn(store, handle, 3), ['n4', 'n5'], 'the first revision that is kept');
    expectSame(await store.read(name('none'), 0, EVERYTHING), { type: 'gone' }, 'a handle that was never used');
  },
  'trims nothing that no snapshot contains': async ({ store }, name) => {
    const handle = name('log');
    await store.create(handle, name('id'), name('ann'));
    await grow(store, handle, range(5, 'n'));
    expectSame(await store.trim(handle, 5), 0, 'trimming without a snapshot');
    await store.writeSnapshot(handle, { revision: 2, bytes: bytesOf('state') });
    expectSame(await store.trim(handle, 5), 2, 'trimming past the snapshot');
    expectSame(await store.trim(handle, 1), 2, 'trimming back');
    expectSame(await noncesIn(store, handle, 2), ['n3', 'n4', 'n5'], 'what is left');
  },
  'drops a snapshot that is older or ahead of the log': async ({ store }, name) => {
    const handle = name('log');
    await store.create(handle, name('id'), name('ann'));
    await grow(store, handle, range(3, 'n'));
    const write = (revision: number): Promise<boolean> =>
      store.writeSnapshot(handle, { revision, bytes: bytesOf(String(revision)) });
    expectSame([await write(4), await write(2), await write(1), await write(2)], [false, true, false, false], 'kept');
    expectSame((await store.readSnapshot(handle))?.revision, 2, 'the snapshot');
  },
  'appends a group, each by itself': async ({ store }, name) => {
    const [first, second, third] = range(3, 'log').map(name) as [string, string, string];
    for (const handle of [first, second]) await store.create(handle, handle, name('ann'));
    const head = await grow(store, second, ['n1']);
    const outcomes = await store.append([
      append(first, EMPTY_HEAD, 'a'),
      append(second, EMPTY_HEAD, 'b'),
      append(third, EMPTY_HEAD, 'c'),
    ]);
    expectSame(outcomes, [{ type: 'appended' }, { type: 'lost', head }, { type: 'gone' }], 'the outcomes');
    const twice = store.append([append(first, EMPTY_HEAD, 'd'), append(first, EMPTY_HEAD, 'e')]);
    await expectRejection(
      Promise.resolve().then(() => twice),
      'invalid-option',
      'a handle twice in a group',
    );
  },
};

const DATASTORES: Readonly<Record<string, Check>> = {
  'has private ids for each account, and shareable ones once': async ({ store }, name) => {
    const [ann, bob] = [name('ann'), name('bob')];
    await store.create(name('a'), 'default', ann);
    await store.create(name('b'), 'default', bob);
    expectSame((await store.find('default', ann))?.handle, name('a'), "ann's");
    expectSame((await store.find('default', bob))?.handle, name('b'), "bob's");
    const shared = `.${name('shared')}`;
    await store.create(name('c'), shared, ann);
    const second = await store.create(name('d'), shared, bob);
    expectSame([second.type, second.datastore.owner], ['exists', ann], 'a shareable id that is taken');
    expectSame((await store.find(shared, bob))?.handle, name('c'), 'what bob finds');
  },
  'keeps the team that the owner had at the creation': async ({ store }, name) => {
    const [ann, shared] = [name('ann'), `.${name('shared')}`];
    const made = await store.create(name('a'), shared, ann, 'team');
    const again = await store.create(name('b'), shared, ann, 'other team');
    const alone = await store.create(name('c'), 'default', ann);
    const read = [await store.get(name('a')), await store.find(shared, ann), ...(await store.list(ann))];
    const teams = [made.datastore, again.datastore, alone.datastore, ...read].map(
      (datastore) => datastore?.team ?? null,
    );
    expectSame(teams, ['team', 'team', null, 'team', 'team', 'team', null], 'the teams');
  },
  'lists what an account owns or has joined, and nothing that is gone': async ({ store }, name) => {
    const [ann, bob] = [name('ann'), name('bob')];
    const handles = async (account: string): Promise<string[]> => (await store.list(account)).map((one) => one.handle);
    for (const at of ['b', 'a', 'c']) await store.create(name(at), `.${name(at)}`, ann);
    expectSame(await handles(ann), ['a', 'b', 'c'].map(name), "ann's list");
    await store.join(name('b'), bob);
    await store.join(name('b'), bob);
    await store.join(name('c'), bob);
    await store.join(name('none'), bob);
    expectSame(await handles(bob), ['b', 'c'].map(name), "bob's list");
    await store.leave(name('b'), bob);
    await store.leave(name('b'), ann);
    await store.remove(name('c'));
    expectSame([await handles(ann), await handles(bob)], [['a', 'b'].map(name), []], 'the lists afterwards');
  },
  'keeps title and modified time until an append brings others': async ({ store }, name) => {
    const handle = name('log');
    await store.create(handle, name('id'), name('ann'));
    const info = async (): Promise<string | undefined> => {
      const found = (await store.get(handle))?.info;
      return found && textOf(found);
    };
    expectSame(await info(), undefined, 'at first');
    await store.append([{ ...append(handle, EMPTY_HEAD, 'n1'), info: bytesOf('one') }]);
    await store.append([append(handle, { revision: 1, nonce: 'n1' }, 'n2')]);
    expectSame(await info(), 'one', 'after an append that says nothing');
    await store.append([{ ...append(handle, { revision: 2, nonce: 'n2' }, 'n3'), info: bytesOf('two') }]);
    expectSame(await info(), 'two', 'after one that does');
  },
  'answers many handles in their order': async ({ store }, name) => {
    for (const at of ['a', 'b']) await store.create(name(at), name(at), name('ann'));
    await grow(store, name('b'), ['n1']);
    const found = await store.getMany([name('b'), name('none'), name('a')]);
    expectSame(
      found.map((one) => one?.revision ?? null),
      [1, null, 0],
      'their revisions',
    );
    expectSame(await store.getMany([]), [], 'those of none');
  },
  'tells who listens of logs that grow, until it is told to stop': async ({ store }, name) => {
    const handle = name('log');
    await store.create(handle, name('id'), name('ann'));
    const told: string[] = [];
    const stop = store.listen((handles) => told.push(...handles));
    const head = await grow(store, handle, ['n1']);
    expectThat(told.includes(handle), 'it was not told of its own append');
    stop();
    told.length = 0;
    await grow(store, handle, ['n2'], head);
    expectSame(told, [], 'what it was told after it stopped');
  },
};

const DURABILITY: Readonly<Record<string, Check>> = {
  'has everything that was acknowledged after a new start': async ({ store, reopen }, name) => {
    if (reopen === undefined) return;
    const [kept, deleted] = [name('kept'), name('deleted')];
    for (const handle of [kept, deleted]) await store.create(handle, handle, name('ann'));
    const head = await grow(store, kept, range(10, 'n'));
    await store.writeSnapshot(kept, { revision: 8, bytes: bytesOf('state') });
    await store.trim(kept, 6);
    await store.join(kept, name('bob'));
    await store.remove(deleted);
    const again = await reopen();
    expectSame(await noncesIn(again, kept, 6), ['n7', 'n8', 'n9', 'n10'], 'the entries');
    expectSame((await again.get(kept))?.trimmed, 6, 'the revision up to which it is trimmed');
    expectSame(textOf((await again.readSnapshot(kept))?.bytes ?? bytesOf('')), 'state', 'the snapshot');
    expectSame(
      (await again.list(name('bob'))).map((one) => one.handle),
      [kept],
      "bob's list",
    );
    expectSame(await again.append([append(deleted, EMPTY_HEAD, 'late')]), [{ type: 'gone' }], 'a deleted handle');
    await grow(again, kept, ['n11'], head);
  },
};

/**
 * What every {@link LogStore} must do, as tests: races first, then writers that were stopped and go on. Each case uses
 * names of its own, so all of them may run on one medium.
 */
export function logStoreConformance(open: () => Promise<LogStoreFixture>): readonly ConformanceCase[] {
  const checks = Object.entries({ ...RACES, ...STOPPED_WRITERS, ...LOGS, ...DATASTORES, ...DURABILITY }).map(
    ([title, check], at) => [title, (fixture: LogStoreFixture) => check(fixture, (what) => `${what}-${at}`)] as const,
  );
  return casesOf(Object.fromEntries(checks), open);
}
