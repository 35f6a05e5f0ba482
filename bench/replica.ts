import { type DeltaInput, NO_LIMITS } from '../src/index.js';
import { Replica, Sequencer } from '../src/sync/index.js';
import { Desk } from '../test/datastore/support/desk.js';
import { BlockArray } from './baselines/block-array.js';
import { NestedMaps } from './baselines/nested-maps.js';
import {
  FIELD,
  type FieldUpdate,
  fieldUpdates,
  listDelta,
  listItems,
  listOf,
  RECORD,
  recordRows,
  TABLE,
  updatesDelta,
} from './support/edits.js';
import { expectEqual, expectTrue } from './support/expect.js';
import { randomListOps } from './support/random.js';
import { type Comparison, compare, doublings, type Suite } from './support/suite.js';

const MANY = 10_000;
const TIME = new Date(0);

/**
 * Editing through a replica, which shows every edit at once, can undo it, and queues what is to be put; and syncing
 * replicas through a sequencer. The baselines are containers that only hold the latest state.
 */
export const replica: Suite = {
  name: 'replica',
  title: 'Edit and sync through a replica',
  comparisons: (scale) => [
    () => fieldEdits(scale(MANY)),
    () => listEdits(scale(MANY)),
    () => roundTrips(scale(1000)),
    () => remoteKeystrokes(scale(1_000_000)),
    () => undoing(scale(1000)),
  ],
  series: (scale) => [
    {
      title: 'Replica: twice the edits',
      unit: 'edits of one field, each its own Replica.apply, then sync',
      sizes: doublings(1000, 32_000, scale),
      at: fieldEdits,
      growthAtMost: 2.4,
    },
    {
      title: 'Replica: twice the entries, met by as many pending edits',
      unit: 'entries of one field merged in one sync, and as many pending edits, each an undo item',
      sizes: doublings(500, 4000, scale),
      at: entriesMeet,
      growthAtMost: 2.4,
    },
    {
      title: 'Replica: twice the edits of a list, each synced with nobody to send them to',
      unit: 'edits of one list, each its own Replica.editList and sync',
      sizes: doublings(2500, 20_000, scale),
      at: offlineSyncs,
      growthAtMost: 2.4,
    },
    {
      title: 'Datastore: twice the items typed into a list that was just made',
      unit: 'items, each its own List.insert, in undo items of ten',
      sizes: doublings(5000, 40_000, scale),
      at: typing,
      growthAtMost: 2.4,
    },
  ],
};

/** A device without a network whose application syncs after every edit. */
function offlineSyncs(count: number): Comparison {
  const sequencer = sequencerWith(listInsert([]));
  const snapshot = sequencer.snapshot();
  const ops = typed(count);
  return compare({
    work: `${count.toLocaleString('en')} edits of a list, each synced offline`,
    contender: () => {
      const replica = newReplica();
      replica.receive(snapshot);
      replica.sync(TIME);
      for (const op of ops) {
        replica.editList(TABLE, RECORD, FIELD, op);
        replica.sync(TIME);
      }
      return replica;
    },
    baseline: { name: 'array of blocks', run: () => new BlockArray().performAll(ops) },
    check: (replica, blocks) => expectEqual(listOf(replica), blocks.toArray(), 'list'),
  });
}

function typing(count: number): Comparison {
  const ops = typed(count);
  return compare({
    work: `${count.toLocaleString('en')} items typed into a list of a datastore`,
    contender: () => {
      const { datastore, replica } = new Desk(undefined, { limits: NO_LIMITS });
      const list = datastore.table(TABLE).getOrInsert(RECORD, {}).getOrCreateList(FIELD);
      for (const { index, value } of ops) {
        list.insert(index, value);
        if (index % 10 === 9) replica.endUndoItem();
      }
      return replica;
    },
    baseline: { name: 'array of blocks', run: () => new BlockArray().performAll(ops) },
    check: (replica, blocks) => expectEqual(listOf(replica), blocks.toArray(), 'list'),
  });
}

