import type { ReplicaOptions } from '../../../src/sync/index.js';
import { HONEST_MACHINES, type Machines, type ReplicaMachine, type SequencerMachine } from '../machines.js';

/** A defect that was put in on purpose, to see whether the simulator finds it. */
export interface PlantedBug {
  readonly title: string;
  readonly machines: Machines;
}

/** The machines of the package, with something around every replica. */
export function aroundReplicas(wrap: (inner: ReplicaMachine) => ReplicaMachine): Machines {
  return {
    ...HONEST_MACHINES,
    createReplica: (options) => wrap(HONEST_MACHINES.createReplica(options)),
    loadReplica: (saved, options) => wrap(HONEST_MACHINES.loadReplica(saved, options)),
  };
}

/** The machines of the package, with other options for every replica. */
export function withReplicaOptions(change: (options: ReplicaOptions) => ReplicaOptions): Machines {
  return {
    ...HONEST_MACHINES,
    createReplica: (options) => HONEST_MACHINES.createReplica(change(options)),
    loadReplica: (saved, options) => HONEST_MACHINES.loadReplica(saved, change(options)),
  };
}

/** The machines of the package, with something around the sequencer. */
export function aroundSequencer(wrap: (inner: SequencerMachine) => SequencerMachine): Machines {
  return {
    ...HONEST_MACHINES,
    createSequencer: (options) => wrap(HONEST_MACHINES.createSequencer(options)),
    restoreSequencer: (snapshot, log, options) => wrap(HONEST_MACHINES.restoreSequencer(snapshot, log, options)),
  };
}
