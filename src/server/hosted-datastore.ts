import { Mutex } from '../datastore/model/mutex.js';
import { ACL_TABLE, roleOfAccount, type TeamMember } from '../datastore/model/roles.js';
import { INFO_RECORD, INFO_TABLE, MTIME_FIELD, TITLE_FIELD } from '../sync/datastore-info.js';
import type { LogEntry, Role } from '../sync/messages.js';
import type { Sequencer } from '../sync/sequencer.js';
import { formatInfo, type LogHead, type StoredDatastore } from './log-store.js';

const DAY = 24 * 60 * 60 * 1000;
/** What a datastore takes in memory besides its data, in bytes, roughly. */
const FIXED_SIZE = 4_000;

/** A datastore in memory: a sequencer, and the head of the log that it has reached. */
export class HostedDatastore {
  readonly handle: string;
  readonly id: string;
  readonly owner: TeamMember;
  readonly mutex: Mutex = new Mutex();
  snapshotting: Promise<void> = Promise.resolve();
  isSnapshotting = false;
  /** The revision up to which the log in the store is trimmed, as far as is known here. */
  trimmed: number;
  #sequencer: Sequencer;
  #head: LogHead;
  #snapshotRevision: number;

  /** @param head that of the snapshot which the sequencer was made of. */
  constructor({ handle, id, owner, team, trimmed }: StoredDatastore, sequencer: Sequencer, head: LogHead) {
    this.handle = handle;
    this.id = id;
    this.owner = { account: owner, team };
    this.#sequencer = sequencer;
    this.#head = head;
    this.#snapshotRevision = head.revision;
    this.trimmed = trimmed;
  }

  get sequencer(): Sequencer {
    return this.#sequencer;
  }

  get head(): LogHead {
    return this.#head;
  }

  /** What it takes in memory, in bytes, as `sizeOfDelta` and the limits of a datastore count them. */
  get size(): number {
    return FIXED_SIZE + this.#sequencer.size;
  }

  get snapshotRevision(): number {
    return this.#snapshotRevision;
  }

  noteSnapshot(revision: number): void {
    this.#snapshotRevision = revision;
    // What the snapshot contains need not be held in memory: the store has it.
    this.#sequencer.trim(revision);
  }

  accept(entry: LogEntry): void {
    this.#sequencer.accept(entry);
    this.#head = { revision: entry.rev, nonce: entry.nonce };
  }

  become(other: HostedDatastore): void {
    this.#sequencer = other.#sequencer;
    this.#head = other.#head;
    this.#snapshotRevision = other.#snapshotRevision;
    this.trimmed = other.trimmed;
  }

  roleOf(requester: TeamMember): Role {
    return roleOfAccount({ id: this.id, owner: this.owner, state: this.#sequencer }, requester);
  }

  /** Title and modified time once an entry is accepted. A time that is too far ahead is not believed. Spec: LOG-11. */
  infoAfter({ rev, delta }: LogEntry, now: number): Uint8Array {
    const fields = new Map(this.#sequencer.get(INFO_TABLE, INFO_RECORD) ?? []);
    for (const change of delta.changes) {
      if (change.table !== INFO_TABLE || change.record !== INFO_RECORD) continue;
      if (change.type === 'delete') fields.clear();
      else if (change.type === 'insert') for (const [field, value] of change.fields) fields.set(field, value);
      else {
        for (const [field, op] of change.ops) {
          if (op.type === 'put') fields.set(field, op.value);
          else if (op.type === 'delete') fields.delete(field);
        }
      }
    }
    const mtime = fields.get(MTIME_FIELD);
    const isBelieved = !(mtime instanceof Date) || mtime.getTime() <= now + DAY;
    return formatInfo(fields.get(TITLE_FIELD), isBelieved ? mtime : new Date(now), rev);
  }
}

/** Whether an entry changes what lists say of its datastore: title, modified time, or who may read it. */
export function touchesList({ delta }: LogEntry): boolean {
  return delta.changes.some(({ table }) => table === INFO_TABLE || table === ACL_TABLE);
}
