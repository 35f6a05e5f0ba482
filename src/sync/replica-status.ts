/**
 * Where a replica stands. Several can be true at once; `isIdle` is that none of the others is, so that the replica holds
 * no edit that the log lacks and knows of none that it lacks itself. Spec: SYNC-33.
 */
export interface ReplicaStatus {
  readonly isIdle: boolean;
  /** There are edits that `sync()` has not sealed yet. */
  readonly hasOpen: boolean;
  /** There are sealed deltas that have not been put. */
  readonly hasOutgoing: boolean;
  /** A delta was handed out to be put, and what became of it is not known. */
  readonly isInFlight: boolean;
  /** The next `sync()` brings in something: remote deltas, a snapshot, or a refusal. */
  readonly hasIncoming: boolean;
  /** Later remote deltas arrived, but some before them are missing. `request()` asks for them. */
  readonly hasGap: boolean;
  /** The log no longer leads from this replica to the newest revision. `request()` asks for a snapshot. */
  readonly needsReload: boolean;
}
