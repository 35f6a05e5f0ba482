import { type ListOp, transformList } from '../../../src/index.js';
import { BlockArray } from '../../baselines/block-array.js';
import { NestedMaps } from '../../baselines/nested-maps.js';
import {
  type Branch,
  engine,
  type FieldUpdate,
  type ListEngine,
  type RecordEngine,
  type Splice,
  type TraceWay,
} from '../engine.js';

/**
 * One side of two branches that are given the result: after both have edited, each gets the edits that bring it to the
 * merged document, off the clock. A merge then costs only making these edits.
 */
interface Side<Held, Edit> {
  readonly held: Held;
  made: readonly Edit[];
  toDo: readonly Edit[];
  /** The other side; before the second fork, the first fork. */
  twin: Side<Held, Edit> | undefined;
}

type Follow<Edit> = (local: readonly Edit[], remote: readonly Edit[]) => readonly [local: Edit[], remote: Edit[]];

const NOTHING = new Uint8Array();

function told<Held, Edit>(perform: (held: Held, edits: readonly Edit[]) => void, follow: Follow<Edit>) {
  type Doc = Side<Held, Edit>;
  const sideOf = (held: Held, twin?: Doc): Doc => ({ held, made: [], toDo: [], twin });
  return {
    idiom: 'told the result, off the clock',
    holding: sideOf,
    fork(doc: Doc, held: Held): Doc {
      const fork = sideOf(held, doc.twin);
      if (doc.twin !== undefined) doc.twin.twin = fork;
      doc.twin = doc.twin === undefined ? fork : undefined;
      return fork;
    },
    edit(doc: Doc, edits: readonly Edit[]): Branch<Doc> {
      perform(doc.held, edits);
      doc.made = edits;
      const first = doc.twin;
      if (first !== undefined && first.made.length > 0) [first.toDo, doc.toDo] = follow(first.made, edits);
      return { doc, sent: NOTHING };
    },
    merge(local: Branch<Doc>, remote: Branch<Doc>): number {
      perform(local.doc.held, local.doc.toDo);
      perform(remote.doc.held, remote.doc.toDo);
      return 0;
    },
  };
}

const toldLists = told<BlockArray, ListOp>(
  (list, ops) => list.performAll(ops),
  (local, remote) => {
    const merged = transformList(local, remote);
    return [[...merged.remote], [...merged.local]];
  },
);

const lists: ListEngine<Side<BlockArray, ListOp>> = {
  ...toldLists,
  create: (items) => toldLists.holding(BlockArray.from(items)),
  fork: (doc) => toldLists.fork(doc, BlockArray.from(doc.held.toArray())),
  read: ({ held }) => held.toArray() as string[],
};

const toldRecords = told<NestedMaps, FieldUpdate>(
  (maps, updates) => maps.setAll(updates),
  (local, remote) => {
    const [mine, theirs] = [lastUpdates(local), lastUpdates(remote)];
    return [[...theirs.values()], [...mine].flatMap(([place, update]) => (theirs.has(place) ? [] : [update]))];
  },
);

function lastUpdates(updates: readonly FieldUpdate[]): Map<string, FieldUpdate> {
  return new Map(updates.map((update) => [`${update.record}/${update.field}`, update]));
}

function copyOf({ records }: NestedMaps): NestedMaps {
  const copy = new NestedMaps();
  for (const [record, fields] of records) copy.records.set(record, new Map(fields));
  return copy;
}

const traceWay: TraceWay<BlockArray> = {
  idiom: 'an array of blocks, each character put in or taken out',
  edits: 'one by one',
  replay: (trace) => {
    const list = new BlockArray();
    for (const splice of trace) performSplice(list, splice);
    return list;
  },
  text: (list) => list.toArray().join(''),
  load: () => '',
};

function performSplice(list: BlockArray, [position, deleteCount, inserted]: Splice): void {
  for (let count = 0; count < deleteCount; count++) list.remove(position);
  if (inserted !== '') list.insert(position, inserted);
}

const records: RecordEngine<Side<NestedMaps, FieldUpdate>> = {
  ...toldRecords,
  create: (rows) => {
    const maps = new NestedMaps();
    for (const [record, fields] of Object.entries(rows)) maps.records.set(record, new Map(Object.entries(fields)));
    return toldRecords.holding(maps);
  },
  fork: (doc) => toldRecords.fork(doc, copyOf(doc.held)),
  field: ({ held }, record, field) => held.records.get(record)?.get(field),
};

/** Not an engine but a bound for all of them: plain arrays and Maps. */
export const plain = engine<unknown>({
  name: 'plain',
  title: 'Plain arrays and Maps',
  runsAs: 'JavaScript',
  trace: [traceWay],
  lists,
  moves: lists,
  records,
  longLists: [],
  absent: {},
});
