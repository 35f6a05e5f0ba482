import { DatastoreError } from '../errors/datastore-error.js';
import { describe } from '../values/value.js';

/** What a user may do with a datastore. Owners and editors write, viewers read, and `none` may do neither. Spec: SYNC-4. */
export type Role = 'owner' | 'editor' | 'viewer' | 'none';

export const ROLES: readonly Role[] = ['owner', 'editor', 'viewer', 'none'];

export function canWrite(role: Role): boolean {
  return role === 'owner' || role === 'editor';
}

export function canRead(role: Role): boolean {
  return role !== 'none';
}

/** @throws DatastoreError `invalid-option` for what is no role. */
export function checkRole(role: unknown): asserts role is Role {
  if (ROLES.includes(role as Role)) return;
  throw new DatastoreError('invalid-option', `a role is one of ${ROLES.join(', ')}, not ${describe(role)}`);
}
