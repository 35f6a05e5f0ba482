import { encodeBase64Url } from '../../codec/wire/base64url.js';
import type { Environment } from './environment.js';

const NONCE_BYTES = 16;
/** Whoever knows the id of a public datastore can open it, so it is as hard to guess as a key. */
const SHAREABLE_BYTES = 32;

/** A nonce, or the id of a record: 128 random bits as 22 characters. Spec: SYNC-2. */
export function randomName(environment: Environment): string {
  return encodeBase64Url(environment.randomBytes(NONCE_BYTES));
}

/** The id of a new shareable datastore: a dot and 43 characters. Spec: NAME-4. */
export function randomShareableId(environment: Environment): string {
  return `.${encodeBase64Url(environment.randomBytes(SHAREABLE_BYTES))}`;
}
