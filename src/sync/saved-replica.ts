import { formatDelta, parseDelta } from '../codec/wire/delta.js';
import { formatState, parseState, type Row } from '../codec/wire/state.js';
import { type Delta, NO_CHANGES } from '../deltas/delta.js';
import { DatastoreError, isDatastoreError } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { ownRecordId, ownTableId } from '../operations/ownership.js';
import type { WireChange } from '../operations/wire.js';
import type { ResolutionRules } from '../rules/resolution-rules.js';
import type { Rule, RuleName } from '../rules/rule.js';
import type { State } from '../state/state.js';
import { expectArray, expectItems, expectObject, type JsonObject } from '../values/json.js';
import { ownFieldName } from '../values/ownership.js';
import { LocalDelta } from './local-delta.js';
import { parseRefusal } from './message-format.js';
import { headMember, isRevision, isValidNonce, type Refusal } from './messages.js';
import { appendsIn, parseOwnItems, type SavedAppends, type SavedOwnList, withAppends } from './own-items.js';
import { parseOwnPuts, type SavedPut } from './own-puts.js';
import type { PendingQueue } from './pending-queue.js';
import type { PlacedRule } from './pending-rules.js';
import type { SessionOrigin } from './replica-session.js';
import {
  formatHistory,
  parseHistory,
  type SavedHistory,
  type SegmentedQueue,
  type StoredHistory,
  segmentedQueue,
  wholeDeltas,
} from './saved-history.js';
import type { UndoHistory } from './undo/undo-history.js';

/** The rule of a field with a pending edit: table, record, field and the name, where `function` stands for one. */
export type SavedRule = readonly [table: string, record: string, field: string, rule: RuleName | 'function'];

/** The names that a saved rule can have. The binary form numbers them in this order. */
export const SAVED_RULE_NAMES: readonly SavedRule[3][] = ['remote', 'local', 'max', 'min', 'sum', 'function'];

/**
 * A replica as plain data for JSON: the state of the log that it has merged, and the local edits on top of it. What they
 * overwrote is left out, because applying them again tells. What was received and not merged is left out too; it will be
 * asked for again. Spec: SYNC-34.
 */
export interface SavedReplica extends Partial<SavedHistory> {
  /** 2 if what can be undone is saved too: then each pending delta is a segment, and {@link segments} says of which. */
  readonly format: 1 | 2;
  readonly rev: number;
  readonly rows: readonly Row[];
  /** The sealed deltas, oldest first. */
  readonly pending: readonly (readonly WireChange[])[];
  /** The nonce of the first pending delta, if that was put. */
  readonly nonce: string | null;
  /** The refusal of that delta, if it has not been undone yet. */
  readonly refusal: Refusal | null;
  readonly open: readonly WireChange[];
  readonly rules: readonly SavedRule[];
  readonly needsReload: boolean;
  readonly isLogLost: boolean;
  /** The nonce of the log's entry at `rev`; left out where it is not known. */
  readonly head?: string;
  /** What the user had seen when each pending delta, and the open one, was edited; left out if that is `rev` for all. */
  readonly seen?: readonly number[];
  /** The fields that have what the user gave them; left out where there are none. */
  readonly puts?: readonly SavedPut[];
  /** What the replica knows of its own items in lists; left out where it knows nothing. */
  readonly own?: readonly [items: readonly SavedOwnList[], appends: readonly SavedAppends[]];
}

/** What {@link SavedReplica} describes, whichever merge functions there are. */
export interface StoredReplica {
  readonly base: State;
  readonly rev: number;
  readonly pending: readonly Delta[];
  readonly open: Delta;
  readonly rules: readonly SavedRule[];
  readonly session: SessionOrigin;
  readonly ownItems: readonly SavedOwnList[];
  /** What the user had seen when each pending delta, and last the open one, was edited. */
  readonly seen: readonly number[];
  readonly ownPuts: readonly SavedPut[];
  /** What can be undone and redone, if that was saved; then the pending deltas are segments. */
  readonly history?: StoredHistory | undefined;
}

