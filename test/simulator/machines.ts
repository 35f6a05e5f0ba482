import {
  type LogEntry,
  Replica,
  type ReplicaOptions,
  Sequencer,
  type SequencerOptions,
  type Snapshot,
} from '../../src/sync/index.js';

/** What the simulator uses of a replica. */
export type ReplicaMachine = Pick<
  Replica,
  | 'apply'
  | 'endUndoItem'
  | 'get'
  | 'outgoing'
  | 'receive'
  | 'recordCount'
  | 'redo'
  | 'request'
  | 'revision'
  | 'role'
  | 'save'
  | 'setRole'
  | 'setTitle'
  | 'size'
  | 'status'
  | 'sync'
  | 'toRows'
  | 'undo'
>;

/** What the simulator uses of a sequencer. */
export type SequencerMachine = Pick<
  Sequencer,
  'answer' | 'deltasSince' | 'firstRevision' | 'put' | 'revision' | 'snapshot' | 'trim'
>;

/** How a run makes its replicas and its sequencer. Broken ones can stand in, to see whether the simulator notices. */
export interface Machines {
  createReplica(options: ReplicaOptions): ReplicaMachine;
  loadReplica(saved: unknown, options: ReplicaOptions): ReplicaMachine;
  createSequencer(options: SequencerOptions): SequencerMachine;
  restoreSequencer(snapshot: Snapshot, log: readonly LogEntry[], options: SequencerOptions): SequencerMachine;
}

/** The replica and the sequencer of the package. */
export const HONEST_MACHINES: Machines = {
  createReplica: (options) => new Replica(options),
  loadReplica: (saved, options) => Replica.load(saved, options),
  createSequencer: (options) => new Sequencer(options),
  restoreSequencer: (snapshot, log, options) => Sequencer.restore(snapshot, log, options),
};
