import { changesIn, type Delta, deltaInNormalForm } from '../../deltas/delta.js';
import {
  compareAgents,
  EVENT_TIME_MAX,
  type EventId,
  type EventRules,
  isSeq,
  isValidAgent,
  type MeshEvent,
  ownEvent,
} from '../../mesh/event.js';
import type { TrimmedHead } from '../../mesh/event-graph.js';
import type { MeshContent } from '../../mesh/mesh-replica.js';
import { type FieldList, fieldList, updateChange } from '../../operations/change.js';
import { RULE_NAMES, type RuleName } from '../../rules/rule.js';
import { insertsOf, stateOfInserts } from '../../state/state.js';
import { singleEntry } from '../../values/fields.js';
import { ByteReader, ByteWriter, invalidBinary } from './byte-column.js';
import { decodeHistory, encodeHistory, HISTORY_COLUMN_COUNT } from './encoded-history.js';
import { packColumns, unpackColumns } from './envelope.js';
import { COST, type DecodeOptions, MemoryBudget } from './memory-budget.js';
import type { NameIndex, NameTable } from './shared-tables.js';
import { decodeUtf8 } from './text-column.js';

const OWN_COLUMN_COUNT = 7;
const COLUMN_COUNT = OWN_COLUMN_COUNT + HISTORY_COLUMN_COUNT;

/** A stretch of events whose deltas are written as one, and how many list operations each of them has. */
interface Joined {
  readonly delta: Delta;
  /** Empty for a single event. */
  readonly opCounts: readonly number[];
}

/**
 * Writes the content of a mesh replica in the binary form. Equal contents give equal bytes, in whatever order the events
 * arrived.
 *
 * Law: `decodeMesh(encodeMesh(c))` is `c`, with its events in the order of the file.
 *
 * Spec: HIST-1 to HIST-5.
 */
export function encodeMesh(content: MeshContent): Uint8Array {
  return encodeOrdered({ ...content, events: inFileOrder(content.events, content.trimmed.vector, 0) });
}

/** {@link encodeMesh} of events that are in the order of the file. */
function encodeOrdered(content: MeshContent): Uint8Array {
  const { events } = content;
  const agents = agentsOf(content);
  const numbers = new Map(agents.map((agent, number) => [agent, number]));
  const joined = joinEvents(events);
  const deltas = [...joined.map(({ delta }) => delta), content.open];
  if (content.state !== undefined) deltas.push(deltaInNormalForm([...insertsOf(content.state)]));
  const sets = ruleSetsOf([...events.map(({ rules }) => rules), content.openRules]);
  const history = encodeHistory({ state: content.trimmedState, deltas }, namesOf(sets));
  const numberOf = (agent: string): number => numbers.get(agent) ?? 0;
  return packColumns('deltaic/mesh', [
    encodeHead(content, agents, numberOf),
    encodeText(agents.join('\n')),
    encodeCounts(events, agents),
    encodeParents(content, events, agents, numberOf),
    encodeJoins(joined),
    encodeTimes(events),
    encodeRules(sets, [...events.map(({ rules }) => rules), content.openRules], history.names),
    ...history.columns,
  ]);
}

/**
 * Reads the content of a mesh replica from untrusted bytes. `MeshReplica.from` checks whether the events fit what their
 * authors saw.
 *
 * @throws DatastoreError `invalid-binary`, `unknown-version`, `decoded-too-large`. Spec: HIST-1 to HIST-5, BIN-27.
 */
