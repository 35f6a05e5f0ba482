import { type Datastore, DatastoreError, ResolutionRules } from '../../../src/datastore/index.js';
import { Violation } from '../violation.js';

/** The table whose field `f` a meddling function decides. */
export const MEDDLED = 'meddled';

/** What the function throws now and then. */
const BROKEN = 'the meddling function broke';

/** Whether a failure is one that a meddling function made on purpose. */
export function isMeddled(error: unknown): boolean {
  return error instanceof DatastoreError && error.code === 'invalid-rule' && error.message.includes(BROKEN);
}

/** A merge function that edits and syncs its datastore, which it must not, and that throws for some values. */
export class Meddler {
  readonly rules: ResolutionRules = new ResolutionRules();
  datastore: Datastore | undefined;
  readonly #failed: (violation: Violation) => void;

  constructor(failed: (violation: Violation) => void) {
    this.#failed = failed;
    this.rules.set(MEDDLED, 'f', ({ local, remote }) => {
      this.#meddle((datastore) => datastore.table(MEDDLED).getOrInsert('m').set('g', 'meddled'));
      this.#meddle((datastore) => datastore.sync());
      if (String(local).endsWith('3')) throw new Error(BROKEN);
      return String(local) > String(remote) ? local : remote;
    });
  }

  #meddle(call: (datastore: Datastore) => unknown): void {
    const { datastore } = this;
    if (datastore?.isOpen !== true) return;
    try {
      const result = call(datastore);
      // It should have thrown at the call. The promise says nothing more.
      if (result instanceof Promise) result.catch(() => undefined);
    } catch (error) {
      if (error instanceof DatastoreError && error.code === 'bad-state') return;
      throw error;
    }
    this.#failed(new Violation('a merge function changes nothing', `${datastore.id}: nothing was thrown`));
  }
}
