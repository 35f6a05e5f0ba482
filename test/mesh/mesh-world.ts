import {
  type Change,
  diff,
  type Limits,
  NO_LIMITS,
  ResolutionRules,
  type RuleName,
  type State,
} from '../../src/index.js';
import { type EventsMessage, type MeshContent, MeshReplica, type SnapshotMessage } from '../../src/mesh/index.js';
import { type Draw, drawChanges, type GraphShape } from '../support/mesh-graphs.js';

/** What a world is like. */
export interface WorldShape extends GraphShape {
  readonly steps: number;
  /** Whether the network is cut in two now and then, between even and odd replicas. */
  readonly hasPartitions: boolean;
  /** Whether events have times, of clocks that are wrong. */
  readonly hasTimes?: boolean;
}

interface Packet {
  readonly to: number;
  readonly message: EventsMessage | SnapshotMessage;
}

const LIMITS: Limits = NO_LIMITS;

/**
 * Several replicas on a network that drops, delays, repeats and reorders messages and is cut in two now and then.
 * Replicas crash, and come back with what was stored: everything that was ever sent, under a new name.
 */
export class MeshWorld {
  readonly replicas: MeshReplica[] = [];
  readonly #stored: MeshContent[] = [];
  readonly #draw: Draw;
  readonly #shape: WorldShape;
  readonly #rules = new ResolutionRules();
  #packets: Packet[] = [];
  #names = 0;
  #isCut = false;
  eventCount = 0;

  constructor(draw: Draw, shape: WorldShape) {
    this.#draw = draw;
    this.#shape = shape;
    const names: readonly RuleName[] = ['remote', 'local', 'max', 'min', 'sum'];
    for (const field of Object.keys(shape.fields)) this.#rules.set('t', field, names[draw(5)] ?? 'remote');
    for (const agent of shape.agents) {
      const replica = new MeshReplica({ agent, rules: this.#rules, limits: LIMITS });
      this.replicas.push(replica);
      this.#stored.push(replica.content());
    }
  }

  run(): void {
    for (let step = 0; step < this.#shape.steps; step++) this.#step();
  }

  /** Lets everybody hear everything. */
  settle(): void {
    for (let round = 0; round < 2; round++) {
      for (const [at, replica] of this.replicas.entries()) {
        this.#sync(at);
        for (const other of this.replicas) {
          const message = replica.missingFrom(other.vector());
          if (message !== undefined) other.receive(message);
          for (const { event, error } of other.sync().refused)
            throw new Error(`${other.agent} refused ${event.id}: ${error.message} ${error.stack}`);
        }
      }
    }
  }

  #step(): void {
    const draw = this.#draw;
    const at = draw(this.replicas.length);
    const replica = this.replicas[at] as MeshReplica;
    switch (draw(12)) {
      case 0:
        this.#crash(at);
        return;
      case 1:
        if (this.#shape.hasPartitions && draw(4) === 0) this.#isCut = !this.#isCut;
        return;
      case 2:
      case 3:
      case 4:
        this.#send(at, draw(this.replicas.length));
        return;
      case 5:
      case 6:
        this.#deliver();
        return;
      case 7:
        if (draw(2) === 0) replica.undo();
        else replica.redo();
        return;
      default:
        replica.apply(this.#drawChanges(replica.state()));
        if (draw(3) === 0) replica.endUndoItem();
        if (draw(2) === 0) this.#sync(at);
    }
  }

  #drawChanges(state: State): Change[] {
    const view = new Map(state.query('t').map(({ record, fields }) => [`t\u0000${record}`, fields] as const));
    return drawChanges(this.#draw, this.#shape, view);
  }

  /** Seals and stores, so that everything that is sent was stored. */
  #sync(at: number): void {
    const replica = this.replicas[at] as MeshReplica;
    const before = replica.state();
    const time = this.#shape.hasTimes === true ? new Date(this.#draw(40)) : undefined;
    const { sealed, changed, refused } = replica.sync(time);
    for (const { event, error } of refused) throw new Error(`${replica.agent} refused ${event.id}: ${error.stack}`);
    if (sealed !== undefined) this.eventCount++;
    this.#stored[at] = replica.content();
    const differing = new Set(
      [...diff(before, replica.state())].filter(({ table }) => table === 't').map(({ record }) => record),
    );
    const told = new Set([...changed].flatMap(([, records]) => [...records]));
    for (const record of differing) if (!told.has(record)) throw new Error(`nobody was told of record ${record}`);
  }

  #crash(at: number): void {
    const stored = this.#stored[at];
    if (stored === undefined || this.#draw(3) !== 0) return;
    const agent = `${this.#shape.agents[at]}${++this.#names}`;
    const content = this.#draw(2) === 0 ? stored : { ...stored, state: undefined };
    this.replicas[at] = MeshReplica.from(content, { agent, rules: this.#rules, limits: LIMITS });
  }

  #send(from: number, to: number): void {
    if (from === to || (this.#isCut && from % 2 !== to % 2)) return;
    this.#sync(from);
    // What a replica last told of itself may be long out of date.
    const vector = this.#draw(4) === 0 ? new Map<string, number>() : (this.replicas[to] as MeshReplica).vector();
    const message = this.replicas[from]?.missingFrom(vector);
    if (message === undefined) return;
    const events = message.events.filter(() => this.#draw(8) !== 0);
    this.#packets.push({ to, message: { ...message, events: this.#draw(3) === 0 ? events.toReversed() : events } });
  }

  #deliver(): void {
    if (this.#packets.length === 0) return;
    const at = this.#draw(this.#packets.length);
    const { to, message } = this.#packets[at] as Packet;
    // Some are lost, and some are kept to be delivered again.
    if (this.#draw(5) !== 0) this.replicas[to]?.receive(message);
    if (this.#draw(3) !== 0) this.#packets = this.#packets.filter((_, other) => other !== at);
    if (this.#draw(2) === 0) this.#sync(to);
  }
}
