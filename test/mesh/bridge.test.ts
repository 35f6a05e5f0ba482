import { describe, expect, it } from 'vitest';
import { formatState, parseState, type State } from '../../src/index.js';
import { bridgeViews, MeshReplica } from '../../src/mesh/index.js';
import { Replica, Sequencer } from '../../src/sync/index.js';

const time = new Date(0);

function exchange(replica: Replica, sequencer: Sequencer): void {
  for (let round = 0; round < 3; round++) {
    replica.receive(sequencer.answer(replica.request(), 'owner'));
    replica.sync(time);
    const put = replica.outgoing();
    if (put !== undefined) replica.receive(sequencer.answer(put, 'owner'));
  }
}

function sequenced(replica: Replica): { state(): State; apply: Replica['apply'] } {
  return { state: () => parseState(replica.toRows()), apply: (changes) => replica.apply(changes) };
}

function newReplica(name: string): Replica {
  let count = 0;
  return new Replica({ nextNonce: () => `${name}-${++count}` });
}

function put(value: string): Parameters<Replica['apply']>[0] {
  return [{ type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'put', value }]]) }];
}

describe('a bridge between a mesh and a log', () => {
  it('hands the edits of each side on to the other, until all show the same', () => {
    const sequencer = new Sequencer();
    const [other, inLog] = [newReplica('other'), newReplica('bridge')];
    const [peer, inMesh] = [new MeshReplica({ agent: 'peer' }), new MeshReplica({ agent: 'bridge' })];
    const bridge = (): void => {
      inMesh.receive(peer.missingFrom(inMesh.vector()) ?? { type: 'events', events: [] });
      inMesh.sync();
      bridgeViews(inMesh, sequenced(inLog));
      exchange(inLog, sequencer);
      bridgeViews(sequenced(inLog), inMesh);
      inMesh.seal();
      peer.receive(inMesh.missingFrom(peer.vector()) ?? { type: 'events', events: [] });
      peer.sync();
    };
    peer.apply([{ type: 'insert', table: 't', record: 'r', fields: new Map([['f', 'of the peer']]) }]);
    peer.seal();
    bridge();
    exchange(other, sequencer);
    expect(other.get('t', 'r')).toEqual(new Map([['f', 'of the peer']]));
    other.apply(put('of the log'));
    exchange(other, sequencer);
    peer.apply([{ type: 'insert', table: 't', record: 's', fields: new Map() }]);
    peer.seal();
    bridge();
    exchange(other, sequencer);
    const rows = formatState(peer.state()).filter(({ tid }) => tid === 't');
    expect(rows.map(({ rowid, data }) => [rowid, data])).toEqual([
      ['r', { f: 'of the log' }],
      ['s', {}],
    ]);
    const withoutInfo = other.toRows().filter(({ tid }) => tid === 't');
    expect(withoutInfo).toEqual(rows);
    expect(inLog.toRows()).toEqual(formatState(inMesh.state()));
  });

  it('does nothing where both show the same', () => {
    const [one, two] = [new MeshReplica({ agent: 'a' }), new MeshReplica({ agent: 'b' })];
    expect(bridgeViews(one, two)).toBe(false);
    expect(two.status.hasOpen).toBe(false);
  });
});
