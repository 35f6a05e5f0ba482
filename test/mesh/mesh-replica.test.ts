import { describe, expect, it } from 'vitest';
import { type FieldOp, formatState, ResolutionRules, type Value } from '../../src/index.js';
import {
  type EventsMessage,
  formatMeshMessage,
  type MeshContent,
  MeshReplica,
  type MeshReplicaOptions,
  parseEvent,
  parseMeshMessage,
} from '../../src/mesh/index.js';

function replica(agent: string, options: Partial<MeshReplicaOptions> = {}): MeshReplica {
  return new MeshReplica({ agent, ...options });
}

function put(replica: MeshReplica, field: string, value: string | bigint): void {
  const isThere = replica.get('t', 'r') !== undefined;
  if (isThere)
    replica.apply([{ type: 'update', table: 't', record: 'r', ops: new Map([[field, { type: 'put', value }]]) }]);
  else replica.apply([{ type: 'insert', table: 't', record: 'r', fields: new Map([[field, value]]) }]);
}

/** Hands everything that `to` lacks over, and lets it see that. */
function pass(from: MeshReplica, to: MeshReplica): ReturnType<MeshReplica['sync']> {
  from.seal();
  const message = from.missingFrom(to.vector());
  if (message !== undefined) to.receive(message);
  return to.sync();
}

function fieldOf(replica: MeshReplica, field: string): unknown {
  return replica.get('t', 'r')?.get(field);
}

