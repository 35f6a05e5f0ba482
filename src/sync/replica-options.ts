import { DatastoreError } from '../errors/datastore-error.js';
import { ResolutionRules } from '../rules/resolution-rules.js';
import { checkLimits, DEFAULT_LIMITS, type Limits } from '../state/limits.js';
import { isWholeNumber } from '../values/whole-number.js';
import { checkRole, type Role } from './role.js';

export interface ReplicaOptions {
  /**
   * Names a delta that is to be put. No two deltas of any replica may get the same name, also after a crash: 1 to 128
   * visible ASCII characters, such as a random UUID. Spec: SYNC-2.
   */
  readonly nextNonce: () => string;
  /** What this user may do: `owner` unless given. */
  readonly role?: Role;
  /** The rules for collisions. An edit keeps the rule that its field has when it is made. Spec: SYNC-26. */
  readonly rules?: Pick<ResolutionRules, 'get'>;
  /** What the state and a delta may weigh: `DEFAULT_LIMITS` unless given. */
  readonly limits?: Limits;
  /** How many steps can be undone: 100 unless given. */
  readonly undoDepth?: number;
}

const DEFAULT_UNDO_DEPTH = 100;

/** The options with their defaults. @throws DatastoreError `invalid-option`. */
export function settingsOf(options: ReplicaOptions): Required<ReplicaOptions> {
  const { role = 'owner', limits = DEFAULT_LIMITS, undoDepth = DEFAULT_UNDO_DEPTH } = options;
  checkRole(role);
  checkLimits(limits);
  if (!isWholeNumber(undoDepth)) {
    throw new DatastoreError('invalid-option', 'undoDepth must be a whole number from 0');
  }
  return { nextNonce: options.nextNonce, role, rules: options.rules ?? new ResolutionRules(), limits, undoDepth };
}
