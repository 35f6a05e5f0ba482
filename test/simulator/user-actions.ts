import { type Change, DatastoreError, type DatastoreErrorCode, NO_LIMITS } from '../../src/index.js';
import type { Role } from '../../src/sync/index.js';
import { drawEdit, drawMisfit } from './draw-edit.js';
import { EMPTY_JOURNAL, readJournal } from './journal.js';
import type { Ledger } from './ledger.js';
import type { ReplicaMachine } from './machines.js';
import { Random } from './random.js';
import type { Surroundings } from './surroundings.js';
import { differences, type View } from './view.js';
import { Violation } from './violation.js';

const LIMIT_CODES: readonly DatastoreErrorCode[] = [
  'datastore-too-large',
  'record-too-large',
  'delta-too-large',
  'too-many-records',
];

const MISFIT_CODES: readonly DatastoreErrorCode[] = ['record-exists', 'record-missing'];

/** Where a user sits: in front of a replica. */
export interface Desk {
  readonly index: number;
  readonly machine: ReplicaMachine;
  readonly ledger: Ledger;
  /** What the replica knows of its role. */
  readonly role: Role;
  /** What the user sees, as it was read last. */
  readonly view: View;
  /** Reads again what the user sees. */
  refreshView(): View;
}

/** What the user of a replica does, with a check of what comes of it at once. */
export class UserActions {
  readonly #desk: Desk;
  readonly #around: Surroundings;
  #tagCount = 0;

  constructor(desk: Desk, around: Surroundings) {
    this.#desk = desk;
    this.#around = around;
  }

  /** Makes the edit that `choice` stands for on what the user sees; now and then one that cannot be made. */
  edit(choice: number): void {
    const random = new Random(choice);
    const { machine, index } = this.#desk;
    this.#around.statistics.edits++;
    if (random.chance(0.02)) {
      this.#act('an edit that does not fit', MISFIT_CODES, () => machine.apply(drawMisfit(random, machine)));
      return;
    }
    this.#tagCount++;
    this.apply(drawEdit(random, machine, `${index}:${this.#tagCount}`));
  }

  /** Makes an edit that fits what the user sees. */
  apply(edit: readonly Change[]): void {
    this.#act('an edit', [], () => this.#desk.machine.apply(edit));
  }

  setTitle(choice: number): void {
    this.#around.statistics.edits++;
    const title = choice % 4 === 0 ? undefined : `Title ${choice}`;
    this.#act('setting the title', [], () => this.#desk.machine.setTitle(title));
  }

  undo(): void {
    this.#act('undo', [], () => this.#desk.machine.undo());
  }

  redo(): void {
    this.#act('redo', [], () => this.#desk.machine.redo());
  }

  /** Does something that either happens as a whole and enters the ledger, or fails for a good reason, without effect. */
  #act(what: string, expected: readonly DatastoreErrorCode[], action: () => unknown): void {
    const { machine, ledger, view, index, role } = this.#desk;
    const { statistics } = this.#around;
    const isUndo = what === 'undo' || what === 'redo';
    const before = readJournal(machine) ?? EMPTY_JOURNAL;
    const isPending = !machine.status.isIdle;
    let isDone = true;
    try {
      const outcome = action();
      if (isUndo && outcome !== undefined) statistics.undos++;
    } catch (error) {
      if (!this.#isExpected(error, expected)) {
        throw new Violation('nothing throws', `${what} on replica ${index} threw ${String(error)}`, error);
      }
      statistics.rejections++;
      isDone = false;
    }
    const changed = differences(view, this.#desk.refreshView());
    if (changed.length > 0 && (role === 'viewer' || role === 'none')) {
      throw new Violation('who may not write changes nothing', `${what} on replica ${index}, a ${role}`);
    }
    if (changed.length > 0 && !isDone) {
      throw new Violation('what fails changes nothing', `${what} on replica ${index} changed ${changed.join()}`);
    }
    ledger.record(before, readJournal(machine) ?? EMPTY_JOURNAL, { isUndo, isPending });
  }

  #isExpected(error: unknown, expected: readonly DatastoreErrorCode[]): boolean {
    if (!(error instanceof DatastoreError)) return false;
    const { role } = this.#desk;
    if (error.code === 'not-permitted') return role === 'viewer' || role === 'none';
    const isLimited = this.#around.setup.limits !== NO_LIMITS;
    return expected.includes(error.code) || (isLimited && LIMIT_CODES.includes(error.code));
  }
}