describe('a mesh replica', () => {
  it('shows its own edits at once, and those of others in sync alone', () => {
    const [a, b] = [replica('a'), replica('b')];
    put(a, 'f', 'one');
    expect(fieldOf(a, 'f')).toBe('one');
    const sealed = a.seal();
    expect(sealed?.id).toEqual(['a', 1]);
    b.receive(a.missingFrom(b.vector()) as EventsMessage);
    expect(b.get('t', 'r')).toBeUndefined();
    const { changed } = b.sync();
    expect(fieldOf(b, 'f')).toBe('one');
    expect(changed).toEqual(new Map([['t', new Set(['r'])]]));
  });

  it('says what is left to do: edits, what arrived, and what waits for others', () => {
    const [a, b] = [replica('a'), replica('b')];
    put(a, 'f', 'one');
    expect(a.status).toEqual({ hasOpen: true, hasIncoming: false, hasGap: false });
    a.seal();
    put(a, 'f', 'two');
    a.seal();
    const [first, second] = (a.missingFrom(b.vector()) as EventsMessage).events;
    b.receive({ type: 'events', events: [second] } as EventsMessage);
    expect(b.status).toEqual({ hasOpen: false, hasIncoming: true, hasGap: false });
    b.sync();
    expect(b.status).toEqual({ hasOpen: false, hasIncoming: false, hasGap: true });
    b.receive({ type: 'events', events: [first] } as EventsMessage);
    b.sync();
    expect(b.status).toEqual({ hasOpen: false, hasIncoming: false, hasGap: false });
  });

  it('takes changes that can be read only once', () => {
    const a = replica('a');
    const changes = [{ type: 'insert', table: 't', record: 'r', fields: new Map([['f', 'one']]) } as const];
    expect(a.apply(changes.values())).toHaveLength(1);
    expect(fieldOf(a, 'f')).toBe('one');
  });

  it('seals nothing where the edits come to nothing', () => {
    const a = replica('a');
    put(a, 'f', 'one');
    a.apply([{ type: 'delete', table: 't', record: 'r' }]);
    expect(a.seal()).toBeUndefined();
    expect(a.vector().size).toBe(0);
  });

  it('agrees with others on what was put concurrently, and tells the conflict', () => {
    const [a, b] = [replica('a'), replica('b')];
    put(a, 'f', 'base');
    pass(a, b);
    put(a, 'f', 'from a');
    put(b, 'f', 'from b');
    const { conflicts } = pass(a, b);
    pass(b, a);
    expect([fieldOf(a, 'f'), fieldOf(b, 'f')]).toEqual(['from b', 'from b']);
    expect(conflicts).toMatchObject([{ table: 't', record: 'r', field: 'f', local: 'from b', remote: 'from a' }]);
  });

  it('makes the later of two events win by its time, whatever the number of events', () => {
    const [a, b] = [replica('a'), replica('b')];
    put(a, 'f', 'base');
    pass(a, b);
    for (const value of ['x', 'y', 'z']) {
      put(b, 'f', value);
      b.seal(new Date(1000));
    }
    put(a, 'f', 'later');
    a.seal(new Date(2000));
    pass(a, b);
    pass(b, a);
    expect([fieldOf(a, 'f'), fieldOf(b, 'f')]).toEqual(['later', 'later']);
    expect(a.mtime).toEqual(new Date(2000));
    expect(b.mtime).toEqual(new Date(2000));
  });

  it('keeps the rule that a field has when it is edited', () => {
    const rules = new ResolutionRules().set('t', 'n', 'sum');
    const [a, b] = [replica('a', { rules }), replica('b', { rules })];
    put(a, 'n', 10n);
    pass(a, b);
    put(a, 'n', 11n);
    put(b, 'n', 13n);
    rules.set('t', 'n', 'remote');
    pass(a, b);
    pass(b, a);
    expect([fieldOf(a, 'n'), fieldOf(b, 'n')]).toEqual([14n, 14n]);
  });

  it('refuses an edit under a merge function, and leaves everything as it was', () => {
    const rules = new ResolutionRules().set('t', 'f', ({ local }) => local);
    const a = replica('a', { rules });
    const message = 'table "t", field "f": a function is not a rule of a mesh: use remote, local, max, min, sum';
    expect(() => put(a, 'f', 'x')).toThrow(expect.objectContaining({ code: 'invalid-rule', message }));
    const misspelt = replica('b', { rules: { get: () => 'maximum' as 'max' } });
    expect(() => put(misspelt, 'f', 'x')).toThrow(expect.objectContaining({ code: 'invalid-rule', field: 'f' }));
    expect(a.get('t', 'r')).toBeUndefined();
    expect(a.status.hasOpen).toBe(false);
  });

  it('refuses an edit beyond the limits, and takes what is over them from others', () => {
    const limits = { datastoreSize: 1e6, recordSize: 1e6, deltaSize: 1e6, recordCount: 1 };
    const [a, b] = [replica('a', { limits }), replica('b', { limits })];
    put(a, 'f', 'x');
    b.apply([{ type: 'insert', table: 't', record: 's', fields: new Map() }]);
    expect(() => a.apply([{ type: 'insert', table: 't', record: 's', fields: new Map() }])).toThrow(
      expect.objectContaining({ code: 'too-many-records' }),
    );
    pass(b, a);
    expect(a.recordCount).toBe(2);
  });

  it('refuses an event that does not fit what its author saw, with all that saw it, and nothing else', () => {
    const a = replica('a');
    const bad = parseEvent({ id: ['x', 1], parents: [], delta: [['U', 't', 'r', { f: ['P', 1] }]] });
    const after = parseEvent({ id: ['x', 2], parents: [['x', 1]], delta: [['I', 't', 's', {}]] });
    const saw = parseEvent({ id: ['y', 1], parents: [['x', 2]], delta: [['I', 't', 'u', {}]] });
    const good = parseEvent({ id: ['z', 1], parents: [], delta: [['I', 't', 'v', {}]] });
    a.receive({ type: 'events', events: [saw, after, good, bad] });
    const { refused } = a.sync();
    expect(refused.map(({ event }) => event.id)).toEqual([
      ['x', 1],
      ['x', 2],
      ['y', 1],
    ]);
    expect(refused.map(({ error }) => error.code)).toEqual(['record-missing', 'invalid-change', 'invalid-change']);
    expect(a.vector()).toEqual(new Map([['z', 1]]));
    expect(a.find('t')).toEqual(['v']);
    a.receive({ type: 'events', events: [bad, after] });
    expect(a.sync().refused).toEqual([]);
  });

  it('refuses parents of which one saw another, and an event that did not see its agent’s last', () => {
    const a = replica('a');
    const one = parseEvent({ id: ['x', 1], parents: [], delta: [['I', 't', 'r', {}]] });
    const two = parseEvent({ id: ['y', 1], parents: [['x', 1]], delta: [['I', 't', 's', {}]] });
    const both = [
      ['x', 1],
      ['y', 1],
    ] as const;
    const bad = parseEvent({ id: ['z', 1], parents: both, delta: [['I', 't', 'u', {}]] });
    const blind = parseEvent({ id: ['x', 2], parents: [], delta: [['I', 't', 'v', {}]] });
    a.receive({ type: 'events', events: [one, two, bad, blind] });
    expect(a.sync().refused.map(({ event }) => event.id)).toEqual([
      ['z', 1],
      ['x', 2],
    ]);
  });

  it('takes events of those who may write alone, and passes no others on', () => {
    const [a, b] = [replica('a'), replica('b', { mayWrite: (agent, seq) => agent === 'b' || seq <= 1 })];
    put(a, 'f', 'allowed');
    a.seal();
    put(a, 'f', 'too late');
    pass(a, b);
    expect(fieldOf(b, 'f')).toBe('allowed');
    expect(b.missingFrom(new Map())).toMatchObject({ events: [{ id: ['a', 1] }] });
  });

  it('tells two different events with one name, and needs a name where its own is taken', () => {
    const [a, twin, b] = [replica('a'), replica('a'), replica('b')];
    put(a, 'f', 'one');
    put(twin, 'f', 'two');
    a.seal();
    twin.seal();
    b.receive(a.missingFrom(b.vector()) as EventsMessage);
    const other = twin.missingFrom(new Map()) as EventsMessage;
    expect(() => b.receive(other)).toThrow(expect.objectContaining({ code: 'log-mismatch' }));
    const copy = replica('a');
    copy.receive(a.missingFrom(new Map()) as EventsMessage);
    copy.sync();
    expect(copy.needsName).toBe(true);
    put(copy, 'f', 'three');
    expect(() => copy.seal()).toThrow(expect.objectContaining({ code: 'bad-state' }));
    copy.rename('a2');
    expect(copy.seal()?.id).toEqual(['a2', 1]);
  });

  it('says what is wrong with a call, and what to do', () => {
    const [a, b] = [replica('a'), replica('b')];
    put(a, 'f', 'one');
    const calls: readonly (readonly [code: string, message: string, call: () => unknown])[] = [
      ['invalid-option', 'undoDepth must be a whole number from 0, got -1', () => replica('c', { undoDepth: -1 })],
      ['bad-state', 'there are edits that are not sealed: call seal() or sync() first', () => a.trim([])],
      [
        'invalid-value',
        'the time of an event must be a date from 1970 on, got Date(1969-12-31T23:59:59.999Z)',
        () => a.seal(new Date(-1)),
      ],
      [
        'bad-state',
        'another replica has used the name "a": rename this one',
        () => {
          pass(a, b);
          b.rename('a');
        },
      ],
    ];
    for (const [code, message, call] of calls) expect(call).toThrow(expect.objectContaining({ code, message }));
  });

  it('says what is wrong with an argument of another type', () => {
    const a = replica('a');
    const untyped = a as unknown as Readonly<Record<string, (...given: unknown[]) => unknown>>;
    const make = (options?: unknown) => () => new MeshReplica(options as MeshReplicaOptions);
    const load = (content: unknown) => () => MeshReplica.from(content as MeshContent, { agent: 'b' });
    const content = a.content();
    const calls: readonly (readonly [message: string, call: () => unknown])[] = [
      ['options must be an object, got undefined', make()],
      ['unknown option "rule": use agent, rules, limits, undoDepth, mayWrite, rows', make({ agent: 'b', rule: 1 })],
      ['rules must have a method get, got {}', make({ agent: 'b', rules: {} })],
      ['mayWrite must be a function, got true', make({ agent: 'b', mayWrite: true })],
      ['content must be what content() or decodeMesh returns, got null', load(null)],
      ['content must be what content() or decodeMesh returns, got {}', load({})],
      ['content must be what content() or decodeMesh returns, got ', load({ ...content, trimmedState: [] })],
      ['content must be what content() or decodeMesh returns, got ', load({ ...content, open: [] })],
      ['a version vector must be a Map, got {a: 0}', () => untyped['missingFrom']?.({ a: 0 })],
      ['a version vector must be a Map, got ["a", 1]', () => untyped['trim']?.([], new Map([['a', 1]]))],
      ['writers must be an array, got undefined', () => untyped['trim']?.()],
      ['writers must be an array, got "ab"', () => untyped['trim']?.('ab')],
      ['held must be an array, got 1', () => untyped['trim']?.([], 1)],
    ];
    for (const [message, call] of calls) {
      const error = { code: 'invalid-option', message: expect.stringContaining(message) };
      expect(call).toThrow(expect.objectContaining(error));
    }
    expect(() => untyped['trim']?.([1])).toThrow(expect.objectContaining({ code: 'invalid-name' }));
  });

  it('takes nothing of a message that parseMeshMessage did not make', () => {
    const [a, b] = [replica('a'), replica('b')];
    put(a, 'f', 'one');
    a.seal();
    const message = a.missingFrom(b.vector()) as EventsMessage;
    const [event] = message.events;
    const json: unknown = JSON.parse(JSON.stringify(formatMeshMessage(message)));
    const wrong: readonly (readonly [given: unknown, quoted: string])[] = [
      [json, '{type: "events", events: [an object]}'],
      [structuredClone(message), '{type: "events"'],
      [{ type: 'events', events: [event, { ...event, parents: undefined }] }, '{type: "events"'],
      [{ type: 'events', events: [event, null] }, '{type: "events"'],
      [{ type: 'events', events: 'x' }, '{type: "events", events: "x"}'],
      [{ type: 'events' }, '{type: "events"}'],
      [{ type: 'snapshot', vector: {}, heads: [], rows: [], events: [] }, '{type: "snapshot", vector: {}'],
      [a.have(), '{type: "have"'],
      [{}, '{}'],
      ['x', '"x"'],
      [null, 'null'],
    ];
    for (const [given, quoted] of wrong) {
      const start = `a message must be what parseMeshMessage returns, with events, got ${quoted}`;
      const error = { code: 'invalid-option', message: expect.stringContaining(start) };
      expect(() => b.receive(given as EventsMessage)).toThrow(expect.objectContaining(error));
    }
    expect(b.status.hasIncoming).toBe(false);
    expect(b.sync().refused).toEqual([]);
    b.receive(parseMeshMessage(json) as EventsMessage);
    b.sync();
    expect(fieldOf(b, 'f')).toBe('one');
  });

  it('undoes and redoes steps, leaving what others did since', () => {
    const [a, b] = [replica('a'), replica('b')];
    expect(a.canUndo).toBe(false);
    put(a, 'f', 'one');
    a.endUndoItem();
    put(a, 'f', 'two');
    pass(a, b);
    put(b, 'g', 'of b');
    pass(b, a);
    a.undo();
    expect([fieldOf(a, 'f'), fieldOf(a, 'g')]).toEqual(['one', 'of b']);
    a.redo();
    expect(fieldOf(a, 'f')).toBe('two');
    a.undo();
    pass(a, b);
    expect(fieldOf(b, 'f')).toBe('one');
    put(b, 'f', 'b again');
    pass(b, a);
    expect(a.canRedo).toBe(false);
    expect(fieldOf(a, 'f')).toBe('b again');
  });

  it('drops what was not sealed in a rollback', () => {
    const a = replica('a');
    put(a, 'f', 'one');
    a.seal();
    put(a, 'f', 'two');
    a.rollback();
    expect(fieldOf(a, 'f')).toBe('one');
    expect(a.seal()).toBeUndefined();
  });

  it('joins titles and modified times that two devices made apart', () => {
    const [a, b] = [replica('a'), replica('b')];
    a.setTitle('of a');
    b.setTitle('of b');
    a.seal(new Date(500));
    b.seal(new Date(400));
    pass(a, b);
    pass(b, a);
    expect([a.title, b.title]).toEqual(['of a', 'of a']);
    expect([a.mtime, b.mtime]).toEqual([new Date(500), new Date(500)]);
  });

  it('goes on where its content was stored, with what was not sealed', () => {
    const [a, b] = [replica('a'), replica('b')];
    put(a, 'f', 'base');
    pass(a, b);
    put(a, 'f', 'sealed');
    a.seal();
    put(a, 'g', 'open');
    const again = MeshReplica.from(a.content(), { agent: 'a' });
    expect([fieldOf(again, 'f'), fieldOf(again, 'g')]).toEqual(['sealed', 'open']);
    put(b, 'f', 'concurrent');
    pass(b, again);
    pass(again, b);
    expect(formatState(again.state())).toEqual(formatState(b.state()));
    expect(fieldOf(b, 'g')).toBe('open');
  });
});