function typed(count: number): { readonly type: 'insert'; readonly index: number; readonly value: string }[] {
  return Array.from({ length: count }, (_, index) => ({ type: 'insert', index, value: `item ${index}` }));
}

function entriesMeet(count: number): Comparison {
  const [own, others] = [fieldUpdates(count, 1), fieldUpdates(count, 2)];
  const sequencer = sequencerWith(recordsDelta(count));
  const snapshot = sequencer.snapshot();
  for (const [at, update] of others.entries()) {
    sequencer.put(at + 1, `other${at}`, updatesDelta([update]), 'editor');
  }
  const entries = sequencer.deltasSince(1);
  const deltas = own.map((update) => updatesDelta([update]));
  const maps = new NestedMaps();
  return compare({
    work: `${count.toLocaleString('en')} entries of one field, met by as many pending edits`,
    contender: () => {
      const replica = newReplica();
      replica.receive(snapshot);
      replica.sync(TIME);
      for (const delta of deltas) {
        replica.apply(delta);
        replica.endUndoItem();
      }
      replica.receive(entries);
      replica.sync(TIME);
      return replica;
    },
    baseline: {
      name: 'Map of Maps',
      run: () => {
        maps.setAll(own);
        maps.setAll(others);
      },
    },
    check: (replica) => expectHolds(replica, others),
  });
}

function fieldEdits(count: number): Comparison {
  const updates = fieldUpdates(count, 1);
  const deltas = updates.map((update) => updatesDelta([update]));
  const snapshot = sequencerWith(recordsDelta(count)).snapshot();
  const maps = new NestedMaps();
  return compare({
    work: `${count.toLocaleString('en')} fields put, each its own Replica.apply, then sync`,
    contender: () => {
      const replica = newReplica();
      replica.receive(snapshot);
      replica.sync(TIME);
      for (const delta of deltas) replica.apply(delta);
      replica.sync(TIME);
      return replica;
    },
    baseline: { name: 'Map of Maps', run: () => maps.setAll(updates) },
    operations: count,
    check: (replica) => expectHolds(replica, updates),
  });
}

function listEdits(count: number): Comparison {
  const items = listItems(count);
  const ops = randomListOps({ count, length: count, seed: 1, moves: 0 });
  const deltas = ops.map((op) => listDelta([op]));
  const start = listInsert(items);
  return compare({
    work: `${count.toLocaleString('en')} list operations, each its own Replica.apply, then sync`,
    contender: () => {
      const replica = newReplica();
      replica.apply(start);
      for (const delta of deltas) replica.apply(delta);
      replica.sync(TIME);
      return replica;
    },
    baseline: { name: 'array of blocks', run: () => BlockArray.from(items).performAll(ops) },
    operations: count,
    check: (replica, blocks) => expectEqual(listOf(replica), blocks.toArray(), 'list'),
  });
}

/** Two replicas edit concurrently, put their deltas, and receive each other's, many times. */
function roundTrips(count: number): Comparison {
  const [mine, theirs] = [fieldUpdates(10 * count, 1), fieldUpdates(10 * count, 2)];
  const turn = (updates: readonly FieldUpdate[], round: number): FieldUpdate[] =>
    updates.slice(10 * round, 10 * round + 10);
  const start = recordsDelta(10 * count);
  const maps = new NestedMaps();
  return compare({
    work: `${count.toLocaleString('en')} rounds of two replicas, 10 fields each, through a sequencer`,
    contender: () => {
      const sequencer = sequencerWith(start);
      const replicas = [newReplica('a'), newReplica('b')];
      for (const replica of replicas) catchUp(replica, sequencer);
      for (let round = 0; round < count; round++) {
        replicas[0]?.apply(updatesDelta(turn(mine, round)));
        replicas[1]?.apply(updatesDelta(turn(theirs, round)));
        for (const replica of replicas) exchange(replica, sequencer);
      }
      for (const replica of replicas) catchUp(replica, sequencer);
      return replicas;
    },
    baseline: {
      name: 'both set in one Map of Maps',
      run: () => {
        for (let round = 0; round < count; round++) maps.setAll(turn(mine, round)).setAll(turn(theirs, round));
        return maps;
      },
    },
    operations: count,
    check: ([first, second]) => {
      expectTrue(first?.revision === 2 * count + 1, 'the log holds every delta');
      expectEqual(first?.toRows(), second?.toRows(), 'both replicas');
    },
  });
}

