import type { Delta } from '../../../src/index.js';
import type { Put, SequencerMessage } from '../../../src/sync/index.js';
import { aroundReplicas, type PlantedBug } from './planted-bug.js';
import { ReplicaWrapper } from './replica-wrapper.js';

/** After a conflict, puts the delta as it was before, against the newest revision. */
class StubbornReplica extends ReplicaWrapper {
  #put: Put | undefined;
  #overtaken: Delta | undefined;

  override outgoing(): Put | undefined {
    const put = super.outgoing();
    if (put === undefined || put.nonce === this.#put?.nonce) return put === undefined ? undefined : this.#put;
    this.#put = this.#overtaken === undefined ? put : { ...put, delta: this.#overtaken };
    this.#overtaken = undefined;
    return this.#put;
  }

  override receive(message: SequencerMessage): void {
    if (message.type === 'conflict' && message.nonce === this.#put?.nonce) this.#overtaken = this.#put.delta;
    super.receive(message);
  }
}

export const rebaseSkipped: PlantedBug = {
  title: 'a rebase skipped',
  machines: aroundReplicas((inner) => new StubbornReplica(inner)),
};