/** The same with its merge functions. */
export interface ParsedReplica extends Omit<StoredReplica, 'rules'> {
  readonly rules: readonly PlacedRule[];
}

/**
 * Which local edits are saved: `all` of them, only the `sealed` ones, the `ordinary` ones, which are not provisional, or
 * those that are to be `kept`, which are the sealed and ordinary ones. Spec: SYNC-52.
 */
export type SavedExtent = 'all' | 'sealed' | 'ordinary' | 'kept';

export const SAVED_EXTENTS: readonly SavedExtent[] = ['all', 'sealed', 'ordinary', 'kept'];

/** What a replica is saved from. */
export interface ReplicaParts {
  readonly queue: PendingQueue;
  readonly session: SessionOrigin;
  readonly history: UndoHistory;
  /** What the deltas of its undo history may weigh when it is saved; 0 if it is not to be saved. */
  readonly undoSize: number;
}

export function formatReplica(parts: ReplicaParts, extent: SavedExtent): SavedReplica {
  const { queue, session: origin } = parts;
  const isOrdinary = extent === 'ordinary' || extent === 'kept';
  // What is in flight is the first pending delta. If that is left out, nothing that is saved is in flight.
  const isFlightKept = !isOrdinary || queue.unconfirmed[0]?.isProvisional !== true;
  const session = isFlightKept ? origin : { ...origin, nonce: undefined, refusal: undefined };
  const whole = isOrdinary ? queue.ordinary() : queue.whole();
  const uncommitted = isOpenSaved(extent) ? whole.uncommitted : NO_CHANGES;
  const segmented = parts.undoSize > 0 ? savedSegments(parts, extent) : undefined;
  const { pending, open, history } = segmented ?? { pending: whole.sealed, open: uncommitted, history: undefined };
  const rules = queue.rules.of([...pending, open]).map(formatRule);
  return formatStored({
    base: queue.base,
    rev: queue.revision,
    pending,
    open,
    rules,
    session,
    ownItems: queue.ownInBase,
    // If nothing is uncommitted, it has seen all.
    seen: uncommitted.length > 0 ? whole.seen : [...whole.seen.slice(0, -1), queue.revision],
    ownPuts: queue.ownPuts,
    history,
  });
}

function isOpenSaved(extent: SavedExtent): boolean {
  return extent === 'all' || extent === 'ordinary';
}

/**
 * The queue by its segments, with what could be undone and redone before the first delta that is left out. That is not
 * known if anything after that is saved, or has been merged since.
 */
function savedSegments({ queue, history, undoSize }: ReplicaParts, extent: SavedExtent): SegmentedQueue | undefined {
  const { uncommitted } = queue;
  const isLeftOut = (delta: LocalDelta): boolean =>
    delta === uncommitted ? !isOpenSaved(extent) : delta.isProvisional && extent !== 'all' && extent !== 'sealed';
  const deltas = [...queue.unconfirmed, uncommitted].filter((delta) => delta === uncommitted || !delta.isUntouched);
  const end = deltas.findIndex((delta) => isLeftOut(delta) && !delta.isUntouched);
  if (end >= 0 && deltas.slice(end).some((delta) => !isLeftOut(delta) && !delta.isUntouched)) return undefined;
  const mark = history.markBefore(end < 0 ? undefined : deltas[end]);
  if (mark === undefined) return undefined;
  return segmentedQueue(end < 0 ? deltas : [...deltas.slice(0, end), new LocalDelta()], mark, undoSize);
}

/** The state of the log of a saved replica, without any local edit. */
export function withoutEdits({ rev, rows, needsReload, isLogLost, head, puts }: SavedReplica): SavedReplica {
  return {
    ...{ format: 1, rev, rows, pending: [], nonce: null, refusal: null, open: [], rules: [], needsReload, isLogLost },
    ...headMember(head),
    ...(puts === undefined ? {} : { puts }),
  };
}

/**
 * Reads what {@link formatReplica} wrote.
 *
 * @throws DatastoreError `invalid-json` for anything else, `rule-missing` where a function was in force and `rules` has
 * none for that field.
 */
