import { type Conflict, type ConflictRule, itemConflict, type LostEdit } from '../deltas/conflict.js';
import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { InvariantError } from '../errors/invariant-error.js';
import type { ListConflict } from '../lists/decisions.js';
import {
  type Change,
  deleteChange,
  type FieldList,
  type FieldOp,
  fieldDelete,
  fieldList,
  fieldPut,
  fieldSet,
  insertChange,
  type ListOp,
  updateChange,
} from '../operations/change.js';
import { addDifference } from '../rules/sum.js';
import { freezeMap, singleEntry, sortedMap } from '../values/fields.js';
import { isNumber, valuesEqual } from '../values/order.js';
import { type Atom, isList, type Value } from '../values/value.js';
import { ruleIn } from './event.js';
import { type EventGraph, type EventNode, saw, seenOf } from './event-graph.js';
import { ListTracker } from './list-tracker.js';
import type { OperationGroup } from './location-line.js';
import { type Assigned, addInOrder, headsOf, type Origin, sawOperation, standingOf } from './register.js';

/** A time from an insert of the record to the deletes that saw it. Spec: LIFE-1. */
interface Life extends Origin {
  readonly ends: Origin[];
}

/** What an event does to a field. It holds as long as one of the lives that it belongs to stands. Spec: LIFE-4. */
interface FieldOperation extends Origin {
  /** The lives that it belongs to: the one that its insert began, or all that its author saw standing. Spec: LIFE-3. */
  readonly lives: readonly Life[];
}

/** A put or a delete of a whole field, or a field of an insert. The assignments of a field compete. Spec: FIELD-1. */
interface Assignment extends Assigned, FieldOperation {
  /** What it puts, or absence. The list of the base is read when it is needed. */
  readonly value: Value | undefined;
  readonly list: TrackedList | undefined;
}

/** What a field stands on: an assignment, or none. Spec: FIELD-2. */
type Root = Assignment | 'none';

/** A number that was put under rule `sum`: it does not compete, but is added with the others. Spec: SUM-1. */
interface Increment extends FieldOperation {
  /** The number that was put. */
  readonly value: bigint | number;
  /** What the field was for its author: `value` − `base` is what it adds. Absent counts as 0. */
  readonly base: bigint | number | undefined;
  /** What it stands on: it counts as long as one of these is a root of the field. Spec: FIELD-3. */
  readonly roots: readonly Root[];
}

/** An edit of a list where its author saw none: it shows the created list of the field. Spec: FIELD-5. */
interface Create extends FieldOperation {
  /** As those of an increment. */
  readonly roots: readonly Root[];
}

/** Operations on a created list that share their creates. Spec: FIELD-5. */
interface CreateGroup extends OperationGroup {
  readonly creates: readonly Create[];
}

/** A list that was put, or the created list of a field, with all operations on it. */
interface TrackedList {
  readonly baseLength: number;
  readonly baseItems: () => readonly Atom[];
  /** Made by the first operation on it. */
  tracker: ListTracker | undefined;
}

/** What a field is to somebody. Spec: FIELD-4. */
type Display =
  | { readonly type: 'absent' }
  | { readonly type: 'value'; readonly value: Value }
  | { readonly type: 'list'; readonly list: TrackedList };

/** What competes for a field comes to this: by all events, or by those that an author saw. Spec: FIELD-2 to FIELD-4. */
interface Outcome {
  readonly roots: readonly Root[];
  /** The creates that count. */
  readonly creates: readonly Create[];
  readonly display: Display;
}

/** The operations on one field since the base, each kind in the linear order. */
interface FieldHistory {
  readonly place: Place;
  readonly assignments: Assignment[];
  /** Made by the first of them: most fields have none. */
  counted: Counted | undefined;
  /** What it comes to with everything that is there, unless something was added since. */
  current: Outcome | undefined;
}

/** The increments and creates on a field, which count or do not, and the list that was created. */
interface Counted {
  readonly increments: Increment[];
  readonly creates: Create[];
  readonly created: TrackedList;
  readonly groups: CreateGroup[];
}

