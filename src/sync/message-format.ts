import { formatDelta, parseDelta } from '../codec/wire/delta.js';
import type { Row } from '../codec/wire/state.js';
import { DatastoreError, type DatastoreErrorCode, type Place, placeOf } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import type { WireChange } from '../operations/wire.js';
import { expectItems, expectObject, type JsonObject } from '../values/json.js';
import { isWholeNumber } from '../values/numbers.js';
import {
  checkHead,
  checkNonce,
  checkRevision,
  headMember,
  type LogEntry,
  type LogPage,
  type Refusal,
  type RefusalReason,
  type ReplicaMessage,
  type SequencerMessage,
  type Snapshot,
  seenMember,
} from './messages.js';
import { stateOfSnapshot } from './snapshot.js';

/** A log entry as JSON, in a message or in a stored log. Spec: SYNC-3. */
export interface WireEntry {
  readonly rev: number;
  readonly nonce: string;
  readonly seen?: number;
  readonly delta: readonly WireChange[];
}

/** A message with JSON in place of the deltas that it carries. */
type Wire<Message> = Message extends { readonly delta: unknown }
  ? Omit<Message, 'delta'> & { readonly delta: readonly WireChange[] }
  : Message extends { readonly entries: unknown }
    ? Omit<Message, 'entries'> & { readonly entries: readonly WireEntry[] }
    : Message;

/** Any message as JSON. Spec: SYNC-3. */
export type WireMessage = Wire<ReplicaMessage | SequencerMessage>;

/** Writes any message as JSON. What a delta overwrote does not travel. @throws DatastoreError for a malformed one. */
export function formatMessage(message: ReplicaMessage | SequencerMessage): WireMessage {
  expectObject(message, 'a message');
  switch (message.type) {
    case 'put':
      return { ...message, delta: formatDelta(message.delta) };
    case 'conflict':
    case 'entries':
      return {
        ...message,
        entries: expectItems(message.entries, 'log entries', (entry) => formatEntry(entry as LogEntry)),
      };
    default:
      if (OTHER_TYPES.includes(message.type)) return message;
      throw new DatastoreError('invalid-json', `got the message type ${quote(message.type)}: use ${TYPES.join(', ')}`);
  }
}

/** The types of messages that carry no delta, and of all messages. */
const OTHER_TYPES: readonly WireMessage['type'][] = [
  ...(['fetch', 'fetch-snapshot', 'accepted', 'repeated', 'refused', 'reset', 'snapshot', 'denied'] as const),
];
const TYPES: readonly WireMessage['type'][] = ['put', 'conflict', 'entries', ...OTHER_TYPES];

/** Writes a log entry as JSON. @throws DatastoreError for a malformed one. */
export function formatEntry(entry: LogEntry): WireEntry {
  expectObject(entry, 'a log entry');
  const { rev, nonce, seen, delta } = entry;
  return { rev, nonce, ...seenMember(seen, rev - 1), delta: formatDelta(delta) };
}

/** Reads a log entry from parsed JSON. @throws DatastoreError as {@link parseSequencerMessage} does. */
export function parseEntry(json: unknown): LogEntry {
  const { rev, nonce, seen, delta } = expectObject(json, 'a log entry');
  checkRevision(rev);
  checkNonce(nonce);
  return { rev, nonce, ...seenMember(seen, rev - 1), delta: parseDelta(delta) };
}

/**
 * Reads what a replica sent from parsed JSON.
 *
 * @throws DatastoreError `invalid-json`, `invalid-revision`, `invalid-nonce`, and what `parseDelta` throws.
 * Law: `parseReplicaMessage(formatMessage(m))` is `m`.
 */
export function parseReplicaMessage(json: unknown): ReplicaMessage {
  const message = expectObject(json, 'a message');
  switch (message['type']) {
    case 'put': {
      const { rev, head, nonce, seen, delta } = message;
      checkRevision(rev);
      checkHead(head);
      checkNonce(nonce);
      const seenByAuthor = seenMember(seen, rev);
      return { type: 'put', rev, ...headMember(head), nonce, ...seenByAuthor, delta: parseDelta(delta) };
    }
    case 'fetch': {
      const { rev, head } = message;
      checkRevision(rev);
      checkHead(head);
      return { type: 'fetch', rev, ...headMember(head) };
    }
    case 'fetch-snapshot':
      return { type: 'fetch-snapshot' };
    default:
      throw notOfReplica(message);
  }
}

