import {
  type Change,
  compress,
  formatValue,
  parseDelta,
  type Row,
  type RuleName,
  type Value,
  type WireChange,
} from '../../src/index.js';
import { type MeshEvent, ownEvent } from '../../src/mesh/event.js';
import type { EventId, OracleEvent } from '../oracle/mesh-graph.js';
import type { MeshRows } from '../oracle/mesh-state.js';

/** An event as the vectors and the messages have it. */
export interface WireEvent {
  readonly id: EventId;
  readonly parents: readonly EventId[];
  readonly delta: readonly WireChange[];
  readonly rules?: Readonly<Record<string, Readonly<Record<string, RuleName>>>>;
  readonly time?: number;
}

/** Reads an event for the oracle. */
export function parseEvent({ id, parents, delta, rules = {}, time }: WireEvent): OracleEvent {
  const changes: Change[] = [...parseDelta(delta)];
  return { id, parents, changes, rules, time };
}

/** The same event for the engine. */
export function toMeshEvent({ id, parents, changes, rules, time }: OracleEvent): MeshEvent {
  const named = new Map(Object.entries(rules).map(([table, fields]) => [table, new Map(Object.entries(fields))]));
  return ownEvent(id, parents, compress(changes), named, time);
}

/** The rows of an oracle's state, in the order in which a snapshot has them. */
export function rowsOf(state: MeshRows): Row[] {
  const rows = [...state].map(([key, fields]) => {
    const [tid = '', rowid = ''] = key.split('\u0000');
    return { tid, rowid, data: dataOf(fields) };
  });
  return rows.sort((a, b) => compareNames(a.tid, b.tid) || compareNames(a.rowid, b.rowid));
}

function dataOf(fields: ReadonlyMap<string, Value>): Row['data'] {
  const names = [...fields.keys()].sort(compareNames);
  // `fromEntries` makes an own property of any name.
  return Object.fromEntries(names.map((name) => [name, formatValue(fields.get(name) as Value)]));
}

/** Names are ASCII. */
function compareNames(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}
