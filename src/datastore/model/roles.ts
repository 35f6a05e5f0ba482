import { DatastoreError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { deleteChange, fieldPut, insertChange, updateChange } from '../../operations/change.js';
import { ROLES, type Role } from '../../sync/messages.js';
import { isShareableId } from '../../values/names.js';
import type { Value } from '../../values/value.js';
import { invalidArgument } from './arguments.js';
import type { OpenReplica } from './open-replica.js';

/** Those who can be given a role: everyone, or the owner's team. */
export type Principal = 'public' | 'team';

/** Every {@link Principal}. */
export const PRINCIPALS: readonly Principal[] = ['public', 'team'];

/** The reserved table of roles: a record for each principal, with the role in one field. Spec: ACL-1. */
export const ACL_TABLE = ':acl';
export const ROLE_FIELD = 'role';

/**
 * The roles of the principals. The server decides what they mean for a user; see `Datastore.effectiveRole`.
 * Spec: ACL-1 to ACL-3.
 */
export class RoleList {
  readonly #open: OpenReplica;

  constructor(open: OpenReplica) {
    this.#open = open;
  }

  /** @throws DatastoreError `not-shareable`. */
  all(): ReadonlyMap<Principal, Role> {
    const roles = PRINCIPALS.map((principal) => [principal, this.of(principal)] as const);
    return new Map(roles.filter(([, role]) => role !== 'none'));
  }

  /** @throws DatastoreError `not-shareable`, or `invalid-option` for an unknown principal. */
  of(principal: Principal): Role {
    this.#check(principal);
    return roleOf(this.#open.replica.reader(ACL_TABLE, principal).get(ROLE_FIELD));
  }

  /** @throws DatastoreError `not-shareable`, `invalid-option` for an unknown principal or role, or `not-permitted`. */
  set(principal: Principal, role: Role): void {
    this.#check(principal);
    if (role === 'owner' || !ROLES.includes(role)) throw invalidArgument('a role must be editor, viewer or none', role);
    if (role === 'none') this.delete(principal);
    else this.#put(principal, role);
  }

  /** @throws DatastoreError `not-shareable`, `invalid-option` for an unknown principal, or `not-permitted`. */
  delete(principal: Principal): void {
    this.#check(principal);
    const { exists } = this.#open.replica.reader(ACL_TABLE, principal);
    if (exists) this.#open.edit([deleteChange(ACL_TABLE, principal, undefined)]);
  }

  #put(principal: Principal, role: Role): void {
    const { exists } = this.#open.replica.reader(ACL_TABLE, principal);
    const change = exists
      ? updateChange(ACL_TABLE, principal, new Map([[ROLE_FIELD, fieldPut(role, undefined)]]))
      : insertChange(ACL_TABLE, principal, new Map([[ROLE_FIELD, role]]));
    this.#open.edit([change]);
  }

  #check(principal: Principal): void {
    this.#open.requireOpen();
    if (!isShareableId(this.#open.id)) {
      const reason = `datastore ${quote(this.#open.id)} has no roles: only one whose id begins with a dot can be shared`;
      throw new DatastoreError('not-shareable', reason);
    }
    if (PRINCIPALS.includes(principal)) return;
    throw invalidArgument('a principal must be public or team', principal);
  }
}

/** The role that a value in the table grants. Anything but editor and viewer grants nothing. */
export function roleOf(value: Value | undefined): Role {
  return value === 'editor' || value === 'viewer' ? value : 'none';
}
