import type { DeltaInput } from '../deltas/delta.js';
import { diff } from '../state/diff.js';
import type { State } from '../state/state.js';

/** One side of a bridge, a `MeshReplica` or a `Replica`. */
export interface BridgeEnd {
  /** What this side shows. */
  state(): State;
  /** Edits this side. */
  apply(changes: DeltaInput): unknown;
  /** Seals the edits, and makes visible what was received. */
  sync(time: Date): unknown;
}

/**
 * Passes on what changed on either side of a bridge between a mesh and a log, as if its user had made the edits: what
 * others did in the log becomes an event of the bridge, and what was done in the mesh becomes an edit of the log. Call
 * it when something was received on either side, and call `sync` of neither side elsewhere. Then store both replicas in
 * one write, and only then send what they have to send.
 *
 * There is one bridge between a mesh and a log: two would repeat each other's edits. What the sequencer refuses, and what
 * the limits of the log refuse here, is undone in the mesh by the next call.
 *
 * Law: once nothing is on its way, both sides and all their peers show the same.
 *
 * @returns whether anything was handed on.
 * @throws DatastoreError as `apply` and `sync` of the sides do, such as for a limit. Spec: BRIDGE-1.
 */
export function bridge(mesh: BridgeEnd, log: BridgeEnd, time: Date): boolean {
  log.sync(time);
  // The mesh still shows what the log was given last. Whatever differs, the log did.
  const isInward = handOn(log, mesh);
  mesh.sync(time);
  const isOutward = handOn(mesh, log);
  log.sync(time);
  return isInward || isOutward;
}

function handOn(from: BridgeEnd, to: BridgeEnd): boolean {
  const difference = diff(to.state(), from.state());
  if (difference.length === 0) return false;
  to.apply(difference);
  return true;
}
