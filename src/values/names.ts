import { quote } from '../errors/quote.js';

const NAME_LENGTH_MAX = 64;
const COLON = 58;

/**
 * By character code: 1 if a name may contain the character. Names are checked very often, and this is faster than a
 * pattern.
 */
const IN_NAME = Uint8Array.from({ length: 128 }, (_, code) =>
  Number(/[A-Za-z0-9._+/=-]/.test(String.fromCharCode(code))),
);
const PRIVATE_DATASTORE = /^[a-z0-9_-](?:[a-z0-9._-]{0,62}[a-z0-9_-])?$/;
const SHAREABLE_DATASTORE = /^\.[A-Za-z0-9_-]{1,63}$/;

/** Whether `id` names a datastore, private or shareable. Spec: NAME-3. */
export function isValidDatastoreId(id: unknown): id is string {
  return typeof id === 'string' && (PRIVATE_DATASTORE.test(id) || SHAREABLE_DATASTORE.test(id));
}

/** Whether `id` names a shareable datastore: a dot and 1–63 letters, digits, hyphens or underscores. Spec: NAME-4. */
export function isShareableId(id: unknown): id is string {
  return typeof id === 'string' && SHAREABLE_DATASTORE.test(id);
}

/** Whether `id` names a table. A leading colon is valid and reserved. Spec: NAME-1, NAME-2. */
export function isValidTableId(id: unknown): id is string {
  return isName(id);
}

/** Whether `id` names a record. A leading colon is valid and reserved. Spec: NAME-1, NAME-2. */
export function isValidRecordId(id: unknown): id is string {
  return isName(id);
}

/** Whether `name` names a field. A leading colon is valid and reserved. Spec: NAME-1, NAME-2. */
export function isValidFieldName(name: unknown): name is string {
  return isName(name);
}

/** What is wrong with a name, for an error message. */
export function invalidName(what: 'table id' | 'record id' | 'field name', name: unknown): string {
  const wanted = typeof name === 'string' ? '' : 'a string of ';
  return `invalid ${what} ${quote(name)}: use ${wanted}1–64 of A–Z a–z 0–9 . _ - + / =`;
}

function isName(name: unknown): name is string {
  if (typeof name !== 'string' || name.length === 0 || name.length > NAME_LENGTH_MAX) return false;
  const start = name.charCodeAt(0) === COLON ? 1 : 0;
  for (let at = start; at < name.length; at++) if (IN_NAME[name.charCodeAt(at)] !== 1) return false;
  return name.length > start;
}
