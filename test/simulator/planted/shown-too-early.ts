import type { SequencerMessage } from '../../../src/sync/index.js';
import { aroundReplicas, type PlantedBug } from './planted-bug.js';
import { ReplicaWrapper } from './replica-wrapper.js';

/** Shows what others did as soon as it arrives. */
class ImpatientReplica extends ReplicaWrapper {
  override receive(message: SequencerMessage): void {
    super.receive(message);
    if (!this.status.hasUncommitted) super.sync(new Date(0));
  }
}

export const shownTooEarly: PlantedBug = {
  title: 'a remote edit shown before sync',
  machines: aroundReplicas((inner) => new ImpatientReplica(inner)),
};
