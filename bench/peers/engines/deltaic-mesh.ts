import { decodeMesh, encodeMesh } from '../../../src/codec/binary/index.js';
import {
  Delta,
  type DeltaInput,
  formatState,
  type ListOp,
  NO_LIMITS,
  ResolutionRules,
  type Row,
  State,
} from '../../../src/index.js';
import { formatEvent, type MeshEvent, MeshReplica, parseEvent } from '../../../src/mesh/index.js';
import {
  type Branch,
  engine,
  exchange,
  type ListEngine,
  type Merging,
  type RecordEngine,
  type SharedText,
  type Splice,
  type TraceWay,
} from '../engine.js';

const TABLE = 't';
const RECORD = 'r';
const FIELD = 'f';
const ENCODING = 'events as JSON';
const IN_MEMORY = 'nothing encoded';

/** A replica, and what the other side of a comparison has. */
interface Site {
  readonly replica: MeshReplica;
  readonly known: ReadonlyMap<string, number>;
}

const rules = new ResolutionRules().set(TABLE, 'count', 'sum');
let agents = 0;

function newReplica(rows: readonly Row[] = [], undoDepth = 0): MeshReplica {
  return new MeshReplica({ agent: `a${++agents}`, rules, limits: NO_LIMITS, undoDepth, rows });
}

function site(changes: DeltaInput, undoDepth?: number): Site {
  const replica = newReplica([], undoDepth);
  replica.apply(changes);
  replica.seal();
  return { replica, known: replica.vector() };
}

function fork({ replica }: Site): Site {
  const content = replica.content();
  const copy = MeshReplica.from(content, { agent: `a${++agents}`, rules, limits: NO_LIMITS, undoDepth: 0 });
  return { replica: copy, known: copy.vector() };
}

function added({ replica, known }: Site): readonly MeshEvent[] {
  return replica.missingFrom(known)?.events ?? [];
}

function bytesOf(events: readonly MeshEvent[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(events.map(formatEvent)));
}

function sent(here: Site): Uint8Array {
  return bytesOf(added(here));
}

function receiveEvents({ replica }: Site, events: readonly MeshEvent[]): void {
  replica.receive({ type: 'events', events });
  replica.sync();
}

function receive(here: Site, bytes: Uint8Array): void {
  receiveEvents(here, (JSON.parse(new TextDecoder().decode(bytes)) as unknown[]).map(parseEvent));
}

/** Both sides in one memory: the cost of integrating alone, which each side does. */
const mergeInMemory: Merging<Site>['merge'] = (local, remote) => {
  const [mine, theirs] = [added(local.doc), added(remote.doc)];
  receiveEvents(local.doc, theirs);
  receiveEvents(remote.doc, mine);
  return 0;
};
const mergeOneSide = (local: Branch<Site>, remote: Branch<Site>): void => receiveEvents(local.doc, added(remote.doc));

function edited(here: Site, changes: DeltaInput): Branch<Site> {
  here.replica.apply(changes);
  here.replica.seal();
  return { doc: here, sent: sent(here) };
}

const listDelta = (ops: readonly ListOp[]): DeltaInput => [
  { type: 'update', table: TABLE, record: RECORD, ops: new Map([[FIELD, { type: 'list', create: false, ops }]]) },
];
const listInsert = (items: readonly string[]): DeltaInput => [
  { type: 'insert', table: TABLE, record: RECORD, fields: new Map([[FIELD, items]]) },
];
const listOf = ({ replica }: Site): string[] => replica.get(TABLE, RECORD)?.get(FIELD) as unknown as string[];
const textOf = (here: Site): string => [...listOf(here)].join('');
const history = ({ replica }: Site): Uint8Array => encodeMesh({ ...replica.content(), state: undefined });
/** A history that everybody has seen is trimmed, and then a state is what is left. */
const state = ({ replica }: Site): Uint8Array => {
  const { agent, trimmed, state: now } = replica.content();
  return encodeMesh({
    agent,
    trimmed,
    trimmedState: now ?? new State(),
    events: [],
    open: Delta.from([]),
    openRules: new Map(),
  });
};

/** A splice as operations on a list of characters. */
function opsOf([position, deleteCount, inserted]: Splice): ListOp[] {
  const ops: ListOp[] = [];
  for (let deleted = 0; deleted < deleteCount; deleted++) ops.push({ type: 'delete', index: position });
  let index = position;
  for (const value of inserted) ops.push({ type: 'insert', index: index++, value });
  return ops;
}

/** One event of all edits would be larger than an event may be, so a user who makes as many seals them in parts. */
const EDITS_AN_EVENT = 10_000;

/** How the edits of a trace are grouped. */
interface Grouping {
  /** How many edits one call makes. */
  readonly aCall: number;
  /** How many edits one event holds. */
  readonly anEvent: number;
  readonly undoDepth: number;
}

function traceWay(
  edits: TraceWay<Site>['edits'],
  calls: string,
  { aCall, anEvent, undoDepth }: Grouping,
): TraceWay<Site> {
  return {
    idiom: `list, MeshReplica.${calls}`,
    edits,
    replay: (trace) => {
      const made = site(listInsert([]), undoDepth);
      let ops: ListOp[] = [];
      let done = 0;
      for (const splice of trace) {
        for (const op of opsOf(splice)) ops.push(op);
        done++;
        if (done % aCall !== 0 && done < trace.length) continue;
        made.replica.apply(listDelta(ops));
        ops = [];
        if (done % anEvent === 0 || done === trace.length) made.replica.seal();
      }
      return made;
    },
    text: textOf,
    state,
    history,
    load: (bytes) =>
      textOf({ replica: MeshReplica.from(decodeMesh(bytes), { agent: 'loaded', rules }), known: new Map() }),
  };
}