export function decodeMesh(bytes: unknown, options?: DecodeOptions): MeshContent {
  const budget = new MemoryBudget(options);
  const [head, agentText, counts, parents, joins, times, rules, ...columns] = unpackColumns(
    bytes,
    'deltaic/mesh',
    COLUMN_COUNT,
  ) as readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, ...Uint8Array[]];
  budget.take(COST.name * Math.ceil(agentText.length / 2));
  const agents = agentText.length === 0 ? [] : decodeUtf8(agentText).split('\n');
  if (!agents.every(isValidAgent)) throw invalidBinary('an agent is not valid', agentText.byteOffset);
  const start = decodeHead(new ByteReader(head, 'head'), agents);
  let ruleSets: readonly EventRules[] = [];
  const rulesReader = new ByteReader(rules, 'rules');
  const history = decodeHistory(columns, budget, (names) => {
    ruleSets = decodeRuleSets(rulesReader, names, budget);
  });
  const stateCount = start.hasState ? 1 : 0;
  const joinedCount = history.deltas.length - 1 - stateCount;
  if (joinedCount < 0) throw invalidBinary('the unsealed delta is missing', head.byteOffset);
  const deltas = splitDeltas(history.deltas.slice(0, joinedCount), new ByteReader(joins, 'joins'), budget);
  budget.take(COST.entry * deltas.length);
  const ids = decodeCounts(new ByteReader(counts, 'counts of events'), deltas.length, agents, start.vector);
  const allParents = decodeParents(new ByteReader(parents, 'parents'), ids, agents, start.vector, budget);
  const shapes = ids.map((id, at) => ({ id, parents: allParents[at] ?? [] }));
  const allTimes = decodeTimes(new ByteReader(times, 'times'), deltas.length);
  const allRules = decodeRuleUses(rulesReader, deltas.length + 1, ruleSets);
  const events = inFileOrder(shapes, start.vector, parents.byteOffset).map((shape, at) =>
    ownEvent(shape.id, shape.parents, deltas[at] as Delta, allRules[at] ?? new Map(), allTimes[at]),
  );
  const stateDelta = start.hasState ? history.deltas.at(-1) : undefined;
  const content: MeshContent = {
    agent: start.agent,
    trimmed: { vector: start.vector, heads: start.heads },
    trimmedState: history.state,
    events,
    state: stateDelta === undefined ? undefined : stateOfInserts(insertsIn(stateDelta, head.byteOffset)),
    open: history.deltas[joinedCount] as Delta,
    openRules: allRules[deltas.length] ?? new Map(),
  };
  if (!isSame(encodeOrdered(content), bytes as Uint8Array)) {
    throw invalidBinary('the events are not written as the encoder writes them', head.byteOffset);
  }
  return content;
}

/**
 * The events in the order of the file, which is topological and depends on nothing but the set: an agent's events follow
 * one another as long as their parents are there, and then come those of the lowest agent that has one ready. Spec: HIST-2.
 */
function inFileOrder<Shape extends Pick<MeshEvent, 'id' | 'parents'>>(
  events: readonly Shape[],
  trimmed: ReadonlyMap<string, number>,
  offset: number,
): readonly Shape[] {
  const byAgent = new Map<string, Shape[]>();
  for (const event of events) {
    const own = byAgent.get(event.id[0]);
    if (own === undefined) byAgent.set(event.id[0], [event]);
    else own.push(event);
  }
  const there = new Map(trimmed);
  const next = new Map<string, number>();
  const order: Shape[] = [];
  // Agents whose next event may be taken, the lowest last, and those that wait for an event.
  const ready = [...byAgent.keys()].sort((left, right) => compareAgents(right, left));
  const waiting = new Map<string, string[]>();
  for (let agent = ready.pop(); agent !== undefined; agent = ready.pop()) {
    const own = byAgent.get(agent) ?? [];
    for (let at = next.get(agent) ?? 0; at < own.length; at++) {
      const event = own[at] as Shape;
      const missing = event.parents.find(([other, seq]) => (there.get(other) ?? 0) < seq);
      if (missing !== undefined) {
        const key = missing.join('\n');
        waiting.set(key, [...(waiting.get(key) ?? []), agent]);
        break;
      }
      order.push(event);
      there.set(agent, event.id[1]);
      next.set(agent, at + 1);
      if (waiting.size === 0) continue;
      const key = event.id.join('\n');
      for (const woken of waiting.get(key) ?? []) insertDescending(ready, woken);
      waiting.delete(key);
    }
  }
  if (order.length < events.length) throw invalidBinary('an event lacks a parent', offset);
  return order;
}

