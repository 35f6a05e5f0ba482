import { quote } from './quote.js';

// The codes are part of the public interface: a message may be reworded, a code may not.

/** Values, names and edits that are malformed whatever state they meet. */
type InputErrorCode =
  /** A value that is not of the data model. */
  | 'invalid-value'
  /** An invalid id of a table, record, field, datastore or account. */
  | 'invalid-name'
  /** A malformed change, operation or delta. */
  | 'invalid-change'
  /** An unknown resolution rule, or a merge function that returned something that is not a value. */
  | 'invalid-rule'
  /** An argument or option of the wrong type or out of range. */
  | 'invalid-option';

/** Wire JSON and bytes. */
type CodecErrorCode =
  /** JSON that does not follow the wire format. */
  | 'invalid-json'
  /** Bytes that are not what the encoder writes: `offset` says where. */
  | 'invalid-binary'
  /** Encoded bytes of a version that this one does not know. */
  | 'unknown-version'
  /** Bytes that would take more memory than the decoder was allowed. */
  | 'decoded-too-large';

/** Edits that do not fit the state, the other delta or the limits. */
type StateErrorCode =
  | 'record-exists'
  | 'record-missing'
  /** `create` of a list in a field that is present. */
  | 'field-exists'
  /** A list operation on an absent field, or an absent field that must be present. */
  | 'field-missing'
  /** A list operation on a field that holds something other than a list. */
  | 'not-a-list'
  | 'index-out-of-range'
  /** `invert` or rule sum met a change that does not carry the value that it overwrote. */
  | 'before-missing'
  /** Two deltas that cannot both start from the same state, such as an insert and an update of one record. */
  | 'incompatible-deltas'
  | 'datastore-too-large'
  | 'record-too-large'
  | 'delta-too-large'
  | 'too-many-records';

/** Replicas and sequencers. */
type SyncErrorCode =
  | 'invalid-nonce'
  /** Not a revision, or one outside of the log. */
  | 'invalid-revision'
  /** The log entries to restore do not follow one another, or do not follow the snapshot. */
  | 'log-gap'
  /** A saved replica has edits under a merge function, and no function was given for that field. */
  | 'rule-missing';

/** Open datastores and managers. */
type DatastoreUseErrorCode =
  /** The datastore was closed. */
  | 'closed'
  /** The manager was shut down. */
  | 'shut-down'
  /** An edit of a record that was deleted. */
  | 'record-deleted'
  /** A typed getter met a value of another type. */
  | 'wrong-type'
  /** Roles of a datastore whose id is private. */
  | 'not-shareable'
  /** The datastore is open, or is being opened or removed at the moment. */
  | 'already-open'
  /** A call that is possible at other times only. */
  | 'bad-state';

/** The codes of a caller's mistakes, grouped by the layer that they come from. */
export type UsageErrorCode = InputErrorCode | CodecErrorCode | StateErrorCode | SyncErrorCode | DatastoreUseErrorCode;

/** The failures of the outside after which the same call may succeed later, with nothing else done. */
const RETRYABLE_CODES = [
  /** The server cannot be reached, or its answer was lost. */
  'network',
  /** The server failed, or its answer is malformed. */
  'server',
  /** The server asks the client to wait. */
  'retry-later',
  /** The account has no room left on the server, or the site has none left in this browser. */
  'quota',
  /** The storage of this device failed. */
  'storage',
  /** The log contradicts itself, or what is known of it. */
  'log-mismatch',
  /** The caller stopped waiting: its signal aborted, or its time was up. */
  'aborted',
] as const;

/** The failures of the outside after which somebody has to do something first. */
const LASTING_CODES = [
  /** Stored data of this device is damaged. */
  'corrupt-data',
  /** Another manager has taken the storage of this device over, so this one can write nothing any more. */
  'lease-lost',
  /** Others edited first, so a commit cannot enter the log unmerged. Load their edits, then edit again. */
  'conflict',
  /** The server rejects the account until its user signs in again; or the account is not linked, or no longer. */
  'unauthorized',
  /** The server has deleted the account. */
  'account-gone',
  /** The user's role does not permit it. Others grant roles, and can withdraw them at any time. */
  'not-permitted',
  /** There is no such datastore, or no longer, or the user may not read it. */
  'not-found',
  /** Another account has taken the id. */
  'exists',
] as const;

/** The failures of which nobody knows whether the call took effect, unless the error says so. */
const UNCLEAR_CODES: readonly ServiceErrorCode[] = ['network', 'server', 'storage', 'aborted'];

/** What is known of a call to a server that failed. */
export type CallOutcome =
  /** It never left this device. */
  | 'not-sent'
  /** It may have taken effect or not. */
  | 'unknown'
  /** The server has answered that it has no effect. */
  | 'answered';

/** The codes of failures of the outside: network, server, storage, and what other users did. */
export type ServiceErrorCode = (typeof RETRYABLE_CODES)[number] | (typeof LASTING_CODES)[number];

/** The stable reason of a {@link DatastoreError}. */
export type DatastoreErrorCode = UsageErrorCode | ServiceErrorCode;

