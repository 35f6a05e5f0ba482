import type { Proposal, Put, Refusal, ReplicaMessage, Role, Sequencer } from '../../../src/sync/index.js';
import type { Random } from '../random.js';

/** Makes a sequencer refuse some of the puts that it would accept: what they do to one record or field, or all of it. */
export function refusing(sequencer: Sequencer, isNext: () => boolean, random: Random): void {
  const propose = sequencer.propose.bind(sequencer);
  sequencer.propose = (message: ReplicaMessage, role: Role): Proposal => {
    const proposal = propose(message, role);
    if (message.type !== 'put' || proposal.entry === undefined || !isNext()) return proposal;
    return { answer: { type: 'refused', nonce: message.nonce, ...drawRefusal(message, random) } };
  };
}

function drawRefusal({ delta }: Put, random: Random): Refusal {
  const message = 'the meddling server refuses this';
  if (random.chance(0.2)) return { reason: 'permission', message };
  if (random.chance(0.2)) return { reason: 'limit', code: 'datastore-too-large', message };
  const { table, record } = random.pick(delta.changes);
  return { reason: 'limit', code: 'record-too-large', message, place: { table, record } };
}
