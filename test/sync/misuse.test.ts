import { describe, expect, test } from 'vitest';
import { DatastoreError, DEFAULT_LIMITS, ResolutionRules } from '../../src/index.js';
import {
  formatEntry,
  formatMessage,
  parseEntry,
  parseReplicaMessage,
  parseSequencerMessage,
  Replica,
  type ReplicaOptions,
  Sequencer,
} from '../../src/sync/index.js';
import { I, put } from './notation.js';

// Calls that the types forbid, and that JavaScript lets through: each is a typed error at the call, and changes nothing.

/** Something of a type that a parameter does not have. */
// biome-ignore lint/suspicious/noExplicitAny: what the types forbid is what is tested
const wrong = (value: unknown): any => value;

const OPTIONS: ReplicaOptions = { nextNonce: () => 'n' };
const SNAPSHOT = { type: 'snapshot', rev: 0, rows: [], nonces: [] } as const;
const NOTHINGS: readonly unknown[] = [undefined, null, 5, 'x', [], () => 1, Symbol('x'), 10n];

type Case = readonly [name: string, code: string, call: () => unknown];

const replicaWith = (options: object): Replica => new Replica(wrong({ ...OPTIONS, ...options }));

const OPTION_CASES: readonly Case[] = [
  ['new Replica()', 'invalid-option', () => new Replica(wrong(undefined))],
  ['new Replica(null)', 'invalid-option', () => new Replica(wrong(null))],
  ['new Replica("x")', 'invalid-option', () => new Replica(wrong('x'))],
  ['new Replica({})', 'invalid-option', () => new Replica(wrong({}))],
  ['nextNonce: 5', 'invalid-option', () => replicaWith({ nextNonce: 5 })],
  ['nextNonce: "x"', 'invalid-option', () => replicaWith({ nextNonce: 'x' })],
  ['rules: {}', 'invalid-option', () => replicaWith({ rules: {} })],
  ['rules: null', 'invalid-option', () => replicaWith({ rules: null })],
  ['rules: { get: 5 }', 'invalid-option', () => replicaWith({ rules: { get: 5 } })],
  ['rules: ResolutionRules', 'invalid-option', () => replicaWith({ rules: ResolutionRules })],
  ['role: "admin"', 'invalid-option', () => replicaWith({ role: 'admin' })],
  ['role: null', 'invalid-option', () => replicaWith({ role: null })],
  ['limits: {}', 'invalid-option', () => replicaWith({ limits: {} })],
  ['limits: null', 'invalid-option', () => replicaWith({ limits: null })],
  ['limits: 5', 'invalid-option', () => replicaWith({ limits: 5 })],
  ['limits of text', 'invalid-option', () => replicaWith({ limits: { ...DEFAULT_LIMITS, deltaSize: '1' } })],
  ['undoDepth: -1', 'invalid-option', () => replicaWith({ undoDepth: -1 })],
  ['undoDepth: "2"', 'invalid-option', () => replicaWith({ undoDepth: '2' })],
  ['undoDeph: 5', 'invalid-option', () => replicaWith({ undoDeph: 5 })],
  ['undoDepth: null', 'invalid-option', () => replicaWith({ undoDepth: null })],
  ['load without options', 'invalid-option', () => Replica.load(new Replica(OPTIONS).save(), wrong(undefined))],
  ['new Sequencer(null)', 'invalid-option', () => new Sequencer(wrong(null))],
  ['new Sequencer(5)', 'invalid-option', () => new Sequencer(wrong(5))],
  ['new Sequencer({ limits: null })', 'invalid-option', () => new Sequencer(wrong({ limits: null }))],
  ['new Sequencer({ recentNonce: 5 })', 'invalid-option', () => new Sequencer(wrong({ recentNonce: 5 }))],
  ['new Sequencer({ recentNonces: -1 })', 'invalid-option', () => new Sequencer({ recentNonces: -1 })],
  ['Sequencer.restore(…, …, null)', 'invalid-option', () => Sequencer.restore(SNAPSHOT, [], wrong(null))],
];

const SNAPSHOT_CASES: readonly Case[] = [
  ...[undefined, null, 5, 'x', []].map(
    (snapshot): Case => [
      `restore(${String(snapshot)}, [])`,
      'invalid-json',
      () => Sequencer.restore(wrong(snapshot), []),
    ],
  ),
  ['restore({}, [])', 'invalid-revision', () => Sequencer.restore(wrong({}), [])],
  ['restore without nonces', 'invalid-json', () => Sequencer.restore(wrong({ ...SNAPSHOT, nonces: null }), [])],
  ['restore without rows', 'invalid-json', () => Sequencer.restore(wrong({ ...SNAPSHOT, rows: undefined }), [])],
  ...[undefined, null, 5, 'x', {}].map(
    (log): Case => [`restore(snapshot, ${String(log)})`, 'invalid-json', () => Sequencer.restore(SNAPSHOT, wrong(log))],
  ),
  ['restore(snapshot, [null])', 'invalid-json', () => Sequencer.restore(SNAPSHOT, wrong([null]))],
  ['restore(snapshot, [{}])', 'invalid-revision', () => Sequencer.restore(SNAPSHOT, wrong([{}]))],
];