/** Where in the data an error is. Every known part is given. */
export interface Place {
  readonly table?: string | undefined;
  readonly record?: string | undefined;
  readonly field?: string | undefined;
  /** The index in a list. */
  readonly index?: number | undefined;
  /** The position of the change in its delta, or of the row in its snapshot, counted from 0. */
  readonly position?: number | undefined;
  /** The offset in encoded bytes, counted from 0. */
  readonly offset?: number | undefined;
}

/** The place of a field in a record. */
export function placeOfField(record: Place, field: string): Place {
  return { position: record.position, table: record.table, record: record.record, field };
}

/**
 * The base of all errors that callers can expect. A {@link ServiceError} is a failure of the outside; any other
 * `DatastoreError` is a caller's mistake: bad input, or a call that does not fit the state. An edit that throws one has
 * changed nothing. Expected outcomes, such as a conflict in a merge, are returned as data and never thrown.
 */
export class DatastoreError extends Error implements Place {
  override readonly name: string = 'DatastoreError';
  readonly code: DatastoreErrorCode;
  /** What is wrong, without the place. */
  readonly reason: string;
  readonly table: string | undefined;
  readonly record: string | undefined;
  readonly field: string | undefined;
  readonly index: number | undefined;
  readonly position: number | undefined;
  readonly offset: number | undefined;

  /** @param cause what other code threw, if that is the reason. */
  constructor(code: UsageErrorCode, reason: string, place: Place = {}, cause?: unknown) {
    super(`${describePlace(place)}${reason}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.reason = reason;
    this.table = place.table;
    this.record = place.record;
    this.field = place.field;
    this.index = place.index;
    this.position = place.position;
    this.offset = place.offset;
  }
}

/**
 * A failure of the outside: the network, the server, the storage of this device, or something that other users did.
 * The caller made no mistake, so an application should handle it: tell the user, or try again.
 */
export class ServiceError extends DatastoreError {
  override readonly name: string = 'ServiceError';
  declare readonly code: ServiceErrorCode;
  /** What is known of the call that failed. Spec: LINK-1. */
  readonly outcome: CallOutcome;
  /** How many ms the server asks to wait before the next try, if it says so. Spec: BACK-7. */
  readonly retryAfter: number | undefined;

  /**
   * @param cause what other code threw, if that is the reason.
   * @param outcome `unknown` for `network`, `server`, `storage` and `aborted`, and `answered` for the others, unless given.
   * @param retryAfter how many ms to wait before the next try, at least.
   */
  constructor(
    code: ServiceErrorCode,
    reason: string,
    place: Place = {},
    cause?: unknown,
    outcome: CallOutcome = UNCLEAR_CODES.includes(code) ? 'unknown' : 'answered',
    retryAfter?: number,
  ) {
    // The base accepts only the codes of mistakes, so a failure of the outside cannot be made without this class.
    super(code as DatastoreErrorCode as UsageErrorCode, reason, place, cause);
    this.outcome = outcome;
    this.retryAfter = retryAfter;
  }

  /** Whether the same call may succeed later with nothing else done. */
  get isRetryable(): boolean {
    return includes(RETRYABLE_CODES, this.code);
  }
}

/** Whether something thrown is a {@link DatastoreError}, and has the code if one is given. */
export function isDatastoreError(error: unknown, code?: DatastoreErrorCode): error is DatastoreError {
  return error instanceof DatastoreError && (code === undefined || error.code === code);
}

/** Whether something thrown is a failure of the outside, and has the code if one is given. */
export function isServiceError(error: unknown, code?: ServiceErrorCode): error is ServiceError {
  return error instanceof ServiceError && (code === undefined || error.code === code);
}

/** An error of the class that its code belongs to. */
export function errorWithCode(
  code: DatastoreErrorCode,
  reason: string,
  place: Place = {},
  cause?: unknown,
): DatastoreError {
  return isServiceCode(code)
    ? new ServiceError(code, reason, place, cause)
    : new DatastoreError(code, reason, place, cause);
}

function isServiceCode(code: DatastoreErrorCode): code is ServiceErrorCode {
  return includes(RETRYABLE_CODES, code) || includes(LASTING_CODES, code);
}

function includes(codes: readonly DatastoreErrorCode[], code: DatastoreErrorCode): boolean {
  return codes.includes(code);
}

/** The place that an error names, as plain data: the parts that are known. */
export function placeOf({ table, record, field, index, position, offset }: Place): Place {
  return {
    ...(table === undefined ? {} : { table }),
    ...(record === undefined ? {} : { record }),
    ...(field === undefined ? {} : { field }),
    ...(index === undefined ? {} : { index }),
    ...(position === undefined ? {} : { position }),
    ...(offset === undefined ? {} : { offset }),
  };
}

function describePlace(place: Place): string {
  const parts: string[] = [];
  if (place.offset !== undefined) parts.push(`offset ${place.offset}`);
  if (place.position !== undefined) parts.push(`position ${place.position}`);
  if (place.table !== undefined) parts.push(`table ${quote(place.table)}`);
  if (place.record !== undefined) parts.push(`record ${quote(place.record)}`);
  if (place.field !== undefined) parts.push(`field ${quote(place.field)}`);
  if (place.index !== undefined) parts.push(`index ${place.index}`);
  return parts.length === 0 ? '' : `${parts.join(', ')}: `;
}
