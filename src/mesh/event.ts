import { formatDelta, parseDelta } from '../codec/wire/delta.js';
import type { Delta } from '../deltas/delta.js';
import { DatastoreError, type Place } from '../errors/datastore-error.js';
import { quote } from '../errors/quote.js';
import { ownTableId } from '../operations/ownership.js';
import type { WireChange } from '../operations/wire.js';
import { RULE_NAMES, type RuleName } from '../rules/rule.js';
import { expectArray, expectItems, expectObject } from '../values/json.js';
import { ownFieldName } from '../values/ownership.js';

/** Names one event for ever: its agent, and which of the agent's events it is, counted from 1. Spec: GRAPH-1. */
export type EventId = readonly [agent: string, seq: number];

/** The rules that an event was made under, by table and field. A field that is not named has rule `remote`. */
export type EventRules = ReadonlyMap<string, ReadonlyMap<string, RuleName>>;

/**
 * One sealed edit of one replica, as it travels. It is immutable, and replicas pass it on unchanged. Spec: GRAPH-1.
 */
export interface MeshEvent {
  readonly id: EventId;
  /** The heads of what its author held, in code point order of their agents. */
  readonly parents: readonly EventId[];
  /** In normal form, without `before`. */
  readonly delta: Delta;
  readonly rules: EventRules;
  /** Milliseconds, passed in by the application that sealed it. */
  readonly time?: number;
}

/** An event as JSON. Spec: GRAPH-1. */
export interface WireEvent {
  readonly id: EventId;
  readonly parents: readonly EventId[];
  readonly delta: readonly WireChange[];
  readonly rules?: Readonly<Record<string, Readonly<Record<string, RuleName>>>>;
  readonly time?: number;
}

/** No `time` of an event is later: 48 bits. */
export const EVENT_TIME_MAX: number = 2 ** 48 - 1;

/** `seq` and numbers of events stay where doubles are exact. */
const SEQ_MAX = Number.MAX_SAFE_INTEGER;

export const NO_RULES: EventRules = new Map();

const MEMBERS: readonly string[] = ['id', 'parents', 'delta', 'rules', 'time'];

const AGENT = /^[A-Za-z0-9._+/=-]{1,64}$/;

/** Whether `agent` can name the replica that makes events. Spec: GRAPH-1. */
export function isValidAgent(agent: unknown): agent is string {
  return typeof agent === 'string' && AGENT.test(agent);
}

/** @throws DatastoreError `invalid-name`. */
export function ownAgent(agent: unknown): string {
  if (isValidAgent(agent)) return agent;
  throw new DatastoreError('invalid-name', `${quote(agent)} is not an agent: use 1–64 of A–Z a–z 0–9 . _ - + / =`);
}

/** Whether `time` can be the time of an event. Spec: GRAPH-5. */
export function isEventTime(time: unknown): time is number {
  return Number.isInteger(time) && (time as number) >= 0 && (time as number) <= EVENT_TIME_MAX;
}

/** Whether `seq` can count an agent's events. */
export function isSeq(seq: unknown): seq is number {
  return Number.isSafeInteger(seq) && (seq as number) >= 1 && (seq as number) < SEQ_MAX;
}

/**
 * The rule that an event names for a field. The modified time of the datastore has rule `max` in every event.
 * Spec: GRAPH-1, PEER-7.
 */
export function ruleIn(rules: EventRules, table: string, field: string): RuleName {
  if (table === ':info' && field === 'mtime') return 'max';
  return rules.size === 0 ? 'remote' : (rules.get(table)?.get(field) ?? 'remote');
}