it('follows with its undo items what was edited together with the modified time', () => {
  const [a, b] = [replica('a'), replica('b')];
  const insert = { type: 'insert', table: 't', record: 'r', fields: new Map() } as const;
  a.apply([insert]);
  a.seal(new Date(1));
  const mtime = new Map([['mtime', { type: 'put', value: new Date(9) } as const]]);
  a.apply([
    { type: 'update', table: ':info', record: 'info', ops: mtime },
    { type: 'delete', table: 't', record: 'r' },
  ]);
  b.apply([insert]);
  pass(b, a);
  expect(a.find('t')).toEqual(['r']);
  expect(a.mtime).toEqual(new Date(9));
});

it('ends its undo item where the datastore itself is edited', () => {
  const a = replica('a');
  put(a, 'f', 'before');
  a.apply([
    { type: 'insert', table: ':info', record: 'info', fields: new Map([['title', 'List']]) },
    { type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'put', value: 'after' }]]) },
  ]);
  a.undo();
  expect([fieldOf(a, 'f'), a.title]).toEqual(['before', 'List']);
  a.undo();
  expect([a.find('t'), a.title]).toEqual([[], 'List']);
});

it('undoes the rest of a step of which others went on with a part', () => {
  const [a, b] = [replica('a'), replica('b')];
  a.apply([
    {
      type: 'insert',
      table: 't',
      record: 'r',
      fields: new Map<string, Value>([
        ['f', ['x']],
        ['g', 'one'],
      ]),
    },
  ]);
  a.endUndoItem();
  const ops = new Map<string, FieldOp>([
    ['f', { type: 'put', value: ['y'] }],
    ['g', { type: 'put', value: 'two' }],
  ]);
  a.apply([{ type: 'update', table: 't', record: 'r', ops }]);
  pass(a, b);
  const list = { type: 'list', create: false, ops: [{ type: 'insert', index: 1, value: 'z' }] } as const;
  b.apply([{ type: 'update', table: 't', record: 'r', ops: new Map([['f', list]]) }]);
  pass(b, a);
  a.undo();
  expect([fieldOf(a, 'f'), fieldOf(a, 'g')]).toEqual([['y', 'z'], 'one']);
});

