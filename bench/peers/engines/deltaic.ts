import {
  compose,
  Delta,
  type DeltaInput,
  deltaWithoutBefore,
  type ListOp,
  parseState,
  ResolutionRules,
  type State,
  transform,
} from '../../../src/index.js';
import { type Branch, engine, type ListEngine, type Merging, type Splice, type TraceWay } from '../engine.js';
import { decodeDelta, decodeState, ENCODING, encodeDelta, encodeState } from './deltaic-bytes.js';

const TABLE = 't';
const RECORD = 'r';
const FIELD = 'f';

/** What is sent: a delta without what it overwrote. */
const bytesOf = (delta: Delta): Uint8Array => encodeDelta(deltaWithoutBefore(delta));

/** A copy of the data, and the delta that its branch made. */
interface Holder {
  readonly state: State;
  made: Delta;
}

const holding = (state: State): Holder => ({ state, made: Delta.from([]) });
const fork = ({ state }: Holder): Holder => holding(state.clone());
const listState = (items: readonly string[]): State =>
  parseState([{ tid: TABLE, rowid: RECORD, data: { [FIELD]: items } }]);

function edited(holder: Holder, delta: DeltaInput): Branch<Holder> {
  holder.made = holder.state.apply(delta);
  return { doc: holder, sent: bytesOf(holder.made) };
}

/**
 * Merging two branches: remote is in the log, and its bytes reach the local side. That transforms, applies, and sends
 * its rebased delta, which the remote side applies as it is.
 */
function mergeBytes(rules: ResolutionRules): Merging<Holder>['merge'] {
  return (local, remote) => {
    const merged = transform(local.doc.made, decodeDelta(remote.sent), { rules });
    local.doc.state.apply(merged.remote);
    const sent = bytesOf(merged.local);
    remote.doc.state.apply(decodeDelta(sent));
    return remote.sent.length + sent.length;
  };
}

const RULES = new ResolutionRules();

/** Both sides in one memory: the cost of merging and applying alone. One side merges, and has what the other applies. */
function mergeOneSide(local: Branch<Holder>, remote: Branch<Holder>): ReturnType<typeof transform> {
  const merged = transform(local.doc.made, remote.doc.made, { rules: RULES });
  local.doc.state.apply(merged.remote);
  return merged;
}

const mergeInMemory: Merging<Holder>['merge'] = (local, remote) => {
  remote.doc.state.apply(mergeOneSide(local, remote).local);
  return 0;
};

function listDelta(ops: readonly ListOp[]): DeltaInput {
  return [
    { type: 'update', table: TABLE, record: RECORD, ops: new Map([[FIELD, { type: 'list', create: false, ops }]]) },
  ];
}

/** Adds the operations of a splice to `ops`. */
function pushOps(ops: ListOp[], [position, deleteCount, inserted]: Splice): void {
  for (let count = 0; count < deleteCount; count++) ops.push({ type: 'delete', index: position });
  if (inserted !== '') ops.push({ type: 'insert', index: position, value: inserted });
}

const save = ({ state }: Holder): Uint8Array => encodeState(state);

const listOf = ({ state }: Holder): string[] => state.get(TABLE, RECORD)?.get(FIELD) as unknown as string[];
/** V8 joins an array that is not frozen in half the time, copying it included. */
const textOf = (holder: Holder): string => [...listOf(holder)].join('');

function traceWay(edits: TraceWay<Holder>['edits']): TraceWay<Holder> {
  return {
    idiom: `list, ${edits === 'one by one' ? 'State.apply for each' : 'one delta, one State.apply'}, ${ENCODING}`,
    edits,
    replay: (trace) => {
      const state = listState([]);
      if (edits === 'one by one') {
        for (const splice of trace) {
          const ops: ListOp[] = [];
          pushOps(ops, splice);
          state.apply(listDelta(ops));
        }
        return holding(state);
      }
      const ops: ListOp[] = [];
      for (const splice of trace) pushOps(ops, splice);
      const made = Delta.from(listDelta(ops));
      state.apply(made);
      return { state, made };
    },
    text: textOf,
    state: save,
    ...(edits === 'all in one' && { history: ({ made }: Holder) => encodeDelta(made) }),
    load: (bytes) => textOf(holding(decodeState(bytes))),
  };
}

