import type { ConflictListener } from '../deltas/conflict.js';
import { changesIn, type Delta, deltaInNormalForm } from '../deltas/delta.js';
import { invert } from '../deltas/invert.js';
import { InvariantError } from '../errors/invariant-error.js';
import { applyListEdit, invertListEdit } from '../lists/apply.js';
import type { Change, FieldList, ListOp } from '../operations/change.js';
import type { RecordReader } from '../state/record-reader.js';
import { State } from '../state/state.js';
import { type Atom, isList, type Value } from '../values/value.js';
import { compareAgents, type MeshEvent } from './event.js';
import { EventGraph, type EventNode, NOTHING_TRIMMED, saw, seenOf, type TrimmedSet } from './event-graph.js';
import { type BaseValue, type ConflictReport, type RecordBase, RecordHistory, type Rival } from './record-history.js';
import { mergeTwoEdits } from './two-edits.js';

/** The events of a window that touch one record, and what became of it, once somebody needs to know. */
interface TouchedRecord {
  readonly nodes: EventNode[];
  /** What each of them did to the record, as its author made it, and where that begins in its delta. */
  readonly changes: (readonly Change[])[];
  readonly positions: number[];
  /** Agents, and by agent its latest event among them. */
  readonly agents: number[];
  readonly latest: number[];
  history: RecordHistory | undefined;
  /** How many of the events the history knows. */
  replayed: number;
}

/** The events from a cut on, and which of them touch which record. */
interface Window {
  readonly from: number;
  upTo: number;
  readonly tables: Map<string, Map<string, TouchedRecord>>;
}

/**
 * A graph of events and the state that they lead to, event by event in any topological order. The specification calls the
 * set of events V and that state State(V) (GRAPH-7).
 *
 * A *cut* is a point in the order of arrival where all events behind it saw all events before it. So what came before a
 * cut can be concurrent with nothing behind it, and the state there is a base to merge on. The events from a cut to the
 * end are a *window*: all that has to be looked at to integrate an event that saw everything before the cut.
 *
 * An event that saw everything is applied as it stands, and so is what it does to a record of which it saw everything
 * (WINDOW-2). Otherwise the record gets a history, made from the events since the last cut that the event saw
 * (WINDOW-1), which is kept as long as it is of use.
 */
export class Integrator {
  readonly graph: EventGraph;
  readonly #trimmedState: State;
  #view: State;
  #window: Window | undefined;
  /** How many of the first events do not say what they did to the view: they were loaded. */
  #unknown = 0;

  /**
   * @param trimmedState the state of the trimmed set.
   * @param view the same, in a state that is edited from here on.
   */
  constructor(
    trimmed: TrimmedSet = NOTHING_TRIMMED,
    trimmedState: State = new State(),
    view: State = trimmedState.clone(),
  ) {
    this.graph = new EventGraph(trimmed);
    this.#trimmedState = trimmedState;
    this.#view = view;
  }

  /** The state of all events. It is edited from outside only by what is adopted afterwards. */
  get view(): State {
    return this.#view;
  }

  /**
   * Adds an event whose parents are held.
   *
   * @returns what it did to the view, with what that overwrote.
   * @throws DatastoreError if it breaks GRAPH-2 or does not fit what its author saw. Nothing is changed then.
   * Spec: GRAPH-4, GRAPH-7.
   */
  integrate(event: MeshEvent, onConflict?: ConflictListener): Delta {
    const node = this.graph.place(event);
    const firstUnseen = this.graph.firstUnseen(node);
    node.shown =
      firstUnseen === this.graph.length
        ? this.view.apply(event.delta)
        : this.#integrateConcurrent(node, firstUnseen, onConflict);
    this.graph.append(node, firstUnseen);
    return node.shown;
  }

  /**
   * Takes events that were integrated before, with the state that they came to. They are not integrated again, until an
   * event arrives that did not see all of them.
   */
  resume(events: Iterable<MeshEvent>, state: State): void {
    for (const event of events) {
      const node = this.graph.place(event);
      this.graph.append(node, this.graph.firstUnseen(node));
    }
    this.#view = state;
    this.#unknown = this.graph.length;
  }