/** What an event does to a field. */
interface Touched {
  readonly before: Outcome;
  /** What was done to the list that the field held before. */
  readonly ops: ListOp[];
  /** Whether other operations on the list are in effect than before. */
  isRegrouped: boolean;
  /** The list that the event edits, and the group of its operations. */
  edited: { readonly list: TrackedList; readonly group: OperationGroup } | undefined;
}

/** What a field held at the base. */
export type BaseValue =
  | { readonly type: 'absent' }
  | { readonly type: 'value'; readonly value: Value }
  | { readonly type: 'list'; readonly length: number; readonly items: () => readonly Atom[] };

/** How a history learns what the record was at its base, and is now. */
export interface RecordBase {
  readonly existed: boolean;
  field(field: string): BaseValue;
  /** The names of the fields that the record has in the view. */
  names(): readonly string[];
}

/** Hears of the conflicts of an event: local is what the record was, and remote is the event. Spec: PEER-8. */
export interface ConflictReport {
  tell(conflict: Conflict): void;
  /** The events that the event did not see, with what they did to the record. */
  rivals(): readonly Rival[];
}

/** An event, with what it did to the record. */
export interface Rival {
  readonly node: EventNode;
  readonly changes: readonly Change[];
}

const NONE = 'none';
const ABSENT: Display = { type: 'absent' };
const UNSHOWN: Touched = {
  before: { roots: [], creates: [], display: ABSENT },
  ops: [],
  isRegrouped: false,
  edited: undefined,
};
const IN_FORCE: OperationGroup = { isInPrepare: true, isInEffect: true };

/**
 * What happened to one record since a base that everything later saw (WINDOW-1): its lives, and by field what competes
 * for it. It says what an author saw of the record, and what an event does to the record as it is.
 * Spec: LIFE-1 to LIFE-4, FIELD-1 to FIELD-5, SUM-1, SUM-2.
 */
export class RecordHistory {
  readonly #graph: EventGraph;
  readonly #table: string;
  readonly #record: string;
  readonly #base: RecordBase;
  /** The life that stood at the base, if there was one. */
  readonly #baseLives: readonly Life[];
  readonly #lives: Life[];
  readonly #fields = new Map<string, FieldHistory>();
  /** By agent, its latest event that did more than edit lists. An event that saw these sees the fields as they are. */
  readonly #structureAgents: number[] = [];
  readonly #structureSeqs: number[] = [];
  /** The list that was edited last, as long as nobody did more than edit lists: then it is the same one for every author. */
  #plain: { readonly place: Place; readonly name: string; readonly tracker: ListTracker } | undefined;
  // Of the event at hand.
  #isReplay = false;
  #at = 0;
  readonly #touched = new Map<string, Touched>();
  #itemConflicts: Conflict[] | undefined;

  constructor(graph: EventGraph, table: string, record: string, base: RecordBase) {
    this.#graph = graph;
    this.#table = table;
    this.#record = record;
    this.#base = base;
    this.#baseLives = base.existed ? [{ node: undefined, at: 0, ends: [] }] : [];
    this.#lives = [...this.#baseLives];
  }

