import type { SavedReplica } from '../../../src/sync/index.js';
import { aroundReplicas, type PlantedBug } from './planted-bug.js';
import { ReplicaWrapper } from './replica-wrapper.js';

/** Does not save the delta that is in flight, as if sending it were enough. */
class HopefulReplica extends ReplicaWrapper {
  override save(): SavedReplica {
    const saved = super.save();
    if (saved.nonce === null || saved.pending.length > 1 || saved.open.length > 0) return saved;
    return { ...saved, nonce: null, refusal: null, pending: [], rules: [] };
  }
}

export const inFlightLost: PlantedBug = {
  title: 'a delta in flight lost in a crash',
  machines: aroundReplicas((inner) => new HopefulReplica(inner)),
};
