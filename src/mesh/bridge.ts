import type { DeltaInput } from '../deltas/delta.js';
import { diff } from '../state/diff.js';
import type { State } from '../state/state.js';

/** One side of a bridge: what its user sees, and how its user edits it. */
export interface BridgeEnd {
  /** What this side shows. */
  state(): State;
  /** Edits this side. */
  apply(changes: DeltaInput): unknown;
}

/**
 * Edits one side so that it shows what the other one shows. A bridge between a mesh and a sequenced datastore calls it
 * twice, while no put is in flight:
 *
 *     bridgeViews(mesh, sequenced);   // then sync the sequenced replica: others' edits come in
 *     bridgeViews(sequenced, mesh);   // then seal: the event of the bridge
 *
 * Store both replicas in one write afterwards. There is one bridge between a mesh and a log.
 *
 * @returns whether anything differed.
 * @throws DatastoreError as `apply` of the side that is edited does, such as for a limit.
 * Spec: BRIDGE-1.
 */
export function bridgeViews(from: Pick<BridgeEnd, 'state'>, to: BridgeEnd): boolean {
  const difference = diff(to.state(), from.state());
  if (difference.length === 0) return false;
  to.apply(difference);
  return true;
}
