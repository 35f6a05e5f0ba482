import type { Delta } from '../../operations/change.js';
import { INFO_RECORD, INFO_TABLE, MTIME_FIELD, TITLE_FIELD } from '../../sync/datastore-info.js';
import type { ReplicaMessage, SequencerMessage } from '../../sync/messages.js';
import { ROLES, type Role } from '../../sync/role.js';
import { Sequencer, type SequencerOptions } from '../../sync/sequencer.js';
import { isShareableId } from '../../values/names.js';
import { ACL_TABLE, type Principal, ROLE_FIELD, roleOf } from '../model/roles.js';

/** Who asks: an account, and the team that it belongs to, if any. */
export interface Visitor {
  readonly account: string;
  readonly team: string | undefined;
}

/** A datastore on a {@link MemoryServer}: its log, its owner, and who has found it. */
export class HostedDatastore {
  readonly id: string;
  readonly handle: string;
  readonly owner: Visitor;
  readonly sequencer: Sequencer;
  /** The accounts that have it in their lists: the owner's, and those that found it. */
  readonly listedBy: Set<string>;

  constructor(id: string, handle: string, owner: Visitor, options: SequencerOptions) {
    this.id = id;
    this.handle = handle;
    this.owner = owner;
    this.sequencer = new Sequencer(options);
    this.listedBy = new Set([owner.account]);
  }

  get title(): string | undefined {
    const title = this.sequencer.get(INFO_TABLE, INFO_RECORD)?.get(TITLE_FIELD);
    return typeof title === 'string' ? title : undefined;
  }

  get mtime(): Date | undefined {
    const mtime = this.sequencer.get(INFO_TABLE, INFO_RECORD)?.get(MTIME_FIELD);
    return mtime instanceof Date ? mtime : undefined;
  }

  /** What an account may do: the most that being the owner, or one of the public or the team, grants. Spec: ACL-4. */
  roleOf(visitor: Visitor): Role {
    if (visitor.account === this.owner.account) return 'owner';
    if (!isShareableId(this.id)) return 'none';
    const isTeam = visitor.team !== undefined && visitor.team === this.owner.team;
    const granted = [this.#granted('public'), isTeam ? this.#granted('team') : 'none'];
    // ROLES lists them from the most to the least.
    return ROLES.find((role) => granted.includes(role)) ?? 'none';
  }

  answer(message: ReplicaMessage, visitor: Visitor): SequencerMessage {
    return this.sequencer.answer(message, this.roleOf(visitor));
  }

  #granted(principal: Principal): Role {
    return roleOf(this.sequencer.get(ACL_TABLE, principal)?.get(ROLE_FIELD));
  }
}

/** Whether a delta changes what a list of datastores says about this one. */
export function touchesList(delta: Delta): boolean {
  return delta.some(({ table }) => table === INFO_TABLE || table === ACL_TABLE);
}
