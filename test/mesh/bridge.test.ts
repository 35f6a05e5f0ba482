import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, formatState, NO_LIMITS, ResolutionRules, type State } from '../../src/index.js';
import { type BridgeEnd, bridge, type MeshContent, type MeshMessage, MeshReplica } from '../../src/mesh/index.js';
import { Replica, type Role, type SavedReplica, Sequencer } from '../../src/sync/index.js';
import { type Draw, drawChanges, drawFrom, type GraphShape } from '../support/mesh-graphs.js';
import { runs } from '../support/seed.js';

const SHAPE: GraphShape = {
  agents: [],
  events: 0,
  records: ['r', 's'],
  fields: { f: 'any', l: 'list', n: 'number' },
  hasLives: true,
  rules: 'alike',
};

function rulesOf(draw: Draw): ResolutionRules {
  const names = ['remote', 'local', 'max', 'min', 'sum'] as const;
  const rules = new ResolutionRules();
  for (const field of Object.keys(SHAPE.fields)) rules.set('t', field, names[draw(5)] ?? 'remote');
  return rules;
}

/** Two peers of a mesh, a bridge, a sequencer and two replicas of its log, on a network that loses and repeats. */
class BridgedWorld {
  readonly peers: readonly MeshReplica[];
  readonly replicas: readonly Replica[];
  readonly sequencer = new Sequencer({ limits: NO_LIMITS });
  inMesh: MeshReplica;
  inLog: Replica;
  /** What the bridge stored last, of both sides in one write. */
  #stored: { readonly mesh: MeshContent; readonly log: SavedReplica };
  readonly #draw: Draw;
  readonly #rules: ResolutionRules;
  readonly #hand: typeof bridge;
  #minute = 0;
  #nonces = 0;
  /** What the log lets the bridge do. */
  role: Role = 'owner';

