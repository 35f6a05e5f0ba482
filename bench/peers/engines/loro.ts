import { LoroDoc, type LoroList, LoroMap, type LoroMovableList } from 'loro-crdt';
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

let peers = 0n;

function newDoc(): LoroDoc {
  const doc = new LoroDoc();
  doc.setPeerId(++peers);
  return doc;
}

function fork(doc: LoroDoc): LoroDoc {
  const copy = newDoc();
  copy.import(doc.export({ mode: 'snapshot' }));
  return copy;
}

/** Runs edits as one commit, and encodes what they added. */
function edited(doc: LoroDoc, edit: () => void): Branch<LoroDoc> {
  const from = doc.version();
  edit();
  doc.commit();
  return { doc, sent: doc.export({ mode: 'update', from }) };
}

function receive(doc: LoroDoc, sent: Uint8Array): void {
  doc.import(sent);
}

function shallow(doc: LoroDoc): Uint8Array {
  return doc.export({ mode: 'shallow-snapshot', frontiers: doc.frontiers() });
}

function traceWay(kind: 'list' | 'text', edits: 'one by one' | 'all in one'): TraceWay<LoroDoc> {
  const splice = (doc: LoroDoc): ((edit: Splice) => void) => {
    if (kind === 'text') {
      const text = doc.getText('text');
      return ([position, deleteCount, inserted]) => {
        if (deleteCount > 0) text.delete(position, deleteCount);
        if (inserted !== '') text.insert(position, inserted);
      };
    }
    const list = doc.getList('list');
    return ([position, deleteCount, inserted]) => {
      if (deleteCount > 0) list.delete(position, deleteCount);
      if (inserted !== '') list.insert(position, inserted);
    };
  };
  const read = (doc: LoroDoc): string =>
    kind === 'text' ? doc.getText('text').toString() : (doc.getList('list').toJSON() as string[]).join('');
  return {
    idiom: kind === 'text' ? 'LoroText' : 'LoroList',
    edits,
    replay: (trace) => {
      const doc = newDoc();
      const perform = splice(doc);
      for (const edit of trace) {
        perform(edit);
        if (edits === 'one by one') doc.commit();
      }
      doc.commit();
      return doc;
    },
    text: read,
    state: shallow,
    history: (doc) => doc.export({ mode: 'snapshot' }),
    load: (bytes) => {
      const doc = newDoc();
      doc.import(bytes);
      return read(doc);
    },
  };
}

type List = LoroList | LoroMovableList;

function listEngine(idiom: string, listOf: (doc: LoroDoc) => List): ListEngine<LoroDoc> {
  return {
    idiom,
    create: (items) => {
      const doc = newDoc();
      const list = listOf(doc);
      for (const item of items) list.push(item);
      doc.commit();
      return doc;
    },
    fork,
    edit: (doc, ops) =>
      edited(doc, () => {
        const list = listOf(doc);
        for (const op of ops) perform(list, op);
      }),
    merge: exchange(receive),
    state: shallow,
    read: (doc) => listOf(doc).toJSON() as string[],
  };
}

function perform(list: List, op: ListOp): void {
  if (op.type === 'insert') list.insert(op.index, op.value as string);
  else if (op.type === 'delete') list.delete(op.index, 1);
  else if (op.type === 'move' && 'move' in list) list.move(op.from, op.to);
  else throw new Error(`this list has no ${op.type}`);
}

const lists = listEngine('LoroList, one commit a branch', (doc) => doc.getList('list'));

const sharedText: SharedText<LoroDoc> = {
  idiom: 'LoroText, an update a commit; all as one update',
  create: (text) => {
    const doc = newDoc();
    doc.getText('text').insert(0, text);
    doc.commit();
    return doc;
  },
  fork,
  edit: (doc, splices) =>
    edited(doc, () => {
      const text = doc.getText('text');
      for (const [position, deleteCount, inserted] of splices) {
        if (deleteCount > 0) text.delete(position, deleteCount);
        if (inserted !== '') text.insert(position, inserted);
      }
    }).sent,
  receive: (doc, message) => receive(doc, message as Uint8Array),
  text: (doc) => doc.getText('text').toString(),
  whole: (doc) => doc.export({ mode: 'update' }),
  load: (whole) => {
    const doc = newDoc();
    doc.import(whole);
    return doc;
  },
};

const recordOf = (doc: LoroDoc, record: string): LoroMap => doc.getMap('records').get(record) as LoroMap;

export const loro = engine<LoroDoc>({
  name: 'loro',
  title: 'Loro',
  packageName: 'loro-crdt',
  runsAs: 'WebAssembly',
  trace: [
    traceWay('list', 'one by one'),
    traceWay('list', 'all in one'),
    traceWay('text', 'one by one'),
    traceWay('text', 'all in one'),
  ],
  lists,
  moves: listEngine('LoroMovableList, one commit a branch', (doc) => doc.getMovableList('list')),
  records: {
    idiom: 'a LoroMap of LoroMaps, one commit a branch',
    create: (records) => {
      const doc = newDoc();
      const root = doc.getMap('records');
      for (const [record, fields] of Object.entries(records)) {
        const map = root.getOrCreateContainer(record, new LoroMap());
        for (const [field, value] of Object.entries(fields)) map.set(field, value);
      }
      doc.commit();
      return doc;
    },
    fork,
    edit: (doc, updates) =>
      edited(doc, () => {
        for (const { record, field, value } of updates) recordOf(doc, record).set(field, value);
      }),
    merge: exchange(receive),
    state: shallow,
    field: (doc, record, field) => recordOf(doc, record).get(field),
  },
  register: {
    idiom: 'LoroMap, a commit each time; a shallow snapshot',
    overwrite: (times) => {
      const doc = newDoc();
      const map = doc.getMap('map');
      for (let value = 0; value < times; value++) {
        map.set('key', value);
        doc.commit();
      }
      return doc;
    },
    value: (doc) => doc.getMap('map').get('key'),
    state: shallow,
  },
  counter: {
    idiom: 'LoroCounter',
    create: newDoc,
    fork,
    add: (doc, times) =>
      edited(doc, () => {
        const counter = doc.getCounter('count');
        for (let time = 0; time < times; time++) counter.increment(1);
      }),
    merge: exchange(receive),
    value: (doc) => doc.getCounter('count').value,
    state: shallow,
  },
  longLists: [
    {
      idiom: 'LoroList',
      create: (length) => lists.create(Array.from({ length }, () => 'x')),
      fork,
      type: (doc, index) => edited(doc, () => doc.getList('list').insert(index, 'y')).sent,
      receive,
      length: (doc) => doc.getList('list').length,
    },
  ],
  sharedTexts: [sharedText],
  absent: {},
});
