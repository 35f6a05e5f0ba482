import { formatState, parseState, type Row } from '../codec/wire/state.js';
import { type Conflict, type ConflictListener, conflictLender } from '../deltas/conflict.js';
import {
  changesIn,
  Delta,
  type DeltaInput,
  deltaInNormalForm,
  deltaOf,
  NO_CHANGES,
  sizeOfDelta,
} from '../deltas/delta.js';
import { deltaWithoutBefore, invert } from '../deltas/invert.js';
import { checkFunction, checkMethods, checkOptions, invalidArgument } from '../errors/arguments.js';
import { DatastoreError, ServiceError } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { invertListOp } from '../lists/apply.js';
import type { Change, ListPlace, PlacedListOp } from '../operations/change.js';
import { isIterableObject, ownChanges, ownSingleListOp } from '../operations/ownership.js';
import { ResolutionRules } from '../rules/resolution-rules.js';
import type { RuleName } from '../rules/rule.js';
import { diff } from '../state/diff.js';
import { checkLimits, DEFAULT_LIMITS, type Limits, NO_LIMITS, overLimit } from '../state/limits.js';
import type { RecordReader } from '../state/record-reader.js';
import { type RecordsByTable, RecordWatch } from '../state/record-watch.js';
import { applyChanges, editListIn, type FoundRecord, onlyListOp, State, type Where } from '../state/state.js';
import type { Fields } from '../values/fields.js';
import { ownAtom } from '../values/ownership.js';
import { INFO_TABLE, infoChanges, mtimeChanges, mtimeOf, titleChange, titleOf } from './datastore-info.js';
import { type EventId, isEventTime, type MeshEvent, ownAgent, ownEvent } from './event.js';
import { NOTHING_TRIMMED, seenOf, type TrimmedSet, type VersionVector } from './event-graph.js';
import { Inbox, type RefusedEvent } from './inbox.js';
import { Integrator } from './integrator.js';
import { checkReceived, checkVector, type EventsMessage, type HaveMessage, type SnapshotMessage } from './messages.js';
import { OpenDelta, type RuleSource } from './open-delta.js';
import { UndoChain, type UndoMark } from './undo-chain.js';

/** The limit of the delta of an event, which is the same for everybody. Spec: GRAPH-4, LIM-3. */
export const EVENT_SIZE_MAX: number = DEFAULT_LIMITS.deltaSize;

/** What setting the modified time can add to an event. */
const MTIME_SIZE = 300;

/** How a replica without a sequencer is made. */
export interface MeshReplicaOptions {
  /**
   * Names this replica: 1 to 64 of A–Z a–z 0–9 . _ + / = -. One copy of one replica uses a name at a time, and a replica
   * that is loaded from a backup takes a new one. Spec: PEER-2.
   */
  readonly agent: string;
  /** The rules for collisions: names only. An edit keeps the rule that its field has when it is made. Spec: PEER-4. */
  readonly rules?: RuleSource;
  /** What the state may weigh after an edit of this replica's own: `DEFAULT_LIMITS` unless given. Spec: PEER-3. */
  readonly limits?: Limits;
  /** How many undo items are remembered: 100 unless given. */
  readonly undoDepth?: number;
  /**
   * Whether an agent may write its event number `seq`: yes unless given. Everybody must say the same of the same event
   * for ever. Spec: PEER-6.
   */
  readonly mayWrite?: (agent: string, seq: number) => boolean;
  /** The rows that all replicas begin with, in a mesh that begins with any. */
  readonly rows?: readonly Row[];
}

/**
 * An edit that lost against a concurrent one, or that a concurrent one lost against: local is what the user saw, and
 * remote is the event that was integrated. Which edits are told depends on the order of arrival. Spec: PEER-8.
 */
export interface MeshConflict extends Conflict {
  readonly event: EventId;
}

/** What is left to do for a replica. */
export interface MeshStatus {
  /** There are edits that no event has. */
  readonly hasOpen: boolean;
  /** Something arrived since the last `sync`. */
  readonly hasIncoming: boolean;
  /** Events wait for others that have not arrived. */
  readonly hasGap: boolean;
}

