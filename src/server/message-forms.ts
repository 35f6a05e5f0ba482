/** The two forms in which messages travel: JSON, for people, and the binary form. Spec: HTTP-1, HTTP-10. */

import { decodeReplicaMessage, encodeMessage } from '../codec/binary/encoded-message.js';
import type { LinkAnswer } from '../datastore/manager/link.js';
import { DatastoreError } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { formatMessage, parseReplicaMessage } from '../sync/message-format.js';
import type { ReplicaMessage } from '../sync/messages.js';
import { jsonAnswer, type RequestHead, type ServerAnswer } from './exchange.js';
import { parseJsonBody, textMember } from './request-body.js';

const BINARY = 'application/vnd.deltaic';
/** How much memory a delta may take, in bytes as decoders count them. */
const DECODED_SIZE = 32 << 20;

/** The form of a body. @throws DatastoreError `invalid-json` for any other content type. */
export function formOf(request: RequestHead): 'json' | 'binary' {
  const type = contentType(request);
  if (/^application\/json\b/.test(type)) return 'json';
  if (type === BINARY) return 'binary';
  throw wrongContentType(request);
}

export function wrongContentType(request: RequestHead): DatastoreError {
  return new DatastoreError(
    'invalid-json',
    `the content type must be application/json, got ${quote(contentType(request))}`,
  );
}

function contentType({ headers }: RequestHead): string {
  return headers.get('content-type') ?? '';
}

/** What `/v1/send` is asked. */
export interface SendCall {
  readonly handle: string;
  readonly message: ReplicaMessage;
}

/** @throws DatastoreError as `decodeReplicaMessage` does. */
export function readBinarySend(bytes: Uint8Array): SendCall {
  const { head, message } = decodeReplicaMessage(bytes, { maxBytes: DECODED_SIZE });
  return { handle: textMember(head, 'handle'), message };
}

/** @throws DatastoreError as `parseReplicaMessage` does. */
export function readJsonSend(bytes: Uint8Array): SendCall {
  const body = parseJsonBody(bytes);
  return { handle: textMember(body, 'handle'), message: parseReplicaMessage(body['message']) };
}

/** An answer in the form that the client accepts: JSON, unless it names the other. */
export function sendAnswer({ headers }: RequestHead, { message, role }: LinkAnswer, time: number): ServerAnswer {
  if (!(headers.get('accept') ?? '').split(/[,;]\s*/).includes(BINARY)) {
    return jsonAnswer({ message: formatMessage(message), role, time });
  }
  return { status: 200, headers: { 'content-type': BINARY }, body: encodeMessage(message, { role, time }) };
}
