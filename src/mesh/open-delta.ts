import { changesIn, type Delta, deltaInNormalForm, deltaOf, NO_CHANGES, sizeOfDelta } from '../deltas/delta.js';
import { DeltaDraft } from '../deltas/draft.js';
import { invert } from '../deltas/invert.js';
import { DeltaTally } from '../deltas/tally.js';
import { type Change, listOpChange, type PlacedListOp } from '../operations/change.js';
import { sizeOfListChange } from '../operations/size.js';
import type { Rule, RuleName } from '../rules/rule.js';
import { checkGrowth } from '../state/limits.js';
import { type EventRules, NO_RULES, ownRuleName } from './event.js';

/** Where an edit looks up the rule of a field. */
export interface RuleSource {
  get(table: string, field: string): Rule;
}

/** How far an {@link OpenDelta} had got. */
export interface OpenMark {
  readonly length: number;
  readonly rules: Map<string, Map<string, RuleName>>;
  readonly sizeMost: number;
  readonly recorded: number;
}

/** What the user did since the last event was sealed: applied changes, under the rules that were in force. */
export class OpenDelta {
  #changes: Change[] = [];
  /** The edits of lists behind them, composed as they come, until the changes are needed. */
  #typed: DeltaDraft | undefined;
  /** All changes as one delta, once somebody asked for it. */
  #whole: Delta | undefined = NO_CHANGES;
  #rules = new Map<string, Map<string, RuleName>>();
  /** Counted when it is first asked for, and then kept: composing everything to weigh it costs what has gathered. */
  #tally: DeltaTally | undefined;
  /** The sizes of all that was added, in bytes. Composed, it is never larger. */
  #sizeMost = 0;
  /** Where the edits end that were recorded for undoing. */
  #recorded = 0;

  get isEmpty(): boolean {
    return this.#changes.length === 0;
  }

  /** Whether there are edits since the last undo item that can be undone. */
  get isRunning(): boolean {
    return this.#changes.length > this.#recorded || this.#typed !== undefined;
  }

  /** In bytes. */
  get size(): number {
    return this.#tallied().size;
  }

  /** Everything as one applied delta. */
  whole(): Delta {
    this.#whole ??= deltaOf([...this.#allChanges()]);
    return this.#whole;
  }

  /** What undoes all of it. */
  inverse(): Delta {
    return invert(this.whole());
  }

  /** @throws DatastoreError `delta-too-large` if the edits would be larger than an event may be. Spec: LIM-3, PEER-3. */
  checkRoom(applied: Delta, limit: number): void {
    this.#checkSizeWith(sizeOfDelta(applied), () => changesIn(applied), limit);
  }

  /** {@link checkRoom} for one applied operation on a list that is there. */
  checkRoomForListOp({ place, op }: PlacedListOp, limit: number): void {
    this.#checkSizeWith(sizeOfListChange(op), () => [listOpChange(place, op)], limit);
  }

  /** @param isRecorded whether the user can undo it. */
  add(applied: Delta, isRecorded: boolean): void {
    // Most events are one edit.
    this.#whole = this.isEmpty ? applied : undefined;
    const changes = this.#allChanges();
    for (const change of changesIn(applied)) changes.push(change);
    this.#tally?.add(changesIn(applied));
    if (!isRecorded) this.#recorded = changes.length;
  }

  /** {@link add} for one applied operation on a list that is there, which the user can undo. */
  addListOp(placed: PlacedListOp): void {
    const { place, op } = placed;
    const { table, record, field } = place;
    if (this.isEmpty) {
      this.#whole = deltaInNormalForm(placed);
      this.#changes.push(listOpChange(place, op));
    } else {
      this.#whole = undefined;
      this.#typed ??= new DeltaDraft();
      this.#typed.addListOp(table, record, field, op);
    }
    this.#tally?.addListOp(table, record, field, op);
  }

  /** The edits since the last call that can be undone, as one delta. */
  takeUndoItem(): Delta {
    const changes = this.#allChanges();
    const item = this.#recorded === 0 ? this.whole() : deltaOf(changes.slice(this.#recorded));
    this.#recorded = changes.length;
    return item;
  }

  /**
   * Notes the rules of the fields that changes are about, for the event that will hold them.
   *
   * @throws DatastoreError `invalid-rule` for a merge function. Nothing is noted then. Spec: GRAPH-1, PEER-4.
   */
  noteRules(changes: Iterable<Change>, rules: RuleSource): void {
    const named: [string, string, RuleName][] = [];
    for (const change of changes) {
      if (change.type === 'delete') continue;
      const fields = change.type === 'insert' ? change.fields : change.ops;
      for (const field of fields.keys()) named.push([change.table, field, ownRule(change.table, field, rules)]);
    }
    for (const [table, field, rule] of named) this.#note(table, field, rule);
  }

  /** {@link noteRules} for one field. */
  noteRule(table: string, field: string, rules: RuleSource): void {
    this.#note(table, field, ownRule(table, field, rules));
  }

  /** The rules that are not `remote`. */
  rules(): EventRules {
    if (this.#rules.size === 0) return NO_RULES;
    return new Map([...this.#rules].filter(([, fields]) => fields.size > 0));
  }

  /** Where it stands now, for {@link since} and {@link returnTo}. */
  mark(): OpenMark {
    const rules = new Map([...this.#rules].map(([table, fields]) => [table, new Map(fields)]));
    return { length: this.#allChanges().length, rules, sizeMost: this.#sizeMost, recorded: this.#recorded };
  }

  /** What was added since a mark, as one delta. */
  since({ length }: OpenMark): Delta {
    return deltaOf(this.#allChanges().slice(length));
  }

  /** Drops what was added since a mark. */
  returnTo({ length, rules, sizeMost, recorded }: OpenMark): void {
    this.#changes.length = length;
    this.#typed = undefined;
    this.#whole = length === 0 ? NO_CHANGES : undefined;
    this.#tally = undefined;
    this.#rules = rules;
    this.#sizeMost = sizeMost;
    this.#recorded = recorded;
  }

  clear(): void {
    this.#changes = [];
    this.#typed = undefined;
    this.#whole = NO_CHANGES;
    this.#tally = undefined;
    if (this.#rules.size > 0) this.#rules = new Map();
    this.#sizeMost = 0;
    this.#recorded = 0;
  }

  #allChanges(): Change[] {
    if (this.#typed !== undefined) for (const change of this.#typed.finish()) this.#changes.push(change);
    this.#typed = undefined;
    return this.#changes;
  }

  #note(table: string, field: string, rule: RuleName): void {
    const ofTable = this.#rules.get(table);
    if (rule === 'remote') ofTable?.delete(field);
    else this.#rules.set(table, (ofTable ?? new Map<string, RuleName>()).set(field, rule));
  }

  /** @param size of the changes by themselves, in bytes. */
  #checkSizeWith(size: number, changes: () => readonly Change[], limit: number): void {
    this.#sizeMost += size;
    if (this.#sizeMost <= limit) return;
    this.#sizeMost = this.#tallied().sizeWith(changes());
    checkGrowth('delta-too-large', 0, this.#sizeMost, limit);
  }

  #tallied(): DeltaTally {
    if (this.#tally === undefined) {
      this.#tally = new DeltaTally();
      this.#tally.add(this.#allChanges());
    }
    return this.#tally;
  }
}

/** @throws DatastoreError `invalid-rule` for a merge function, and for anything else that is not the name of a rule. */
function ownRule(table: string, field: string, rules: RuleSource): RuleName {
  return ownRuleName(rules.get(table, field), { table, field });
}
