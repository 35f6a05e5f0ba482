/**
 * The stable reasons of a {@link DatastoreError}. Codes are part of the public interface: a message may be reworded,
 * a code may not.
 */
export type DatastoreErrorCode =
  /** Something that is not a value of the data model stands where a value is expected. */
  | 'invalid-value'
  /** A table, record or field name that the naming rules refuse. */
  | 'invalid-name'
  /** A change or operation that is malformed whatever state it meets. */
  | 'invalid-change'
  /** Wire JSON that does not follow the wire format. */
  | 'invalid-json'
  /** Bytes that are not what the encoder writes: `offset` says where. */
  | 'invalid-binary'
  /** Encoded bytes of a version that this one does not know. */
  | 'unknown-version'
  /** A resolution rule that does not exist, or a merge function that returned something that is not a value. */
  | 'invalid-rule'
  /** Limits or options that make no sense, such as a negative size. */
  | 'invalid-option'
  | 'record-exists'
  | 'record-missing'
  /** `create` of a list where the field is present. */
  | 'field-exists'
  /** A list operation where the field is absent, or a field that must be there and is not. */
  | 'field-missing'
  /** A list operation on a field that holds something other than a list. */
  | 'not-a-list'
  | 'index-out-of-range'
  /** `invert`, or rule sum, met a change that does not carry what it overwrote. */
  | 'before-missing'
  /** Two deltas that cannot both have been made against the same state, such as an insert and an update of one record. */
  | 'incompatible-deltas'
  | 'datastore-too-large'
  | 'record-too-large'
  | 'delta-too-large'
  | 'too-many-records'
  /** An edit by a role that may not write. */
  | 'not-permitted'
  /** What cannot be a nonce. */
  | 'invalid-nonce'
  /** What cannot be a revision, or one that lies outside the log. */
  | 'invalid-revision'
  /** The entries of a log that are to be restored do not follow one another, or the snapshot. */
  | 'log-gap'
  /** Messages that contradict each other or the state: they do not come from the log that the replica follows. */
  | 'log-mismatch'
  /** A saved replica has edits under a merge function, and no function was set for that field. */
  | 'rule-missing'
  /** A datastore, or what belongs to it, was used after it was closed. */
  | 'closed'
  /** A datastore was used after its manager was shut down. */
  | 'shut-down'
  /** A record was edited after it was deleted. */
  | 'record-deleted'
  /** A value was asked for as a type that it does not have. */
  | 'wrong-type'
  /** Roles were asked of a datastore whose id is private. */
  | 'not-shareable'
  /** There is no such datastore, or not any more. */
  | 'not-found'
  /** Others came first: a commit that must not be merged cannot enter the log. */
  | 'conflict'
  /** A datastore that is open already or has to be closed first, or that is just being opened or removed. */
  | 'already-open'
  /** An id that somebody else has taken. */
  | 'exists'
  /** Something that is possible at other times only. */
  | 'bad-state'
  /** The account is not linked, or no longer. */
  | 'unauthorized'
  /** The server cannot be reached, or its answer was lost. */
  | 'network'
  /** The server failed, or answered nonsense. */
  | 'server'
  /** The server asks to be left alone for a while. */
  | 'retry-later'
  /** The account has no room left on the server. */
  | 'quota'
  /** What this device keeps could not be read or written. */
  | 'storage';

/** Where in the data an error lies. Every part that is known is given. */
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
 * A caller's mistake: bad input, or an operation that does not fit the state. Whatever threw it changed nothing.
 * Expected outcomes, such as a conflict, are returned as data and never thrown.
 */
export class DatastoreError extends Error implements Place {
  override readonly name = 'DatastoreError';
  readonly code: DatastoreErrorCode;
  /** What is wrong, without the place. */
  readonly reason: string;
  readonly table: string | undefined;
  readonly record: string | undefined;
  readonly field: string | undefined;
  readonly index: number | undefined;
  readonly position: number | undefined;
  readonly offset: number | undefined;

  /** @param cause what was thrown by code that is not ours, if that is why. */
  constructor(code: DatastoreErrorCode, reason: string, place: Place = {}, cause?: unknown) {
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

/** Names in messages are quoted and cut, because an invalid name can hold anything, of any length. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
}
