import { describe, expect, it } from 'vitest';
import { formatMeshMessage, MeshReplica, parseMeshMessage, type SnapshotMessage } from '../../src/mesh/index.js';

/** Two replicas that hold the same, the first of which trimmed it. */
function trimmedPair(): [MeshReplica, MeshReplica] {
  const [a, b] = [new MeshReplica({ agent: 'a' }), new MeshReplica({ agent: '__proto__' })];
  a.apply([{ type: 'insert', table: 't', record: 'r', fields: new Map([['f', 1n]]) }]);
  a.seal();
  b.receive(a.missingFrom(b.vector()) ?? { type: 'events', events: [] });
  b.sync();
  b.apply([{ type: 'insert', table: 't', record: 's', fields: new Map() }]);
  b.seal(new Date(7));
  a.receive(b.missingFrom(a.vector()) ?? { type: 'events', events: [] });
  a.sync();
  return [a, b];
}

describe('a message as JSON', () => {
  it('is read to the message that was written, through text', () => {
    const [a, b] = trimmedPair();
    const messages = [a.have(), a.missingFrom(new Map())];
    expect(a.trim(['__proto__'])).toBe(2);
    b.apply([{ type: 'delete', table: 't', record: 's' }]);
    b.seal();
    a.receive(b.missingFrom(a.vector()) ?? { type: 'events', events: [] });
    a.sync();
    messages.push(a.missingFrom(new Map()));
    expect(messages.map((message) => message?.type)).toEqual(['have', 'events', 'snapshot']);
    for (const message of messages) {
      if (message === undefined) throw new Error('There is a message.');
      const wire = formatMeshMessage(message);
      const again = parseMeshMessage(JSON.parse(JSON.stringify(wire)));
      expect(formatMeshMessage(again)).toEqual(wire);
      if (again.type === 'have')
        expect(again.vector).toEqual(
          a.vector().size > 0
            ? new Map([
                ['a', 1],
                ['__proto__', 1],
              ])
            : 0,
        );
    }
    const late = new MeshReplica({ agent: 'late' });
    late.receive(parseMeshMessage(formatMeshMessage(messages[2] as SnapshotMessage)) as SnapshotMessage);
    late.sync();
    expect(late.vector()).toEqual(a.vector());
    expect(late.get('t', 'r')).toEqual(a.get('t', 'r'));
  });

  it.each([
    ['no object', []],
    ['no type', {}],
    ['another type', { type: 'hello' }],
    ['a vector that is no object', { type: 'have', vector: [] }],
    ['a vector with 0', { type: 'have', vector: { a: 0 } }],
    ['a vector with a fraction', { type: 'have', vector: { a: 1.5 } }],
    ['another member', { type: 'have', vector: {}, extra: 1 }],
    ['events that are no array', { type: 'events', events: {} }],
    ['a head without a number', { type: 'snapshot', vector: {}, heads: [{ id: ['a', 1] }], rows: [], events: [] }],
    ['rows that are no array', { type: 'snapshot', vector: {}, heads: [], rows: {}, events: [] }],
  ])('is rejected: %s', (_, json) => {
    expect(() => parseMeshMessage(json)).toThrow(expect.objectContaining({ code: 'invalid-json' }));
  });

  it('is rejected where an agent has a name that is none', () => {
    const json = { type: 'have', vector: { 'a b': 1 } };
    expect(() => parseMeshMessage(json)).toThrow(expect.objectContaining({ code: 'invalid-name' }));
  });
});
