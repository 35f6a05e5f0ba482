import type { Row } from '../codec/wire/state.js';
import type { MeshEvent } from './event.js';
import type { TrimmedSet, VersionVector } from './event-graph.js';

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
 * What everybody holds who did not fall behind: the rows of a trimmed set, and the events since. It is for a replica that
 * lacks events which its peer has trimmed. Spec: PEER-1, WINDOW-3.
 */
export interface SnapshotMessage {
  readonly type: 'snapshot';
  readonly trimmed: TrimmedSet;
  readonly rows: readonly Row[];
  readonly events: readonly MeshEvent[];
}

/** What replicas of a mesh say to each other, over anything, in any order, any number of times. */
export type MeshMessage = HaveMessage | EventsMessage | SnapshotMessage;