/** What a {@link MeshReplica.sync} did. */
export interface MeshSyncResult {
  /** The event that was sealed, if there were edits. */
  readonly sealed: MeshEvent | undefined;
  /** The ids of the records whose content is not what the user saw before, by table id. */
  readonly changed: ReadonlyMap<string, ReadonlySet<string>>;
  readonly conflicts: readonly MeshConflict[];
  readonly refused: readonly RefusedEvent[];
  /** Whether a snapshot took the place of what was held. */
  readonly isReloaded: boolean;
  /** Events of this replica that nobody can take any more, since the others trimmed what they are concurrent with. */
  readonly handedBack: readonly MeshEvent[];
}

/** Everything that a replica must not lose. Its events are immutable, and only ever added to or trimmed. Spec: PEER-9. */
export interface MeshContent {
  readonly agent: string;
  readonly trimmed: TrimmedSet;
  readonly trimmedState: State;
  readonly events: readonly MeshEvent[];
  /** The state that the events come to, if it is known. */
  readonly state?: State | undefined;
  /** What was not sealed. */
  readonly open: Delta;
  readonly openRules: ReadonlyMap<string, ReadonlyMap<string, RuleName>>;
}

/**
 * A copy of a datastore that needs no server: replicas exchange events, in any order, over anything, and those that hold
 * the same events have equal states. Edits show at once; what others did becomes visible in {@link sync}.
 *
 * It does no I/O. The embedder stores `content()` before it sends an event, and gives every copy a name of its own.
 *
 *     const { sealed } = replica.sync(new Date());
 *     store(encodeMesh(replica.content()));
 *     send(replica.missingFrom(theirVector));
 *
 * Laws: two replicas that hold the same events have equal states (GRAPH-7); an event is integrated once, however often
 * it arrives. Spec: GRAPH-1 to GRAPH-7, PEER-1 to PEER-9.
 */
export class MeshReplica {
  readonly #rules: RuleSource;
  readonly #limits: Limits;
  readonly #mayWrite: (agent: string, seq: number) => boolean;
  readonly #open: OpenDelta = new OpenDelta();
  readonly #undo: UndoChain;
  #undoMark: UndoMark;
  #agent: string;
  #integrator: Integrator;
  #inbox = new Inbox();
  #snapshot: SnapshotMessage | undefined;
  /** How many batches are under way, one inside the other. */
  #batches = 0;
  /** Whether the name was seen on an event that this replica did not make. */
  #isNameTaken = false;

  /** @throws DatastoreError `invalid-name`, `invalid-option`, and what reading the rows throws. */
  constructor(options: MeshReplicaOptions) {
    const known = { agent: true, rules: true, limits: true, undoDepth: true, mayWrite: true, rows: true } as const;
    const { rules = new ResolutionRules(), limits = DEFAULT_LIMITS, undoDepth = 100 } = checkOptions(options, known);
    checkMethods<RuleSource>(rules, 'rules', ['get']);
    checkLimits(limits);
    if (options.mayWrite !== undefined) checkFunction(options.mayWrite, 'mayWrite');
    if (!Number.isSafeInteger(undoDepth) || undoDepth < 0) {
      throw invalidArgument('undoDepth must be a whole number from 0', undoDepth);
    }
    this.#agent = ownAgent(options.agent);
    this.#rules = rules;
    this.#limits = limits;
    this.#mayWrite = options.mayWrite ?? ((): boolean => true);
    this.#undo = new UndoChain(undoDepth, (table, field) => rules.get(table, field) === 'sum');
    this.#undoMark = this.#undo.mark();
    this.#integrator = new Integrator(NOTHING_TRIMMED, parseState(options.rows ?? []));
  }

