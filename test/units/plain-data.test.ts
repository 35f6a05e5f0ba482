import { expect, test } from 'vitest';
import {
  type Conflict,
  conflictToJSON,
  Delta,
  type FieldOp,
  parseDelta,
  ResolutionRules,
  transform,
} from '../../src/index.js';
import { parseEntry, parseSequencer, Replica, Sequencer } from '../../src/sync/index.js';

const RECORD = { f: { I: '5' }, b: { B: 'AAA' }, d: { T: '5' }, g: { N: 'nan' }, l: ['x', { I: '1' }] } as const;

/** What is left of something after it was written and read as JSON. */
function throughJSON(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** A replica and a sequencer with a record of every kind of value. */
function pair(): { readonly replica: Replica; readonly sequencer: Sequencer } {
  let nonces = 0;
  const sequencer = new Sequencer();
  const replica = new Replica({ nextNonce: () => `n${++nonces}` });
  replica.apply(parseDelta([['I', 't', 'a', RECORD]]));
  replica.sync(new Date(0));
  const put = replica.outgoing();
  if (put !== undefined) replica.receive(sequencer.answer(put, 'owner'));
  return { replica, sequencer };
}

test('a saved sequencer survives JSON', () => {
  const { sequencer } = pair();
  const saved = parseSequencer(throughJSON(sequencer.save()));
  expect(saved).toEqual(sequencer.save());
  const restored = Sequencer.restore(saved.snapshot, saved.log);
  expect([restored.snapshot(), restored.deltasSince(0)]).toEqual([sequencer.snapshot(), sequencer.deltasSince(0)]);
});

test.each([
  ['nothing', null, 'invalid-json'],
  ['no snapshot', { log: [] }, 'invalid-json'],
  ['no log', { snapshot: { type: 'snapshot', rev: 0, rows: [], nonces: [] } }, 'invalid-json'],
  ['rows that are none', { snapshot: { type: 'snapshot', rev: 0, rows: [{}], nonces: [] }, log: [] }, 'invalid-name'],
  [
    'a revision that is none',
    { snapshot: { type: 'snapshot', rev: -1, rows: [], nonces: [] }, log: [] },
    'invalid-revision',
  ],
])('what is read of a saved sequencer is checked: %s', (_, json, code) => {
  expect(() => parseSequencer(json)).toThrow(expect.objectContaining({ code }));
});

test('a log entry and a delta survive JSON', () => {
  const { log } = pair().sequencer.save();
  for (const entry of log) {
    expect(parseEntry(throughJSON(entry))).toEqual(entry);
    expect(parseDelta(throughJSON(entry.delta))).toEqual(entry.delta);
  }
});

test('a refused delta survives JSON, as wire JSON', () => {
  const { replica } = pair();
  replica.apply(parseDelta([['U', 't', 'a', { f: ['P', { I: '6' }] }]]));
  replica.sync(new Date(0));
  const { nonce = '' } = replica.outgoing() ?? {};
  replica.receive({ type: 'refused', nonce, reason: 'invalid', message: 'no' });
  expect(throughJSON(replica.sync(new Date(0)).refused)).toEqual([
    {
      nonce,
      delta: [['U', 't', 'a', { f: ['P', { I: '6' }] }]],
      refusal: { reason: 'invalid', message: 'no' },
      conflicts: [],
    },
  ]);
});

test('a conflict is written as wire JSON, whatever its values are', () => {
  const { replica, sequencer } = pair();
  sequencer.put(
    1,
    'other',
    parseDelta([['U', 't', 'a', { d: ['P', { T: '6' }], l: ['LP', 0, 'y'], b: ['D'] }]]),
    'owner',
  );
  replica.apply(parseDelta([['U', 't', 'a', { d: ['P', { T: '7' }], l: ['LP', 0, 'z'], b: ['P', { I: '9' }] }]]));
  replica.receive(sequencer.answer(replica.request(), 'owner'));
  const { conflicts } = replica.sync(new Date(0));
  const place = { table: 't', record: 'a' } as const;
  expect(throughJSON(conflicts)).toEqual([
    {
      ...{ ...place, field: 'b', rule: 'remote', base: { B: 'AAA' }, local: { I: '9' }, remote: null, result: null },
      lost: [{ side: 'local', field: 'b', ops: [['P', { I: '9' }]] }],
    },
    {
      ...{ ...place, field: 'd', rule: 'remote', base: { T: '5' }, local: { T: '7' }, remote: { T: '6' } },
      ...{ result: { T: '6' }, lost: [{ side: 'local', field: 'd', ops: [['P', { T: '7' }]] }] },
    },
    {
      ...{ ...place, field: 'l', index: 0, rule: 'remote', base: 'x', local: 'z', remote: 'y', result: 'y' },
      lost: [{ side: 'local', field: 'l', ops: [['LP', 0, 'z']] }],
    },
  ]);
  // A copy is plain, and a list of them too.
  expect(Object.keys({ ...conflicts[0] })).not.toContain('toJSON');
});

test('a conflict about a record has its fields, and a merge function that failed its error', () => {
  const conflicts: Conflict[] = [];
  const onConflict = (conflict: Conflict): void => void conflicts.push(conflict);
  const edit = parseDelta([['U', 't', 'a', { f: ['P', 1] }]]);
  transform(edit, parseDelta([['D', 't', 'a']]), { rules: new ResolutionRules(), onConflict });
  expect(conflictToJSON(conflicts[0] as Conflict)).toMatchObject({
    ...{ table: 't', record: 'a', rule: 'delete-wins', result: null },
    lost: [{ side: 'local', field: 'f', ops: [['P', 1]] }],
  });
  expect(throughJSON(conflicts)).toEqual(conflicts.map(conflictToJSON));
});

test('Maps of values or operations are no JSON: nothing is lost without a word', () => {
  const { replica, sequencer } = pair();
  const [entry] = sequencer.save().log;
  replica.apply(parseDelta([['I', 't', 'b', {}]]));
  const { changed } = replica.sync(new Date(0));
  for (const map of [replica.get('t', 'a'), entry?.delta.changes, replica.query('t'), changed]) {
    expect(() => JSON.stringify(map)).toThrow('a Map is not JSON');
  }
});

class MapOfOne extends Map<string, FieldOp> {
  override get size(): number {
    return 1;
  }
}

test.each([1, 20])(
  'operations are taken from a Map, whatever size it says it has, in a delta of %i changes',
  (count) => {
    const ops = new MapOfOne(['b', 'a'].map((field) => [field, { type: 'put', value: 1 }]));
    const delta = Delta.from(
      Array.from({ length: count }, (_, at) => ({ type: 'update', table: 't', record: `r${at + 10}`, ops }) as const),
    );
    const [change] = delta;
    expect([delta.length, change?.type === 'update' && [...change.ops.keys()]]).toEqual([count, ['a', 'b']]);
  },
);
