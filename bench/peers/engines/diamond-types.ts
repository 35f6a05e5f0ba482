import { Doc } from 'diamond-types-node';
import { engine } from '../engine.js';

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
  absent: {
    lists: 'it holds text only',
    moves: 'it holds text only',
    records: 'it holds text only',
    register: 'it holds text only',
    counter: 'it holds text only',
  },
});