/** Orders agents, and other names of ASCII, by code point. */
export function compareAgents(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

/**
 * Reads an event from parsed JSON.
 *
 * @throws DatastoreError `invalid-json`, `invalid-name`, `invalid-rule`, and what `parseDelta` throws. Spec: GRAPH-1.
 */
export function parseEvent(json: unknown): MeshEvent {
  const { id, parents, delta, rules, time } = only(expectObject(json, 'an event'), MEMBERS);
  if (time !== undefined && !isEventTime(time)) {
    throw new DatastoreError('invalid-json', `${quote(time)} is not a time: use whole milliseconds from 0 to 2^48-1`);
  }
  return ownEvent(
    parseEventId(id),
    expectItems(parents, 'the parents of an event', parseEventId),
    parseDelta(delta),
    rules === undefined ? NO_RULES : parseRules(rules),
    time,
  );
}

/** An object that has no other members than these. @throws DatastoreError `invalid-json`. */
export function only(
  members: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  const other = Object.keys(members).find((name) => !names.includes(name));
  if (other === undefined) return members;
  throw new DatastoreError('invalid-json', `unknown member ${quote(other)}: expected ${names.join(', ')}`);
}

/**
 * Makes an event of parts that are the engine's own: parents sorted, none of them twice.
 *
 * @throws DatastoreError `invalid-json` if an agent is named twice among the parents.
 */
export function ownEvent(
  id: EventId,
  parents: readonly EventId[],
  delta: Delta,
  rules: EventRules,
  time: number | undefined,
): MeshEvent {
  const sorted = [...parents].sort(([left], [right]) => compareAgents(left, right));
  for (let at = 1; at < sorted.length; at++) {
    if (sorted[at]?.[0] === sorted[at - 1]?.[0]) {
      throw new DatastoreError(
        'invalid-json',
        `an event names two parents of the agent ${quote(sorted[at]?.[0])}: name the later one`,
      );
    }
  }
  const event = { id, parents: Object.freeze(sorted), delta, rules };
  return Object.freeze(time === undefined ? event : { ...event, time });
}

/** Writes an event as JSON, without the rules that are `remote` in any case. Spec: GRAPH-1. */
export function formatEvent({ id, parents, delta, rules, time }: MeshEvent): WireEvent {
  const named = formatRules(rules);
  return {
    id,
    parents,
    delta: formatDelta(delta),
    ...(Object.keys(named).length === 0 ? {} : { rules: named }),
    ...(time === undefined ? {} : { time }),
  };
}

/** @throws DatastoreError `invalid-json` or `invalid-name`. */
export function parseEventId(json: unknown): EventId {
  const parts = expectArray(json, 'the id of an event');
  const agent = ownAgent(parts[0]);
  if (parts.length !== 2 || !isSeq(parts[1])) {
    throw new DatastoreError('invalid-json', `${quote(json)} is not the id of an event: use [agent, seq], seq from 1`);
  }
  return Object.freeze([agent, parts[1]] as const);
}

/** @throws DatastoreError `invalid-rule` for anything but the name of a rule, such as a merge function. */
export function ownRuleName(rule: unknown, place: Place): RuleName {
  if (RULE_NAMES.includes(rule as RuleName)) return rule as RuleName;
  const reason = `${quote(rule)} is not a rule of a mesh: use ${RULE_NAMES.join(', ')}`;
  throw new DatastoreError('invalid-rule', reason, place);
}

function parseRules(json: unknown): EventRules {
  const tables = new Map<string, ReadonlyMap<string, RuleName>>();
  for (const [tableId, fields] of Object.entries(expectObject(json, 'the rules of an event'))) {
    const table = ownTableId(tableId);
    const named = new Map<string, RuleName>();
    for (const [name, rule] of Object.entries(expectObject(fields, 'the rules of a table', { table }))) {
      const field = ownFieldName(name, { table });
      const owned = ownRuleName(rule, { table, field });
      if (owned !== 'remote') named.set(field, owned);
    }
    if (named.size > 0) tables.set(table, named);
  }
  return tables;
}

function formatRules(rules: EventRules): Record<string, Record<string, RuleName>> {
  const sorted = <Entry>(map: ReadonlyMap<string, Entry>): [string, Entry][] =>
    [...map].sort(([left], [right]) => compareAgents(left, right));
  // `fromEntries` makes an own property of any name.
  return Object.fromEntries(sorted(rules).map(([table, fields]) => [table, Object.fromEntries(sorted(fields))]));
}
