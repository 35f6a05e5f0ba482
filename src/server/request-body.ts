import { DatastoreError } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';

const DECODER = new TextDecoder('utf-8', { fatal: true });

/** A JSON object that was sent. */
export type JsonBody = Readonly<Record<string, unknown>>;

/** @throws DatastoreError `invalid-json`. */
export function parseJsonBody(bytes: Uint8Array): JsonBody {
  try {
    const body: unknown = JSON.parse(DECODER.decode(bytes));
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as JsonBody;
  } catch {
    // What cannot be read is told below, without what was sent.
  }
  throw new DatastoreError('invalid-json', 'the body must be a JSON object in UTF-8');
}

/** A string of a body. @throws DatastoreError `invalid-json`. */
export function textMember(body: JsonBody, name: string): string {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (typeof value === 'string') return value;
  throw new DatastoreError('invalid-json', `the member "${name}" must be a string, got ${quote(value)}`);
}

/** Strings of a body. @throws DatastoreError `invalid-json`. */
export function textsMember(body: JsonBody, name: string): string[] {
  const value = Object.hasOwn(body, name) ? body[name] : undefined;
  if (Array.isArray(value) && value.length <= 10_000 && value.every((item) => typeof item === 'string')) return value;
  throw new DatastoreError(
    'invalid-json',
    `the member "${name}" must be an array of at most 10,000 strings, got ${quote(value)}`,
  );
}
