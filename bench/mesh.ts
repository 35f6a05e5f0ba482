import { type DeltaInput, formatState, type ListOp, NO_LIMITS, parseDelta, transform } from '../src/index.js';
import { type MeshEvent, MeshReplica, parseEvent } from '../src/mesh/index.js';
import { traceEvents } from '../test/support/mesh-trace.js';
import { type ConcurrentTrace, hasShared, readShared } from '../test/support/shared-data.js';
import { TwoAgents } from '../test/support/two-agents.js';
import { FIELD, listDelta, listState, RECORD, TABLE } from './support/edits.js';
import { expectEqual } from './support/expect.js';
import { randomFrom } from './support/random.js';
import { type Comparison, compare, doublings, type Scale, type Suite } from './support/suite.js';

const CONCURRENT = 'traces/concurrent-friendsforever.json.gz';

/** Replicas without a sequencer, beside what the same costs with one. */
export const mesh: Suite = {
  name: 'mesh',
  title: 'Mesh: events in any order',
  comparisons: (scale) => [
    ...(hasShared(CONCURRENT) ? [() => trace(scale)] : []),
    () => branches(scale(10_000)),
    () => lateEvent(scale(10_000)),
  ],
  series: (scale) => [
    {
      title: 'Mesh: twice the edits in both branches of a list',
      unit: 'edits on each side',
      sizes: doublings(1000, 16_000, scale),
      at: branches,
      growthAtMost: 2.8,
    },
  ],
};

function trace(scale: Scale): Comparison {
  const whole = JSON.parse(readShared(CONCURRENT)) as ConcurrentTrace;
  const txns = whole.txns.slice(0, scale(whole.txns.length));
  const events = traceEvents({ ...whole, txns }, ['a', 'b']);
  return compare({
    work: `friendsforever, ${txns.length.toLocaleString('en')} events, each received and synced, against the log's merge`,
    contender: () => {
      const replica = newReplica('reader');
      for (const event of events) {
        replica.receive({ type: 'events', events: [event] });
        replica.sync();
      }
      const text = replica.get('t', 'doc')?.get('text');
      return Array.isArray(text) ? text.join('') : '';
    },
    baseline: { name: 'rebase', run: () => TwoAgents.fold({ ...whole, txns }, 0) },
    operations: txns.length,
    target: { atMost: 1 },
    check: (text, other) => {
      expectEqual([...text].sort(), [...other].sort(), 'the characters');
      if (txns.length === whole.txns.length) expectEqual(text, whole.endContent, 'the text of the trace');
    },
  });
}

function branches(count: number): Comparison {
  const items = Array.from({ length: 10_000 }, (_, number) => `item ${number}`);
  const local = listDelta(randomEdits(items.length, count, 1));
  const remote = listDelta(randomEdits(items.length, count, 2));
  const base = parseDelta([['I', TABLE, RECORD, { [FIELD]: items }]]);
  const author = newReplica('0');
  author.apply(base);
  const first = author.seal() as MeshEvent;
  const eventOf = (agent: string, delta: DeltaInput): MeshEvent => {
    const replica = newReplica(agent);
    replica.receive({ type: 'events', events: [first] });
    replica.sync();
    replica.apply(delta);
    return replica.seal() as MeshEvent;
  };
  const [mine, theirs] = [eventOf('a', local), eventOf('b', remote)];
  return compare({
    work: `two branches of a list, ${count.toLocaleString('en')} edits each, received as events, against transform and apply`,
    contender: () => {
      const replica = newReplica('reader');
      replica.receive({ type: 'events', events: [first, mine, theirs] });
      replica.sync();
      return formatState(replica.state());
    },
    baseline: {
      name: 'transform',
      run: () => {
        const state = listState(items);
        const applied = state.apply(local);
        state.apply(transform(applied, remote).remote);
        return formatState(state);
      },
    },
    operations: 2 * count,
    target: { atMost: 1.5 },
    check: (rows, others) => {
      const [left, right] = [rows, others].map(([row]) => row?.data[FIELD] as readonly unknown[] | undefined);
      expectEqual(left?.length, right?.length, 'the number of items that are left');
    },
  });
}

function lateEvent(count: number): Comparison {
  const insert = (seq: number): MeshEvent =>
    parseEvent({
      id: ['a', seq],
      parents: [['a', seq - 1]],
      delta: [['U', TABLE, RECORD, { [FIELD]: ['LI', seq % 50, 'x'] }]],
    });
  const base = parseEvent({
    id: ['a', 1],
    parents: [],
    delta: [['I', TABLE, RECORD, { [FIELD]: Array(50).fill('b') }]],
  });
  const events = [base, ...Array.from({ length: count }, (_, at) => insert(at + 2))];
  const late = parseEvent({
    id: ['b', 1],
    parents: [['a', 1]],
    delta: [['U', TABLE, RECORD, { [FIELD]: ['LI', 25, 'late'] }]],
  });
  const read = (all: readonly MeshEvent[]): readonly unknown[] => {
    const replica = newReplica('reader');
    replica.receive({ type: 'events', events: all });
    replica.sync();
    return replica.get(TABLE, RECORD)?.get(FIELD) as readonly unknown[];
  };
  return compare({
    work: `${count.toLocaleString('en')} events, and one that saw only the first, against those without it`,
    contender: () => read([...events, late]),
    baseline: { name: 'without it', run: () => read(events) },
    operations: count,
    target: { atMost: 2 },
    check: (items, others) =>
      expectEqual(
        items.filter((item) => item !== 'late'),
        others,
        'the other items',
      ),
  });
}

function newReplica(agent: string): MeshReplica {
  return new MeshReplica({ agent, limits: NO_LIMITS, undoDepth: 0 });
}

function randomEdits(lengthBefore: number, count: number, seed: number): ListOp[] {
  const random = randomFrom(seed);
  let length = lengthBefore;
  const below = (bound: number): number => Math.floor(random() * bound);
  return Array.from({ length: count }, (_, number): ListOp => {
    if (random() < 0.5) return { type: 'insert', index: below(++length), value: `new ${seed} ${number}` };
    return { type: 'delete', index: below(length--) };
  });
}