/**
 * Reads what the sequencer sent from parsed JSON.
 *
 * @throws DatastoreError `invalid-json`, `invalid-revision`, `invalid-nonce`, `log-mismatch`, and what `parseDelta` and
 * `parseState` throw. Law: `parseSequencerMessage(formatMessage(m))` is `m`.
 */
export function parseSequencerMessage(json: unknown): SequencerMessage {
  const message = readSequencerMessage(json, parseEntry);
  // The rows stay JSON; reading them as a state is what checks them.
  if (message.type === 'snapshot') stateOfSnapshot(message);
  return message;
}

/**
 * Reads what the sequencer sent, in JSON or as an object, except the rows of a snapshot, which `stateOfSnapshot` reads.
 *
 * @throws DatastoreError `invalid-json`, `invalid-revision`, `invalid-nonce`, and what `readEntry` throws.
 */
export function readSequencerMessage(json: unknown, readEntry: (json: unknown) => LogEntry): SequencerMessage {
  const parsePage = ({ entries, rev }: JsonObject): LogPage => {
    const page = { entries: expectItems(entries, 'log entries', readEntry) };
    if (rev === undefined) return page;
    checkRevision(rev);
    return { ...page, rev };
  };
  const message = expectObject(json, 'a message');
  switch (message['type']) {
    case 'accepted':
    case 'repeated': {
      const { type, nonce, rev } = message;
      checkNonce(nonce);
      checkRevision(rev);
      return { type, nonce, rev };
    }
    case 'conflict': {
      const { type, nonce } = message;
      checkNonce(nonce);
      return { type, nonce, ...parsePage(message) };
    }
    case 'entries':
      return { type: 'entries', ...parsePage(message) };
    case 'refused': {
      const { nonce } = message;
      checkNonce(nonce);
      return { type: 'refused', nonce, ...parseRefusal(message) };
    }
    case 'reset': {
      const { since, rev, isLogLost } = message;
      checkRevision(since);
      checkRevision(rev);
      if (isLogLost !== undefined && isLogLost !== true) {
        throw invalid(`got ${quote(isLogLost)} as isLogLost of a reset: use true, or leave it out`);
      }
      return { type: 'reset', since, rev, ...(isLogLost && { isLogLost }) };
    }
    case 'snapshot':
      return parseSnapshot(message);
    case 'denied':
      return { type: 'denied' };
    default:
      throw new DatastoreError(
        'invalid-json',
        `got the message type ${quote(message['type'])}: no sequencer sends that`,
      );
  }
}

/** The error for a message of a type that no replica sends. */
export function notOfReplica({ type }: { readonly type?: unknown }): DatastoreError {
  return new DatastoreError('invalid-json', `got the message type ${quote(type)}: no replica sends that`);
}

/** Reads a snapshot, except its rows, which `stateOfSnapshot` reads. */
export function parseSnapshot({ rev, rows, nonces }: JsonObject): Snapshot {
  checkRevision(rev);
  const names = expectItems(nonces, 'the nonces of a snapshot', (nonce) => {
    checkNonce(nonce);
    return nonce;
  });
  return { type: 'snapshot', rev, rows: rows as readonly Row[], nonces: names };
}

const REASONS: readonly RefusalReason[] = ['invalid', 'limit', 'permission', 'unknown-revision', 'nonce-reused'];

/** A refusal as JSON is the refusal itself; this checks it. @throws DatastoreError `invalid-json`. */
export function parseRefusal(json: unknown): Refusal {
  const { reason, code, message, place } = expectObject(json, 'a refusal');
  const known = REASONS.find((candidate) => candidate === reason);
  if (known === undefined || typeof message !== 'string')
    throw invalid(`a refusal needs a text as message, and as reason one of ${REASONS.join(', ')}`);
  if (code !== undefined && typeof code !== 'string')
    throw invalid(`got ${quote(code)} as the code of a refusal: use a string`);
  return {
    reason: known,
    ...(code === undefined ? {} : { code: code as DatastoreErrorCode }),
    message,
    ...(place === undefined ? {} : { place: parsePlace(expectObject(place, 'a place')) }),
  };
}

function parsePlace(json: JsonObject): Place {
  const { table, record, field, index, position, ...others } = json;
  const isPlace =
    [table, record, field].every((name) => name === undefined || typeof name === 'string') &&
    [index, position].every((at) => at === undefined || isWholeNumber(at)) &&
    Object.keys(others).length === 0;
  if (!isPlace)
    throw invalid(
      'a place may have table, record and field, which are strings, index and position, which are whole numbers, and no others',
    );
  return placeOf(json);
}

function invalid(reason: string): DatastoreError {
  return new DatastoreError('invalid-json', reason);
}
