import type { Delta } from '../../deltas/delta.js';
import { DatastoreError } from '../../errors/datastore-error.js';
import { parseRefusal } from '../../sync/message-format.js';
import type { Refusal } from '../../sync/messages.js';
import { isValidNonce } from '../../sync/messages.js';
import { parseOwnItems, type SavedOwnItems, withAppends } from '../../sync/own-items.js';
import { faultOfHistory, parseSegment, type SavedSegment, type StoredHistory } from '../../sync/saved-history.js';
import {
  countOfDeltas,
  faultOfStored,
  formatMemory,
  formatOwn,
  formatStored,
  parseMemory,
  parseStored,
  SAVED_RULE_NAMES,
  type SavedReplica,
  type SavedRule,
  type StoredReplica,
} from '../../sync/saved-replica.js';
import { expectArray, expectItems, expectObject, type JsonObject } from '../../values/json.js';
import { isWholeNumber } from '../../values/numbers.js';
import { ByteReader, ByteWriter, invalidBinary } from './byte-column.js';
import { decodeHistory, encodeHistory, HISTORY_COLUMN_COUNT } from './encoded-history.js';
import { packColumns, unpackColumns } from './envelope.js';
import { COST, type DecodeOptions, MemoryBudget } from './memory-budget.js';
import type { NameIndex, NameTable } from './shared-tables.js';
import { decodeUtf8 } from './text-column.js';

const NEEDS_RELOAD = 1;
const IS_LOG_LOST = 2;
const KNOWS_OWN = 4;
const KNOWS_HEAD = 8;
const HAS_MEMORY = 16;
const ALL_FLAGS = 31;
/** The JSON form of no memory. */
const NO_MEMORY = '{}';
const NOTHING_OWN: SavedOwnItems = { items: [], appends: [] };
const COLUMN_COUNT = 4 + HISTORY_COLUMN_COUNT;

/**
 * Writes a saved replica, the result of `Replica.save()`, in the binary form. Equal replicas give equal bytes.
 *
 * Law: `decodeReplica(encodeReplica(r))` is `r`, with its rules in code point order of their places.
 *
 * @throws DatastoreError `invalid-json` if it is not the result of `save()`. Spec: BIN-22, BIN-23.
 */
export function encodeReplica(saved: SavedReplica): Uint8Array {
  const stored = parseStored(saved);
  const { base, rev, pending, open, rules, session } = stored;
  const own = formatOwn(stored);
  const head = new ByteWriter();
  head.varint(rev);
  const flags = (session.needsReload ? NEEDS_RELOAD : 0) + (session.isLogLost ? IS_LOG_LOST : 0);
  const memory = JSON.stringify({ ...formatMemory(stored), ...formatCounts(stored.history) });
  const known = (own === undefined ? 0 : KNOWS_OWN) + (session.head === undefined ? 0 : KNOWS_HEAD);
  head.byte(flags + known + (memory === NO_MEMORY ? 0 : HAS_MEMORY));
  if (session.head !== undefined) {
    head.varint(session.head.length);
    head.text(session.head);
  }
  if (memory !== NO_MEMORY) {
    // ASCII alone: it has names and numbers.
    head.varint(memory.length);
    head.text(memory);
  }
  if (own !== undefined) head.text(JSON.stringify(own));
  const { undo, redo } = stored.history ?? { undo: [], redo: [] };
  const history = encodeHistory(
    { state: base, deltas: [...pending, open, ...[...undo, ...redo].flatMap((item) => item.deltas)] },
    rules.flatMap((rule) => rule.slice(0, 3)),
  );
  const refusal = session.refusal === undefined ? '' : JSON.stringify(session.refusal);
  return packColumns('deltaic/replica', [
    ...[head.finish(), textColumn(session.nonce ?? ''), textColumn(refusal), encodeRules(rules, history.names)],
    ...history.columns,
  ]);
}

/**
 * Reads a saved replica for `Replica.load` from untrusted bytes.
 *
 * @throws DatastoreError `invalid-binary` with the offset at fault, `unknown-version`, `decoded-too-large`. Spec: BIN-22,
 * BIN-23, BIN-27.
 */