  /** Adds an event that saw everything and that the view shows already: `applied` is what it did. */
  adopt(event: MeshEvent, applied: Delta): void {
    const node = this.graph.place(event);
    node.shown = applied;
    this.graph.append(node, this.graph.length);
  }

  /** The same without the first `count` events, which all others saw. Spec: WINDOW-3. */
  trim(count: number): Integrator {
    const { graph } = this;
    const trimmed = { vector: graph.vectorAt(count), heads: graph.headsAt(count) };
    const rest = new Integrator(trimmed, this.stateAt(count), this.#view);
    for (const old of graph.nodes.slice(count)) {
      const node = rest.graph.place(old.event);
      node.shown = old.shown;
      rest.graph.append(node, rest.graph.firstUnseen(node));
    }
    return rest;
  }

  /** The state of the trimmed set. */
  get trimmedState(): State {
    return this.#trimmedState.clone();
  }

  /** The state of the first `count` events. */
  stateAt(count: number): State {
    this.#learnShown(count);
    const state = this.view.clone();
    const { nodes } = this.graph;
    for (let at = nodes.length - 1; at >= count; at--) state.apply(invert(shownBy(nodes[at])));
    return state;
  }

  /** Computes what loaded events did to the view, if any of them is at or after an index. */
  #learnShown(index: number): void {
    if (index >= this.#unknown) return;
    const again = new Integrator(this.graph.trimmed, this.#trimmedState);
    for (const node of this.graph.nodes.slice(0, this.#unknown)) node.shown = again.integrate(node.event);
    this.#unknown = 0;
  }

  #integrateConcurrent(node: EventNode, firstUnseen: number, onConflict: ConflictListener | undefined): Delta {
    const cut = this.graph.cutBefore(firstUnseen);
    this.#learnShown(cut);
    const window = this.#windowFrom(cut);
    try {
      const shown: Change[] = [];
      let position = 0;
      for (const changes of byRecord(node.event.delta)) {
        const { table, record } = changes[0] as Change;
        const start = position;
        position += changes.length;
        const touched = window.tables.get(table)?.get(record);
        if (touched === undefined || sawAll(node, touched)) {
          shown.push(...changes);
          continue;
        }
        const merged = mergeWithOne(node, changes, touched);
        if (merged !== undefined) {
          shown.push(...merged);
          noteTouch(touched, node, changes, start);
          continue;
        }
        const history = this.#historyOf(table, record, touched);
        const report = onConflict && reportOf(touched, node, onConflict);
        shown.push(...history.integrate(node, changes, false, report));
        noteTouch(touched, node, changes, start);
        touched.replayed++;
      }
      return this.view.apply(deltaInNormalForm(shown));
    } catch (error) {
      // A history cannot take back part of an event: all are made again when they are needed.
      this.#window = undefined;
      throw error;
    }
  }

  /** The window that begins at a cut, or at one before it if that is at hand. */
  #windowFrom(cut: number): Window {
    const { length } = this.graph;
    let window = this.#window;
    // Making a window again costs less than an old one has cost to grow.
    const isOfUse =
      window !== undefined && window.from <= cut && cut < window.upTo && (length - cut) * 4 >= length - window.from;
    if (window === undefined || !isOfUse) window = { from: cut, upTo: cut, tables: new Map() };
    this.#window = window;
    const { nodes } = this.graph;
    for (let at = window.upTo; at < nodes.length; at++) {
      const node = nodes[at] as EventNode;
      let position = 0;
      for (const changes of byRecord(node.event.delta)) {
        const { table, record } = changes[0] as Change;
        const touched = touchedIn(window, table, record);
        if (touched.nodes.at(-1) !== node) noteTouch(touched, node, changes, position);
        position += changes.length;
      }
    }
    window.upTo = length;
    return window;
  }

  #historyOf(table: string, record: string, touched: TouchedRecord): RecordHistory {
    touched.history ??= new RecordHistory(
      this.graph,
      table,
      record,
      new OverwrittenBase(this.view, table, record, touched),
    );
    const { history, nodes, changes } = touched;
    for (; touched.replayed < nodes.length; touched.replayed++) {
      history.integrate(nodes[touched.replayed] as EventNode, changes[touched.replayed] ?? [], true);
    }
    return history;
  }
}

/** What a record was before the events that touch it, by what these overwrote. */
class OverwrittenBase implements RecordBase {
  readonly #view: State;
  readonly #table: string;
  readonly #record: string;
  readonly #touched: TouchedRecord;

