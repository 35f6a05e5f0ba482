import * as Automerge from '@automerge/automerge';
import type { ListOp } from '../../../src/index.js';
import { type Branch, engine, exchange, type ListEngine, type TraceWay } from '../engine.js';

/** The contents of a document; a workload uses one of them. */
interface Content extends Record<string, unknown> {
  list: Automerge.ImmutableString[];
  text: string;
  records: Record<string, Record<string, number>>;
  key: number;
  count: Automerge.Counter;
}

/** Documents are values; this holds the newest. */
interface Holder {
  doc: Automerge.Doc<Content>;
}

type Item = Automerge.ImmutableString;

const atom = (text: string): Item => new Automerge.ImmutableString(text);

function holding(content: Partial<Content>): Holder {
  return { doc: Automerge.from(content as Content) };
}

function fork({ doc }: Holder): Holder {
  return { doc: Automerge.clone(doc) };
}

/** Runs edits as one change, and encodes what they added. */
function edited(holder: Holder, edit: (content: Content) => void): Branch<Holder> {
  const heads = Automerge.getHeads(holder.doc);
  holder.doc = Automerge.change(holder.doc, edit);
  return { doc: holder, sent: Automerge.saveSince(holder.doc, heads) };
}

function receive(holder: Holder, sent: Uint8Array): void {
  holder.doc = Automerge.loadIncremental(holder.doc, sent);
}

const save = ({ doc }: Holder): Uint8Array => Automerge.save(doc);

const textTrace: TraceWay<Holder> = {
  idiom: 'text, one change',
  edits: 'all in one',
  replay: (trace) => {
    const holder = holding({ text: '' });
    edited(holder, (content) => {
      for (const [position, deleteCount, inserted] of trace) {
        Automerge.splice(content, ['text'], position, deleteCount, inserted);
      }
    });
    return holder;
  },
  text: ({ doc }) => doc.text,
  history: save,
  load: (bytes) => Automerge.load<Content>(bytes).text,
};

const listTrace: TraceWay<Holder> = {
  idiom: 'list of immutable strings, one change',
  edits: 'all in one',
  replay: (trace) => {
    const holder = holding({ list: [] });
    edited(holder, ({ list }) => {
      for (const [position, deleteCount, inserted] of trace) {
        if (deleteCount > 0) Automerge.deleteAt(list, position, deleteCount);
        if (inserted !== '') Automerge.insertAt(list, position, atom(inserted));
      }
    });
    return holder;
  },
  text: ({ doc }) => doc.list.join(''),
  history: save,
  load: (bytes) => Automerge.load<Content>(bytes).list.join(''),
};

const lists: ListEngine<Holder> = {
  idiom: 'list of immutable strings, one change a branch',
  create: (items) => holding({ list: items.map(atom) }),
  fork,
  edit: (holder, ops) =>
    edited(holder, ({ list }) => {
      for (const op of ops) perform(list, op);
    }),
  merge: exchange(receive),
  state: save,
  read: ({ doc }) => doc.list.map(String),
};

function perform(list: Item[], op: ListOp): void {
  if (op.type === 'insert') Automerge.insertAt(list, op.index, atom(op.value as string));
  else if (op.type === 'delete') Automerge.deleteAt(list, op.index);
  else throw new Error(`Automerge's lists have no ${op.type}`);
}

const SLOW = 'of 26,078 transactions, a change each, it had not made and applied all after 100 s of processor time';

export const automerge = engine<Holder>({
  name: 'automerge',
  title: 'Automerge',
  packageName: '@automerge/automerge',
  runsAs: 'WebAssembly',
  trace: [listTrace, textTrace],
  lists,
  records: {
    idiom: 'nested maps, one change a branch',
    create: (records) => holding({ records: structuredClone(records) as Content['records'] }),
    fork,
    edit: (holder, updates) =>
      edited(holder, ({ records }) => {
        for (const { record, field, value } of updates) {
          const fields = records[record];
          if (fields !== undefined) fields[field] = value;
        }
      }),
    merge: exchange(receive),
    state: save,
    field: ({ doc }, record, field) => doc.records[record]?.[field],
  },
  register: {
    idiom: 'a key of the root, a change each time',
    overwrite: (times) => {
      const holder = holding({});
      for (let value = 0; value < times; value++) {
        holder.doc = Automerge.change(holder.doc, (content) => {
          content.key = value;
        });
      }
      return holder;
    },
    value: ({ doc }) => doc.key,
    state: save,
  },
  counter: {
    idiom: 'Counter',
    create: () => holding({ count: new Automerge.Counter(0) }),
    fork,
    add: (holder, times) =>
      edited(holder, ({ count }) => {
        for (let time = 0; time < times; time++) count.increment(1);
      }),
    merge: exchange(receive),
    value: ({ doc }) => doc.count.value,
    state: save,
  },
  longLists: [
    {
      idiom: 'list of immutable strings',
      create: (length) => lists.create(Array.from({ length }, () => 'x')),
      fork,
      type: (holder, index) => edited(holder, ({ list }) => Automerge.insertAt(list, index, atom('y'))).sent,
      receive,
      length: ({ doc }) => doc.list.length,
    },
  ],
  absent: {
    moves: 'it has no moves',
    'shared-text': SLOW,
    'shared-text-4': SLOW,
    late: SLOW,
  },
});