  /**
   * Adds what an event does to the record.
   *
   * @param isReplay whether the view shows it already.
   * @returns what it does to the record as it is.
   * @throws DatastoreError where it does not fit what its author saw; the history must not be used after that. Spec: GRAPH-4.
   */
  integrate(node: EventNode, changes: readonly Change[], isReplay: boolean, report?: ConflictReport): Change[] {
    if (isReplay && this.#replayListEdit(node, changes)) return [];
    this.#isReplay = isReplay;
    this.#at = 0;
    if (this.#touched.size > 0) this.#touched.clear();
    this.#itemConflicts = report === undefined ? undefined : [];
    if (isReplay) {
      for (const change of changes) this.#perform(node, change, true);
      this.#regroup();
      return [];
    }
    const existed = this.#exists();
    for (const change of changes) this.#perform(node, change, !existed);
    this.#regroup();
    if (report !== undefined) this.#reportConflicts(node, changes, report);
    return this.#shown(existed);
  }

  /** What most events do, and the first late one needs of thousands: edits of one list, and nothing to look up for them. */
  #replayListEdit(node: EventNode, changes: readonly Change[]): boolean {
    const plain = this.#plain;
    // No other change of a record follows an update in normal form.
    const change = changes[0];
    if (plain === undefined || change?.type !== 'update' || change.ops.size !== 1) return false;
    const op = change.ops.get(plain.name);
    if (op?.type !== 'list') return false;
    const { place, name, tracker } = plain;
    const rule = ruleIn(node.event.rules, this.#table, name);
    tracker.integrate({ node, at: 0, rule, group: IN_FORCE, place, onConflict: undefined }, op.ops, undefined);
    return true;
  }

  #exists(): boolean {
    return this.#lives.some((life) => life.ends.length === 0);
  }

  #perform(node: EventNode, change: Change, isSilent: boolean): void {
    const lives = this.#livesSeenBy(node);
    const place = { table: this.#table, record: this.#record };
    if (change.type === 'insert') {
      if (lives.length > 0) throw new DatastoreError('record-exists', 'the record exists', place);
      this.#touchAll();
      const life: Life = { node, at: this.#at++, ends: [] };
      this.#lives.push(life);
      this.#noteStructure(node);
      for (const field of this.#fields.values()) field.current = undefined;
      for (const [name, value] of change.fields) this.#put(node, name, value, [life]);
      return;
    }
    if (lives.length === 0) throw new DatastoreError('record-missing', 'there is no such record', place);
    if (change.type === 'update') {
      for (const [name, op] of change.ops) this.#operate(node, name, op, lives, isSilent);
      return;
    }
    this.#touchAll();
    const end = { node, at: this.#at++ };
    for (const life of lives) life.ends.push(end);
    this.#noteStructure(node);
    for (const field of this.#fields.values()) field.current = undefined;
  }

  /** The lives that stand in what the author of an event saw, with what the event did so far. Spec: LIFE-2. */
  #livesSeenBy(node: EventNode): readonly Life[] {
    const [base] = this.#lives;
    const isSimple = this.#baseLives.length > 0 && this.#lives.length === 1 && base?.ends.length === 0;
    return isSimple ? this.#baseLives : this.#lives.filter((life) => isStanding(life, node));
  }

  #operate(node: EventNode, name: string, op: FieldOp, lives: readonly Life[], isSilent: boolean): void {
    if (op.type === 'put') this.#put(node, name, op.value, lives);
    else if (op.type === 'delete') this.#assign(node, name, undefined, lives);
    else this.#edit(node, name, op, lives, isSilent);
  }

  /** Adds an increment if the rule is `sum` and the field allows it, otherwise an assignment. Spec: SUM-1, FIELD-1. */
  #put(node: EventNode, name: string, value: Value, lives: readonly Life[]): void {
    const rule = ruleIn(node.event.rules, this.#table, name);
    if (rule === 'sum' && isNumber(value)) {
      const field = this.#field(name);
      const { roots, display } = this.#seen(field, node);
      const base = display.type === 'value' ? display.value : undefined;
      if (display.type === 'absent' || isNumber(base)) {
        this.#touch(name, field);
        const increment = { node, at: this.#at++, lives, value, base: isNumber(base) ? base : undefined, roots };
        addInOrder(this.#graph, countedOf(field).increments, increment);
        this.#noteStructure(node);
        field.current = undefined;
        return;
      }
    }
    this.#assign(node, name, value, lives);
  }

  #assign(node: EventNode, name: string, value: Value | undefined, lives: readonly Life[]): void {
    const field = this.#field(name);
    this.#touch(name, field);
    const rule = ruleIn(node.event.rules, this.#table, name);
    const assignment: Assignment = { node, at: this.#at++, rule, lives, value, list: listOf(value) };
    addInOrder(this.#graph, field.assignments, assignment);
    this.#noteStructure(node);
    field.current = undefined;
  }

  #edit(node: EventNode, name: string, op: FieldList, lives: readonly Life[], isSilent: boolean): void {
    const field = this.#field(name);
    const touched = this.#touch(name, field);
    const { place } = field;
    if (op.create) {
      const { roots, display } = this.#seen(field, node);
      if (display.type !== 'absent') throw new DatastoreError('field-exists', 'the field exists', place);
      addInOrder(this.#graph, countedOf(field).creates, { node, at: this.#at++, lives, roots });
      this.#noteStructure(node);
      field.current = undefined;
    }
    const { display, creates } = this.#seen(field, node);
    if (display.type === 'absent') throw new DatastoreError('field-missing', 'there is no list', place);
    if (display.type === 'value') throw new DatastoreError('not-a-list', 'the field holds no list', place);
    const { list } = display;
    const { counted } = field;
    list.tracker ??= new ListTracker(this.#graph, list.baseLength);
    if (this.#structureAgents.length === 0) this.#plain = { place, name, tracker: list.tracker };
    const isCreated = counted !== undefined && list === counted.created;
    const group = isCreated ? this.#groupFor(field, counted, list.tracker, node, creates) : IN_FORCE;
    const { display: before } = touched.before;
    const isShown = !isSilent && before.type === 'list' && before.list === list;
    const rule = ruleIn(node.event.rules, this.#table, name);
    const conflicts = isShown && group.isInEffect ? this.#itemConflicts : undefined;
    const onConflict =
      conflicts &&
      ((conflict: ListConflict): void => {
        conflicts.push(itemConflict(this.#table, this.#record, name, conflict));
      });
    if (!this.#isReplay) touched.edited = { list, group };
    const edit = { node, at: this.#at, rule, group, place, onConflict };
    list.tracker.integrate(edit, op.ops, isShown ? touched.ops : undefined);
    this.#at += op.ops.length;
  }

  /** The group of operations with these creates; the other groups follow what the author of `node` saw. Spec: FIELD-5. */
  #groupFor(
    field: FieldHistory,
    { groups }: Counted,
    tracker: ListTracker,
    node: EventNode,
    creates: readonly Create[],
  ): CreateGroup {
    let own = groups.find((group) => areSame(group.creates, creates));
    if (own === undefined) {
      const counting = this.#current(field).creates;
      own = { creates, isInPrepare: true, isInEffect: creates.some((create) => counting.includes(create)) };
      groups.push(own);
    }
    let isChanged = false;
    for (const group of groups) {
      const isInPrepare = group.creates.some((create) => creates.includes(create));
      isChanged ||= isInPrepare !== group.isInPrepare;
      group.isInPrepare = isInPrepare;
    }
    if (isChanged) tracker.regroupPrepare(node);
    return own;
  }

  /** Puts operations on created lists into effect, or out of it, by the creates that count now. */
  #regroup(): void {
    if (this.#touched.size === 0) return;
    for (const [name, touched] of this.#touched) {
      const field = this.#fields.get(name);
      const counted = field?.counted;
      if (field === undefined || counted === undefined || counted.groups.length === 0) continue;
      const { creates } = this.#current(field);
      let isChanged = false;
      for (const group of counted.groups) {
        const isInEffect = group.creates.some((create) => creates.includes(create));
        isChanged ||= isInEffect !== group.isInEffect;
        group.isInEffect = isInEffect;
      }
      if (!isChanged) continue;
      counted.created.tracker?.regroupEffect();
      touched.isRegrouped = true;
    }
  }

  /** What the event at hand does to the record as it was before. */
  #shown(existed: boolean): Change[] {
    const [table, record] = [this.#table, this.#record];
    if (!this.#exists()) return existed ? [deleteChange(table, record, undefined)] : [];
    if (!existed) {
      const fields = new Map<string, Value>();
      for (const [name, field] of this.#fields) {
        const { display } = this.#current(field);
        if (display.type !== 'absent') fields.set(name, valueIn(display));
      }
      return [insertChange(table, record, sortedMap(fields))];
    }
    const ops: (readonly [string, FieldOp])[] = [];
    for (const [name, touched] of this.#touched) {
      const op = transition(touched, this.#current(this.#field(name)).display);
      if (op !== undefined) ops.push([name, op]);
    }
    const [first] = ops;
    if (first === undefined) return [];
    const byField = ops.length === 1 ? singleEntry(...first) : sortedMap(freezeMap(ops));
    return [updateChange(table, record, byField)];
  }

  /** Notes what a field is before the event changes it. */
  #touch(name: string, field: FieldHistory): Touched {
    // Without created lists a replay changes nothing that is not looked at later.
    if (this.#isReplay && field.counted === undefined) return UNSHOWN;
    const touched = this.#touched.get(name);
    if (touched !== undefined) return touched;
    const before = this.#isReplay ? UNSHOWN.before : this.#current(field);
    const first: Touched = { before, ops: [], isRegrouped: false, edited: undefined };
    this.#touched.set(name, first);
    return first;
  }

  /** Lives begin or end, on which every field depends. */
  #touchAll(): void {
    if (this.#exists()) for (const name of this.#base.names()) this.#field(name);
    for (const [name, field] of this.#fields) this.#touch(name, field);
  }

  #field(name: string): FieldHistory {
    const known = this.#fields.get(name);
    if (known !== undefined) return known;
    const place = { table: this.#table, record: this.#record, field: name };
    const field: FieldHistory = { place, assignments: [], counted: undefined, current: undefined };
    const base: BaseValue = this.#baseLives.length === 0 ? { type: 'absent' } : this.#base.field(name);
    if (base.type !== 'absent') {
      field.assignments.push({
        node: undefined,
        at: 0,
        rule: 'remote',
        lives: this.#baseLives,
        value: base.type === 'value' ? base.value : undefined,
        list: base.type === 'list' ? { baseLength: base.length, baseItems: base.items, tracker: undefined } : undefined,
      });
    }
    this.#fields.set(name, field);
    return field;
  }

  #noteStructure({ agent, seq }: EventNode): void {
    this.#plain = undefined;
    const at = this.#structureAgents.indexOf(agent);
    if (at === -1) this.#structureAgents.push(agent);
    this.#structureSeqs[at === -1 ? this.#structureSeqs.length : at] = seq;
  }

  /** What the author of an event saw in a field, with what the event did so far. Spec: GRAPH-7. */
  #seen(field: FieldHistory, node: EventNode): Outcome {
    const agents = this.#structureAgents;
    for (let at = 0; at < agents.length; at++) {
      if (seenOf(node, agents[at] ?? 0) < (this.#structureSeqs[at] ?? 0)) return this.#evaluate(field, node);
    }
    return this.#current(field);
  }

  #current(field: FieldHistory): Outcome {
    field.current ??= this.#evaluate(field, undefined);
    return field.current;
  }

  /** What a field holds: by all events, or by what the author of an event saw. Spec: FIELD-2 to FIELD-4. */
  #evaluate(field: FieldHistory, node: EventNode | undefined): Outcome {
    // Most records have one life, and that stands.
    const isSimple = node === undefined && this.#lives.length === 1 && this.#exists();
    const holding = <Kind extends FieldOperation>(operations: readonly Kind[]): readonly Kind[] =>
      isSimple
        ? operations
        : operations.filter(
            (operation) => isSeen(operation, node) && operation.lives.some((life) => isStanding(life, node)),
          );
    const assignments = holding(field.assignments);
    const standing = standingOf(assignments, assignedValue);
    const roots = rootsOf(assignments, standing);
    const counts = ({ roots: on }: { readonly roots: readonly Root[] }): boolean =>
      on.some((root) => roots.includes(root));
    const { counted } = field;
    const increments = counted === undefined ? [] : holding(counted.increments).filter(counts);
    const creates = counted === undefined ? [] : holding(counted.creates).filter(counts);
    if (increments.length > 0) {
      return { roots, creates, display: { type: 'value', value: totalOf(standing?.value, increments) } };
    }
    if (standing?.list !== undefined) return { roots, creates, display: { type: 'list', list: standing.list } };
    if (standing?.value !== undefined) return { roots, creates, display: { type: 'value', value: standing.value } };
    if (counted !== undefined && creates.length > 0) {
      return { roots, creates, display: { type: 'list', list: counted.created } };
    }
    return { roots, creates, display: ABSENT };
  }

  #reportConflicts(node: EventNode, changes: readonly Change[], report: ConflictReport): void {
    for (const change of changes) {
      const conflict =
        change.type === 'delete' ? this.#deleteConflict(node, report) : this.#updateConflict(node, change);
      if (conflict === undefined) continue;
      report.tell(conflict);
      return;
    }
    for (const [name, touched] of this.#touched) {
      const conflict = this.#fieldConflict({ node, changes }, name, touched, report);
      if (conflict !== undefined) report.tell(conflict);
    }
    for (const conflict of this.#itemConflicts ?? []) report.tell(conflict);
  }

  /** An event updates a record that is gone, or that is another one by now. */
  #updateConflict(node: EventNode, change: Change): Conflict | undefined {
    if (change.type !== 'update') return undefined;
    if (this.#livesSeenBy(node).some((life) => life.ends.length === 0)) return undefined;
    const lost = [...change.ops].map(([field, op]) => ({ side: 'remote', field, op }) as const);
    return this.#conflict(undefined, this.#exists() ? 'replace-wins' : 'delete-wins', { lost });
  }

  /** An event deletes a record that others updated. */
  #deleteConflict(node: EventNode, report: ConflictReport): Conflict | undefined {
    const isEndedHere = (life: Life): boolean => life.ends.length > 0 && life.ends.every((end) => end.node === node);
    const lost = report.rivals().flatMap((rival) => {
      const lives = this.#livesSeenBy(rival.node);
      if (lives.some((life) => life.ends.length === 0) || !lives.some(isEndedHere)) return [];
      return rival.changes.flatMap((change) => {
        const ops = change.type === 'update' ? [...change.ops] : [];
        return ops.map(([field, op]) => ({ side: 'local', field, op }) as const);
      });
    });
    if (lost.length === 0) return undefined;
    return this.#conflict(undefined, this.#exists() ? 'replace-wins' : 'delete-wins', { lost });
  }

  #fieldConflict(event: Rival, name: string, touched: Touched, report: ConflictReport): Conflict | undefined {
    const field = this.#field(name);
    const after = this.#current(field);
    const own = field.assignments.findLast(({ node }) => node === event.node);
    if (own !== undefined) return this.#assignmentConflict(own, name, field, touched.before, report);
    const { edited } = touched;
    const { display } = after;
    const isLost =
      edited === undefined
        ? field.counted?.increments.some((one) => one.node === event.node && !countsOn(one, after))
        : display.type !== 'list' || display.list !== edited.list || !edited.group.isInEffect;
    if (isLost !== true) return undefined;
    const lost = opsIn(event.changes, name).map((op) => ({ side: 'remote', field: name, op }) as const);
    const [local, result] = [plainValue(touched.before.display), plainValue(display)];
    return this.#conflict(name, display.type === 'absent' ? 'delete-wins' : 'put-wins', { local, result, lost });
  }

  /** An event puts or deletes a field that others put, deleted, counted in, or edited the list of. */
  #assignmentConflict(
    own: Assignment,
    name: string,
    field: FieldHistory,
    before: Outcome,
    report: ConflictReport,
  ): Conflict | undefined {
    const after = this.#current(field);
    const values = { local: plainValue(before.display), remote: own.value, result: plainValue(after.display) };
    const isStanding = after.roots.includes(own);
    const rivals = before.roots.flatMap((root) => (root === NONE || sawOperation(own, root) ? [] : root.value));
    if (rivals.length > 0) {
      if (rivals.every((value) => valuesEqual(value, own.value))) return undefined;
      const rule = field.assignments.at(-1)?.rule ?? 'remote';
      const side = isStanding ? 'local' : 'remote';
      const lost = (isStanding ? rivals : [own.value]).map(
        (value) => ({ side, field: name, op: fieldSet(value, undefined) }) as const,
      );
      return this.#conflict(name, rule === 'sum' ? 'remote' : rule, { ...values, lost });
    }
    const isCounted =
      before.display.type === 'list'
        ? before.display.list.tracker !== undefined
        : field.counted?.increments.some((one) => countsOn(one, before));
    if (!isStanding || isCounted !== true) return undefined;
    const lost = lostCounting(report.rivals(), name, field, before);
    const rule = own.value === undefined ? 'delete-wins' : 'put-wins';
    return lost.length === 0 ? undefined : this.#conflict(name, rule, { ...values, lost });
  }

  #conflict(
    field: string | undefined,
    rule: ConflictRule,
    told: Pick<Conflict, 'lost'> & Partial<Pick<Conflict, 'local' | 'remote' | 'result'>>,
  ): Conflict {
    const { local, remote, result, lost } = told;
    const [table, record] = [this.#table, this.#record];
    const about = { rule, base: undefined, local, remote, result, lost };
    return field === undefined ? { table, record, ...about } : { table, record, field, ...about };
  }
}

/** What a put or delete of a field takes along of what others did to it: list operations and increments. */
function lostCounting(rivals: readonly Rival[], name: string, field: FieldHistory, before: Outcome): LostEdit[] {
  const isList = before.display.type === 'list';
  return rivals.flatMap(({ node, changes }) =>
    opsIn(changes, name)
      .filter(({ type }) =>
        type === 'list' ? isList : field.counted?.increments.some((one) => one.node === node && countsOn(one, before)),
      )
      .map((op) => ({ side: 'local', field: name, op }) as const),
  );
}

/** Whether an operation stands on a root that the field has. Spec: FIELD-3. */
function countsOn({ roots }: { readonly roots: readonly Root[] }, outcome: Outcome): boolean {
  return roots.some((root) => outcome.roots.includes(root));
}

function opsIn(changes: readonly Change[], name: string): FieldOp[] {
  return changes.flatMap((change) => (change.type === 'update' ? (change.ops.get(name) ?? []) : []));
}

/** A list that was edited has no value before the event any more. */
function plainValue(display: Display): Value | undefined {
  return display.type === 'value' ? display.value : undefined;
}

function countedOf(field: FieldHistory): Counted {
  field.counted ??= {
    increments: [],
    creates: [],
    created: { baseLength: 0, baseItems: () => [], tracker: undefined },
    groups: [],
  };
  return field.counted;
}

function isSeen(operation: Origin, node: EventNode | undefined): boolean {
  if (node === undefined || operation.node === undefined || operation.node === node) return true;
  return saw(node, operation.node);
}

/** Whether a life stands in what the author of `node` saw; without a node, in all events. Spec: LIFE-2. */
function isStanding(life: Life, node: EventNode | undefined): boolean {
  if (node === undefined) return life.ends.length === 0;
  return isSeen(life, node) && !life.ends.some((end) => isSeen(end, node));
}

/** What the value of a field rests on, and increments and creates must stand on to count. Spec: FIELD-2. */
function rootsOf(assignments: readonly Assignment[], standing: Assignment | undefined): readonly Root[] {
  if (standing === undefined) return [NONE];
  if (isPut(standing)) return [standing];
  return headsOf(assignments).filter((head) => !isPut(head));
}

function isPut({ value, list }: Assignment): boolean {
  return value !== undefined || list !== undefined;
}

function assignedValue({ value, list }: Assignment): Value | undefined {
  return value ?? list?.baseItems();
}

/** The value of the root with all increments that count added. Spec: SUM-2. */
function totalOf(root: Value | undefined, increments: readonly Increment[]): bigint | number {
  let total = isNumber(root) ? root : undefined;
  for (const { value, base } of increments) {
    if (valuesEqual(total, base)) total = value;
    else total = addDifference(base, value, total ?? (typeof value === 'bigint' ? 0n : 0));
  }
  if (total === undefined) throw new InvariantError('a total has at least one increment');
  return total;
}

function listOf(value: Value | undefined): TrackedList | undefined {
  if (!isList(value)) return undefined;
  return { baseLength: value.length, baseItems: () => value, tracker: undefined };
}

function itemsOf(list: TrackedList): readonly Atom[] {
  return Object.freeze(list.tracker?.items(list.baseItems) ?? [...list.baseItems()]);
}

function valueIn(display: Exclude<Display, { type: 'absent' }>): Value {
  return display.type === 'value' ? display.value : itemsOf(display.list);
}

/** What leads a field from what it was to what it is. */
function transition({ before: { display: before }, ops, isRegrouped }: Touched, after: Display): FieldOp | undefined {
  switch (after.type) {
    case 'absent':
      return before.type === 'absent' ? undefined : fieldDelete(undefined);
    case 'value':
      if (before.type === 'value' && valuesEqual(before.value, after.value)) return undefined;
      return fieldPut(after.value, undefined);
    case 'list':
      if (before.type === 'list' && before.list === after.list && !isRegrouped) {
        return ops.length === 0 ? undefined : fieldList(false, ops);
      }
      return fieldPut(itemsOf(after.list), undefined);
  }
}

/** Both are subsequences of one array. */
function areSame(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((one, at) => one === right[at]);
}
