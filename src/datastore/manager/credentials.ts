import { type DatastoreError, isDatastoreError, ServiceError } from '../../errors/datastore-error.js';
import { type Deadline, guardedLink } from './guards.js';
import type { Link } from './link.js';

/** Whether the server rejects the account itself, until its user signs in again or for good. */
export function isOfAccount(error: unknown): error is DatastoreError {
  return isDatastoreError(error, 'unauthorized') || isDatastoreError(error, 'account-gone');
}

/**
 * What an account's calls say about its credentials. A call that the server rejected for its credentials says nothing about
 * newer ones: those with which a call succeeded that began after it, or that the application has set since. Spec: LINK-14.
 */
export class Credentials {
  readonly #told: (error: DatastoreError | undefined) => void;
  #calls = 0;
  /** Calls that began before this one may have had credentials that are not used any more. */
  #replacedAt = 0;
  #rejectedAt = 0;

  /** @param told hears, at once, why the server rejects the account, and when it does not any more. */
  constructor(told: (error: DatastoreError | undefined) => void) {
    this.#told = told;
  }

  /** The link has other credentials from now on. */
  renewed(): void {
    this.#replacedAt = ++this.#calls;
    this.#told(undefined);
  }

  /** Notes that a call begins. @returns its number. */
  begin(): number {
    return ++this.#calls;
  }

  /** Notes that the server accepted the credentials of a call. */
  accepted(call: number): void {
    this.#replacedAt = Math.max(this.#replacedAt, call);
    if (call > this.#rejectedAt) this.#told(undefined);
  }

  /** Notes that the server rejected those of a call. @returns whether they are still in use: if not, it says nothing. */
  rejected(call: number, error: DatastoreError): boolean {
    if (call < this.#replacedAt) return false;
    this.#rejectedAt = Math.max(this.#rejectedAt, call);
    this.#told(error);
    return true;
  }
}

/** The link of an account, guarded: what it rejects is about the credentials that the account has now. Spec: LINK-14. */
export function accountLink(link: Link, deadline: Deadline, credentials: Credentials): Link {
  const guarded = guardedLink(link, deadline);
  const call = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    const number = credentials.begin();
    try {
      const answer = await ask();
      credentials.accepted(number);
      return answer;
    } catch (error) {
      // The caller tries again: by then there may be something else to send.
      throw isOfAccount(error) && !credentials.rejected(number, error) ? replaced(error) : error;
    }
  };
  return {
    profile: () => call(() => guarded.profile()),
    list: () => call(() => guarded.list()),
    find: (id) => call(() => guarded.find(id)),
    create: (id) => call(() => guarded.create(id)),
    delete: (id) => call(() => guarded.delete(id)),
    send: (handle, message) => call(() => guarded.send(handle, message)),
    watch: (listener) => {
      const number = credentials.begin();
      return guarded.watch((event) => {
        if (event.type === 'connected') credentials.accepted(number);
        const isOfOld =
          event.type === 'disconnected' && isOfAccount(event.error) && !credentials.rejected(number, event.error);
        listener(isOfOld ? { type: 'disconnected', error: replaced(event.error) } : event);
      });
    },
  };
}

function replaced(cause: DatastoreError): ServiceError {
  return new ServiceError('network', 'the server rejected credentials that have been replaced', {}, cause, 'answered');
}