  constructor(view: State, table: string, record: string, touched: TouchedRecord) {
    this.#view = view;
    this.#table = table;
    this.#record = record;
    this.#touched = touched;
  }

  get existed(): boolean {
    for (const change of this.#shown()) return change.type !== 'insert';
    return this.#reader.exists;
  }

  names(): readonly string[] {
    return this.#reader.names();
  }

  field(field: string): BaseValue {
    for (const change of this.#shown()) {
      if (change.type === 'insert') return { type: 'absent' };
      const op = change.type === 'delete' ? undefined : change.ops.get(field);
      if (change.type === 'update' && op === undefined) continue;
      if (op?.type === 'list') return op.create ? { type: 'absent' } : this.#list(field);
      const before = change.type === 'delete' ? change.before?.get(field) : op?.before;
      return isList(before) ? this.#list(field) : valueOrAbsence(before);
    }
    const reader = this.#reader;
    return reader.lengthOf(field) === undefined ? valueOrAbsence(reader.get(field)) : this.#list(field);
  }

  get #reader(): RecordReader {
    return this.#view.reader(this.#table, this.#record);
  }

  *#shown(): Generator<Change> {
    for (let at = 0; at < this.#touched.nodes.length; at++) yield* this.#shownAt(at);
  }

  /** What an event of the window did to the record, as far as it is known. */
  #shownAt(at: number): readonly Change[] {
    const { nodes, positions } = this.#touched;
    const shown = nodes[at]?.shown;
    return shown === undefined ? [] : changesOf(shown, this.#table, this.#record, positions[at] ?? 0);
  }

  #list(field: string): BaseValue {
    // The items are those before all that has been shown by the time when they are asked for.
    return { type: 'list', length: this.#lengthOf(field), items: () => this.#itemsOf(field) };
  }

  #lengthOf(field: string): number {
    const { nodes } = this.#touched;
    let growth = 0;
    // Most windows are long, and each event does little: a generator would cost more than the rest.
    for (let at = 0; at < nodes.length; at++) {
      for (const change of this.#shownAt(at)) {
        if (change.type === 'delete') return itemsIn(change.before?.get(field)).length - growth;
        const op = change.type === 'update' ? change.ops.get(field) : undefined;
        if (op?.type === 'list') growth += growthOf(op.ops);
        else if (op !== undefined) return itemsIn(op.before).length - growth;
      }
    }
    return (this.#reader.lengthOf(field) ?? 0) - growth;
  }

