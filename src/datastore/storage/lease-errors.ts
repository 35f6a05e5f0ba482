import { DatastoreError, ServiceError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { isBytes } from '../../values/brands.js';
import type { Batch } from './device-storage.js';

const MOST_KEY_BYTES = 400;

/** Somebody holds the lease. */
export function alreadyOpen(where: string): DatastoreError {
  return new DatastoreError(
    'already-open',
    `${where} is in use by another manager: close that one, or pass \`wait\` to wait for it`,
  );
}

/** Somebody else has taken the lease meanwhile. */
export function leaseLost(where: string): ServiceError {
  return new ServiceError(
    'lease-lost',
    `${where} was taken over by another manager, so nothing was written: open it again`,
  );
}

/** The lease was released. */
export function leaseReleased(where: string): DatastoreError {
  return new DatastoreError('closed', `${where} was released`);
}

/** @throws DatastoreError `invalid-option` for a batch that no storage takes. */
export function checkBatch({ puts = [], deletes = [] }: Batch): void {
  const keys = new Set<string>();
  for (const [key, value] of puts) {
    checkKey(key);
    if (keys.has(key)) throw new DatastoreError('invalid-option', `the key ${quote(key)} occurs twice in a batch`);
    if (!isBytes(value)) {
      throw new DatastoreError('invalid-option', `the value of ${quote(key)} must be bytes, not ${quote(value)}`);
    }
    keys.add(key);
  }
  for (const key of deletes) {
    checkKey(key);
    if (keys.has(key)) throw new DatastoreError('invalid-option', `a batch puts and deletes the key ${quote(key)}`);
  }
}

/** @throws DatastoreError `invalid-option`. */
export function checkKey(key: string): void {
  const isKey =
    typeof key === 'string' && key !== '' && !/\p{Surrogate}/u.test(key) && utf8Length(key) <= MOST_KEY_BYTES;
  if (!isKey) {
    throw new DatastoreError(
      'invalid-option',
      `a key is well-formed text of 1 to ${MOST_KEY_BYTES} bytes as UTF-8, not ${quote(key)}`,
    );
  }
}

function utf8Length(text: string): number {
  // No unit takes more than three bytes, so a long text need not be gone through.
  if (text.length > MOST_KEY_BYTES) return text.length;
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}
