import { Model, Patch, s } from 'json-joy/lib/json-crdt/index.js';
import { cnt } from 'json-joy/lib/json-crdt-extensions/index.js';
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

// Its own generator makes session ids above 65,535.
let sessions = 100_000;

function newModel(content: Parameters<typeof Model.create>[0]): Model {
  return Model.create(content, ++sessions) as Model;
}

function fork(model: Model): Model {
  return model.fork(++sessions);
}

/** Runs edits, and encodes them as one patch. */
function edited(model: Model, edit: () => void): Branch<Model> {
  model.api.flush();
  edit();
  return { doc: model, sent: model.api.flush().toBinary() };
}

function receive(model: Model, sent: Uint8Array): void {
  model.applyPatch(Patch.fromBinary(sent));
}

const view = (model: Model): Record<string, unknown> => model.view() as Record<string, unknown>;

const stringTrace: TraceWay<Model> = {
  idiom: 'str node, each edit applied at once, one patch',
  edits: 'one by one',
  replay: (trace) => {
    const model = newModel(s.obj({ text: s.str('') }));
    const text = model.api.str(['text']);
    for (const edit of trace) splice(text, edit);
    model.api.flush();
    return model;
  },
  text: (model) => String(view(model)['text']),
  state: (model) => model.toBinary(),
  load: (bytes) => String(view(Model.fromBinary(bytes) as Model)['text']),
};

function splice(text: NonNullable<ReturnType<Model['api']['str']>>, [position, deleteCount, inserted]: Splice): void {
  if (deleteCount > 0) text.del(position, deleteCount);
  if (inserted !== '') text.ins(position, inserted);
}

const sharedText: SharedText<Model> = {
  idiom: 'str node, a patch a transaction; all as a model without its history',
  create: (text) => newModel(s.obj({ text: s.str(text) })),
  fork,
  edit: (model, splices) =>
    edited(model, () => {
      const text = model.api.str(['text']);
      for (const each of splices) splice(text, each);
    }).sent,
  receive: (model, message) => receive(model, message as Uint8Array),
  text: (model) => String(view(model)['text']),
  whole: (model) => model.toBinary(),
  load: (whole) => Model.fromBinary(whole) as Model,
};

const lists: ListEngine<Model> = {
  idiom: 'arr node of constants, one patch a branch',
  create: (items) => newModel(s.obj({ list: s.arr(items.map((item) => s.con(item))) })),
  fork,
  edit: (model, ops) =>
    edited(model, () => {
      const list = model.api.arr(['list']);
      for (const op of ops) perform(list, op);
    }),
  merge: exchange(receive),
  state: (model) => model.toBinary(),
  read: (model) => view(model)['list'] as string[],
};

function perform(list: NonNullable<ReturnType<Model['api']['arr']>>, op: ListOp): void {
  if (op.type === 'insert') list.ins(op.index, [s.con(op.value)]);
  else if (op.type === 'delete') list.del(op.index, 1);
  else throw new Error(`an arr node has no ${op.type}`);
}

export const jsonJoy = engine<Model>({
  name: 'json-joy',
  title: 'json-joy',
  packageName: 'json-joy',
  runsAs: 'JavaScript',
  trace: [stringTrace],
  lists,
  records: {
    idiom: 'obj nodes of constants, one patch a branch',
    create: (records) =>
      newModel(
        s.obj(
          Object.fromEntries(
            Object.entries(records).map(([record, fields]) => [
              record,
              s.obj(Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, s.con(value)]))),
            ]),
          ),
        ),
      ),
    fork,
    edit: (model, updates) =>
      edited(model, () => {
        for (const { record, field, value } of updates) model.api.obj([record]).set({ [field]: s.con(value) });
      }),
    merge: exchange(receive),
    state: (model) => model.toBinary(),
    field: (model, record, field) => (view(model)[record] as Record<string, unknown>)[field],
  },
  register: {
    idiom: 'a key of an obj node, a patch each time',
    overwrite: (times) => {
      const model = newModel(s.obj({}));
      const object = model.api.obj([]);
      for (let value = 0; value < times; value++) {
        object.set({ key: s.con(value) });
        model.api.flush();
      }
      return model;
    },
    value: (model) => view(model)['key'],
    state: (model) => model.toBinary(),
  },
  counter: {
    idiom: 'the cnt extension',
    create: () => {
      const model = newModel(undefined);
      model.ext.register(cnt);
      model.api.root({ count: cnt.new(0) });
      model.api.flush();
      return model;
    },
    fork,
    add: (model, times) =>
      edited(model, () => {
        const count = model.api.in(['count']).asExt(cnt);
        for (let time = 0; time < times; time++) count.inc(1);
      }),
    merge: exchange(receive),
    value: (model) => view(model)['count'],
    state: (model) => model.toBinary(),
  },
  longLists: [
    {
      idiom: 'arr node of constants',
      create: (length) => lists.create(Array.from({ length }, () => 'x')),
      fork,
      type: (model, index) => edited(model, () => model.api.arr(['list']).ins(index, [s.con('y')])).sent,
      receive,
      length: (model) => model.api.arr(['list']).length(),
    },
  ],
  sharedTexts: [sharedText],
  absent: { moves: 'it has no moves' },
});