const PURE_CASES: readonly Case[] = [
  ...NOTHINGS.flatMap((value): Case[] => [
    [`formatMessage(${String(value)})`, 'invalid-json', () => formatMessage(wrong(value))],
    [`formatEntry(${String(value)})`, 'invalid-json', () => formatEntry(wrong(value))],
    [`parseEntry(${String(value)})`, 'invalid-json', () => parseEntry(value)],
    [`parseReplicaMessage(${String(value)})`, 'invalid-json', () => parseReplicaMessage(value)],
    [`parseSequencerMessage(${String(value)})`, 'invalid-json', () => parseSequencerMessage(value)],
    [`Replica.load(${String(value)}, …)`, 'invalid-json', () => Replica.load(value, OPTIONS)],
  ]),
  ['formatMessage({})', 'invalid-json', () => formatMessage(wrong({}))],
  ['formatMessage({ type: "nonsense" })', 'invalid-json', () => formatMessage(wrong({ type: 'nonsense' }))],
  ['entries: null', 'invalid-json', () => formatMessage(wrong({ type: 'entries', entries: null }))],
  ['entries: [null]', 'invalid-json', () => formatMessage(wrong({ type: 'entries', entries: [null] }))],
];

describe.each([
  ['options', OPTION_CASES],
  ['what is stored', SNAPSHOT_CASES],
  ['messages', PURE_CASES],
])('%s of a wrong type', (_, cases) => {
  test.each(cases)('%s: %s', (_name, code, call) => {
    expect(codeOf(call)).toBe(code);
  });
});

describe('a replica', () => {
  const time = new Date(0);
  const cases: readonly [string, string, (replica: Replica) => unknown][] = [
    ...[undefined, null, 5].flatMap((value): [string, string, (replica: Replica) => unknown][] => [
      [`receive(${String(value)})`, 'invalid-json', (replica) => replica.receive(wrong(value))],
      [`apply([${String(value)}])`, 'invalid-change', (replica) => replica.apply(wrong([value]))],
    ]),
    ['receive([])', 'invalid-json', (replica) => replica.receive(wrong([]))],
    ['receive({})', 'invalid-json', (replica) => replica.receive(wrong({}))],
    ['apply([{}])', 'invalid-name', (replica) => replica.apply(wrong([{}]))],
    ['apply(null)', 'invalid-change', (replica) => replica.apply(wrong(null))],
    ['apply(5)', 'invalid-change', (replica) => replica.apply(wrong(5))],
    ['sync()', 'invalid-value', (replica) => replica.sync(wrong(undefined))],
    ['sync(5)', 'invalid-value', (replica) => replica.sync(wrong(5))],
    ['sync of an invalid date', 'invalid-value', (replica) => replica.sync(new Date(Number.NaN))],
    ['seal("now")', 'invalid-value', (replica) => replica.seal(wrong('now'))],
    ['setTitle(5)', 'invalid-value', (replica) => replica.setTitle(wrong(5))],
    ['setTitle of half a character', 'invalid-value', (replica) => replica.setTitle('\ud800')],
    ['setTitle(null)', 'invalid-value', (replica) => replica.setTitle(wrong(null))],
    ['setRole("admin")', 'invalid-option', (replica) => replica.setRole(wrong('admin'))],
    ['setRole()', 'invalid-option', (replica) => replica.setRole(wrong(undefined))],
    ['save("open")', 'invalid-option', (replica) => replica.save(wrong('open'))],
    ['query by null', 'invalid-value', (replica) => replica.query('t', wrong(null))],
    ['find by 5', 'invalid-value', (replica) => replica.find('t', wrong(5))],
  ];

  test.each(cases)('%s: %s, and nothing has changed', (_, code, call) => {
    const replica = new Replica(OPTIONS);
    replica.apply([I('a', { f: 0 })]);
    replica.sync(time);
    replica.apply([put('a', 'f', 1)]);
    const before = JSON.stringify([replica.save(), replica.toRows(), replica.status]);
    expect(codeOf(() => call(replica))).toBe(code);
    expect(JSON.stringify([replica.save(), replica.toRows(), replica.status])).toBe(before);
  });

  test.each(['max-ish', 5, null, {}])('whose rules answer %s: edits fail, and nothing has changed', (rule) => {
    const replica = new Replica({ ...OPTIONS, rules: wrong({ get: () => rule }) });
    expect(codeOf(() => replica.apply([I('a', { f: 0 })]))).toBe('invalid-rule');
    expect([replica.toRows(), replica.canUndo, replica.status.isIdle]).toEqual([[], false, true]);
  });

  test('whose rules throw: every edit fails, and nothing has changed', () => {
    const rules = { get: (): 'max' => 'max' };
    const replica = new Replica({ ...OPTIONS, rules });
    replica.apply([I('a', { f: 0 })]);
    replica.endUndoItem();
    replica.apply([put('a', 'f', 1)]);
    replica.endUndoItem();
    const before = JSON.stringify([replica.save(), replica.toRows(), replica.canUndo, replica.canRedo]);
    rules.get = () => {
      throw new RangeError('no rules today');
    };
    for (const edit of [() => replica.apply([put('a', 'f', 2)]), () => replica.undo()]) {
      expect(edit).toThrow('no rules today');
      expect(JSON.stringify([replica.save(), replica.toRows(), replica.canUndo, replica.canRedo])).toBe(before);
    }
  });

  test('whose rules come to answer nonsense: undoing and redoing fail, and nothing has changed', () => {
    const rules = { get: (): 'max' => 'max' };
    const replica = new Replica({ ...OPTIONS, rules });
    replica.apply([I('a', { f: 0 })]);
    replica.endUndoItem();
    replica.apply([put('a', 'f', 1)]);
    replica.endUndoItem();
    replica.undo();
    const before = JSON.stringify([replica.save(), replica.toRows(), replica.canUndo, replica.canRedo]);
    rules.get = () => wrong('nonsense');
    expect(codeOf(() => replica.redo())).toBe('invalid-rule');
    rules.get = () => 'max';
    replica.redo();
    rules.get = () => wrong('nonsense');
    expect(codeOf(() => replica.undo())).toBe('invalid-rule');
    rules.get = () => 'max';
    replica.undo();
    expect(JSON.stringify([replica.save(), replica.toRows(), replica.canUndo, replica.canRedo])).toBe(before);
  });

  test.each([5, '', 'two words', undefined])('whose nonce is %s: nothing is put', (nonce) => {
    const replica = new Replica({ nextNonce: () => wrong(nonce) });
    replica.apply([I('a')]);
    replica.sync(time);
    expect(codeOf(() => replica.outgoing())).toBe('invalid-nonce');
    expect(replica.status).toMatchObject({ isInFlight: false, hasOutgoing: true });
  });
});

