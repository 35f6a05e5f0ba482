import { Doc } from 'diamond-types-node';
import { engine } from '../engine.js';

// Copies that edit at once need different names.
let agents = 0;
const newName = (): string => `a${++agents}`;

/** It has text only, so it takes part only in the text workloads. */
export const diamondTypes = engine<Doc>({
  name: 'diamond-types',
  title: 'diamond-types',
  packageName: 'diamond-types-node',
  runsAs: 'WebAssembly',
  trace: [
    {
      idiom: 'text, a call each',
      edits: 'one by one',
      replay: (trace) => {
        const doc = new Doc('a');
        for (const [position, deleteCount, inserted] of trace) {
          if (deleteCount > 0) doc.del(position, deleteCount);
          if (inserted !== '') doc.ins(position, inserted);
        }
        return doc;
      },
      text: (doc) => doc.get(),
      history: (doc) => doc.toBytes(),
      load: (bytes) => Doc.fromBytes(bytes, 'b').get(),
    },
  ],
  longLists: [
    {
      idiom: 'text',
      create: (length) => {
        const doc = new Doc('a');
        doc.ins(0, 'x'.repeat(length));
        return doc;
      },
      fork: (doc) => Doc.fromBytes(doc.toBytes(), 'b'),
      type: (doc, index) => {
        const before = doc.getLocalVersion();
        doc.ins(index, 'y');
        return doc.getPatchSince(before);
      },
      receive: (doc, sent) => {
        doc.mergeBytes(sent);
      },
      length: (doc) => doc.len(),
    },
  ],
  sharedTexts: [
    {
      idiom: 'text, a patch a transaction; all as one file',
      create: (text) => {
        const doc = new Doc(newName());
        doc.ins(0, text);
        return doc;
      },
      // It cannot write a document to which nothing was ever done.
      fork: (doc) => (doc.is_empty() ? new Doc(newName()) : Doc.fromBytes(doc.toBytes(), newName())),
      edit: (doc, splices) => {
        const before = doc.getLocalVersion();
        for (const [position, deleteCount, inserted] of splices) {
          if (deleteCount > 0) doc.del(position, deleteCount);
          if (inserted !== '') doc.ins(position, inserted);
        }
        return doc.getPatchSince(before);
      },
      receive: (doc, message) => {
        doc.mergeBytes(message as Uint8Array);
      },
      text: (doc) => doc.get(),
      whole: (doc) => doc.toBytes(),
      load: (whole) => Doc.fromBytes(whole, newName()),
    },
  ],
  absent: {
    lists: 'it holds text only',
    moves: 'it holds text only',
    records: 'it holds text only',
    register: 'it holds text only',
    counter: 'it holds text only',
  },
});
