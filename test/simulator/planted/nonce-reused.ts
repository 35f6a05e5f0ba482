import type { ReplicaOptions, SequencerMessage } from '../../../src/sync/index.js';
import { HONEST_MACHINES, type Machines, type ReplicaMachine } from '../machines.js';
import type { PlantedBug } from './planted-bug.js';
import { ReplicaWrapper } from './replica-wrapper.js';

/** Names deltas, and names the next one as the last if it is told to. */
class ForgetfulNames {
  readonly #nextNonce: () => string;
  #last: string | undefined;
  #isReused = false;

  constructor({ nextNonce }: ReplicaOptions) {
    this.#nextNonce = nextNonce;
  }

  next(): string {
    const nonce = this.#isReused && this.#last !== undefined ? this.#last : this.#nextNonce();
    this.#isReused = false;
    this.#last = nonce;
    return nonce;
  }

  noteConflict(nonce: string): void {
    if (nonce === this.#last) this.#isReused = true;
  }
}

/** Puts a delta that was rebased after a conflict under the nonce that it had before. */
class ReusingReplica extends ReplicaWrapper {
  readonly #names: ForgetfulNames;

  constructor(inner: ReplicaMachine, names: ForgetfulNames) {
    super(inner);
    this.#names = names;
  }

  override receive(message: SequencerMessage): void {
    if (message.type === 'conflict') this.#names.noteConflict(message.nonce);
    super.receive(message);
  }
}

function reusing(options: ReplicaOptions, make: (options: ReplicaOptions) => ReplicaMachine): ReplicaMachine {
  const names = new ForgetfulNames(options);
  return new ReusingReplica(make({ ...options, nextNonce: () => names.next() }), names);
}

const machines: Machines = {
  ...HONEST_MACHINES,
  createReplica: (options) => reusing(options, HONEST_MACHINES.createReplica),
  loadReplica: (saved, options) => reusing(options, (own) => HONEST_MACHINES.loadReplica(saved, own)),
};

export const nonceReused: PlantedBug = { title: 'a nonce reused after a rebase', machines };