  constructor(draw: Draw, hand: typeof bridge = bridge) {
    this.#draw = draw;
    this.#hand = hand;
    this.#rules = rulesOf(draw);
    this.peers = ['ann', 'bo'].map((agent) => this.#mesh(agent));
    this.replicas = [this.#log(), this.#log()];
    this.inMesh = this.#mesh('bridge');
    this.inLog = this.#log();
    this.#stored = { mesh: this.inMesh.content(), log: this.inLog.save() };
  }

  get views(): State[] {
    return [...this.peers, ...this.replicas, this.inMesh, this.inLog].map((one) => one.state());
  }

  step(): void {
    const draw = this.#draw;
    const peer = this.peers[draw(2)] as MeshReplica;
    const replica = this.replicas[draw(2)] as Replica;
    switch (draw(10)) {
      case 0:
      case 1:
        this.#edit(peer);
        return;
      case 2:
      case 3:
        this.#edit(replica);
        return;
      case 4:
        this.#pass(peer, draw(2) === 0 ? this.inMesh : (this.peers[draw(2)] as MeshReplica));
        return;
      case 5:
        this.#pass(this.inMesh, peer);
        return;
      case 6:
        this.#exchange(replica, 'owner');
        return;
      case 7:
        this.#exchange(this.inLog, this.role);
        return;
      case 8:
        if (draw(2) === 0) this.role = this.role === 'owner' ? 'viewer' : 'owner';
        else if (draw(3) === 0) this.#crash();
        return;
      default:
        this.bridge();
    }
  }

  bridge(): void {
    this.#hand(this.inMesh, this.inLog, this.#now());
    this.#store();
  }

  /** Lets everybody hear everything. */
  settle(): void {
    this.role = 'owner';
    for (let round = 0; round < 4; round++) {
      for (const replica of [...this.replicas, this.inLog]) {
        for (let time = 0; time < 3; time++) this.#exchange(replica, 'owner', true);
      }
      for (const from of [...this.peers, this.inMesh]) {
        for (const to of [...this.peers, this.inMesh]) this.#pass(from, to, true);
      }
      this.bridge();
    }
  }

  #edit(one: MeshReplica | Replica): void {
    const view = new Map(one.query('t').map(({ record, fields }) => [`t\u0000${record}`, fields] as const));
    const changes: Change[] = drawChanges(this.#draw, SHAPE, view);
    one.apply(changes);
    one.sync(this.#now());
  }

  #pass(from: MeshReplica, to: MeshReplica, isSafe = false): void {
    const message: MeshMessage | undefined = from.missingFrom(to.vector());
    if (message === undefined || from === to || (!isSafe && this.#draw(4) === 0)) return;
    to.receive(message);
    if (to !== this.inMesh) to.sync(this.#now());
  }

  /** A put is stored before it is sent; the answer may be lost, and is asked for again. */
  #exchange(replica: Replica, role: Role, isSafe = false): void {
    const put = replica.outgoing();
    if (replica === this.inLog) this.#store();
    for (const message of [put, replica.request()]) {
      if (message === undefined || (!isSafe && this.#draw(4) === 0)) continue;
      const answer = this.sequencer.answer(message, role);
      if (isSafe || this.#draw(4) !== 0) replica.receive(answer);
    }
    if (replica !== this.inLog) replica.sync(this.#now());
  }

  #store(): void {
    this.#stored = { mesh: this.inMesh.content(), log: this.inLog.save() };
  }

  #crash(): void {
    this.inMesh = MeshReplica.from(this.#stored.mesh, { agent: 'bridge', rules: this.#rules, limits: NO_LIMITS });
    this.inLog = Replica.load(this.#stored.log, this.#options());
  }

  #mesh(agent: string): MeshReplica {
    return new MeshReplica({ agent, rules: this.#rules, limits: NO_LIMITS });
  }

  #log(): Replica {
    return new Replica(this.#options());
  }

  #options(): ConstructorParameters<typeof Replica>[0] {
    return { nextNonce: () => `n${++this.#nonces}`, rules: this.#rules, limits: NO_LIMITS };
  }

  #now(): Date {
    return new Date(60_000 * ++this.#minute);
  }
}

function rowsOf(state: State): unknown {
  return formatState(state);
}

describe('a bridge between a mesh and a log', () => {
  it('leads to one view on both sides, whatever is lost or refused, and wherever it crashes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1 << 20), { minLength: 150, maxLength: 400 }), (tape) => {
        const world = new BridgedWorld(drawFrom(tape));
        for (let step = 0; step < 50; step++) world.step();
        world.settle();
        const [first, ...others] = world.views.map(rowsOf);
        for (const other of others) expect(other).toEqual(first);
      }),
      { numRuns: runs(60) },
    );
  });

  it('undoes in the mesh what the sequencer refuses', () => {
    const world = new BridgedWorld(() => 0);
    const [ann] = world.peers as [MeshReplica];
    ann.apply([{ type: 'insert', table: 't', record: 'r', fields: new Map([['f', 'kept']]) }]);
    ann.sync(new Date(1));
    world.settle();
    world.role = 'viewer';
    ann.apply([{ type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'put', value: 'refused' }]]) }]);
    ann.sync(new Date(2));
    world.inMesh.receive(ann.missingFrom(world.inMesh.vector()) as Parameters<MeshReplica['receive']>[0]);
    world.bridge();
    const put = world.inLog.outgoing();
    expect(put).toBeDefined();
    if (put !== undefined) world.inLog.receive(world.sequencer.answer(put, 'viewer'));
    world.bridge();
    expect(world.inMesh.get('t', 'r')?.get('f')).toBe('kept');
    world.settle();
    expect(ann.get('t', 'r')?.get('f')).toBe('kept');
  });

  it('does nothing where both show the same', () => {
    const world = new BridgedWorld(() => 0);
    expect(bridge(world.inMesh, world.inLog, new Date(0))).toBe(false);
    expect(world.inMesh.vector().size).toBe(0);
  });

  it('would lose edits if the mesh took what it received before the log is asked', () => {
    const wrong = (mesh: BridgeEnd, log: BridgeEnd, time: Date): boolean => {
      mesh.sync(time);
      return bridge(mesh, log, time);
    };
    const world = new BridgedWorld(() => 0, wrong);
    const [ann] = world.peers as [MeshReplica];
    ann.apply([{ type: 'insert', table: 't', record: 'r', fields: new Map() }]);
    ann.sync(new Date(1));
    world.settle();
    expect(ann.get('t', 'r')).toBeUndefined();
  });
});
