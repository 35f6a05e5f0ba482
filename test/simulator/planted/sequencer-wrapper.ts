import type { DeltaInput } from '../../../src/index.js';
import type { PutOutcome, ReplicaMessage, Role, SequencerMessage } from '../../../src/sync/index.js';
import type { SequencerMachine } from '../machines.js';

/** A sequencer that passes everything on to another; a broken one overrides what it gets wrong. */
export class SequencerWrapper implements SequencerMachine {
  protected readonly inner: SequencerMachine;

  constructor(inner: SequencerMachine) {
    this.inner = inner;
  }

  get revision(): number {
    return this.inner.revision;
  }

  get firstRevision(): number {
    return this.inner.firstRevision;
  }

  answer(message: ReplicaMessage, role: Role): SequencerMessage {
    return this.inner.answer(message, role);
  }

  deltasSince(rev: number): ReturnType<SequencerMachine['deltasSince']> {
    return this.inner.deltasSince(rev);
  }

  put(rev: number, nonce: string, delta: DeltaInput, role: Role): PutOutcome {
    return this.inner.put(rev, nonce, delta, role);
  }

  snapshot(): ReturnType<SequencerMachine['snapshot']> {
    return this.inner.snapshot();
  }

  trim(rev: number): void {
    this.inner.trim(rev);
  }
}
