import type { Put, SequencerMessage } from '../../../src/sync/index.js';
import { aroundReplicas, type PlantedBug } from './planted-bug.js';
import { ReplicaWrapper } from './replica-wrapper.js';

/** Takes an acknowledgement that arrives again for that of the delta which is in flight by then. */
class CountingReplica extends ReplicaWrapper {
  readonly #acknowledged = new Set<string>();
  #put: Put | undefined;

  override outgoing(): Put | undefined {
    this.#put = super.outgoing();
    return this.#put;
  }

  override receive(message: SequencerMessage): void {
    if (message.type !== 'accepted' && message.type !== 'repeated') {
      super.receive(message);
    } else if (this.#acknowledged.has(message.nonce) && this.#put !== undefined && this.status.isInFlight) {
      const { nonce, rev } = this.#put;
      super.receive({ type: 'accepted', nonce, rev: rev + 1 });
    } else {
      this.#acknowledged.add(message.nonce);
      super.receive(message);
    }
  }
}

export const acknowledgementTwice: PlantedBug = {
  title: 'an acknowledgement applied twice',
  machines: aroundReplicas((inner) => new CountingReplica(inner)),
};
