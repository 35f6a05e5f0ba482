import type { History } from './history.js';
import type { Machines } from './machines.js';
import type { Network } from './network.js';
import type { Setup } from './setup.js';
import type { Statistics } from './statistics.js';

/** What the hosts of one run share. */
export interface Surroundings {
  readonly setup: Setup;
  readonly machines: Machines;
  readonly network: Network;
  readonly history: History;
  readonly statistics: Statistics;
  /** Adds an event to the record of the run. */
  readonly note: (event: string) => void;
}