function insertDescending(agents: string[], added: string): void {
  let low = 0;
  let high = agents.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareAgents(agents[middle] ?? '', added) > 0) low = middle + 1;
    else high = middle;
  }
  agents.splice(low, 0, added);
}

/** All agents that are named, in code point order. */
function agentsOf({ agent, events, trimmed }: MeshContent): readonly string[] {
  const agents = new Set([agent, ...trimmed.vector.keys(), ...trimmed.heads.map(({ id }) => id[0])]);
  for (const { id } of events) agents.add(id[0]);
  return [...agents].sort(compareAgents);
}

/** Own agent, whether there is a state, the trimmed vector and the trimmed heads. Spec: HIST-1. */
function encodeHead(
  { agent, trimmed, state }: MeshContent,
  agents: readonly string[],
  numberOf: (agent: string) => number,
): Uint8Array {
  const column = new ByteWriter();
  column.varint(numberOf(agent) * 2 + (state === undefined ? 0 : 1));
  for (const name of agents) column.varint(trimmed.vector.get(name) ?? 0);
  for (const { id, number } of trimmed.heads) {
    column.varint(numberOf(id[0]));
    column.varint(id[1]);
    column.varint(number);
  }
  return column.finish();
}

function decodeHead(
  column: ByteReader,
  agents: readonly string[],
): {
  readonly agent: string;
  readonly hasState: boolean;
  readonly vector: ReadonlyMap<string, number>;
  readonly heads: readonly TrimmedHead[];
} {
  const first = column.varint();
  const agent = agents[Math.floor(first / 2)];
  if (agent === undefined) column.fail('unknown agent');
  const vector = new Map<string, number>();
  for (const name of agents) {
    const seq = column.varint();
    if (seq > 0) vector.set(name, seq);
  }
  const heads: TrimmedHead[] = [];
  while (!column.isAtEnd) {
    const name = agents[column.varint()];
    const seq = column.varint();
    if (name === undefined || !isSeq(seq)) column.fail('not the id of an event');
    heads.push({ id: [name, seq], number: column.varint() });
  }
  return { agent, hasState: first % 2 === 1, vector, heads };
}

function encodeText(text: string): Uint8Array {
  const column = new ByteWriter();
  column.text(text);
  return column.finish();
}

/** How many events of each agent there are. Spec: HIST-2. */
function encodeCounts(events: readonly MeshEvent[], agents: readonly string[]): Uint8Array {
  const column = new ByteWriter();
  const counts = new Map<string, number>();
  for (const { id } of events) counts.set(id[0], (counts.get(id[0]) ?? 0) + 1);
  if (counts.size > 0) for (const agent of agents) column.varint(counts.get(agent) ?? 0);
  return column.finish();
}

/** The ids of all events, agent by agent. */
function decodeCounts(
  column: ByteReader,
  count: number,
  agents: readonly string[],
  trimmed: ReadonlyMap<string, number>,
): readonly EventId[] {
  const ids: EventId[] = [];
  for (const agent of column.isAtEnd ? [] : agents) {
    const length = column.varint();
    if (length > count - ids.length) column.fail('more events than deltas');
    const first = trimmed.get(agent) ?? 0;
    for (let seq = first + 1; seq <= first + length; seq++) {
      if (!isSeq(seq)) column.fail('not the id of an event');
      ids.push([agent, seq]);
    }
  }
  column.finish();
  if (ids.length < count) column.fail('fewer events than deltas');
  return ids;
}

/**
 * The parents of the events that have others than the agent's event before alone, agent by agent. A parent of another
 * agent is told by how many events it is later than the last one of that agent that was a parent here. Spec: HIST-3.
 */
