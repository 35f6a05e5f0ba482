import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMesh, encodeDelta, encodeMesh } from '../../src/codec/binary/index.js';
import { Delta, formatState, type ListOp, State } from '../../src/index.js';
import { formatEvent, type MeshContent, MeshReplica } from '../../src/mesh/index.js';
import { drawFrom } from '../support/mesh-graphs.js';
import { traceEvents } from '../support/mesh-trace.js';
import { runs } from '../support/seed.js';
import { type ConcurrentTrace, hasShared, readShared } from '../support/shared-data.js';
import { MeshWorld, type WorldShape } from './mesh-world.js';

const WORLD: WorldShape = {
  agents: ['a', 'b', 'c'],
  events: 0,
  steps: 40,
  records: ['r', 's'],
  fields: { f: 'any', l: 'typing' },
  hasLives: true,
  rules: 'alike',
  hasPartitions: true,
};
const TAPE = fc.array(fc.nat(1 << 20), { minLength: 200, maxLength: 500 });

/** What a content says, without regard to the order in which events arrived. */
function plain(content: MeshContent): unknown {
  const { agent, trimmed, trimmedState, events, state, open, openRules } = content;
  const byId = events.map(formatEvent).sort((left, right) => (left.id.join() < right.id.join() ? -1 : 1));
  const rows = state === undefined ? undefined : formatState(state);
  return { agent, trimmed, trimmedRows: formatState(trimmedState), byId, rows, open: open.toJSON(), openRules };
}

function contentsOf(tape: readonly number[]): MeshContent[] {
  const world = new MeshWorld(drawFrom(tape), WORLD);
  world.run();
  return world.replicas.map((replica) => replica.content());
}

describe('the bytes of a mesh replica', () => {
  it('are read back to the same content, and written again to the same bytes', () => {
    fc.assert(
      fc.property(TAPE, (tape) => {
        for (const content of contentsOf(tape)) {
          const bytes = encodeMesh(content);
          const again = decodeMesh(bytes);
          expect(plain(again)).toEqual(plain(content));
          expect(encodeMesh(again)).toEqual(bytes);
        }
      }),
      { numRuns: runs(30) },
    );
  });

  it('do not depend on the order in which events arrived', () => {
    fc.assert(
      fc.property(TAPE, (tape) => {
        const world = new MeshWorld(drawFrom(tape), WORLD);
        world.run();
        world.settle();
        const written = world.replicas.map((replica) => encodeMesh({ ...replica.content(), agent: 'same' }));
        for (const bytes of written) expect(bytes).toEqual(written[0]);
      }),
      { numRuns: runs(30) },
    );
  });

  it('keep times, rules, a trimmed set and what was not sealed', () => {
    const rules = { get: (_: string, field: string): 'max' | 'remote' => (field === 'f' ? 'max' : 'remote') };
    const [a, b] = [new MeshReplica({ agent: 'a', rules }), new MeshReplica({ agent: 'b', rules })];
    a.apply([{ type: 'insert', table: 't', record: 'r', fields: new Map([['f', 1n]]) }]);
    a.seal(new Date(5));
    b.receive(a.missingFrom(b.vector()) ?? { type: 'events', events: [] });
    b.sync();
    b.apply([{ type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'put', value: 7n }]]) }]);
    b.seal(new Date(3));
    a.receive(b.missingFrom(a.vector()) ?? { type: 'events', events: [] });
    a.sync();
    expect(a.trim(['b'])).toBe(2);
    a.apply([{ type: 'insert', table: 't', record: 's', fields: new Map([['g', 'x']]) }]);
    a.seal();
    a.apply([{ type: 'delete', table: 't', record: 's' }]);
    const content = a.content();
    expect(plain(decodeMesh(encodeMesh(content)))).toEqual(plain(content));
    const again = MeshReplica.from(decodeMesh(encodeMesh(content)), { agent: 'a', rules });
    expect(formatState(again.state())).toEqual(formatState(a.state()));
    expect(again.get('t', 's')).toBeUndefined();
    expect(again.get(':info', 'info')).toEqual(new Map([['mtime', new Date(5)]]));
  });

  it('are rejected with a typed error, or are what the encoder writes, when they are damaged', () => {
    fc.assert(
      fc.property(TAPE, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 20 }), (tape, faults) => {
        const bytes = encodeMesh(contentsOf(tape)[0] as MeshContent);
        for (const [at, byte] of faults) {
          const damaged = new Uint8Array(bytes);
          damaged[at % damaged.length] = byte;
          expectReadOrRejected(damaged);
          expectReadOrRejected(bytes.slice(0, at % bytes.length));
        }
      }),
      { numRuns: runs(60) },
    );
  });

  it('of few bytes declare no more events than they have deltas', () => {
    const content: MeshContent = {
      agent: 'a',
      trimmed: { vector: new Map(), heads: [] },
      trimmedState: new State(),
      events: [],
      open: Delta.from([]),
      openRules: new Map(),
    };
    const bytes = encodeMesh(content);
    for (let at = 0; at < bytes.length; at++) {
      for (const byte of [0, 1, 0x7f, 0x80, 0xc4, 0xff]) {
        const damaged = new Uint8Array(bytes);
        damaged[at] = byte;
        expectReadOrRejected(damaged);
      }
    }
  });

  const TRACE = 'traces/concurrent-friendsforever.json.gz';
  it.skipIf(!hasShared(TRACE))('of a real history are at most 1.15 times those of its operations as one delta', () => {
    const trace = JSON.parse(readShared(TRACE)) as ConcurrentTrace;
    const events = traceEvents(trace, ['a', 'b']);
    const ops: ListOp[] = [];
    for (const { patches } of trace.txns) {
      for (const [position, deleteCount, inserted] of patches) {
        for (let count = deleteCount; count > 0; count--) ops.push({ type: 'delete', index: position });
        let index = position;
        for (const value of inserted) ops.push({ type: 'insert', index: index++, value });
      }
    }
    const edit = { type: 'list', create: false, ops } as const;
    const one = encodeDelta([{ type: 'update', table: 't', record: 'doc', ops: new Map([['text', edit]]) }]);
    const bytes = encodeMesh({
      agent: 'a',
      trimmed: { vector: new Map(), heads: [] },
      trimmedState: new State(),
      events,
      open: Delta.from([]),
      openRules: new Map(),
    });
    expect(bytes.length / one.length).toBeLessThan(1.15);
  });
});

function expectReadOrRejected(bytes: Uint8Array): void {
  let content: MeshContent;
  try {
    content = decodeMesh(bytes);
  } catch (error) {
    expect(error).toMatchObject({ name: 'DatastoreError' });
    return;
  }
  expect(encodeMesh(content)).toEqual(bytes);
}
