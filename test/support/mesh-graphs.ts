import type { Atom, FieldOp, ListOp, RuleName, Value } from '../../src/index.js';
import { type Change, compress, RULE_NAMES } from '../../src/index.js';
import { type EventId, keyOf, type OracleEvent } from '../oracle/mesh-graph.js';
import { MeshOracle, type MeshRows } from '../oracle/mesh-state.js';

/** Draws a whole number from 0 and below `count`. */
export type Draw = (count: number) => number;

/** Draws by the numbers of an array, and 0 when they are used up, so that a shorter array is a simpler case. */
export function drawFrom(numbers: readonly number[]): Draw {
  let at = 0;
  return (count) => (numbers[at++] ?? 0) % count;
}

export interface GraphShape {
  readonly agents: readonly string[];
  readonly events: number;
  readonly records: readonly string[];
  /** The fields that are drawn, and what is done to them. */
  readonly fields: Readonly<Record<string, 'any' | 'list' | 'number' | 'typing' | 'created'>>;
  /** Whether records are inserted, deleted and replaced after the first event. */
  readonly hasLives: boolean;
  /** The rules are drawn for the graph, or for each event. */
  readonly rules: 'alike' | 'mixed' | readonly RuleName[];
  /** One of how many events has a time, if any has. */
  readonly times?: number;
}

type MutableRules = Record<string, Record<string, RuleName>>;

/** A graph of events, each valid on what its author saw, in a topological order, and the oracle that holds them all. */
export function drawGraph(draw: Draw, shape: GraphShape): { events: OracleEvent[]; oracle: MeshOracle } {
  const oracle = new MeshOracle();
  const events: OracleEvent[] = [];
  const held = new Map<string, Set<string>>(shape.agents.map((agent) => [agent, new Set()]));
  const counts = new Map<string, number>();
  const alike = drawRules(draw, shape);
  const add = (agent: string, changes: readonly Change[], rules: MutableRules): void => {
    const own = held.get(agent) ?? new Set();
    const seq = (counts.get(agent) ?? 0) + 1;
    counts.set(agent, seq);
    const parents = [...own].filter((key) => ![...own].some((other) => oracle.graph.past(other).has(key)));
    const time = shape.times !== undefined && draw(shape.times) === 0 ? draw(12) : undefined;
    const event: OracleEvent = { id: [agent, seq], parents: parents.map(idOf), changes, rules, time };
    oracle.add(event);
    events.push(event);
    own.add(keyOf(event.id));
  };
  const base = drawBase(draw, shape);
  add(shape.agents[0] ?? '', base, alike);
  if (draw(8) !== 0) for (const own of held.values()) own.add(`${shape.agents[0]}:1`);
  while (events.length < shape.events) {
    const agent = shape.agents[draw(shape.agents.length)] ?? '';
    const own = held.get(agent) ?? new Set();
    const other = shape.agents[draw(shape.agents.length)] ?? '';
    // To hear of one event is to hear of its past.
    if (draw(2) === 0) {
      for (const key of held.get(other) ?? []) {
        if (draw(4) === 0) continue;
        own.add(key);
        for (const past of oracle.graph.past(key)) own.add(past);
      }
    }
    const changes = drawChanges(draw, shape, oracle.state(own));
    add(agent, [...compress(changes)], shape.rules === 'mixed' ? drawRules(draw, shape) : alike);
  }
  return { events, oracle };
}

/** All topological orders of a graph, or as many as are asked for. */
export function* deliveryOrders(
  events: readonly OracleEvent[],
  most = Number.POSITIVE_INFINITY,
): Generator<OracleEvent[]> {
  let count = 0;
  const extend = function* (order: OracleEvent[], there: ReadonlySet<string>): Generator<OracleEvent[]> {
    if (order.length === events.length) {
      count++;
      yield order;
      return;
    }
    for (const event of events) {
      if (count >= most) return;
      const key = keyOf(event.id);
      if (there.has(key) || !event.parents.every((parent) => there.has(keyOf(parent)))) continue;
      yield* extend([...order, event], new Set([...there, key]));
    }
  };
  yield* extend([], new Set());
}

/** A topological order by chance. */
export function drawOrder(draw: Draw, events: readonly OracleEvent[]): OracleEvent[] {
  const waiting = [...events];
  const there = new Set<string>();
  const order: OracleEvent[] = [];
  while (waiting.length > 0) {
    const ready = waiting.filter(({ parents }) => parents.every((parent) => there.has(keyOf(parent))));
    const event = ready[draw(ready.length)] as OracleEvent;
    waiting.splice(waiting.indexOf(event), 1);
    there.add(keyOf(event.id));
    order.push(event);
  }
  return order;
}

function idOf(key: string): EventId {
  const at = key.lastIndexOf(':');
  return [key.slice(0, at), Number(key.slice(at + 1))];
}

function drawRules(draw: Draw, shape: GraphShape): MutableRules {
  const names = typeof shape.rules === 'string' ? RULE_NAMES : shape.rules;
  const rules: Record<string, RuleName> = {};
  for (const field of Object.keys(shape.fields)) rules[field] = names[draw(names.length)] ?? 'remote';
  return { t: rules };
}

