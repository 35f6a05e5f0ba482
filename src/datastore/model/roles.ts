/**
 * Who may do what in a shared datastore. Roles are records of the reserved table `:acl`: one for each principal, with a
 * number in the field `role`. The functions here are all that knows how they are stored, and are shared by devices and
 * servers. Spec: ACL-1 to ACL-5.
 */

import { invalidArgument } from '../../errors/arguments.js';
import { DatastoreError, ServiceError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { deleteChange, fieldPut, insertChange, updateChange } from '../../operations/change.js';
import { type LogEntry, type Refused, ROLES, type Role } from '../../sync/messages.js';
import type { Fields } from '../../values/fields.js';
import { isShareableId, isValidRecordId } from '../../values/names.js';
import type { Value } from '../../values/value.js';
import type { OpenReplica } from './open-replica.js';

/**
 * Those who can be given a role: everyone, the owner's team, or a single account, as `u` and the id of the account. Such
 * an id has 1 to 63 characters, each of which a record id may have.
 */
export type Principal = 'public' | 'team' | `u${string}`;

/** The principals that are not single accounts. */
export const PRINCIPALS: readonly Principal[] = ['public', 'team'];

/** The reserved table of roles: a record for each principal, with the role in one field. Spec: ACL-1. */
export const ACL_TABLE = ':acl';
export const ROLE_FIELD = 'role';

/** The roles that can be given, as they are stored. Owners, who would have 3000, are not stored. */
const STORED = { editor: 2000n, viewer: 1000n } as const;

/** The role that a stored value grants. A number that no role has counts as the next lower one. Spec: ACL-1. */
export function roleOfStored(value: Value | undefined): Role {
  if (typeof value !== 'bigint' || value < STORED.viewer) return 'none';
  return value < STORED.editor ? 'viewer' : 'editor';
}

/** What is stored for a role. Law: `roleOfStored(storedRole(role)) = role`. Spec: ACL-1. */
export function storedRole(role: 'editor' | 'viewer'): bigint {
  return STORED[role];
}

/** An account, and the team that it belongs to, if any. */
export interface TeamMember {
  readonly account: string;
  readonly team?: string | undefined;
}

/** A datastore of a server, as far as roles depend on it. */
export interface SharedDatastore {
  readonly id: string;
  /** The account that created it, with the team that the account had then. */
  readonly owner: TeamMember;
  /** Reads the newest state of the log. */
  readonly state: { get(table: string, record: string): Fields | undefined };
}

/** What an account may do: everything as the owner, else the greatest role that it has by any principal. Spec: ACL-4. */
export function roleOfAccount({ id, owner, state }: SharedDatastore, { account, team }: TeamMember): Role {
  if (account === owner.account) return 'owner';
  if (!isShareableId(id)) return 'none';
  const isOfTeam = team !== undefined && team === owner.team;
  const principals = ['public', `u${account}`, ...(isOfTeam ? ['team'] : [])];
  const granted = principals.map((principal) => roleOfStored(state.get(ACL_TABLE, principal)?.get(ROLE_FIELD)));
  // ROLES is sorted from the greatest to the least.
  return ROLES.find((role) => granted.includes(role)) ?? 'none';
}

/** The refusal of what changes roles in an entry, unless its author is the owner. Spec: ACL-5. */
export function refusedRoleChange({ nonce, delta }: LogEntry, role: Role): Refused | undefined {
  if (role === 'owner' || !delta.changes.some(({ table }) => table === ACL_TABLE)) return undefined;
  return { type: 'refused', nonce, reason: 'permission', message: notOwner(role), place: { table: ACL_TABLE } };
}

/**
 * The roles of the principals in an open datastore. The server decides what they mean for a user; see
 * `Datastore.effectiveRole`. Spec: ACL-1 to ACL-3, ACL-5.
 */
export class RoleList {
  readonly #open: OpenReplica;

  constructor(open: OpenReplica) {
    this.#open = open;
  }

  /** @throws DatastoreError `not-shareable`. */
  all(): ReadonlyMap<Principal, Role> {
    this.#checkShareable();
    const principals = this.#open.replica.find(ACL_TABLE).filter(isPrincipal);
    const roles = principals.map((principal) => [principal, this.of(principal)] as const);
    return new Map(roles.filter(([, role]) => role !== 'none'));
  }

  /** @throws DatastoreError `not-shareable`, or `invalid-option` for an invalid principal. */
  of(principal: Principal): Role {
    this.#check(principal);
    return roleOfStored(this.#open.replica.reader(ACL_TABLE, principal).get(ROLE_FIELD));
  }

  /** @throws DatastoreError `not-shareable`, `invalid-option` for an invalid principal or role, or `not-permitted`. */
  set(principal: Principal, role: Role): void {
    this.#check(principal);
    if (role === 'owner' || !ROLES.includes(role)) throw invalidArgument('a role must be editor, viewer or none', role);
    this.#requireOwner();
    if (role === 'none') this.#delete(principal);
    else this.#put(principal, storedRole(role));
  }

  /** @throws DatastoreError `not-shareable`, `invalid-option` for an invalid principal, or `not-permitted`. */
  delete(principal: Principal): void {
    this.#check(principal);
    this.#requireOwner();
    this.#delete(principal);
  }

  #put(principal: Principal, stored: bigint): void {
    const { exists } = this.#open.replica.reader(ACL_TABLE, principal);
    const change = exists
      ? updateChange(ACL_TABLE, principal, new Map([[ROLE_FIELD, fieldPut(stored, undefined)]]))
      : insertChange(ACL_TABLE, principal, new Map([[ROLE_FIELD, stored]]));
    this.#open.edit([change]);
  }

  #delete(principal: Principal): void {
    const { exists } = this.#open.replica.reader(ACL_TABLE, principal);
    if (exists) this.#open.edit([deleteChange(ACL_TABLE, principal, undefined)]);
  }

  /** A server refuses role changes of others, and with them all other edits of the same delta. */
  #requireOwner(): void {
    this.#open.requireNoMerge();
    const { role } = this.#open.replica;
    if (role !== 'owner') throw new ServiceError('not-permitted', notOwner(role));
  }

  #check(principal: Principal): void {
    this.#checkShareable();
    if (isPrincipal(principal)) return;
    const account = 'u and an account id of 1–63 of A–Z a–z 0–9 . _ - + / =';
    throw invalidArgument(`a principal must be public, team, or ${account}`, principal);
  }

  #checkShareable(): void {
    this.#open.requireOpen();
    if (isShareableId(this.#open.id)) return;
    const reason = `datastore ${quote(this.#open.id)} has no roles: only one whose id begins with a dot can be shared`;
    throw new DatastoreError('not-shareable', reason);
  }
}

function isPrincipal(principal: unknown): principal is Principal {
  if (PRINCIPALS.includes(principal as Principal)) return true;
  return isValidRecordId(principal) && principal.length > 1 && principal.startsWith('u');
}

function notOwner(role: Role): string {
  return `the role ${role} may not change roles: only the owner may`;
}
