import { Delta } from '../../../src/index.js';
import type { SequencerMessage } from '../../../src/sync/index.js';
import { aroundReplicas, type PlantedBug } from './planted-bug.js';
import { ReplicaWrapper } from './replica-wrapper.js';

/** Applies what a conflict answer brings back to front. */
class HastyReplica extends ReplicaWrapper {
  override receive(message: SequencerMessage): void {
    if (message.type !== 'conflict') {
      super.receive(message);
      return;
    }
    const reversed = [...message.entries].reverse();
    const entries = message.entries.map(({ rev }, index) => ({
      rev,
      nonce: '',
      delta: Delta.from([]),
      ...reversed[index],
    }));
    super.receive({
      ...message,
      entries: entries.map((entry, index) => ({ ...entry, rev: firstRev(message) + index })),
    });
  }
}

function firstRev({ entries }: { readonly entries: readonly { readonly rev: number }[] }): number {
  return entries[0]?.rev ?? 0;
}

export const conflictOutOfOrder: PlantedBug = {
  title: 'a conflict answer applied out of order',
  machines: aroundReplicas((inner) => new HastyReplica(inner)),
};
