/**
 * Replicas that need no sequencer: they exchange events in any order, over any path, and agree.
 *
 * @module deltaic/mesh
 */

export { type BridgeEnd, bridge } from './bridge.js';
export type { EventId, EventRules, MeshEvent, WireEvent } from './event.js';
export { formatEvent, isValidAgent, parseEvent } from './event.js';
export type { TrimmedHead, TrimmedSet, VersionVector } from './event-graph.js';
export type { RefusedEvent } from './inbox.js';
export {
  EVENT_SIZE_MAX,
  type MeshConflict,
  type MeshContent,
  MeshReplica,
  type MeshReplicaOptions,
  type MeshStatus,
  type MeshSyncResult,
} from './mesh-replica.js';
export {
  type EventsMessage,
  formatMeshMessage,
  type HaveMessage,
  type MeshMessage,
  parseMeshMessage,
  type SnapshotMessage,
  type WireMeshMessage,
} from './messages.js';
