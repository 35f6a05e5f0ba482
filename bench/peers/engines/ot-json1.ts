import * as json1 from 'ot-json1';
import type { ListOp } from '../../../src/index.js';
import { type Branch, engine, type FieldUpdate, type ListEngine, type Merging, type Splice } from '../engine.js';

const { type } = json1;

/** A document, and the one operation of its branch. */
interface Holder {
  content: json1.Doc;
  made: json1.JSONOp;
}

const holding = (content: json1.Doc): Holder => ({ content, made: null });

/** Edits copy what they change, so copies can share the rest. */
const fork = ({ content }: Holder): Holder => holding(content);

function edited(holder: Holder, op: json1.JSONOp): Branch<Holder> {
  holder.content = type.apply(holder.content, op) as json1.Doc;
  holder.made = op;
  return { doc: holder, sent: encode(op) };
}

/** Composed half by half: composing one after the other takes quadratic time, as each compose copies everything. */
function composed(ops: readonly json1.JSONOp[]): json1.JSONOp {
  const [only = null] = ops;
  if (ops.length <= 1) return only;
  const half = ops.length >> 1;
  return type.compose(composed(ops.slice(0, half)), composed(ops.slice(half)));
}

const encode = (op: json1.JSONOp): Uint8Array => new TextEncoder().encode(JSON.stringify(op));
const decode = (bytes: Uint8Array): json1.JSONOp => JSON.parse(new TextDecoder().decode(bytes)) as json1.JSONOp;

const save = ({ content }: Holder): Uint8Array => new TextEncoder().encode(JSON.stringify(content));

/** The client merges; the server gets the client's transformed operation. */
const merge: Merging<Holder>['merge'] = (local, remote) => {
  const theirs = decode(remote.sent);
  local.doc.content = type.apply(
    local.doc.content,
    type.transformNoConflict(theirs, local.doc.made, 'left'),
  ) as json1.Doc;
  const sent = encode(type.transformNoConflict(local.doc.made, theirs, 'right'));
  remote.doc.content = type.apply(remote.doc.content, decode(sent)) as json1.Doc;
  return sent.length + remote.sent.length;
};

function listOperation(op: ListOp): json1.JSONOp {
  switch (op.type) {
    case 'insert':
      return json1.insertOp([op.index], op.value as string);
    case 'delete':
      return json1.removeOp([op.index]);
    case 'move':
      return json1.moveOp([op.from], [op.to]);
    case 'put':
      return json1.replaceOp([op.index], true, op.value as string);
  }
}

const lists: ListEngine<Holder> = {
  idiom: 'operations composed into one a branch',
  create: (items) => holding([...items]),
  fork,
  edit: (holder, ops) => edited(holder, composed(ops.map(listOperation))),
  merge,
  state: save,
  read: ({ content }) => content as string[],
};

/** All updates as one operation: the result of composing them one by one, without its cost. */
function updateAll(updates: readonly FieldUpdate[]): json1.JSONOp {
  const records = new Map<string, Map<string, number>>();
  for (const { record, field, value } of updates) {
    const fields = records.get(record) ?? new Map<string, number>();
    records.set(record, fields.set(field, value));
  }
  const byKey = (left: readonly [string, unknown], right: readonly [string, unknown]): number =>
    left[0] < right[0] ? -1 : 1;
  return type.normalize(
    [...records].sort(byKey).map(([record, fields]) => {
      const replaced = [...fields].sort(byKey).map(([field, value]) => [field, { r: true, i: value }]);
      return [record, ...(replaced.length === 1 ? (replaced[0] ?? []) : replaced)];
    }) as json1.JSONOp,
  );
}

const NEEDS_ORDER = 'somebody else has to order its operations';

export const otJson1 = engine<Holder>({
  name: 'ot-json1',
  title: 'ot-json1',
  packageName: 'ot-json1',
  runsAs: 'JavaScript',
  trace: [
    {
      idiom: 'a string, an operation each',
      edits: 'one by one',
      replay: (trace) => {
        const holder = holding('');
        for (const splice of trace) holder.content = type.apply(holder.content, textOperation(splice)) as string;
        return holder;
      },
      text: ({ content }) => String(content),
      state: save,
      load: (bytes) => JSON.parse(new TextDecoder().decode(bytes)) as string,
    },
  ],
  lists,
  moves: lists,
  records: {
    idiom: 'one operation a branch, built at once',
    create: (records) => holding(records as unknown as json1.Doc),
    fork,
    edit: (holder, updates) => edited(holder, updateAll(updates)),
    merge,
    state: save,
    field: ({ content }, record, field) => (content as Record<string, Record<string, unknown>>)[record]?.[field],
  },
  register: {
    idiom: 'a key of an object, an operation each time',
    overwrite: (times) => {
      const holder = holding({ key: 0 });
      for (let value = 0; value < times; value++) {
        holder.content = type.apply(holder.content, json1.replaceOp(['key'], true, value)) as json1.Doc;
      }
      return holder;
    },
    value: ({ content }) => (content as Record<string, unknown>)['key'],
    state: save,
  },
  counter: {
    idiom: 'its number type',
    create: () => holding({ count: 0 }),
    fork,
    add: (holder, times) =>
      edited(holder, composed(Array.from({ length: times }, () => json1.editOp(['count'], 'number', 1)))),
    merge,
    value: ({ content }) => (content as Record<string, unknown>)['count'],
    state: save,
  },
  longLists: [
    {
      idiom: 'an array, with a pending operation',
      create: (length) => holding(Array.from({ length }, () => 'x')),
      fork: ({ content }) => {
        const holder = holding(content);
        edited(holder, json1.replaceOp([0], true, 'z'));
        return holder;
      },
      type: (holder, index) => edited(holder, json1.insertOp([index], 'y')).sent,
      receive: (holder, sent) => {
        const theirs = decode(sent);
        holder.content = type.apply(holder.content, type.transformNoConflict(theirs, holder.made, 'left')) as json1.Doc;
        holder.made = type.transformNoConflict(holder.made, theirs, 'right');
      },
      length: ({ content }) => (content as unknown[]).length,
    },
  ],
  absent: { 'shared-text': NEEDS_ORDER, 'shared-text-4': NEEDS_ORDER, late: NEEDS_ORDER },
});

function textOperation([position, deleteCount, inserted]: Splice): json1.JSONOp {
  const edit: (number | string | { d: number })[] = position > 0 ? [position] : [];
  if (inserted !== '') edit.push(inserted);
  if (deleteCount > 0) edit.push({ d: deleteCount });
  return json1.editOp([], 'text-unicode', edit);
}
