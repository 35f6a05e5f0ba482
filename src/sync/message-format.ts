import { formatDelta, parseDelta } from '../codec/wire/delta.js';
import type { Row } from '../codec/wire/state.js';
import { DatastoreError } from '../errors/datastore-error.js';
import type { WireChange } from '../operations/wire.js';
import { expectArray, expectObject, type JsonObject } from '../values/json.js';
import { checkNonce, checkRevision, type LogEntry } from './log-entry.js';
import type { ReplicaMessage, SequencerMessage, Snapshot } from './messages.js';
import { parseRefusal } from './refusal-format.js';
import { stateOfSnapshot } from './snapshot.js';

/** A log entry as JSON, in a message or in a stored log. Spec: SYNC-3. */
export interface WireEntry {
  readonly rev: number;
  readonly nonce: string;
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

/** Writes any message as JSON. What a delta overwrote does not travel. */
export function formatMessage(message: ReplicaMessage | SequencerMessage): WireMessage {
  switch (message.type) {
    case 'put':
      return { ...message, delta: formatDelta(message.delta) };
    case 'conflict':
    case 'entries':
      return { ...message, entries: message.entries.map(formatEntry) };
    default:
      return message;
  }
}

export function formatEntry({ rev, nonce, delta }: LogEntry): WireEntry {
  return { rev, nonce, delta: formatDelta(delta) };
}

/** Reads a log entry from parsed JSON. @throws DatastoreError as {@link parseSequencerMessage} does. */
export function parseEntry(json: unknown): LogEntry {
  const { rev, nonce, delta } = expectObject(json, 'a log entry');
  checkRevision(rev);
  checkNonce(nonce);
  return { rev, nonce, delta: parseDelta(delta) };
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
      const { rev, nonce, delta } = message;
      checkRevision(rev);
      checkNonce(nonce);
      return { type: 'put', rev, nonce, delta: parseDelta(delta) };
    }
    case 'fetch': {
      const { rev } = message;
      checkRevision(rev);
      return { type: 'fetch', rev };
    }
    case 'fetch-snapshot':
      return { type: 'fetch-snapshot' };
    default:
      throw new DatastoreError('invalid-json', 'not a message of a replica');
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
 * Reads what the sequencer sent, in JSON or as an object, save the rows of a snapshot, which `stateOfSnapshot` reads.
 *
 * @throws DatastoreError `invalid-json`, `invalid-revision`, `invalid-nonce`, and what `readEntry` throws.
 */
export function readSequencerMessage(json: unknown, readEntry: (json: unknown) => LogEntry): SequencerMessage {
  const parseEntries = (entries: unknown): LogEntry[] => expectArray(entries, 'log entries').map(readEntry);
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
      const { type, nonce, entries } = message;
      checkNonce(nonce);
      return { type, nonce, entries: parseEntries(entries) };
    }
    case 'entries':
      return { type: 'entries', entries: parseEntries(message['entries']) };
    case 'refused': {
      const { nonce } = message;
      checkNonce(nonce);
      return { type: 'refused', nonce, ...parseRefusal(message) };
    }
    case 'reset': {
      const { since, rev } = message;
      checkRevision(since);
      checkRevision(rev);
      return { type: 'reset', since, rev };
    }
    case 'snapshot':
      return parseSnapshot(message);
    case 'denied':
      return { type: 'denied' };
    default:
      throw new DatastoreError('invalid-json', 'not a message of a sequencer');
  }
}

function parseSnapshot({ rev, rows, nonces }: JsonObject): Snapshot {
  checkRevision(rev);
  const names: string[] = [];
  for (const nonce of expectArray(nonces, 'the nonces of a snapshot')) {
    checkNonce(nonce);
    names.push(nonce);
  }
  return { type: 'snapshot', rev, rows: rows as readonly Row[], nonces: names };
}