describe('a sequencer', () => {
  const cases: readonly [string, string, (sequencer: Sequencer) => unknown][] = [
    ...[undefined, null, 5, 'x', [], {}].flatMap((value): [string, string, (sequencer: Sequencer) => unknown][] => [
      [`answer(${String(value)})`, 'invalid-json', (sequencer) => sequencer.answer(wrong(value), 'owner')],
      [`propose(${String(value)})`, 'invalid-json', (sequencer) => sequencer.propose(wrong(value), 'owner')],
    ]),
    [
      'answer without role',
      'invalid-option',
      (sequencer) => sequencer.answer({ type: 'fetch', rev: 0 }, wrong(undefined)),
    ],
    ['fetch of "0"', 'invalid-revision', (sequencer) => sequencer.answer(wrong({ type: 'fetch', rev: '0' }), 'owner')],
    ['put without revision', 'invalid-revision', (sequencer) => sequencer.put(wrong(undefined), 'n', [], 'owner')],
    ['put without nonce', 'invalid-nonce', (sequencer) => sequencer.put(1, wrong(undefined), [], 'owner')],
    ['put without role', 'invalid-option', (sequencer) => sequencer.put(1, 'm', [], wrong(undefined))],
    ['deltasSince("0")', 'invalid-revision', (sequencer) => sequencer.deltasSince(wrong('0'))],
    ['trim(-1)', 'invalid-revision', (sequencer) => sequencer.trim(-1)],
    ['trim(2)', 'invalid-revision', (sequencer) => sequencer.trim(2)],
    ['accept(null)', 'invalid-json', (sequencer) => sequencer.accept(wrong(null))],
    ['accept({})', 'invalid-revision', (sequencer) => sequencer.accept(wrong({}))],
    ['accept without delta', 'invalid-change', (sequencer) => sequencer.accept(wrong({ rev: 2, nonce: 'm' }))],
  ];

  test.each(cases)('%s: %s, and nothing has changed', (_, code, call) => {
    const sequencer = new Sequencer();
    sequencer.put(0, 'n', [I('a', { f: 0 })], 'owner');
    const before = JSON.stringify(formatMessage(sequencer.snapshot()));
    expect(codeOf(() => call(sequencer))).toBe(code);
    expect(JSON.stringify(formatMessage(sequencer.snapshot()))).toBe(before);
  });

  test.each(NOTHINGS.map((delta) => [delta]))('put %s: it is refused as invalid', (delta) => {
    const sequencer = new Sequencer();
    const outcome = sequencer.put(0, 'n', wrong(delta), 'owner');
    if (Array.isArray(delta)) expect(outcome.type).toBe('accepted');
    else expect(outcome).toMatchObject({ type: 'refused', reason: 'invalid' });
  });
});

/** The code of the typed error that a call throws. */
function codeOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof DatastoreError) return error.code;
    return `untyped: ${String(error)}`;
  }
  return 'no error';
}
