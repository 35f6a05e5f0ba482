/** What can go wrong in a run. */
export type Fault = (typeof FAULTS)[number];

export const FAULTS = [
  /** Messages take their time. */
  'delay',
  /** A message overtakes others. */
  'reorder',
  /** A message is lost. */
  'drop',
  /** A message arrives more than once. */
  'repeat',
  /** Replicas and the sequencer lose their memory and restart from what they stored. */
  'crash',
  /** A crash is a power cut: what was written after the last strict batch is gone too. Only fleets have disks. */
  'power',
  /** The clock of a replica is wrong, and jumps. */
  'clock',
  /** Roles change, and replicas learn of it late. */
  'role',
  /** Datastores, records and deltas meet small limits. */
  'limit',
  /** The log is trimmed, so that replicas that are behind have to reload. */
  'trim',
] as const;

/**
 * Reads `all`, `none` or names with commas between them.
 *
 * @throws RangeError for a name that is no fault.
 */
export function parseFaults(text: string): ReadonlySet<Fault> {
  if (text === 'all') return new Set(FAULTS);
  if (text === 'none' || text === '') return new Set();
  return new Set(
    text.split(',').map((name) => {
      const fault = FAULTS.find((known) => known === name);
      if (fault === undefined)
        throw new RangeError(`${name} is no fault: use all, none, or some of ${FAULTS.join(',')}`);
      return fault;
    }),
  );
}

export function formatFaults(faults: ReadonlySet<Fault>): string {
  if (faults.size === FAULTS.length) return 'all';
  return faults.size === 0 ? 'none' : FAULTS.filter((fault) => faults.has(fault)).join(',');
}
