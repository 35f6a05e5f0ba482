import type { ReplicaMessage, Role, SequencerMessage } from '../../../src/sync/index.js';
import { aroundSequencer, type PlantedBug } from './planted-bug.js';
import { SequencerWrapper } from './sequencer-wrapper.js';

/** Takes a retry for a new edit if it still fits. */
class EagerSequencer extends SequencerWrapper {
  #retries = 0;

  override answer(message: ReplicaMessage, role: Role): SequencerMessage {
    const answer = super.answer(message, role);
    if (message.type !== 'put' || answer.type !== 'repeated') return answer;
    this.#retries++;
    return super.put(this.revision, `${message.nonce}-again-${this.revision}-${this.#retries}`, message.delta, role);
  }
}

export const retryAppliedAgain: PlantedBug = {
  title: 'a retry applied again',
  machines: aroundSequencer((inner) => new EagerSequencer(inner)),
};
