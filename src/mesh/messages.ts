import { formatState, parseState, type Row } from '../codec/wire/state.js';
import { Delta } from '../deltas/delta.js';
import { invalidArgument } from '../errors/arguments.js';
import { DatastoreError } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { expectItems, expectObject } from '../values/json.js';
import {
  compareAgents,
  type EventId,
  formatEvent,
  isSeq,
  type MeshEvent,
  only,
  ownAgent,
  parseEvent,
  parseEventId,
  type WireEvent,
} from './event.js';
import type { TrimmedHead, TrimmedSet, VersionVector } from './event-graph.js';

/** Tells what a replica holds; the answer is what it lacks. Repeatable. Spec: PEER-1. */
export interface HaveMessage {
  readonly type: 'have';
  readonly vector: VersionVector;
}

/** Events in a topological order. Repeatable. Spec: PEER-1. */
export interface EventsMessage {
  readonly type: 'events';
  readonly events: readonly MeshEvent[];
}

/**
 * The rows of a trimmed set, and the events since, for a replica that lacks events which its peer has trimmed. Spec: PEER-1, WINDOW-3.
 */
export interface SnapshotMessage {
  readonly type: 'snapshot';
  readonly trimmed: TrimmedSet;
  readonly rows: readonly Row[];
  readonly events: readonly MeshEvent[];
}

/** The messages between replicas of a mesh: over any transport, in any order, any number of times. */
export type MeshMessage = HaveMessage | EventsMessage | SnapshotMessage;

/** A message as JSON. Spec: PEER-1. */
export type WireMeshMessage =
  | { readonly type: 'have'; readonly vector: Readonly<Record<string, number>> }
  | { readonly type: 'events'; readonly events: readonly WireEvent[] }
  | {
      readonly type: 'snapshot';
      readonly vector: Readonly<Record<string, number>>;
      readonly heads: readonly { readonly id: EventId; readonly number: number }[];
      readonly rows: readonly Row[];
      readonly events: readonly WireEvent[];
    };

/** Writes a message as JSON. Law: `parseMeshMessage(formatMeshMessage(m))` is `m`. Spec: PEER-1. */
export function formatMeshMessage(message: MeshMessage): WireMeshMessage {
  switch (message.type) {
    case 'have':
      return { type: 'have', vector: formatVector(message.vector) };
    case 'events':
      return { type: 'events', events: message.events.map(formatEvent) };
    case 'snapshot':
      return {
        type: 'snapshot',
        vector: formatVector(message.trimmed.vector),
        heads: message.trimmed.heads,
        rows: message.rows,
        events: message.events.map(formatEvent),
      };
  }
}

/**
 * Reads a message from parsed JSON. It is safe on untrusted input.
 *
 * @throws DatastoreError `invalid-json`, and what {@link parseEvent} and `parseState` throw. Spec: PEER-1.
 */
export function parseMeshMessage(json: unknown): MeshMessage {
  const { type, ...parts } = expectObject(json, 'a message');
  if (type === 'have') return { type, vector: parseVector(only(parts, ['vector'])['vector']) };
  if (type === 'events') return { type, events: parseEvents(only(parts, ['events'])['events']) };
  if (type !== 'snapshot') {
    throw new DatastoreError('invalid-json', `${quote(type)} is not a message: expected have, events or snapshot`);
  }
  const { vector, heads, rows, events } = only(parts, ['vector', 'heads', 'rows', 'events']);
  const state = parseState(rows);
  return {
    type,
    trimmed: { vector: parseVector(vector), heads: expectItems(heads, 'the heads of a snapshot', parseHead) },
    rows: formatState(state),
    events: parseEvents(events),
  };
}

/**
 * Checks that events or a snapshot were read, and are not JSON yet. What else is wrong with an event shows later, and then
 * the event is refused.
 *
 * @throws DatastoreError `invalid-option`.
 */
export function checkReceived(message: EventsMessage | SnapshotMessage): void {
  const { type, events, trimmed }: Partial<Omit<SnapshotMessage, 'type'> & { type: string }> = message ?? {};
  const isRead = type === 'snapshot' ? trimmed?.vector instanceof Map : type === 'events';
  // The engine freezes every event, and nobody else makes deltas.
  if (isRead && events?.every?.((event) => Object.isFrozen(event) && Delta.is(event?.delta))) return;
  throw invalidArgument('a message must be what parseMeshMessage returns, with events', message);
}

/** @throws DatastoreError `invalid-option`. */
export function checkVector(vector: VersionVector): void {
  if (!(vector instanceof Map)) throw invalidArgument('a version vector must be a Map', vector);
}

function parseEvents(json: unknown): readonly MeshEvent[] {
  return expectItems(json, 'the events of a message', parseEvent);
}

function parseHead(json: unknown): TrimmedHead {
  const { id, number } = only(expectObject(json, 'a head'), ['id', 'number']);
  const owned = ownSeq(number);
  return { id: parseEventId(id), number: owned };
}

function ownSeq(json: unknown): number {
  if (isSeq(json)) return json;
  throw new DatastoreError('invalid-json', `${quote(json)} cannot count or number events: use a whole number from 1`);
}

function parseVector(json: unknown): VersionVector {
  const vector = new Map<string, number>();
  for (const [agent, seq] of Object.entries(expectObject(json, 'a version vector'))) {
    const count = ownSeq(seq);
    vector.set(ownAgent(agent), count);
  }
  return vector;
}

/** In code point order of the agents. */
function formatVector(vector: VersionVector): Readonly<Record<string, number>> {
  // `fromEntries` makes an own property of any name.
  return Object.fromEntries([...vector].sort(([left], [right]) => compareAgents(left, right)));
}
