import { Delta } from '../../../src/index.js';
import type { LogEntry, ReplicaMessage, Role, SequencerMessage } from '../../../src/sync/index.js';
import { aroundSequencer, type PlantedBug } from './planted-bug.js';
import { SequencerWrapper } from './sequencer-wrapper.js';

/** Serves what is left of its log as if nothing had been in the part that it trimmed. */
class CoveringSequencer extends SequencerWrapper {
  override answer(message: ReplicaMessage, role: Role): SequencerMessage {
    const answer = super.answer(message, role);
    if (answer.type !== 'reset') return answer;
    const left = super.deltasSince(this.firstRevision);
    const missing: LogEntry[] = [];
    for (let rev = answer.since + 1; rev <= this.firstRevision; rev++) {
      missing.push({ rev, nonce: `trimmed-${rev}`, delta: Delta.from([]) });
    }
    const entries = [...missing, ...(left.type === 'entries' ? left.entries : [])];
    return message.type === 'put' ? { type: 'conflict', nonce: message.nonce, entries } : { type: 'entries', entries };
  }
}

export const trimmedLogComplete: PlantedBug = {
  title: 'a trimmed log served as complete',
  machines: aroundSequencer((inner) => new CoveringSequencer(inner)),
};