function encodeParents(
  { trimmed }: MeshContent,
  events: readonly MeshEvent[],
  agents: readonly string[],
  numberOf: (agent: string) => number,
): Uint8Array {
  const column = new ByteWriter();
  const byAgent = new Map<string, MeshEvent[]>(agents.map((agent) => [agent, []]));
  for (const event of events) byAgent.get(event.id[0])?.push(event);
  let gap = 0;
  for (const [agent, own] of byAgent) {
    const known = new Map<string, number>();
    for (const { parents } of own) {
      if (parents.length === 1 && parents[0]?.[0] === agent) {
        gap++;
        continue;
      }
      const others = parents.filter(([other]) => other !== agent);
      const hasOwn = others.length < parents.length;
      const isUsual = others.length === 1 && hasOwn;
      column.varint(gap * 2 + (isUsual ? 0 : 1));
      if (!isUsual) column.varint(others.length * 2 + (hasOwn ? 1 : 0));
      gap = 0;
      for (const [other, seq] of others) {
        // Of two agents, the other one needs no name.
        if (agents.length > 2) column.varint(numberOf(other));
        column.signed(seq - (known.get(other) ?? trimmed.vector.get(other) ?? 0) - 1);
        known.set(other, seq);
      }
    }
  }
  return column.finish();
}

function decodeParents(
  column: ByteReader,
  ids: readonly EventId[],
  agents: readonly string[],
  trimmed: ReadonlyMap<string, number>,
  budget: MemoryBudget,
): readonly (readonly EventId[])[] {
  const all: EventId[][] = [];
  let known = new Map<string, number>();
  let knower: string | undefined;
  let header = column.isAtEnd ? undefined : column.varint();
  let gap = header === undefined ? 0 : Math.floor(header / 2);
  for (const [agent, seq] of ids) {
    if (agent !== knower) [knower, known] = [agent, new Map()];
    const parents: EventId[] = [];
    if (header === undefined || gap > 0) {
      parents.push([agent, seq - 1]);
      gap--;
    } else {
      const shape = header % 2 === 0 ? 3 : column.varint();
      if (shape % 2 === 1) parents.push([agent, seq - 1]);
      for (let others = Math.floor(shape / 2); others > 0; others--) {
        const other = agents.length > 2 ? agents[column.varint()] : agents.find((name) => name !== agent);
        if (other === undefined || other === agent) column.fail('not another agent');
        const parentSeq = (known.get(other) ?? trimmed.get(other) ?? 0) + 1 + column.signed();
        budget.take(COST.name);
        known.set(other, parentSeq);
        parents.push([other, parentSeq]);
      }
      header = column.isAtEnd ? undefined : column.varint();
      gap = header === undefined ? 0 : Math.floor(header / 2);
    }
    for (const [, parentSeq] of parents) if (!isSeq(parentSeq)) column.fail('not the id of an event');
    all.push(parents);
  }
  if (header !== undefined) column.fail('parents of no event');
  return all;
}

/** Joins the deltas of events that follow one another and edit one list and nothing else. Spec: HIST-4. */
function joinEvents(events: readonly MeshEvent[]): readonly Joined[] {
  const joined: Joined[] = [];
  for (let start = 0; start < events.length; ) {
    const first = events[start] as MeshEvent;
    const edit = listEditIn(first.delta);
    let end = start + 1;
    const edits = edit === undefined ? [] : [edit.op];
    for (let next = events[end]; edit !== undefined && next !== undefined; next = events[++end]) {
      const other = listEditIn(next.delta);
      if (other?.field !== edit.field || other.record !== edit.record || other.table !== edit.table) break;
      edits.push(other.op);
    }
    if (edit === undefined || edits.length === 1) joined.push({ delta: first.delta, opCounts: [] });
    else {
      const op = fieldList(
        false,
        edits.flatMap(({ ops }) => ops),
      );
      const delta = deltaInNormalForm([updateChange(edit.table, edit.record, singleEntry(edit.field, op))]);
      joined.push({ delta, opCounts: edits.map(({ ops }) => ops.length) });
    }
    start = end;
  }
  return joined;
}