const lists: ListEngine<Site> = {
  idiom: `one event a branch, ${ENCODING}`,
  create: (items) => site(listInsert(items)),
  fork,
  edit: (here, ops) => edited(here, listDelta(ops)),
  merge: exchange(receive),
  state,
  read: listOf,
};

function sharedText(isEncoded: boolean): SharedText<Site> {
  return {
    idiom: `list, an event a transaction, ${isEncoded ? 'as JSON' : IN_MEMORY}; all as events in the binary form`,
    create: (text) => site(listInsert([...text])),
    fork,
    edit: ({ replica }, splices) => {
      replica.apply(listDelta(splices.flatMap(opsOf)));
      const event = replica.seal() as MeshEvent;
      return isEncoded ? bytesOf([event]) : event;
    },
    receive: (here, message) => {
      if (isEncoded) receive(here, message as Uint8Array);
      else receiveEvents(here, [message as MeshEvent]);
    },
    text: textOf,
    whole: history,
    load: (whole) => {
      const { events } = decodeMesh(whole);
      const here = { replica: newReplica(), known: new Map<string, number>() };
      receiveEvents(here, events);
      return here;
    },
  };
}

const records: RecordEngine<Site> = {
  idiom: `one event a branch, ${ENCODING}`,
  create: (rows) =>
    site(
      Object.entries(rows).map(([record, fields]) => ({
        type: 'insert',
        table: TABLE,
        record,
        fields: new Map(Object.entries(fields)),
      })),
    ),
  fork,
  edit: (here, updates) =>
    edited(
      here,
      updates.map(({ record, field, value }) => ({
        type: 'update',
        table: TABLE,
        record,
        ops: new Map([[field, { type: 'put', value }]]),
      })),
    ),
  merge: exchange(receive),
  state,
  field: ({ replica }, record, field) => replica.get(TABLE, record)?.get(field),
};

const put = (field: string, value: number | bigint): DeltaInput => [
  { type: 'update', table: TABLE, record: RECORD, ops: new Map([[field, { type: 'put', value }]]) },
];

/** Deltaic without a sequencer. */
export const deltaicMesh = engine<Site>({
  name: 'deltaic-mesh',
  title: 'Deltaic, mesh',
  runsAs: 'JavaScript',
  trace: [
    // Beside the Replica, which remembers what to undo, and seals all edits at once.
    traceWay('one by one', 'apply for each, with undo, sealed by 10,000', {
      aCall: 1,
      anEvent: EDITS_AN_EVENT,
      undoDepth: 100,
    }),
    traceWay('one by one', 'apply and seal for each', { aCall: 1, anEvent: 1, undoDepth: 0 }),
    traceWay('all in one', 'apply and seal for each 10,000', {
      aCall: EDITS_AN_EVENT,
      anEvent: EDITS_AN_EVENT,
      undoDepth: 0,
    }),
  ],
  lists,
  moves: lists,
  records,
  register: {
    idiom: 'a field, MeshReplica.apply and seal each time',
    overwrite: (times) => {
      const made = site([{ type: 'insert', table: TABLE, record: RECORD, fields: new Map() }]);
      for (let value = 0; value < times; value++) {
        made.replica.apply(put(FIELD, value));
        made.replica.seal();
      }
      return made;
    },
    value: ({ replica }) => replica.get(TABLE, RECORD)?.get(FIELD),
    state,
  },
  counter: {
    idiom: 'a long under the rule sum',
    create: () => site([{ type: 'insert', table: TABLE, record: RECORD, fields: new Map([['count', 0n]]) }]),
    fork,
    add: (here, times) => {
      const read = (): bigint => here.replica.get(TABLE, RECORD)?.get('count') as bigint;
      for (let time = 0; time < times; time++) here.replica.apply(put('count', read() + 1n));
      here.replica.seal();
      return { doc: here, sent: sent(here) };
    },
    merge: exchange(receive),
    value: ({ replica }) => Number(replica.get(TABLE, RECORD)?.get('count')),
    state,
  },
  longLists: [
    {
      idiom: `an event concurrent with one of one’s own, ${ENCODING}`,
      // No event is as large as the list, so all begin with its rows.
      create: (length) => {
        const items = Array.from({ length }, () => 'x');
        const replica = newReplica(formatState(State.fromObject({ [TABLE]: { [RECORD]: { [FIELD]: items } } })));
        return { replica, known: replica.vector() };
      },
      fork: (here) => {
        const copy = fork(here);
        edited(copy, listDelta([{ type: 'put', index: 0, value: 'z' }]));
        return copy;
      },
      type: (here, index) => {
        const before = here.replica.vector();
        edited(here, listDelta([{ type: 'insert', index, value: 'y' }]));
        return sent({ replica: here.replica, known: before });
      },
      receive,
      length: (here) => listOf(here).length,
    },
  ],
  sharedTexts: [sharedText(true)],
  absent: {},
});

const inMemory = { idiom: `one event a branch, ${IN_MEMORY}`, merge: mergeInMemory };

/** The same without bytes between the replicas. */
export const deltaicMeshInMemory = engine<Site>({
  name: 'deltaic-mesh-in-memory',
  title: 'Deltaic, mesh, no bytes between',
  runsAs: 'JavaScript',
  trace: [],
  lists: { ...lists, ...inMemory, mergeOneSide },
  moves: { ...lists, ...inMemory, mergeOneSide },
  records: { ...records, ...inMemory },
  longLists: [],
  sharedTexts: [sharedText(false)],
  absent: {},
});
