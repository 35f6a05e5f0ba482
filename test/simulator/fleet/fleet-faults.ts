import { FAULTS, type Fault } from '../faults.js';

/** What can go wrong in a fleet: what can in any run, and what needs accounts, storages and managers. */
export type FleetFault = Fault | (typeof OWN)[number];

const OWN = [
  /** The token of a device expires, and its user signs in again later. */
  'token',
  /** Another manager opens the storage of a device while it is used, or after its lease was lost. */
  'second-manager',
  /** The server refuses what a put does to one record, or all of it. */
  'refuse',
  /** The server goes back to a backup. */
  'backup',
  /** A device is copied, with what it has stored, and both go on. */
  'clone',
] as const;

export const FLEET_FAULTS: readonly FleetFault[] = [...FAULTS, ...OWN];