/** The edit of a list that is all there is in a delta. */
function listEditIn(
  delta: Delta,
): { readonly table: string; readonly record: string; readonly field: string; readonly op: FieldList } | undefined {
  const changes = changesIn(delta);
  const change = changes[0];
  if (change?.type !== 'update' || change.ops.size !== 1 || changes.length > 1) return undefined;
  for (const [field, op] of change.ops) {
    if (op.type === 'list' && !op.create && op.ops.length > 0) {
      return { table: change.table, record: change.record, field, op };
    }
  }
  return undefined;
}

/**
 * How many deltas are of single events, and then for one that is of several how many these are, and how many operations
 * each has: how many events of one operation come first, and then the number of the next event.
 */
function encodeJoins(joined: readonly Joined[]): Uint8Array {
  const column = new ByteWriter();
  let single = 0;
  for (const { opCounts } of joined) {
    if (opCounts.length === 0) {
      single++;
      continue;
    }
    column.varint(single);
    single = 0;
    column.varint(opCounts.length - 2);
    let ones = 0;
    for (const count of opCounts) {
      if (count === 1) {
        ones++;
        continue;
      }
      column.varint(ones);
      column.varint(count - 2);
      ones = 0;
    }
    if (ones > 0) column.varint(ones);
  }
  return column.finish();
}

function splitDeltas(joined: readonly Delta[], column: ByteReader, budget: MemoryBudget): readonly Delta[] {
  const deltas: Delta[] = [];
  let single = column.isAtEnd ? undefined : column.varint();
  for (const delta of joined) {
    if (single === undefined || single > 0) {
      deltas.push(delta);
      if (single !== undefined) single--;
      continue;
    }
    const edit = listEditIn(delta);
    if (edit === undefined) column.fail('a delta that is not the edit of a list is of one event');
    let at = 0;
    budget.take(2 * COST.listOp * edit.op.ops.length);
    const take = (count: number): void => {
      budget.take(COST.change + COST.field + COST.listEdit);
      const op = fieldList(false, edit.op.ops.slice(at, at + count));
      deltas.push(deltaInNormalForm([updateChange(edit.table, edit.record, singleEntry(edit.field, op))]));
      at += count;
    };
    for (let left = column.varint() + 2; left > 0; ) {
      const ones = column.varint();
      if (ones > left || left > edit.op.ops.length - at) column.fail('more operations than there are');
      for (let count = ones; count > 0; count--) take(1);
      left -= ones;
      if (left === 0) break;
      const count = column.varint() + 2;
      if (count > edit.op.ops.length - at) column.fail('more operations than there are');
      take(count);
      left--;
    }
    if (at < edit.op.ops.length) column.fail('fewer operations than there are');
    single = column.isAtEnd ? undefined : column.varint();
  }
  if (single !== undefined) column.fail('more deltas than there are');
  return deltas;
}

/** Runs of events with a time and without, and the times as differences. Spec: HIST-5. */
function encodeTimes(events: readonly MeshEvent[]): Uint8Array {
  const column = new ByteWriter();
  let previous = 0;
  for (let start = 0; start < events.length; ) {
    const hasTime = events[start]?.time !== undefined;
    let end = start + 1;
    while (end < events.length && (events[end]?.time !== undefined) === hasTime) end++;
    if (!hasTime && end === events.length && start === 0) break;
    column.varint((end - start) * 2 + (hasTime ? 1 : 0));
    for (let at = start; hasTime && at < end; at++) {
      const time = events[at]?.time ?? 0;
      column.signed(time - previous);
      previous = time;
    }
    start = end;
  }
  return column.finish();
}

function decodeTimes(column: ByteReader, count: number): readonly (number | undefined)[] {
  const times: (number | undefined)[] = [];
  let previous = 0;
  while (!column.isAtEnd) {
    const header = column.varint();
    const length = Math.floor(header / 2);
    if (length > count - times.length) column.fail('more times than events');
    for (let left = length; left > 0; left--) {
      if (header % 2 === 1) previous += column.signed();
      if (previous < 0 || previous > EVENT_TIME_MAX) column.fail('not the time of an event');
      times.push(header % 2 === 1 ? previous : undefined);
    }
  }
  return times;
}