export function parseReplica(json: unknown, rules: Pick<ResolutionRules, 'get'>): ParsedReplica {
  const stored = parseStored(json);
  return { ...stored, rules: stored.rules.map((rule) => placeRule(rule, rules)) };
}

export function formatStored(stored: StoredReplica): SavedReplica {
  const { base, rev, pending, open, rules, session } = stored;
  const own = formatOwn(stored);
  return {
    format: stored.history === undefined ? 1 : 2,
    rev,
    rows: formatState(base),
    pending: pending.map(formatDelta),
    nonce: session.nonce ?? null,
    refusal: session.refusal ?? null,
    open: formatDelta(open),
    rules,
    needsReload: session.needsReload,
    isLogLost: session.isLogLost,
    ...headMember(session.head),
    ...formatMemory(stored),
    ...(own === undefined ? {} : { own }),
    ...(stored.history === undefined ? {} : formatHistory(stored.history)),
  };
}

/** What the user had seen, and gave a value to, if there is anything to say. */
export function formatMemory({
  rev,
  seen,
  ownPuts,
}: Pick<StoredReplica, 'rev' | 'seen' | 'ownPuts'>): Pick<SavedReplica, 'seen' | 'puts'> {
  return {
    ...(seen.every((one) => one === rev) ? {} : { seen }),
    ...(ownPuts.length === 0 ? {} : { puts: ownPuts }),
  };
}

/** Reads what {@link formatMemory} wrote of a replica with `count` deltas. @throws DatastoreError `invalid-json`. */
export function parseMemory(
  { seen, puts }: JsonObject,
  rev: number,
  count: number,
): Pick<StoredReplica, 'seen' | 'ownPuts'> {
  return {
    seen: seen === undefined ? new Array<number>(count).fill(rev) : parseSeen(seen, rev, count),
    ownPuts: puts === undefined ? [] : parseOwnPuts(puts, rev),
  };
}

function parseSeen(json: unknown, rev: number, count: number): number[] {
  const seen = expectItems(json, 'what was seen', (one) => one);
  const isWhole = seen.length === count && seen.every((one): one is number => isRevision(one) && one <= rev);
  if (isWhole && seen.some((one) => one < rev)) return seen;
  throw invalid(
    `got ${quote(json)} as seen: use ${count} revisions up to ${rev}, not all of them ${rev}; or leave it out`,
  );
}

/** What the replica knows of its own items, if anything. */
export function formatOwn({ pending, open, ownItems }: StoredReplica): SavedReplica['own'] {
  const appends = appendsIn([...pending, open]);
  return ownItems.length + appends.length === 0 ? undefined : [ownItems, appends];
}

/** Reads what {@link formatStored} wrote. @throws DatastoreError `invalid-json` for anything else. */
export function parseStored(json: unknown): StoredReplica {
  const saved = expectObject(json, 'a saved replica');
  const { format } = saved;
  if (format !== 1 && format !== 2) throw invalid(`got a saved replica of format ${quote(format)}: use 1 or 2`);
  const { rev, nonce } = saved;
  if (!isRevision(rev)) throw invalid(`got the revision ${quote(rev)}: use a whole number from 0`);
  if (nonce !== null && !isValidNonce(nonce)) {
    throw invalid(`got the nonce ${quote(nonce)}: use 1 to 128 visible ASCII characters, or null`);
  }
  const head = saved['head'];
  if (head !== undefined && !isValidNonce(head)) {
    throw invalid(`got the head ${quote(head)}: use 1 to 128 visible ASCII characters, or leave it out`);
  }
  const own = saved['own'] === undefined ? { items: [], appends: [] } : parseOwnItems(saved['own']);
  const pending = expectItems(saved['pending'], 'the pending deltas', parseDelta);
  const deltas = [...pending, parseDelta(saved['open'])];
  const marked = withAppends(deltas, own.appends);
  const history = format === 2 ? parseHistory(saved, deltas.length) : undefined;
  const stored: StoredReplica = {
    base: parseState(saved['rows']),
    rev,
    pending: marked.slice(0, -1),
    open: marked.at(-1) ?? NO_CHANGES,
    rules: expectItems(saved['rules'], 'the rules', parseRule),
    session: {
      nonce: nonce ?? undefined,
      refusal: saved['refusal'] === null ? undefined : parseRefusal(saved['refusal']),
      needsReload: flag(saved, 'needsReload'),
      isLogLost: flag(saved, 'isLogLost'),
      head,
    },
    ownItems: own.items,
    ...parseMemory(saved, rev, countOfDeltas(history, deltas.length)),
    history,
  };
  const fault = faultOfStored(stored);
  if (fault !== undefined) throw invalid(fault);
  return stored;
}

