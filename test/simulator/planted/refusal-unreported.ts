import type { SyncResult } from '../../../src/sync/index.js';
import { aroundReplicas, type PlantedBug } from './planted-bug.js';
import { ReplicaWrapper } from './replica-wrapper.js';

/** Undoes a refused edit without telling anybody. */
class DiscreetReplica extends ReplicaWrapper {
  override sync(time: Date): SyncResult {
    return { ...super.sync(time), refused: [] };
  }
}

export const refusalUnreported: PlantedBug = {
  title: 'a refused edit not reported',
  machines: aroundReplicas((inner) => new DiscreetReplica(inner)),
};