/** Different sets of rules, in the order in which they are first used; the first is the empty one. */
function ruleSetsOf(all: readonly EventRules[]): readonly EventRules[] {
  const sets = new Map<string, EventRules>([['', new Map()]]);
  for (const rules of all) {
    const key = keyOf(rules);
    if (!sets.has(key)) sets.set(key, rules);
  }
  return [...sets.values()];
}

function keyOf(rules: EventRules): string {
  if (rules.size === 0) return '';
  return entriesOf(rules)
    .map((entry) => entry.join('\n'))
    .join('\n\n');
}

function entriesOf(rules: EventRules): [table: string, field: string, rule: RuleName][] {
  const entries = [...rules].flatMap(([table, fields]) =>
    [...fields].map(([field, rule]): [string, string, RuleName] => [table, field, rule]),
  );
  return entries.sort((left, right) => compareAgents(left[0], right[0]) || compareAgents(left[1], right[1]));
}

function namesOf(sets: readonly EventRules[]): readonly string[] {
  return sets.flatMap((rules) => [...rules].flatMap(([table, fields]) => [table, ...fields.keys()]));
}

/** The sets, ended by an empty one, and then runs of their numbers. Spec: HIST-5. */
function encodeRules(sets: readonly EventRules[], uses: readonly EventRules[], names: NameIndex): Uint8Array {
  const column = new ByteWriter();
  if (sets.length === 1) return column.finish();
  for (const rules of sets.slice(1)) {
    const entries = entriesOf(rules);
    column.varint(entries.length);
    for (const [table, field, rule] of entries) {
      column.varint(names.numberOf(table));
      column.varint(names.numberOf(field));
      column.varint(RULE_NAMES.indexOf(rule));
    }
  }
  column.varint(0);
  const numbers = new Map(sets.map((rules, number) => [keyOf(rules), number]));
  for (let start = 0; start < uses.length; ) {
    const key = keyOf(uses[start] as EventRules);
    let end = start + 1;
    while (end < uses.length && keyOf(uses[end] as EventRules) === key) end++;
    column.varint(numbers.get(key) ?? 0);
    column.varint(end - start);
    start = end;
  }
  return column.finish();
}

function decodeRuleSets(column: ByteReader, names: NameTable, budget: MemoryBudget): readonly EventRules[] {
  const sets: EventRules[] = [new Map()];
  if (column.isAtEnd) return sets;
  for (let count = column.varint(); count > 0; count = column.varint()) {
    const rules = new Map<string, Map<string, RuleName>>();
    for (; count > 0; count--) {
      budget.take(COST.entry);
      const table = names.at(column.varint(), column);
      const field = names.at(column.varint(), column);
      const rule = RULE_NAMES[column.varint()];
      if (rule === undefined || rule === 'remote') column.fail('unknown rule');
      rules.set(table, (rules.get(table) ?? new Map<string, RuleName>()).set(field, rule));
    }
    sets.push(rules);
  }
  return sets;
}

function decodeRuleUses(column: ByteReader, count: number, sets: readonly EventRules[]): readonly EventRules[] {
  const uses: EventRules[] = [];
  while (!column.isAtEnd) {
    const rules = sets[column.varint()];
    const length = column.varint();
    if (rules === undefined || length > count - uses.length) column.fail('more rules than events');
    for (let left = length; left > 0; left--) uses.push(rules);
  }
  return uses;
}

function insertsIn(delta: Delta, offset: number): Extract<ReturnType<typeof changesIn>[number], { type: 'insert' }>[] {
  return changesIn(delta).map((change) => {
    if (change.type !== 'insert') throw invalidBinary('a state may contain only inserts', offset);
    return change;
  });
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at++) if (left[at] !== right[at]) return false;
  return true;
}