/** Somebody else types into a long list that this replica edits too. */
function remoteKeystrokes(length: number): Comparison {
  const typing = (items: number): (() => Replica) => {
    const sequencer = sequencerWith(listInsert(listItems(items)));
    const replica = newReplica();
    catchUp(replica, sequencer);
    let count = 0;
    return () => {
      // Each call deletes what the previous one inserted, so the list keeps its length.
      const isInsert = count++ % 2 === 0;
      const op = isInsert
        ? ({ type: 'insert', index: 5, value: 'x' } as const)
        : ({ type: 'delete', index: 5 } as const);
      sequencer.put(sequencer.revision, `other${count}`, listDelta([op]), 'editor');
      catchUp(replica, sequencer);
      return replica;
    };
  };
  return compare({
    work: `one remote edit of a list of ${length.toLocaleString('en')} received and shown`,
    contender: typing(length),
    baseline: { name: 'of a list of 10', run: typing(10) },
    target: { atMost: 1.5 },
    check: (long) => expectTrue(listLength(long) === length + 1, 'the item was inserted'),
  });
}

function undoing(count: number): Comparison {
  const deltas = fieldUpdates(count, 1).map((update) => updatesDelta([update]));
  const start = recordsDelta(count);
  const edited = (): Replica => {
    const replica = new Replica({ nextNonce: () => 'nonce', limits: NO_LIMITS, undoDepth: count + 1 });
    replica.apply(start);
    replica.endUndoItem();
    for (const delta of deltas) {
      replica.apply(delta);
      replica.endUndoItem();
    }
    return replica;
  };
  const before = newReplica();
  before.apply(start);
  return compare({
    work: `${count.toLocaleString('en')} edits, each its own undo item, and all of them undone`,
    contender: () => {
      const replica = edited();
      for (let step = 0; step < count; step++) replica.undo();
      return replica;
    },
    baseline: { name: 'the edits alone', run: edited },
    operations: count,
    check: (replica) => expectEqual(replica.toRows(), before.toRows(), 'what was there before'),
  });
}

function newReplica(name = 'nonce'): Replica {
  let count = 0;
  return new Replica({ nextNonce: () => `${name}${count++}`, limits: NO_LIMITS });
}

function sequencerWith(delta: DeltaInput): Sequencer {
  // An answer of any size, so that a replica that fetches once has everything.
  const sequencer = new Sequencer({ limits: NO_LIMITS, answerSize: Number.MAX_SAFE_INTEGER });
  sequencer.put(0, 'start', delta, 'owner');
  return sequencer;
}

function catchUp(replica: Replica, sequencer: Sequencer): void {
  replica.receive(sequencer.answer(replica.request(), 'owner'));
  replica.sync(TIME);
}

/** Puts until the sequencer accepts. */
function exchange(replica: Replica, sequencer: Sequencer): void {
  replica.sync(TIME);
  for (let put = replica.outgoing(); put !== undefined; put = replica.outgoing()) {
    replica.receive(sequencer.answer(put, 'owner'));
    replica.sync(TIME);
  }
}

function recordsDelta(count: number): DeltaInput {
  return recordRows(count).map(({ rowid, data }) => ({
    type: 'insert',
    table: TABLE,
    record: rowid,
    fields: new Map(Object.entries(data as Record<string, number>)),
  }));
}

function listInsert(items: readonly string[]): DeltaInput {
  return [{ type: 'insert', table: TABLE, record: RECORD, fields: new Map([[FIELD, items]]) }];
}

function listLength(replica: Replica): number {
  const list = listOf(replica);
  return Array.isArray(list) ? list.length : -1;
}

function expectHolds(replica: Replica, updates: readonly FieldUpdate[]): void {
  const isThere = updates.every(({ record, field, value }) => replica.get(TABLE, record)?.get(field) === value);
  expectTrue(isThere, 'every update is there');
}
