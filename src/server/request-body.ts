import { DatastoreError } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';

/** What a request may be. */
export interface BodyLimits {
  /** How many bytes. */
  readonly size: number;
  /** In how many ms after the head of the request the body must be complete. */
  readonly time: number;
}

/** A body that has more bytes than a server takes. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/**
 * Reads a body, and no more of it than is allowed. One that takes too long is cut off.
 *
 * @throws BodyTooLarge.
 */
export async function readBody(request: Request, { size: most, time }: BodyLimits): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  const late = setTimeout(() => void reader?.cancel(), time);
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
      if (done || value === undefined) return joined(chunks, size);
      size += value.length;
      if (size > most) {
        void reader?.cancel();
        throw new BodyTooLarge(`the body has more than ${most} bytes`);
      }
      chunks.push(value);
    }
  } finally {
    clearTimeout(late);
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [only, ...others] = chunks;
  if (only !== undefined && others.length === 0) return only;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** A JSON object that was sent. */
export type JsonBody = Readonly<Record<string, unknown>>;

/** @throws DatastoreError `invalid-json`. */
export function parseJsonBody(bytes: Uint8Array): JsonBody {
  try {
    const body: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
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