  /**
   * The replica with this content. If `agent` is another name than the one that the content was made under, the old
   * name is not used any more, which is always safe (PEER-2).
   *
   * @throws DatastoreError where the events do not fit together; `invalid-option` for anything but content and options.
   */
  static from(content: MeshContent, options: MeshReplicaOptions): MeshReplica {
    if (!(content?.trimmedState instanceof State && Delta.is(content.open))) {
      throw invalidArgument('content must be what content() or decodeMesh returns', content);
    }
    const replica = new MeshReplica(options);
    const integrator = new Integrator(content.trimmed, content.trimmedState);
    replica.#integrator = integrator;
    if (content.state !== undefined) integrator.resume(content.events, content.state.clone());
    else for (const event of content.events) integrator.integrate(event);
    if (content.open.length > 0) {
      const openRules = {
        get: (table: string, field: string): RuleName => content.openRules.get(table)?.get(field) ?? 'remote',
      };
      replica.#edit(changesIn(content.open), false, openRules);
    }
    return replica;
  }

  /** Everything that must survive, as it is now. */
  content(): MeshContent {
    const { graph, view } = this.#integrator;
    const state = view.clone();
    if (!this.#open.isEmpty) state.apply(this.#open.inverse());
    return {
      agent: this.#agent,
      trimmed: graph.trimmed,
      trimmedState: this.#integrator.trimmedState,
      events: graph.nodes.map(({ event }) => event),
      state,
      open: deltaWithoutBefore(this.#open.whole()),
      openRules: this.#open.rules(),
    };
  }

  /** The name of this replica, as its events carry it. */
  get agent(): string {
    return this.#agent;
  }

  /**
   * Whether this replica needs a new name before it can seal another event: an event with its name arrived that it did
   * not make, or events were handed back. Spec: PEER-2.
   */
  get needsName(): boolean {
    return this.#isNameTaken;
  }

  /** Goes on under a new name. @throws DatastoreError `invalid-name`, or `bad-state` if events have it. */
  rename(agent: string): void {
    const name = ownAgent(agent);
    if (this.#integrator.graph.held(name) > 0) throw nameTaken(name);
    this.#agent = name;
    this.#isNameTaken = false;
  }

  /** The fields of a record as the user sees it, or `undefined` if there is none. */
  get(table: string, record: string): Fields | undefined {
    return this.#view.get(table, record);
  }

  /** See `State.query`. */
  query(table: string, where?: Where): FoundRecord[] {
    return this.#view.query(table, where);
  }

  /** See `State.find`. */
  find(table: string, where?: Where): string[] {
    return this.#view.find(table, where);
  }

  /** See `State.reader`: it reads what the user sees. */
  reader(table: string, record: string): RecordReader {
    return this.#view.reader(table, record);
  }

  /** The ids of the tables that hold any records, in code point order. */
  tables(): string[] {
    return this.#view.tables();
  }

  /** A state of its own with all that the user sees. It costs nothing until it is edited. */
  state(): State {
    return this.#view.clone();
  }

  /** The size in bytes of all that the user sees. */
  get size(): number {
    return this.#view.size;
  }

  /** How many records the view has. */
  get recordCount(): number {
    return this.#view.recordCount;
  }

  /** The size in bytes of the delta that the next event will have, without the modified time. */
  get unsyncedSize(): number {
    return this.#open.size;
  }

  /** What is left to do: several of these can be true at once. */
  get status(): MeshStatus {
    return {
      hasOpen: !this.#open.isEmpty,
      hasIncoming: this.#inbox.hasNew || this.#snapshot !== undefined,
      hasGap: !this.#inbox.hasNew && this.#inbox.events.length > 0,
    };
  }

  /** What was trimmed: always the same object until more is. Spec: WINDOW-3. */
  get trimmed(): TrimmedSet {
    return this.#integrator.graph.trimmed;
  }

  /** Whether the agent of this replica may write its next event. Spec: PEER-6. */
  get mayWrite(): boolean {
    return this.#mayWrite(this.#agent, this.#integrator.graph.held(this.#agent) + 1);
  }

  /** The title of the datastore, or `undefined` if it has none. */
  get title(): string | undefined {
    return titleOf(this.#view);
  }

  /** Sets the title, or deletes it. @throws DatastoreError as {@link apply} does. Spec: PEER-7. */
  setTitle(title: string | undefined): void {
    this.#requireWrite();
    const change = titleChange(title);
    const made = infoChanges(this.#view);
    if (made.length > 0 && title === undefined) return;
    if (made.length > 0) {
      this.endUndoItem();
      this.#edit(made, false, this.#rules);
    }
    this.#edit([change], true, this.#rules);
  }

  /** When the datastore was last edited, by the clocks of those who did; `undefined` if never. Spec: PEER-7. */
  get mtime(): Date | undefined {
    return mtimeOf(this.#view);
  }

  /**
   * Edits the datastore: all of the changes, or none if one does not fit. The user sees them at once.
   *
   * @returns the changes with what they overwrote.
   * @throws ServiceError `not-permitted` if the agent may not write; DatastoreError `invalid-rule` under a merge function,
   * `delta-too-large` if more has gathered than one event may hold, and what `State.apply` throws with limits. Nothing is
   * changed then. Spec: PEER-3, PEER-4, PEER-6.
   */
  apply(changes: DeltaInput): Delta {
    this.#requireWrite();
    const single = Delta.is(changes) ? undefined : onlyListOp(changes);
    const edited = single && this.#editList(single.place, single.op);
    if (edited !== undefined) return deltaInNormalForm(edited);
    const all = Delta.is(changes) ? changesIn(changes) : ownChanges(changes);
    const info = all.filter(({ table }) => table === INFO_TABLE);
    if (info.length === 0) return this.#edit(all, true, this.#rules);
    return this.batch(() => {
      // No undo item has what is said about the datastore, so the items go on from what it does.
      this.endUndoItem();
      this.#undo.meet(this.#edit(info, false, this.#rules));
      const others = all.filter(({ table }) => table !== INFO_TABLE);
      if (others.length > 0) this.#edit(others, true, this.#rules);
    });
  }

  /**
   * Makes the edits of a function one edit: all of them take effect, or none if it throws. They show at once, and in a
   * batch inside a batch likewise. Inside, only `apply`, `setTitle`, `batch`, and what reads may be called.
   *
   * @returns the changes that were made, with what they overwrote.
   * @throws what `edit` throws. Nothing is changed then. Spec: BATCH-1, BATCH-2.
   */
  batch(edit: () => void): Delta {
    const open = this.#open.mark();
    const undo = this.#undo.mark();
    this.#batches++;
    try {
      edit();
    } catch (error) {
      this.#view.apply(invert(this.#open.since(open)));
      this.#open.returnTo(open);
      this.#undo.returnTo(undo);
      throw error;
    } finally {
      this.#batches--;
    }
    return this.#open.since(open);
  }

  /** Whether a {@link batch} is under way: until it ends, the replica can only be read and edited. */
  get isInBatch(): boolean {
    return this.#batches > 0;
  }

  /** Ends the undo item that the last edits belong to: they are undone together. */
  endUndoItem(): void {
    const item = this.#open.takeUndoItem();
    if (item.length > 0) this.#undo.record(item);
  }

  /** Whether {@link undo} would change anything. */
  get canUndo(): boolean {
    return this.#open.isRunning || this.#undo.nextUndo() !== undefined;
  }

  /** Whether {@link redo} would change anything. */
  get canRedo(): boolean {
    return this.#undo.nextRedo() !== undefined;
  }

  /**
   * Undoes the latest item that still changes anything, as an edit. What others did since stands.
   *
   * @returns what that changed, with what it overwrote; `undefined` if there is nothing to undo. Spec: PEER-5.
   */
  undo(): Delta | undefined {
    this.#requireNoBatch();
    this.#requireWrite();
    this.endUndoItem();
    return this.#retrace(this.#undo.nextUndo(), (applied) => this.#undo.noteUndone(applied));
  }

  /** Redoes the item that was undone last. See {@link undo}. */
  redo(): Delta | undefined {
    this.#requireNoBatch();
    this.#requireWrite();
    this.endUndoItem();
    return this.#retrace(this.#undo.nextRedo(), (applied) => this.#undo.noteRedone(applied));
  }

  /** Drops the edits since the last event, as if they had never been made. Returns what that changed. */
  rollback(): Delta {
    this.#requireNoBatch();
    if (this.#open.isEmpty) return NO_CHANGES;
    const applied = this.#view.apply(this.#open.inverse());
    this.#open.clear();
    this.#undo.returnTo(this.#undoMark);
    return applied;
  }

  /**
   * Seals the edits since the last event as an event, and integrates nothing. With a time, that becomes the time of the
   * event, and the modified time unless that is later already. Store the replica before you send the event.
   *
   * @returns the event, or `undefined` if the edits change nothing.
   * @throws DatastoreError `bad-state` if the replica {@link needsName}, `invalid-value` for an invalid time;
   * ServiceError `not-permitted` if its agent may not write. Spec: GRAPH-1, GRAPH-5, PEER-7.
   */
  seal(time?: Date): MeshEvent | undefined {
    this.#requireNoBatch();
    const at = time === undefined ? undefined : ownEventTime(time);
    this.endUndoItem();
    const edits = this.#open.whole();
    if (edits.length === 0) {
      this.#open.clear();
      return undefined;
    }
    const { graph } = this.#integrator;
    const seq = graph.held(this.#agent) + 1;
    if (this.#isNameTaken) throw nameTaken(this.#agent);
    this.#requireWrite();
    if (at !== undefined) this.#open.add(this.#view.apply(mtimeChanges(this.#view, new Date(at))), false);
    const applied = at === undefined ? edits : this.#open.whole();
    const event = ownEvent([this.#agent, seq], graph.heads(), deltaWithoutBefore(applied), this.#open.rules(), at);
    this.#integrator.adopt(event, applied);
    this.#open.clear();
    this.#undoMark = this.#undo.mark();
    return event;
  }

  /**
   * Seals the edits since the last event as {@link seal} does, and integrates what has been received.
   *
   * @throws DatastoreError as {@link seal} does.
   */
  sync(time?: Date): MeshSyncResult {
    const sealed = this.seal(time);
    const conflicts: MeshConflict[] = [];
    const lend = conflictLender();
    const taken = this.#takeSnapshot();
    const done: Delta[] = [];
    // What one event did tells what it changed; of many, only what the records hold in the end.
    const watch = new RecordWatch(this.#view);
    const refused = this.#inbox.drain(this.#integrator.graph, (event) => {
      const onConflict = (conflict: Conflict) => conflicts.push(lend({ ...conflict, event: event.id }));
      done.push(watch.during(event.delta, () => this.#integrate(event, onConflict)));
    });
    for (const delta of done) this.#undo.meet(delta);
    this.#undoMark = this.#undo.mark();
    const changed = taken !== undefined ? recordsOf(diff(taken.before, this.#view)) : watch.changed();
    const isReloaded = taken !== undefined;
    return { sealed, changed, conflicts, refused, isReloaded, handedBack: taken?.handedBack ?? [] };
  }

  /** How many events of each agent this replica holds. Spec: PEER-1. */
  vector(): VersionVector {
    return this.#integrator.graph.vector();
  }

  /** Tells others what is held, so that they can answer with what is missing. Spec: PEER-1. */
  have(): HaveMessage {
    return { type: 'have', vector: this.vector() };
  }

  /**
   * What a replica with this vector lacks: events, or a snapshot if some of them were trimmed; `undefined` if nothing.
   * Spec: PEER-1.
   *
   * @throws DatastoreError `invalid-option` for anything but a map.
   */
  missingFrom(vector: VersionVector): EventsMessage | SnapshotMessage | undefined {
    checkVector(vector);
    const { graph } = this.#integrator;
    for (const [agent, seq] of graph.trimmed.vector) {
      if ((vector.get(agent) ?? 0) >= seq) continue;
      const rows = formatState(this.#integrator.trimmedState);
      return { type: 'snapshot', trimmed: graph.trimmed, rows, events: graph.nodes.map(({ event }) => event) };
    }
    const events = graph.missingFrom(vector).map(({ event }) => event);
    return events.length === 0 ? undefined : { type: 'events', events };
  }

  /**
   * Takes events or a snapshot from anybody, in any order, any number of times. They become visible in {@link sync}.
   *
   * @throws ServiceError `log-mismatch` if two different events have one id, after which the two will never agree;
   * DatastoreError `invalid-option`, with nothing taken, for JSON that `parseMeshMessage` has not read, or for a `have`.
   * Spec: GRAPH-4, PEER-1, PEER-2, PEER-6.
   */
  receive(message: EventsMessage | SnapshotMessage): void {
    checkReceived(message);
    const { graph } = this.#integrator;
    if (message.type === 'snapshot' && !covers(this.vector(), message.trimmed.vector)) {
      const known = this.#snapshot;
      if (known === undefined || !covers(known.trimmed.vector, message.trimmed.vector)) this.#snapshot = message;
    }
    for (const event of message.events) {
      const [agent, seq] = event.id;
      if (!this.#mayWrite(agent, seq)) continue;
      this.#inbox.add(event, graph);
      if (agent === this.#agent && seq > graph.held(agent)) this.#isNameTaken = true;
    }
  }

  /**
   * Forgets the part of the history that no later event can be concurrent with.
   *
   * @param writers other agents that may still write; their events show what they hold.
   * @param held what other replicas that may still write hold, as they said in their last `have`. Later events of everybody
   * else will be refused.
   * @returns how many events were trimmed.
   * @throws DatastoreError `bad-state` if there are edits that are not sealed, `invalid-name`, `invalid-option`. Spec: WINDOW-3.
   */
  trim(writers: Iterable<string>, held: Iterable<VersionVector> = []): number {
    if (!this.#open.isEmpty)
      throw new DatastoreError('bad-state', 'there are edits that are not sealed: call seal() or sync() first');
    const others = ownList(writers, 'writers').filter((agent) => ownAgent(agent) !== this.#agent);
    const { graph } = this.#integrator;
    const vectors = ownList(held, 'held');
    for (const vector of vectors) checkVector(vector);
    const known = [...others.map((agent) => this.#knownToHold(agent)), ...vectors];
    for (const cut of graph.cutsFromLatest()) {
      if (cut === 0) break;
      const vector = graph.vectorAt(cut);
      if (!known.every((one) => covers(one, vector))) continue;
      this.#integrator = this.#integrator.trim(cut);
      return cut;
    }
    return 0;
  }

  get #view(): State {
    return this.#integrator.view;
  }

  /** @throws DatastoreError `bad-state`. */
  #requireNoBatch(): void {
    if (this.isInBatch) throw new DatastoreError('bad-state', 'a batch must only edit and read its replica');
  }

  /** @throws ServiceError `not-permitted`. */
  #requireWrite(): void {
    if (!this.mayWrite) throw new ServiceError('not-permitted', `the agent ${quote(this.#agent)} may not write`);
  }

  #knownToHold(agent: string): VersionVector {
    const { graph } = this.#integrator;
    const latest = graph.latestOf(agent);
    if (latest === undefined) return new Map();
    return new Map([...graph.vector().keys()].map((name) => [name, seenOf(latest, graph.agentNumber(name))]));
  }

  #integrate(event: MeshEvent, onConflict: ConflictListener): Delta {
    const size = sizeOfDelta(event.delta);
    if (size > EVENT_SIZE_MAX) throw overLimit('delta-too-large', size, EVENT_SIZE_MAX);
    return this.#integrator.integrate(event, (conflict) => {
      // Every event sets the modified time: no user needs to hear of it.
      if (conflict.table === INFO_TABLE && conflict.field === 'mtime') return;
      onConflict(conflict);
    });
  }

  /** @returns nothing where there is no such list, or it says something about the datastore. */
  #editList(place: ListPlace, op: unknown): PlacedListOp | undefined {
    if (place.table === INFO_TABLE) return undefined;
    const applied = editListIn(this.#view, place, (at) => ownSingleListOp(op, at), this.#limits);
    if (applied === undefined) return undefined;
    const placed = { place, op: applied };
    try {
      this.#open.checkRoomForListOp(placed, this.#eventRoom);
      this.#open.noteRule(place.table, place.field, this.#rules);
    } catch (error) {
      editListIn(this.#view, place, () => invertListOp(applied), NO_LIMITS);
      throw error;
    }
    this.#open.addListOp(placed);
    return placed;
  }

  /** How large the edits of an event may be, in bytes. */
  get #eventRoom(): number {
    return Math.min(this.#limits.deltaSize, EVENT_SIZE_MAX) - MTIME_SIZE;
  }

  /** @param changes owned already. */
  #edit(changes: readonly Change[], isRecorded: boolean, rules: RuleSource): Delta {
    const applied = deltaOf(applyChanges(this.#view, changes, this.#limits));
    try {
      this.#open.checkRoom(applied, this.#eventRoom);
      this.#open.noteRules(applied, rules);
    } catch (error) {
      const back = new OpenDelta();
      back.add(applied, false);
      this.#view.apply(back.inverse());
      throw error;
    }
    this.#open.add(applied, isRecorded);
    return applied;
  }

  #retrace(delta: Delta | undefined, note: (applied: Delta) => void): Delta | undefined {
    if (delta === undefined) return undefined;
    const applied = this.#edit(changesIn(delta), false, this.#rules);
    note(applied);
    return applied;
  }

  /** Replaces what is held by a snapshot. Spec: WINDOW-3. */
  #takeSnapshot(): { readonly before: State; readonly handedBack: readonly MeshEvent[] } | undefined {
    const snapshot = this.#snapshot;
    this.#snapshot = undefined;
    if (snapshot === undefined || covers(this.vector(), snapshot.trimmed.vector)) return undefined;
    const view = this.#view;
    const before = view.clone();
    const { graph } = this.#integrator;
    const { vector } = snapshot.trimmed;
    const isConcurrent = ({ id }: MeshEvent): boolean => id[1] > (vector.get(id[0]) ?? 0);
    const left = graph.nodes.map(({ event }) => event).filter(isConcurrent);
    const trimmedState = parseState(snapshot.rows);
    // Records of an open datastore go on to read this state.
    view.apply(diff(view, trimmedState));
    this.#integrator = new Integrator(snapshot.trimmed, trimmedState, view);
    this.#undo.clear();
    const inbox = this.#inbox;
    this.#inbox = new Inbox();
    const fits = new Set(snapshot.events.map(({ id }) => id.join('\n')));
    for (const event of snapshot.events)
      if (this.#mayWrite(...event.id)) this.#inbox.add(event, this.#integrator.graph);
    for (const event of inbox.events) if (isConcurrent(event)) this.#inbox.add(event, this.#integrator.graph);
    const handedBack = left.filter(({ id }) => id[0] === this.#agent && !fits.has(id.join('\n')));
    if (handedBack.length > 0) this.#isNameTaken = true;
    return { before, handedBack };
  }
}

function ownList<Item>(items: Iterable<Item>, what: string): Item[] {
  if (isIterableObject(items)) return [...items];
  throw invalidArgument(`${what} must be an array`, items);
}

function ownEventTime(time: unknown): number {
  const owned = ownAtom(time);
  if (owned instanceof Date && isEventTime(owned.getTime())) return owned.getTime();
  throw new DatastoreError('invalid-value', `the time of an event must be a date from 1970 on, got ${quote(time)}`);
}

function nameTaken(agent: string): DatastoreError {
  return new DatastoreError('bad-state', `another replica has used the name ${quote(agent)}: rename this one`);
}

/** Whether somebody who holds `vector` holds all of `other`. */
function covers(vector: VersionVector, other: VersionVector): boolean {
  for (const [agent, seq] of other) if ((vector.get(agent) ?? 0) < seq) return false;
  return true;
}

/** The records that a delta is about, by table. */
function recordsOf(delta: Delta): RecordsByTable {
  const tables = new Map<string, Set<string>>();
  for (const { table, record } of changesIn(delta)) tables.set(table, (tables.get(table) ?? new Set()).add(record));
  return tables;
}