it('goes back, in a rollback, to undo items that know what others did', () => {
  const [a, b] = [replica('a'), replica('b')];
  put(a, 'f', 'one');
  pass(a, b);
  put(b, 'g', 'of b');
  pass(b, a);
  // The record is not deleted any more, since b went on with it.
  expect(a.canUndo).toBe(false);
  put(a, 'f', 'two');
  a.rollback();
  expect(a.canUndo).toBe(false);
});

describe('trimming', () => {
  it('waits for every writer, keeps the state, and refuses what did not see all that was trimmed', () => {
    const [a, b, c] = [replica('a'), replica('b'), replica('c')];
    put(a, 'f', 'one');
    a.seal();
    pass(a, b);
    pass(a, c);
    put(c, 'g', 'of c');
    c.seal();
    put(a, 'f', 'two');
    a.seal();
    put(b, 'h', 'of b');
    pass(b, a);
    expect(a.trim(['b', 'c'])).toBe(0);
    expect(a.trim(['b'])).toBe(1);
    expect(a.vector()).toEqual(
      new Map([
        ['a', 2],
        ['b', 1],
      ]),
    );
    expect(a.get('t', 'r')).toEqual(
      new Map([
        ['f', 'two'],
        ['h', 'of b'],
      ]),
    );
    pass(c, a);
    expect(a.get('t', 'r')?.get('g')).toBe('of c');
  });

  it('finds the rows of the trimmed set in a replica that was loaded', () => {
    const [a, b] = [replica('a'), replica('b')];
    put(a, 'f', 'one');
    pass(a, b);
    put(b, 'g', 'of b');
    pass(b, a);
    put(a, 'f', 'two');
    a.seal();
    const loaded = MeshReplica.from(a.content(), { agent: 'a2' });
    expect(loaded.trim(['b'])).toBe(2);
    const snapshot = loaded.missingFrom(new Map());
    expect(snapshot).toMatchObject({ type: 'snapshot', rows: [{ data: { f: 'one', g: 'of b' } }], events: [{}] });
    expect(formatState(loaded.state())).toEqual(formatState(a.state()));
  });

  it('gives a snapshot to a replica that fell behind, which gets its own edits back', () => {
    const [a, b, late] = [replica('a'), replica('b'), replica('late')];
    put(a, 'f', 'one');
    pass(a, b);
    pass(a, late);
    put(late, 'f', 'unsent');
    late.seal();
    put(a, 'f', 'two');
    pass(a, b);
    put(b, 'g', 'of b');
    pass(b, a);
    expect(a.trim(['b'])).toBe(3);
    expect(a.missingFrom(late.vector())?.type).toBe('snapshot');
    const { handedBack, changed } = pass(a, late);
    expect(handedBack.map(({ id }) => id)).toEqual([['late', 1]]);
    expect(changed).toEqual(new Map([['t', new Set(['r'])]]));
    expect(formatState(late.state())).toEqual(formatState(a.state()));
    expect(late.needsName).toBe(true);
    late.rename('later');
    late.apply(handedBack[0]?.delta ?? []);
    pass(late, a);
    expect(fieldOf(a, 'f')).toBe('unsent');
    late.receive({ type: 'events', events: handedBack });
    expect(late.sync().refused).toHaveLength(1);
  });
});