/** Edits for which no delta is made, as an application does that keeps its own history. */
const withoutDeltas: TraceWay<Holder> = {
  ...traceWay('one by one'),
  idiom: 'list, State.editList for each, no deltas made',
  replay: (trace) => {
    const state = listState([]);
    for (const [index, deleteCount, value] of trace) {
      for (let count = 0; count < deleteCount; count++) state.editList(TABLE, RECORD, FIELD, { type: 'delete', index });
      if (value !== '') state.editList(TABLE, RECORD, FIELD, { type: 'insert', index, value });
    }
    return holding(state);
  },
};

const lists: ListEngine<Holder> = {
  idiom: `one delta a branch, ${ENCODING}`,
  create: (items) => holding(listState(items)),
  fork,
  edit: (holder, ops) => edited(holder, listDelta(ops)),
  merge: mergeBytes(new ResolutionRules()),
  state: save,
  read: listOf,
};

const records = {
  idiom: `one delta a branch, ${ENCODING}`,
  create: (rows) => holding(parseState(Object.entries(rows).map(([rowid, data]) => ({ tid: TABLE, rowid, data })))),
  fork,
  edit: (holder, updates) =>
    edited(
      holder,
      updates.map(({ record, field, value }) => ({
        type: 'update',
        table: TABLE,
        record,
        ops: new Map([[field, { type: 'put', value }]]),
      })),
    ),
  merge: mergeBytes(new ResolutionRules()),
  state: save,
  field: ({ state }, record, field) => state.get(TABLE, record)?.get(field),
} satisfies Parameters<typeof engine<Holder>>[0]['records'];

const counterRules = new ResolutionRules().set(TABLE, FIELD, 'sum');
const put = (value: number | bigint): DeltaInput => [
  { type: 'update', table: TABLE, record: RECORD, ops: new Map([[FIELD, { type: 'put', value }]]) },
];

export const deltaic = engine<Holder>({
  name: 'deltaic',
  title: 'Deltaic',
  runsAs: 'JavaScript',
  trace: [traceWay('one by one'), withoutDeltas, traceWay('all in one')],
  lists,
  moves: lists,
  records,
  register: {
    idiom: 'a field, a State.apply each time',
    overwrite: (times) => {
      const state = parseState([{ tid: TABLE, rowid: RECORD, data: {} }]);
      for (let value = 0; value < times; value++) state.apply(put(value));
      return holding(state);
    },
    value: ({ state }) => state.get(TABLE, RECORD)?.get(FIELD),
    state: save,
  },
  counter: {
    idiom: 'a long under the rule sum',
    create: () => holding(parseState([{ tid: TABLE, rowid: RECORD, data: { [FIELD]: { I: '0' } } }])),
    fork,
    add: (holder, times) => {
      const read = (): bigint => holder.state.get(TABLE, RECORD)?.get(FIELD) as bigint;
      const applied: Delta[] = [];
      for (let time = 0; time < times; time++) applied.push(holder.state.apply(put(read() + 1n)));
      holder.made = compose(...applied);
      return { doc: holder, sent: bytesOf(holder.made) };
    },
    merge: mergeBytes(counterRules),
    value: ({ state }) => Number(state.get(TABLE, RECORD)?.get(FIELD)),
    state: save,
  },
  longLists: [
    {
      idiom: 'State with a pending delta: transform and apply',
      create: (length) => holding(listState(Array.from({ length }, () => 'x'))),
      fork: ({ state }) => {
        const holder = holding(state.clone());
        edited(holder, listDelta([{ type: 'put', index: 0, value: 'z' }]));
        return holder;
      },
      type: (holder, index) => edited(holder, listDelta([{ type: 'insert', index, value: 'y' }])).sent,
      receive: (holder, sent) => {
        const merged = transform(holder.made, decodeDelta(sent));
        holder.state.apply(merged.remote);
        holder.made = merged.local;
      },
      length: (holder) => listOf(holder).length,
    },
  ],
  absent: {},
});

const inMemory = { idiom: 'one delta a branch, nothing encoded', merge: mergeInMemory };

/** Deltaic without bytes between the sides; the difference is the cost of encoding and decoding. */
export const deltaicInMemory = engine<Holder>({
  name: 'deltaic-in-memory',
  title: 'Deltaic, no bytes between',
  runsAs: 'JavaScript',
  trace: [],
  lists: { ...lists, ...inMemory, mergeOneSide },
  moves: { ...lists, ...inMemory, mergeOneSide },
  records: { ...records, ...inMemory },
  longLists: [],
  absent: {},
});