function drawBase(draw: Draw, shape: GraphShape): Change[] {
  return shape.records.flatMap((record) => {
    if (shape.hasLives && draw(3) === 0) return [];
    const fields = new Map<string, Value>();
    for (const [field, kind] of Object.entries(shape.fields)) {
      if (kind === 'created') continue;
      if (kind === 'list' || kind === 'typing') fields.set(field, ['a', 'b', 'c', 'd'].slice(0, draw(5)));
      else if (draw(3) !== 0) fields.set(field, drawValue(draw, kind));
    }
    return [{ type: 'insert', table: 't', record, fields } as const];
  });
}

/** Changes that are valid on what somebody sees. */
export function drawChanges(draw: Draw, shape: GraphShape, view: MeshRows): Change[] {
  const changes: Change[] = [];
  for (const record of shape.records) {
    if (shape.records.length > 1 && draw(2) === 0) continue;
    const fields = view.get(`t\u0000${record}`);
    const table = 't';
    if (fields === undefined) {
      if (shape.hasLives) changes.push({ type: 'insert', table, record, fields: drawFields(draw, shape) });
      continue;
    }
    const kind = shape.hasLives ? draw(8) : 7;
    if (kind === 0) changes.push({ type: 'delete', table, record });
    else if (kind === 1) {
      changes.push(
        { type: 'delete', table, record },
        { type: 'insert', table, record, fields: drawFields(draw, shape) },
      );
      if (draw(3) === 0) changes.push(...drawCreate(draw, record, shape, changes.at(-1)));
    } else {
      const ops = new Map<string, FieldOp>();
      for (const [field, what] of Object.entries(shape.fields)) {
        if (ops.size > 0 && draw(2) === 0) continue;
        ops.set(field, drawOp(draw, what, fields.get(field)));
      }
      changes.push({ type: 'update', table, record, ops });
    }
  }
  return changes;
}

/** Creates a list in a record that the same delta inserts. */
function drawCreate(draw: Draw, record: string, shape: GraphShape, insert: Change | undefined): Change[] {
  if (insert?.type !== 'insert') return [];
  const field = Object.keys(shape.fields).find((name) => !insert.fields.has(name));
  if (field === undefined) return [];
  const ops: ReadonlyMap<string, FieldOp> = new Map([
    [field, { type: 'list', create: true, ops: drawListOps(draw, 0, 'list') }],
  ]);
  return [{ type: 'update', table: 't', record, ops }];
}

function drawFields(draw: Draw, shape: GraphShape): ReadonlyMap<string, Value> {
  const fields = new Map<string, Value>();
  for (const [field, kind] of Object.entries(shape.fields)) {
    if (kind !== 'created' && draw(2) === 0) fields.set(field, drawValue(draw, kind));
  }
  return fields;
}

function drawOp(draw: Draw, kind: string, value: Value | undefined): FieldOp {
  const length = Array.isArray(value) ? value.length : undefined;
  if (kind === 'number') return draw(6) === 0 ? { type: 'delete' } : { type: 'put', value: drawValue(draw, kind) };
  if (kind === 'created' && value !== undefined && draw(8) === 0) return { type: 'delete' };
  const choice = kind === 'any' ? draw(6) : 2 + draw(4);
  if (choice === 0) return { type: 'delete' };
  if (choice === 1) return { type: 'put', value: drawValue(draw, kind) };
  if (value === undefined) return { type: 'list', create: true, ops: drawListOps(draw, 0, kind) };
  if (length === undefined) return { type: 'put', value: drawValue(draw, kind) };
  return { type: 'list', create: false, ops: drawListOps(draw, length, kind) };
}

const VALUES: readonly Value[] = [1n, 5n, 3n, 2.5, 1e16, 'p', 'q', ['u'], [], ['u', 'v', 'z']];

function drawValue(draw: Draw, kind: string): Value {
  if (kind === 'number') return VALUES[draw(5)] as Value;
  if (kind !== 'any') return VALUES[7 + draw(3)] as Value;
  return VALUES[draw(VALUES.length)] as Value;
}

let letter = 0;

function drawListOps(draw: Draw, lengthBefore: number, kind: string): ListOp[] {
  const ops: ListOp[] = [];
  let length = lengthBefore;
  let at = draw(length + 1);
  for (let count = 1 + draw(3); count > 0; count--) {
    const value: Atom = `${'ijklmno'[letter++ % 7]}${draw(90)}`;
    const choice = kind === 'typing' ? draw(4) : draw(8);
    if (length === 0 || choice < 3) {
      const index = kind === 'typing' ? Math.min(at++, length) : draw(length + 1);
      ops.push({ type: 'insert', index, value });
      length++;
    } else if (choice === 3 || kind === 'typing') {
      ops.push({ type: 'delete', index: draw(length) });
      length--;
    } else if (choice < 6) ops.push({ type: 'move', from: draw(length), to: draw(length) });
    else ops.push({ type: 'put', index: draw(length), value: draw(2) === 0 ? value : BigInt(draw(4)) });
  }
  return ops;
}