/** How many deltas there are in the queue, with the open one, if so many were saved. */
export function countOfDeltas(history: StoredHistory | undefined, count: number): number {
  return history === undefined ? count : (history.segments.at(-1)?.[0] ?? 0) + 1;
}

/** Why no replica saves this, if its parts contradict each other. Whether edits fit the state is not checked. */
export function faultOfStored({ rev, pending, open, rules, session, history }: StoredReplica): string | undefined {
  const { nonce, refusal, head } = session;
  if (head !== undefined && rev === 0) return 'there is a head, but no entry at revision 0 that it could name';
  const wholes = composed(history?.segments, [...pending, open]);
  if (typeof wholes === 'string') return wholes;
  const hasPut = wholes.length > 1 && (wholes[0]?.length ?? 0) > 0;
  if (nonce !== undefined && !hasPut) return 'there is a nonce, but no pending delta with a change that it could name';
  if (refusal !== undefined && nonce === undefined) return 'there is a refusal, but no nonce of what was refused';
  if (refusal?.reason === 'unknown-revision') return 'a refusal as unknown-revision undoes nothing, so it is not saved';
  const places = new Set(rules.map((rule) => rule.slice(0, 3).join(' ')));
  return places.size < rules.length ? 'there are two rules for one field' : undefined;
}

/** The deltas of the queue, or why their segments do not make them. */
function composed(
  segments: StoredHistory['segments'] | undefined,
  deltas: readonly Delta[],
): readonly Delta[] | string {
  try {
    return wholeDeltas(segments, deltas);
  } catch (error) {
    if (isDatastoreError(error)) return `the segments of a delta do not follow one another: ${error.message}`;
    throw error;
  }
}

export function formatRule({ table, record, field, rule }: PlacedRule): SavedRule {
  return [table, record, field, typeof rule === 'function' ? 'function' : rule];
}

export function parseRule(json: unknown): SavedRule {
  const parts = expectArray(json, 'a rule');
  const [table, record, field, name] = parts;
  const known = SAVED_RULE_NAMES.find((rule) => rule === name);
  if (known === undefined || parts.length > 4) {
    const names = SAVED_RULE_NAMES.join(', ');
    throw invalid(`got the rule ${quote(json)}: use [table, record, field, name], where name is one of ${names}`);
  }
  const owner = { table: ownTableId(table), record: ownRecordId(record) };
  return [owner.table, owner.record, ownFieldName(field, owner), known];
}

function placeRule([table, record, field, name]: SavedRule, rules: Pick<ResolutionRules, 'get'>): PlacedRule {
  return { table, record, field, rule: ruleOf(name, table, record, field, rules) };
}

function ruleOf(
  name: SavedRule[3],
  table: string,
  record: string,
  field: string,
  rules: Pick<ResolutionRules, 'get'>,
): Rule {
  if (name !== 'function') return name;
  const rule = rules.get(table, field);
  if (typeof rule === 'function') return rule;
  const reason = 'an edit of this field was made under a merge function: set one in `rules` before loading';
  throw new DatastoreError('rule-missing', reason, { table, record, field });
}

function flag(json: JsonObject, name: string): boolean {
  const value = json[name];
  if (typeof value === 'boolean') return value;
  throw invalid(`${name} of a saved replica must be true or false, got ${quote(value)}`);
}

function invalid(reason: string): DatastoreError {
  return new DatastoreError('invalid-json', reason);
}
