import { formatDelta, parseDelta } from '../codec/wire/delta.js';
import { composeAll, type Delta, NO_CHANGES, sizeOfDelta } from '../deltas/delta.js';
import { DatastoreError } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import type { WireChange } from '../operations/wire.js';
import { expectArray, expectItems, type JsonObject } from '../values/json.js';
import { isWholeNumber } from '../values/numbers.js';
import type { LocalDelta } from './local-delta.js';
import { type StoredItem, storeStack } from './undo/saved-stack.js';
import type { Segment, SegmentRole } from './undo/segments.js';
import type { Mark } from './undo/undo-history.js';

/**
 * What a saved delta is: the number of the delta of the queue that it is a segment of; the number of the undo item that
 * it is, or 0 if it is none; and the number of its origin, or 0 if the undo history has nothing of it.
 */
export type SavedSegment = readonly [delta: number, item: number, origin: number];

/** An item of a stack: its number and that of its origin, or 0, and its deltas. See `StoredItem`. */
export type SavedUndoItem = readonly [item: number, origin: number, ...deltas: (readonly WireChange[])[]];

/** The members of a saved replica that say what can be undone and redone. They are there together, or not at all. */
export interface SavedHistory {
  /** What each pending delta is, and last what the open one is: it is what the user was editing. */
  readonly segments: readonly SavedSegment[];
  readonly undo: readonly SavedUndoItem[];
  readonly redo: readonly SavedUndoItem[];
  /** Whether what is below the queue's items fits the state of the log. Spec: SYNC-54. */
  readonly isExact: boolean;
}

/** The same with deltas that were read. An item has the number 0 where nothing in the queue is of it. */
export interface StoredHistory {
  readonly segments: readonly SavedSegment[];
  readonly undo: readonly StoredItem[];
  readonly redo: readonly StoredItem[];
  readonly isExact: boolean;
}

/** A queue by its segments, without those that are empty, and what can be undone and redone. */
export interface SegmentedQueue {
  readonly pending: readonly Delta[];
  readonly open: Delta;
  readonly history: StoredHistory;
}

/**
 * What is saved of a queue, of which the last delta is the uncommitted one, so that undo and redo go on.
 *
 * @param size what the history may weigh in bytes: its oldest part is left out. Spec: SYNC-66.
 */
export function segmentedQueue(queue: readonly LocalDelta[], mark: Mark, size: number): SegmentedQueue {
  const { deltas, left } = joinOldest(queue, size);
  const open = queue.at(-1);
  const running = open?.segmentsSoFar().slice(open.segments.length)[0]?.delta ?? NO_CHANGES;
  const numbers = new Map<number, number>();
  const applied = new Map<SegmentRole, Delta>();
  const numberOf = (id: SegmentRole | undefined): number => {
    if (typeof id !== 'number') return 0;
    const number = numbers.get(id) ?? numbers.size + 1;
    numbers.set(id, number);
    return number;
  };
  const segments = deltas.flatMap((own, at) =>
    own.map(({ role, origin, delta }): SavedSegment => {
      applied.set(role, delta);
      return [at, numberOf(role), numberOf(origin)];
    }),
  );
  const joined = new Set(queue.flatMap((delta) => delta.segments.map(({ role }) => role)));
  for (const role of applied.keys()) joined.delete(role);
  const last = mark.undo.findIndex(({ id }) => joined.has(id));
  const undo = storeStack(last < 0 ? mark.undo : mark.undo.slice(0, last), left, (id) => applied.get(id));
  const redo = storeStack(mark.redo, undo.size, () => undefined);
  const numbered = (item: StoredItem): StoredItem => ({
    id: numbers.get(item.id) ?? 0,
    origin: numbers.get(item.origin) ?? 0,
    deltas: item.deltas,
  });
  return {
    pending: deltas.flatMap((own) => own.map(({ delta }) => delta)),
    open: running,
    history: {
      segments: [...segments, [queue.length - 1, 0, 0]],
      undo: undo.items.map(numbered),
      redo: redo.items.map(numbered),
      isExact: mark.isExact,
    },
  };
}

/**
 * The deltas of a queue by their segments: the latest ones, which weigh at most `size` bytes together, where the first of
 * each delta weighs nothing, since it has to be saved anyway; and those before them as one of each delta.
 */
function joinOldest(
  queue: readonly LocalDelta[],
  size: number,
): { readonly deltas: readonly (readonly Segment[])[]; readonly left: number } {
  let left = size;
  let isOver = false;
  const deltas = [...queue].reverse().map(({ segments }) => {
    let start = segments.length;
    while (start > 0 && !isOver) {
      const cost = start === 1 ? 0 : sizeOfDelta((segments[start - 1] as Segment).delta);
      isOver = cost > left;
      if (!isOver) [start, left] = [start - 1, left - cost];
    }
    if (start === 0) return segments;
    const joined: Segment = {
      role: 'unrecorded',
      delta: composeAll(segments.slice(0, start).map(({ delta }) => delta)),
    };
    return [joined, ...segments.slice(start)];
  });
  return { deltas: deltas.reverse(), left: isOver ? 0 : left };
}

/** The role of a saved segment, and its origin. */
export function roleOf([, item, origin]: SavedSegment): { readonly role: SegmentRole; readonly origin?: number } {
  if (origin === 0) return { role: 'unrecorded' };
  return { role: item === 0 ? 'undoing' : item, origin };
}

/** The greatest number that a history gives. */
export function lastNumber({ segments }: Pick<StoredHistory, 'segments'>): number {
  return segments.reduce((last, [, item, origin]) => Math.max(last, item, origin), 0);
}

