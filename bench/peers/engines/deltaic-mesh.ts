import { decodeMesh, encodeMesh } from '../../../src/codec/binary/index.js';
import { Delta, type DeltaInput, type ListOp, NO_LIMITS, ResolutionRules, State } from '../../../src/index.js';
import { formatEvent, MeshReplica, parseEvent } from '../../../src/mesh/index.js';
import { type Branch, engine, exchange, type ListEngine, type Splice, type TraceWay } from '../engine.js';

const TABLE = 't';
const RECORD = 'r';
const FIELD = 'f';
const ENCODING = 'events as JSON';

/** A replica, and what the other side of a comparison has. */
interface Site {
  readonly replica: MeshReplica;
  readonly known: ReadonlyMap<string, number>;
}

const rules = new ResolutionRules().set(TABLE, 'count', 'sum');
let agents = 0;

function newReplica(): MeshReplica {
  return new MeshReplica({ agent: `a${++agents}`, rules, limits: NO_LIMITS, undoDepth: 0 });
}

function site(changes: DeltaInput): Site {
  const replica = newReplica();
  replica.apply(changes);
  replica.seal();
  return { replica, known: replica.vector() };
}

function fork({ replica }: Site): Site {
  const content = replica.content();
  const copy = MeshReplica.from(content, { agent: `a${++agents}`, rules, limits: NO_LIMITS, undoDepth: 0 });
  return { replica: copy, known: copy.vector() };
}

function sent({ replica, known }: Site): Uint8Array {
  const message = replica.missingFrom(known);
  return new TextEncoder().encode(JSON.stringify(message?.events.map(formatEvent) ?? []));
}

function receive({ replica }: Site, bytes: Uint8Array): void {
  const events = (JSON.parse(new TextDecoder().decode(bytes)) as unknown[]).map(parseEvent);
  replica.receive({ type: 'events', events });
  replica.sync();
}

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

function opsOf([position, deleteCount, inserted]: Splice): ListOp[] {
  const ops: ListOp[] = Array.from({ length: deleteCount }, () => ({ type: 'delete', index: position }));
  if (inserted !== '') ops.push({ type: 'insert', index: position, value: inserted });
  return ops;
}

function traceWay(edits: TraceWay<Site>['edits']): TraceWay<Site> {
  return {
    idiom: `list, MeshReplica.apply ${edits === 'one by one' ? 'and seal for each' : 'and seal once'}`,
    edits,
    replay: (trace) => {
      const made = site(listInsert([]));
      if (edits === 'one by one') {
        for (const splice of trace) {
          made.replica.apply(listDelta(opsOf(splice)));
          made.replica.seal();
        }
      } else {
        made.replica.apply(listDelta(trace.flatMap(opsOf)));
        made.replica.seal();
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

const put = (field: string, value: number | bigint): DeltaInput => [
  { type: 'update', table: TABLE, record: RECORD, ops: new Map([[field, { type: 'put', value }]]) },
];

/** Deltaic without a sequencer. */
export const deltaicMesh = engine<Site>({
  name: 'deltaic-mesh',
  title: 'Deltaic, mesh',
  runsAs: 'JavaScript',
  trace: [traceWay('one by one'), traceWay('all in one')],
  lists,
  moves: lists,
  records: {
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
  },
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
      create: (length) => site(listInsert(Array.from({ length }, () => 'x'))),
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
  absent: {},
});
