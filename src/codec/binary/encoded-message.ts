import { DatastoreError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { formatMessage, parseReplicaMessage, readSequencerMessage } from '../../sync/message-format.js';
import { type LogEntry, ownEntry, type ReplicaMessage, type SequencerMessage } from '../../sync/messages.js';
import { isBytes } from '../../values/brands.js';
import { expectObject, type JsonObject } from '../../values/json.js';
import { ByteWriter } from './byte-column.js';
import { decodeDelta, encodeDelta } from './encoded-delta.js';
import { decodeSequencer, encodeSequencer } from './encoded-sequencer.js';
import type { DecodeOptions } from './memory-budget.js';
import { decodeUtf8 } from './text-column.js';

/** How many bytes tell the length of the head. */
const LENGTH_SIZE = 4;

/**
 * Writes a message with what else travels beside it: the length of a head in four bytes, the head in JSON, and the
 * data. The head is an object whose member `message` is the message in JSON without what the data has: the delta of a put, the
 * entries of a page, or the rows and nonces of a snapshot.
 *
 * Law: `decodeReplicaMessage` or `decodeSequencerMessage` gives it back. Spec: HTTP-10.
 *
 * @param others members of the head besides `message`.
 */
export function encodeMessage(message: ReplicaMessage | SequencerMessage, others: object): Uint8Array {
  const { bare, data } = takenApart(message);
  const writer = new ByteWriter();
  writer.text(JSON.stringify({ ...others, message: bare }));
  const head = writer.finish();
  const bytes = new Uint8Array(LENGTH_SIZE + head.length + data.length);
  new DataView(bytes.buffer).setUint32(0, head.length);
  bytes.set(head, LENGTH_SIZE);
  bytes.set(data, LENGTH_SIZE + head.length);
  return bytes;
}

const NO_DATA = new Uint8Array();

function takenApart(message: ReplicaMessage | SequencerMessage): { readonly bare: object; readonly data: Uint8Array } {
  switch (message.type) {
    case 'put': {
      const { delta, ...bare } = message;
      return { bare, data: encodeDelta(delta) };
    }
    case 'entries':
    case 'conflict': {
      const { entries, ...bare } = message;
      return { bare, data: entries.length === 0 ? NO_DATA : encodeEntries(entries) };
    }
    case 'snapshot':
      return { bare: { type: 'snapshot' }, data: encodeSequencer({ snapshot: message, log: [] }) };
    default:
      return { bare: formatMessage(message), data: NO_DATA };
  }
}

/** Entries as a saved sequencer that has nothing else, so that they share what they have in common. */
function encodeEntries(log: readonly LogEntry[]): Uint8Array {
  const rev = (log[0]?.rev ?? 1) - 1;
  return encodeSequencer({ snapshot: { type: 'snapshot', rev, rows: [], nonces: [] }, log });
}

/** A message, and the head that it came with. */
export interface DecodedMessage<Message> {
  readonly message: Message;
  readonly head: JsonObject;
}

/**
 * Reads what a replica sent from untrusted bytes.
 *
 * @throws DatastoreError `invalid-json` for a malformed head, and what `parseReplicaMessage` and `decodeDelta` throw.
 */
export function decodeReplicaMessage(bytes: unknown, options?: DecodeOptions): DecodedMessage<ReplicaMessage> {
  const { head, bare, data } = parts(bytes);
  if (bare['type'] !== 'put') return { head, message: withoutData(data, parseReplicaMessage(bare)) };
  const put = parseReplicaMessage({ ...bare, delta: [] });
  return { head, message: { ...put, delta: decodeDelta(data, options) } as ReplicaMessage };
}

/**
 * Reads what a sequencer sent from untrusted bytes.
 *
 * @throws DatastoreError `invalid-json` for a malformed head, and what `parseSequencerMessage` and `decodeSequencer` throw.
 */
export function decodeSequencerMessage(bytes: unknown, options?: DecodeOptions): DecodedMessage<SequencerMessage> {
  const { head, bare, data } = parts(bytes);
  switch (bare['type']) {
    case 'entries':
    case 'conflict': {
      const entries = data.length === 0 ? [] : decodeSequencer(data, options).log;
      return { head, message: readSequencerMessage({ ...bare, entries }, (entry) => ownEntry(entry as LogEntry)) };
    }
    case 'snapshot':
      return { head, message: decodeSequencer(data, options).snapshot };
    default:
      return {
        head,
        message: withoutData(
          data,
          readSequencerMessage(bare, (entry) => ownEntry(entry as LogEntry)),
        ),
      };
  }
}

function withoutData<Message>(data: Uint8Array, message: Message): Message {
  if (data.length === 0) return message;
  throw new DatastoreError('invalid-binary', 'this message has no data', { offset: 0 });
}

function parts(bytes: unknown): { readonly head: JsonObject; readonly bare: JsonObject; readonly data: Uint8Array } {
  if (!isBytes(bytes) || bytes.length < LENGTH_SIZE) throw malformed(bytes);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (length > bytes.length - LENGTH_SIZE) throw malformed(bytes);
  const text = bytes.subarray(LENGTH_SIZE, LENGTH_SIZE + length);
  const head = expectObject(parsed(text), 'the head of a message');
  return { head, bare: expectObject(head['message'], 'a message'), data: bytes.subarray(LENGTH_SIZE + length) };
}

function parsed(text: Uint8Array): unknown {
  try {
    return JSON.parse(decodeUtf8(text));
  } catch {
    throw malformed(text);
  }
}

function malformed(given: unknown): DatastoreError {
  const form = 'a message in the binary form begins with the length of its head, and the head in JSON';
  return new DatastoreError('invalid-json', `${form}, got ${quote(given)}`);
}