export function decodeReplica(bytes: unknown, options?: DecodeOptions): SavedReplica {
  const budget = new MemoryBudget(options);
  const [headColumn, nonceColumn, refusalColumn, ruleColumn, ...columns] = unpackColumns(
    bytes,
    'deltaic/replica',
    COLUMN_COUNT,
  ) as readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array, ...Uint8Array[]];
  const head = new ByteReader(headColumn, 'head');
  const rev = head.varint();
  const flags = head.byte();
  if (flags > ALL_FLAGS) head.fail(`unknown flags ${flags}`);
  const nonceOfRev = (flags & KNOWS_HEAD) === 0 ? undefined : decodeNonce(head.bytes(head.varint()));
  const memoryColumn = (flags & HAS_MEMORY) === 0 ? undefined : head.bytes(head.varint());
  const own = (flags & KNOWS_OWN) === 0 ? NOTHING_OWN : decodeOwn(head.rest(), budget);
  head.finish();
  let rules: readonly SavedRule[] = [];
  const { state, deltas } = decodeHistory(columns, budget, (names) => {
    rules = decodeRules(new ByteReader(ruleColumn, 'rules'), names, budget);
  });
  const memory = decodeMemory(memoryColumn, rev, deltas, budget);
  const marked = markAppends(deltas.slice(0, memory.history?.segments.length), own, headColumn.byteOffset);
  const open = marked.at(-1);
  if (open === undefined) throw invalidBinary('the uncommitted delta is missing', headColumn.byteOffset);
  const session = {
    nonce: nonceColumn.length === 0 ? undefined : decodeNonce(nonceColumn),
    refusal: refusalColumn.length === 0 ? undefined : decodeRefusal(refusalColumn),
    needsReload: (flags & NEEDS_RELOAD) !== 0,
    isLogLost: (flags & IS_LOG_LOST) !== 0,
    head: nonceOfRev,
  };
  const stored = {
    base: state,
    rev,
    pending: marked.slice(0, -1),
    open,
    rules,
    session,
    ownItems: own.items,
    ...memory,
  };
  const fault = faultOfStored(stored);
  if (fault !== undefined) throw invalidBinary(fault, headColumn.byteOffset);
  return formatStored(stored);
}

function textColumn(text: string): Uint8Array {
  const column = new ByteWriter();
  column.text(text);
  return column.finish();
}

/** In code point order of table, record and field, which is the order of the numbers of the names. */
function encodeRules(rules: readonly SavedRule[], names: NameIndex): Uint8Array {
  const column = new ByteWriter();
  const numbered = rules.map(([table, record, field, rule]) => [
    ...[table, record, field].map((name) => names.numberOf(name)),
    SAVED_RULE_NAMES.indexOf(rule),
  ]);
  numbered.sort(compareNumbers);
  for (const numbers of numbered) for (const number of numbers) column.varint(number);
  return column.finish();
}

function decodeRules(column: ByteReader, names: NameTable, budget: MemoryBudget): SavedRule[] {
  const rules: SavedRule[] = [];
  let previous: readonly number[] = [];
  while (!column.isAtEnd) {
    budget.take(COST.entry);
    const place = [column.varint(), column.varint(), column.varint()] as const;
    const rule = SAVED_RULE_NAMES[column.varint()];
    if (rule === undefined) column.fail('unknown rule');
    if (previous.length > 0 && compareNumbers(previous, place) >= 0)
      column.fail('the rules must be in ascending order');
    const [table, record, field] = place.map((number) => names.at(number, column)) as [string, string, string];
    rules.push([table, record, field, rule]);
    previous = place;
  }
  return rules;
}

function compareNumbers(left: readonly number[], right: readonly number[]): number {
  const at = left.findIndex((number, index) => number !== right[index]);
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0);
}

function decodeNonce(column: Uint8Array): string {
  const nonce = decodeUtf8(column);
  if (isValidNonce(nonce)) return nonce;
  throw invalidBinary('not a nonce', column.byteOffset);
}

/** A refusal is stored as JSON, with its members in the order of the interface. */
function decodeRefusal(column: Uint8Array): Refusal {
  return decodeJson(column, 'a refusal', parseRefusal, (refusal) => refusal);
}

