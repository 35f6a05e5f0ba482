import { aroundReplicas, type PlantedBug } from './planted-bug.js';
import { ReplicaWrapper } from './replica-wrapper.js';

/** Goes on as an owner whatever it is told. */
class UnawareReplica extends ReplicaWrapper {
  override setRole(): void {
    super.setRole('owner');
  }
}

export const roleIgnored: PlantedBug = {
  title: 'a viewer whose edit shows at first',
  machines: aroundReplicas((inner) => new UnawareReplica(inner)),
};
