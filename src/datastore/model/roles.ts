import { DatastoreError } from '../../errors/datastore-error.js';
import { deleteChange, insertChange, updateChange } from '../../operations/change.js';
import { fieldPut } from '../../operations/field-operation.js';
import { ROLES, type Role } from '../../sync/role.js';
import { isShareableId } from '../../values/names.js';
import { describe, type Value } from '../../values/value.js';
import type { Session } from './session.js';

/** Whom a role can be given: everyone, or the owner's team. */
export type Principal = 'public' | 'team';

export const PRINCIPALS: readonly Principal[] = ['public', 'team'];

/** The reserved table of roles: a record per principal, with the name of its role in one field. Spec: ACL-1. */
export const ACL_TABLE = ':acl';
export const ROLE_FIELD = 'role';

/**
 * The roles that were given, and to whom. What they mean for a user, the server decides; see
 * `Datastore.effectiveRole`. Spec: ACL-1 to ACL-3.
 */
export class RoleList {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /** @throws DatastoreError `not-shareable`. */
  all(): ReadonlyMap<Principal, Role> {
    const roles = PRINCIPALS.map((principal) => [principal, this.of(principal)] as const);
    return new Map(roles.filter(([, role]) => role !== 'none'));
  }

  /** @throws DatastoreError `not-shareable`, or `invalid-option` for no principal. */
  of(principal: Principal): Role {
    this.#check(principal);
    return roleOf(this.#session.replica.reader(ACL_TABLE, principal).get(ROLE_FIELD));
  }

  /** @throws DatastoreError `not-shareable`, `invalid-option` for no principal or role, or `not-permitted`. */
  set(principal: Principal, role: Role): void {
    this.#check(principal);
    if (role === 'owner' || !ROLES.includes(role)) {
      const given = role === 'owner' ? 'owner' : describe(role);
      throw new DatastoreError('invalid-option', `a role that can be given is editor, viewer or none, not ${given}`);
    }
    if (role === 'none') this.delete(principal);
    else this.#put(principal, role);
  }

  /** @throws DatastoreError `not-shareable`, `invalid-option` for no principal, or `not-permitted`. */
  delete(principal: Principal): void {
    this.#check(principal);
    const { exists } = this.#session.replica.reader(ACL_TABLE, principal);
    if (exists) this.#session.edit([deleteChange(ACL_TABLE, principal, undefined)]);
  }

  #put(principal: Principal, role: Role): void {
    const { exists } = this.#session.replica.reader(ACL_TABLE, principal);
    const change = exists
      ? updateChange(ACL_TABLE, principal, new Map([[ROLE_FIELD, fieldPut(role, undefined)]]))
      : insertChange(ACL_TABLE, principal, new Map([[ROLE_FIELD, role]]));
    this.#session.edit([change]);
  }

  #check(principal: Principal): void {
    this.#session.requireOpen();
    if (!isShareableId(this.#session.id)) {
      throw new DatastoreError('not-shareable', `datastore ${this.#session.id} has a private id, so it has no roles`);
    }
    if (PRINCIPALS.includes(principal)) return;
    throw new DatastoreError('invalid-option', `a principal is public or team, not ${describe(principal)}`);
  }
}

/** What stands in the table as a role. Whatever is none that can be given grants nothing. */
export function roleOf(value: Value | undefined): Role {
  return value === 'editor' || value === 'viewer' ? value : 'none';
}