/** The deltas of the queue, each as a whole, of which the segments were saved. */
export function wholeDeltas(segments: readonly SavedSegment[] | undefined, deltas: readonly Delta[]): readonly Delta[] {
  if (segments === undefined) return deltas;
  const wholes: Delta[][] = [];
  deltas.forEach((delta, at) => {
    if (segments[at]?.[0] === wholes.length) wholes.push([]);
    wholes.at(-1)?.push(delta);
  });
  return wholes.map(composeAll);
}

/** What a saved replica says about its queue. */
interface SavedQueue {
  readonly pending: readonly (readonly WireChange[])[];
  readonly open: readonly WireChange[];
  readonly segments?: readonly SavedSegment[];
}

/** The sealed deltas of a queue, oldest first, and what is not sealed. */
export interface WholeDeltas {
  readonly sealed: readonly Delta[];
  readonly uncommitted: Delta;
}

/**
 * The deltas of a saved replica that the log does not have, as far as is known. Each is whole, whether or not it was
 * saved by
 * its segments.
 *
 * @throws DatastoreError for anything but a saved replica.
 */
export function savedDeltas({ pending, open, segments }: SavedQueue): WholeDeltas {
  const saved = [...pending, open].map(parseDelta);
  const fault = segments === undefined ? undefined : faultOfSegments(segments.map(parseSegment), saved.length);
  if (fault !== undefined) throw new DatastoreError('invalid-json', fault);
  const deltas = wholeDeltas(segments, saved);
  return { sealed: deltas.slice(0, -1), uncommitted: deltas.at(-1) ?? NO_CHANGES };
}

export function formatHistory({ segments, undo, redo, isExact }: StoredHistory): SavedHistory {
  return { segments, undo: undo.map(formatItem), redo: redo.map(formatItem), isExact };
}

function formatItem({ id, origin, deltas }: StoredItem): SavedUndoItem {
  return [id, origin, ...deltas.map(formatDelta)];
}

/**
 * Reads what {@link formatHistory} wrote for as many deltas. Whether items fit is not checked.
 *
 * @throws DatastoreError `invalid-json`.
 */
export function parseHistory(saved: JsonObject, count: number): StoredHistory {
  const parseItem = (json: unknown): StoredItem => {
    const [id, origin, ...deltas] = expectArray(json, 'an undo item');
    return { id: id as number, origin: origin as number, deltas: deltas.map(parseDelta) };
  };
  const history = {
    segments: expectItems(saved['segments'], 'the segments', parseSegment),
    undo: expectItems(saved['undo'], 'what can be undone', parseItem),
    redo: expectItems(saved['redo'], 'what can be redone', parseItem),
    isExact: saved['isExact'] as boolean,
  };
  const fault = faultOfHistory(history, count);
  if (fault === undefined) return history;
  throw new DatastoreError('invalid-json', fault);
}

export function parseSegment(json: unknown): SavedSegment {
  const parts = expectArray(json, 'a segment');
  const [delta, item, origin] = parts;
  const areNumbers = isWholeNumber(delta) && isWholeNumber(item) && isWholeNumber(origin);
  if (areNumbers && parts.length === 3) return [delta, item, origin];
  throw new DatastoreError('invalid-json', `got the segment ${quote(json)}: use [delta, item, origin], each from 0`);
}

/** Why no replica saves this history of `count` deltas, if it does not. */
export function faultOfHistory({ segments, undo, redo, isExact }: StoredHistory, count: number): string | undefined {
  const fault = faultOfSegments(segments, count);
  if (fault !== undefined) return fault;
  if (typeof isExact !== 'boolean') return `isExact must be true or false, got ${quote(isExact)}`;
  const last = lastNumber({ segments });
  const items = new Set(segments.flatMap(([, item]) => (item === 0 ? [] : [item])));
  return faultOfStack(undo, last, items) ?? faultOfStack(redo, last, new Set());
}

function faultOfSegments(segments: readonly SavedSegment[], count: number): string | undefined {
  if (segments.length !== count) return `there are ${segments.length} segments for ${count} deltas`;
  const items = new Set<number>();
  let [last, delta] = [0, 0];
  for (const [number, item, origin] of segments) {
    if (number !== delta && number !== delta + 1) return 'the segments are not in the order of their deltas';
    delta = number;
    for (const used of [item, origin]) {
      if (used > last + 1) return 'the numbers of the segments do not go up by one';
      last = Math.max(last, used);
    }
    if (item > 0 && (origin === 0 || items.has(item))) return 'an item has no origin, or two segments';
    if (item > 0) items.add(item);
  }
  const [first, open, before] = [segments[0], segments.at(-1), segments.at(-2)];
  if (first?.[0] !== 0) return 'the segments begin with the first delta';
  if (open?.[1] !== 0 || open[2] !== 0) return 'the open delta is not of an item that has ended';
  return before === undefined && open[0] !== 0 ? 'a delta has no segment' : undefined;
}

/** @param items those with a segment, whose deltas can be left out. */
function faultOfStack(stack: readonly StoredItem[], last: number, items: ReadonlySet<number>): string | undefined {
  let isFaded = false;
  for (const { id, origin, deltas } of stack) {
    const areNumbers = isWholeNumber(id) && isWholeNumber(origin) && id <= last && origin <= last;
    if (!areNumbers) return `an item has the numbers ${quote(id)} and ${quote(origin)}: the segments go up to ${last}`;
    isFaded = deltas.length === 3 || (isFaded && deltas.length === 2);
    if (deltas.length > 3 || (deltas.length === 2 && !isFaded)) return `an item has ${deltas.length} deltas`;
    if (deltas.length === 0 && !items.has(id)) return 'an item has no delta, and no segment';
  }
  return undefined;
}