  #itemsOf(field: string): readonly Atom[] {
    const edits: FieldList[] = [];
    let after: Value | undefined;
    for (const change of this.#shown()) {
      const op = change.type === 'update' ? change.ops.get(field) : undefined;
      if (op?.type === 'list') edits.push(op);
      else if (change.type === 'delete' || op !== undefined) {
        after = change.type === 'delete' ? change.before?.get(field) : op?.before;
        break;
      }
    }
    let items = itemsIn(after ?? this.#reader.get(field));
    for (const edit of edits.reverse()) items = applyListEdit(items, invertListEdit(edit));
    return items;
  }
}

/** The changes of a delta in normal form, record by record. */
function byRecord(delta: Delta): readonly (readonly Change[])[] {
  const changes = changesIn(delta);
  if (changes.length === 1) return [changes];
  const records: Change[][] = [];
  let own: Change[] | undefined;
  for (const change of changes) {
    const last = own?.[0];
    if (own !== undefined && last?.record === change.record && last.table === change.table) {
      own.push(change);
    } else {
      own = [change];
      records.push(own);
    }
  }
  return records;
}

/** What a delta does to one record. */
function changesOf(delta: Delta, table: string, record: string, likely: number): readonly Change[] {
  const changes = changesIn(delta);
  if (changes.length === 1) return changes[0]?.record === record && changes[0].table === table ? changes : [];
  // A change of the view mostly has the position that it has in the delta of its event.
  const isOf = (change: Change | undefined): boolean => change?.record === record && change.table === table;
  const isThere = isOf(changes[likely]) && !isOf(changes[likely - 1]);
  let low = isThere ? likely : 0;
  let high = isThere ? likely : changes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const change = changes[middle] as Change;
    if ((compareAgents(change.table, table) || compareAgents(change.record, record)) < 0) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (changes[end]?.record === record && changes[end]?.table === table) end++;
  return changes.slice(low, end);
}

function touchedIn(window: Window, table: string, record: string): TouchedRecord {
  let records = window.tables.get(table);
  if (records === undefined) {
    records = new Map();
    window.tables.set(table, records);
  }
  let touched = records.get(record);
  if (touched === undefined) {
    touched = { nodes: [], changes: [], positions: [], agents: [], latest: [], history: undefined, replayed: 0 };
    records.set(record, touched);
  }
  return touched;
}

function noteTouch(touched: TouchedRecord, node: EventNode, changes: readonly Change[], position: number): void {
  touched.nodes.push(node);
  touched.changes.push(changes);
  touched.positions.push(position);
  const at = touched.agents.indexOf(node.agent);
  if (at === -1) touched.agents.push(node.agent);
  touched.latest[at === -1 ? touched.latest.length : at] = node.seq;
}

function reportOf({ nodes, changes }: TouchedRecord, node: EventNode, tell: ConflictListener): ConflictReport {
  const rivals = (): Rival[] =>
    nodes.flatMap((other, at) => (saw(node, other) ? [] : { node: other, changes: changes[at] ?? [] }));
  return { tell, rivals };
}

/** What an event does to a record that one other touched, if that can be said without a history, which may come later. */
function mergeWithOne(node: EventNode, changes: readonly Change[], touched: TouchedRecord): Change[] | undefined {
  const { nodes, history } = touched;
  const [change] = changes;
  const [other] = nodes;
  if (history !== undefined || nodes.length !== 1 || other === undefined) return undefined;
  if (change === undefined || changes.length !== 1) return undefined;
  const [otherChange, more] = touched.changes[0] ?? [];
  if (otherChange === undefined || more !== undefined) return undefined;
  return mergeTwoEdits({ agent: node.event.id[0], change }, { agent: other.event.id[0], change: otherChange });
}

/** Whether an event saw all others that touched a record. Spec: WINDOW-2. */
function sawAll(node: EventNode, { agents, latest }: TouchedRecord): boolean {
  return agents.every((agent, at) => seenOf(node, agent) >= (latest[at] ?? 0));
}

function shownBy(node: EventNode | undefined): Delta {
  if (node?.shown !== undefined) return node.shown;
  throw new InvariantError('an event that was integrated says what it did to the view');
}

function valueOrAbsence(value: Value | undefined): BaseValue {
  return value === undefined ? { type: 'absent' } : { type: 'value', value };
}

function itemsIn(value: Value | undefined): readonly Atom[] {
  if (isList(value)) return value;
  throw new InvariantError('a field that held a list held one');
}

/** How much longer operations make a list. */
function growthOf(ops: readonly ListOp[]): number {
  let growth = 0;
  for (const { type } of ops) growth += type === 'insert' ? 1 : type === 'delete' ? -1 : 0;
  return growth;
}
