import { type DatastoreErrorCode, errorWithCode, type Place } from '../../errors/datastore-error.js';
import type { Delta } from '../../operations/change.js';
import type { ResolutionRules } from '../../rules/resolution-rules.js';
import type { Replica } from '../../sync/replica.js';
import type { DatastoreHost } from './host.js';
import { relocated } from './relocate.js';

/** What a session is made of. */
export interface SessionOptions {
  readonly id: string;
  readonly replica: Replica;
  /** The rules that the replica was made with: a rule that is set later applies to edits made from then on. */
  readonly rules: ResolutionRules;
  readonly host: DatastoreHost;
}

/** Where in the data something lies, whatever delta was on its way there. */
function withoutPosition({ table, record, field, index }: Place): Place {
  return { table, record, field, index };
}

/**
 * An open datastore as its tables, records and lists share it: the one place that knows whether it is still open, and
 * the one way to edit it.
 */
export class Session {
  readonly id: string;
  readonly rules: ResolutionRules;
  readonly host: DatastoreHost;
  readonly #replica: Replica;
  #closedAs: DatastoreErrorCode | undefined;
  #edited: ((applied: Delta) => void) | undefined;

  constructor({ id, replica, rules, host }: SessionOptions) {
    this.id = id;
    this.rules = rules;
    this.host = host;
    this.#replica = replica;
  }

  /** @throws DatastoreError once closed: `closed`, or the code that {@link close} was given. */
  get replica(): Replica {
    this.requireOpen();
    return this.#replica;
  }

  /** @throws DatastoreError as {@link replica}. */
  requireOpen(): void {
    if (this.#closedAs === undefined) return;
    throw errorWithCode(this.#closedAs, `datastore ${this.id} is not open any more`);
  }

  get isOpen(): boolean {
    return this.#closedAs === undefined;
  }

  /** Who is told of every edit that goes through here. */
  onEdited(edited: (applied: Delta) => void): void {
    this.#edited = edited;
  }

  /** Edits the datastore, all or nothing. @throws DatastoreError as `Replica.apply` does. */
  edit(changes: Delta): void {
    const { replica } = this;
    this.edited(relocated(withoutPosition, () => replica.apply(changes)));
  }

  /** Passes on that the user's own edits changed what the user sees. */
  edited(applied: Delta): void {
    this.host.changed();
    this.#edited?.(applied);
  }

  /** Ends the session and drops the edits that were not sealed. From here on everything throws `code`. */
  close(code: DatastoreErrorCode): void {
    if (this.#closedAs !== undefined) return;
    this.#replica.rollback();
    this.#closedAs = code;
    this.#edited = undefined;
    this.host.closed();
  }
}
