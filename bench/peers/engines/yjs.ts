import * as Y from 'yjs';
import type { ListOp } from '../../../src/index.js';
import {
  type Branch,
  engine,
  exchange,
  type ListEngine,
  type SharedText,
  type Splice,
  type TraceWay,
} from '../engine.js';

const arrayOf = (doc: Y.Doc): Y.Array<string> => doc.getArray<string>('list');

function newDoc(gc = true): Y.Doc {
  return new Y.Doc({ gc });
}

function fork(doc: Y.Doc): Y.Doc {
  const copy = newDoc();
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
  return copy;
}

/** Runs edits as one transaction, and encodes what they added. */
function edited(doc: Y.Doc, edit: () => void): Branch<Y.Doc> {
  const before = Y.encodeStateVector(doc);
  doc.transact(edit);
  return { doc, sent: Y.encodeStateAsUpdate(doc, before) };
}

function traceWay(kind: 'array' | 'text', edits: 'one by one' | 'all in one', gc: boolean): TraceWay<Y.Doc> {
  const splice = (doc: Y.Doc): ((edit: Splice) => void) => {
    if (kind === 'text') {
      const text = doc.getText('text');
      return ([position, deleteCount, inserted]) => {
        if (deleteCount > 0) text.delete(position, deleteCount);
        if (inserted !== '') text.insert(position, inserted);
      };
    }
    const list = arrayOf(doc);
    return ([position, deleteCount, inserted]) => {
      if (deleteCount > 0) list.delete(position, deleteCount);
      if (inserted !== '') list.insert(position, [inserted]);
    };
  };
  const read = (doc: Y.Doc): string =>
    kind === 'text' ? doc.getText('text').toString() : arrayOf(doc).toArray().join('');
  return {
    idiom: `Y.${kind === 'text' ? 'Text' : 'Array'}, ${gc ? 'deleted content collected' : 'deleted content kept'}`,
    edits,
    replay: (trace) => {
      const doc = newDoc(gc);
      const perform = splice(doc);
      if (edits === 'all in one') {
        doc.transact(() => {
          for (const edit of trace) perform(edit);
        });
      } else {
        for (const edit of trace) doc.transact(() => perform(edit));
      }
      return doc;
    },
    text: read,
    ...(gc ? { state: Y.encodeStateAsUpdateV2 } : { history: Y.encodeStateAsUpdateV2 }),
    load: (bytes) => {
      const doc = newDoc(gc);
      Y.applyUpdateV2(doc, bytes);
      return read(doc);
    },
  };
}

const lists: ListEngine<Y.Doc> = {
  idiom: 'Y.Array, one transaction a branch',
  create: (items) => {
    const doc = newDoc();
    arrayOf(doc).insert(0, [...items]);
    return doc;
  },
  fork,
  edit: (doc, ops) =>
    edited(doc, () => {
      const list = arrayOf(doc);
      for (const op of ops) perform(list, op);
    }),
  merge: exchange(Y.applyUpdate),
  state: Y.encodeStateAsUpdateV2,
  read: (doc) => arrayOf(doc).toArray(),
};

function perform(list: Y.Array<string>, op: ListOp): void {
  if (op.type === 'insert') list.insert(op.index, [op.value as string]);
  else if (op.type === 'delete') list.delete(op.index, 1);
  else throw new Error(`Y.Array has no ${op.type}`);
}

const recordsOf = (doc: Y.Doc): Y.Map<Y.Map<number>> => doc.getMap<Y.Map<number>>('records');

// Of two copies, the one that edits first has the lower number: the text of the trace comes of that order. Numbers
// are as large as those that Yjs makes by chance.
let copies = 2 ** 31;

function newCopy(): Y.Doc {
  const doc = newDoc();
  doc.clientID = ++copies;
  return doc;
}

const sharedText: SharedText<Y.Doc> = {
  idiom: 'Y.Text, the update of each transaction; all as one update',
  create: (text) => {
    const doc = newCopy();
    doc.getText('text').insert(0, text);
    return doc;
  },
  fork: (doc) => {
    const copy = newCopy();
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc));
    return copy;
  },
  edit: (doc, splices) => {
    let sent: unknown;
    doc.once('update', (update: Uint8Array) => {
      sent = update;
    });
    doc.transact(() => {
      const text = doc.getText('text');
      for (const [position, deleteCount, inserted] of splices) {
        if (deleteCount > 0) text.delete(position, deleteCount);
        if (inserted !== '') text.insert(position, inserted);
      }
    });
    return sent;
  },
  receive: (doc, message) => Y.applyUpdate(doc, message as Uint8Array),
  text: (doc) => doc.getText('text').toString(),
  whole: Y.encodeStateAsUpdate,
  load: (whole) => {
    const doc = newDoc();
    Y.applyUpdate(doc, whole);
    return doc;
  },
};

export const yjs = engine<Y.Doc>({
  name: 'yjs',
  title: 'Yjs',
  packageName: 'yjs',
  runsAs: 'JavaScript',
  trace: [
    traceWay('array', 'one by one', true),
    traceWay('array', 'all in one', true),
    traceWay('array', 'one by one', false),
    traceWay('text', 'one by one', true),
    traceWay('text', 'all in one', true),
    traceWay('text', 'one by one', false),
  ],
  lists,
  records: {
    idiom: 'a Y.Map of Y.Maps, one transaction a branch',
    create: (records) => {
      const doc = newDoc();
      doc.transact(() => {
        for (const [record, fields] of Object.entries(records)) {
          recordsOf(doc).set(record, new Y.Map<number>(Object.entries(fields)));
        }
      });
      return doc;
    },
    fork,
    edit: (doc, updates) =>
      edited(doc, () => {
        const records = recordsOf(doc);
        for (const { record, field, value } of updates) records.get(record)?.set(field, value);
      }),
    merge: exchange(Y.applyUpdate),
    state: Y.encodeStateAsUpdateV2,
    field: (doc, record, field) => recordsOf(doc).get(record)?.get(field),
  },
  register: {
    idiom: 'Y.Map, a transaction each time',
    overwrite: (times) => {
      const doc = newDoc();
      const map = doc.getMap('map');
      for (let value = 0; value < times; value++) map.set('key', value);
      return doc;
    },
    value: (doc) => doc.getMap('map').get('key'),
    state: Y.encodeStateAsUpdateV2,
  },
  counter: {
    idiom: 'no counter: a number in a Y.Map, read and set',
    create: () => {
      const doc = newDoc();
      doc.getMap('map').set('count', 0);
      return doc;
    },
    fork,
    add: (doc, times) =>
      edited(doc, () => {
        const map = doc.getMap<number>('map');
        for (let time = 0; time < times; time++) map.set('count', (map.get('count') ?? 0) + 1);
      }),
    merge: exchange(Y.applyUpdate),
    value: (doc) => doc.getMap('map').get('count'),
    state: Y.encodeStateAsUpdateV2,
  },
  longLists: [
    {
      idiom: 'Y.Array, filled by one insert',
      create: (length) => lists.create(Array.from({ length }, () => 'x')),
      fork,
      type: (doc, index) => edited(doc, () => arrayOf(doc).insert(index, ['y'])).sent,
      receive: Y.applyUpdate,
      length: (doc) => arrayOf(doc).length,
    },
  ],
  sharedTexts: [sharedText],
  absent: { moves: 'it has no moves' },
});