/** What a replica knows of its own items is stored as JSON. */
function decodeOwn(column: Uint8Array, budget: MemoryBudget): SavedOwnItems {
  budget.take(COST.listOp * column.length);
  return decodeJson(column, 'own items', parseOwnItems, ({ items, appends }) => [items, appends]);
}

type Memory = Pick<StoredReplica, 'seen' | 'ownPuts' | 'history'>;

/**
 * What the authors of the deltas had seen, the own puts, and what the deltas are to the undo history, are stored as JSON.
 * The deltas of the undo stacks follow those of the queue.
 */
function decodeMemory(
  column: Uint8Array | undefined,
  rev: number,
  deltas: readonly Delta[],
  budget: MemoryBudget,
): Memory {
  if (column === undefined) return parseMemory({}, rev, deltas.length);
  budget.take(COST.listOp * column.length);
  const parse = (json: unknown): Memory => {
    const saved = expectObject(json, 'what is remembered');
    const history = saved['segments'] === undefined ? undefined : parseCounts(saved, deltas);
    return { ...parseMemory(saved, rev, countOfDeltas(history, deltas.length)), history };
  };
  const format = (memory: Memory): unknown => ({
    ...formatMemory({ rev, ...memory }),
    ...formatCounts(memory.history),
  });
  const memory = decodeJson(column, 'what is remembered', parse, format);
  if (JSON.stringify(format(memory)) !== NO_MEMORY) return memory;
  throw invalidBinary('what is remembered must be left out if it is empty', column.byteOffset);
}

/** An item of a stack: its number, that of its origin, and how many deltas it has. */
type ItemCount = readonly [item: number, origin: number, deltas: number];

/** A history without its deltas. */
interface HistoryCounts {
  readonly segments: readonly SavedSegment[];
  readonly undo: readonly ItemCount[];
  readonly redo: readonly ItemCount[];
  readonly isExact: boolean;
}

function formatCounts(history: StoredHistory | undefined): HistoryCounts | undefined {
  if (history === undefined) return undefined;
  const { segments, undo, redo, isExact } = history;
  const countsOf = (stack: StoredHistory['undo']): ItemCount[] =>
    stack.map(({ id, origin, deltas }) => [id, origin, deltas.length]);
  return { segments, undo: countsOf(undo), redo: countsOf(redo), isExact };
}

/** @throws DatastoreError `invalid-json`. */
function parseCounts(saved: JsonObject, deltas: readonly Delta[]): StoredHistory {
  const segments = expectItems(saved['segments'], 'the segments', parseSegment);
  let at = segments.length;
  const stackOf = (name: string): StoredHistory['undo'] =>
    expectItems(saved[name], name, (json) => {
      const [id, origin, count] = expectArray(json, 'an undo item') as ItemCount;
      const own = deltas.slice(at, at + (isWholeNumber(count) ? count : 0));
      at += own.length;
      return { id, origin, deltas: own };
    });
  const history = { segments, undo: stackOf('undo'), redo: stackOf('redo'), isExact: saved['isExact'] as boolean };
  const isWhole = at === deltas.length;
  const fault = isWhole ? faultOfHistory(history, segments.length) : 'the stacks have other deltas than they count';
  if (fault === undefined) return history;
  throw new DatastoreError('invalid-json', fault);
}

/** Reads JSON that must be written as we write it. */
function decodeJson<Value>(
  column: Uint8Array,
  what: string,
  parse: (json: unknown) => Value,
  format: (value: Value) => unknown,
): Value {
  const text = decodeUtf8(column);
  try {
    const value = parse(JSON.parse(text));
    if (JSON.stringify(format(value)) === text) return value;
  } catch (error) {
    if (!(error instanceof DatastoreError) && !(error instanceof SyntaxError)) throw error;
  }
  throw invalidBinary(`not ${what} in its JSON form`, column.byteOffset);
}

function markAppends(deltas: readonly Delta[], { appends }: SavedOwnItems, offset: number): Delta[] {
  try {
    return withAppends(deltas, appends);
  } catch (error) {
    if (error instanceof DatastoreError) throw invalidBinary(error.reason, offset);
    throw error;
  }
}
