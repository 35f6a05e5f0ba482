import { formatDelta, parseDelta } from '../codec/wire/delta.js';
import { formatState, parseState, type Row } from '../codec/wire/state.js';
import { type Delta, NO_CHANGES } from '../deltas/delta.js';
import { DatastoreError } from '../errors/datastore-error.js';
import { ownRecordId, ownTableId } from '../operations/ownership.js';
import type { WireChange } from '../operations/wire.js';
import type { ResolutionRules } from '../rules/resolution-rules.js';
import type { Rule, RuleName } from '../rules/rule.js';
import type { State } from '../state/state.js';
import { expectArray, expectObject, type JsonObject } from '../values/json.js';
import { ownFieldName } from '../values/ownership.js';
import type { ExchangeOrigin } from './exchange.js';
import { isRevision, isValidNonce } from './log-entry.js';
import type { Refusal } from './messages.js';
import type { PlacedRule } from './pending-rules.js';
import { parseRefusal } from './refusal-format.js';
import type { Timeline } from './timeline.js';

/** The rule of a field with a pending edit: table, record, field and the name, where `function` stands for one. */
export type SavedRule = readonly [table: string, record: string, field: string, rule: RuleName | 'function'];

/** The names that a saved rule can have. The binary form numbers them in this order. */
export const SAVED_RULE_NAMES: readonly SavedRule[3][] = ['remote', 'local', 'max', 'min', 'sum', 'function'];

/**
 * A replica as plain data for JSON: the state of the log that it has merged, and the local edits on top of it. What they
 * overwrote is not in it, because applying them again tells. What was received and not merged is not in it either; it
 * will be asked for again. Spec: SYNC-34.
 */
export interface SavedReplica {
  readonly format: 1;
  readonly rev: number;
  readonly rows: readonly Row[];
  /** The sealed deltas, oldest first. */
  readonly pending: readonly (readonly WireChange[])[];
  /** The nonce of the first pending delta, if that was handed out to be put. */
  readonly nonce: string | null;
  /** The refusal of that delta, if it has not been undone yet. */
  readonly refusal: Refusal | null;
  readonly open: readonly WireChange[];
  readonly rules: readonly SavedRule[];
  readonly needsReload: boolean;
  readonly isLogLost: boolean;
}

/** What {@link SavedReplica} describes, whichever merge functions there are. */
export interface StoredReplica {
  readonly base: State;
  readonly rev: number;
  readonly pending: readonly Delta[];
  readonly open: Delta;
  readonly rules: readonly SavedRule[];
  readonly exchange: ExchangeOrigin;
}

/** The same with its merge functions. */
export interface ParsedReplica extends Omit<StoredReplica, 'rules'> {
  readonly rules: readonly PlacedRule[];
}

/**
 * Which local edits are saved: `all` of them, only the `sealed` ones, or those that are to be `kept`, which are the
 * sealed ones that are not provisional. Spec: SYNC-52.
 */
export type SavedExtent = 'all' | 'sealed' | 'kept';

export function formatReplica(timeline: Timeline, origin: ExchangeOrigin, extent: SavedExtent): SavedReplica {
  const kept = timeline.pending.filter(({ isProvisional }) => extent !== 'kept' || !isProvisional);
  // What is in flight is the first pending delta. If that is left out, nothing that is saved is in flight.
  const isFlightKept = kept[0] === timeline.pending[0];
  const exchange = isFlightKept ? origin : { ...origin, nonce: undefined, refusal: undefined };
  const pending = kept.map((delta) => delta.whole());
  const open = extent === 'all' ? timeline.open.whole() : NO_CHANGES;
  const rules = timeline.rules.of([...pending, open]).map(formatRule);
  return formatStored({ base: timeline.base, rev: timeline.revision, pending, open, rules, exchange });
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

export function formatStored({ base, rev, pending, open, rules, exchange }: StoredReplica): SavedReplica {
  return {
    format: 1,
    rev,
    rows: formatState(base),
    pending: pending.map(formatDelta),
    nonce: exchange.nonce ?? null,
    refusal: exchange.refusal ?? null,
    open: formatDelta(open),
    rules,
    needsReload: exchange.needsReload,
    isLogLost: exchange.isLogLost,
  };
}

/** Reads what {@link formatStored} wrote. @throws DatastoreError `invalid-json` for anything else. */
export function parseStored(json: unknown): StoredReplica {
  const saved = expectObject(json, 'a saved replica');
  if (saved['format'] !== 1) throw invalid('a saved replica has format 1');
  const { rev, nonce } = saved;
  if (!isRevision(rev)) throw invalid('a saved replica has a revision');
  if (nonce !== null && !isValidNonce(nonce)) throw invalid('a saved replica has a nonce, or null');
  const stored: StoredReplica = {
    base: parseState(saved['rows']),
    rev,
    pending: expectArray(saved['pending'], 'the pending deltas').map(parseDelta),
    open: parseDelta(saved['open']),
    rules: expectArray(saved['rules'], 'the rules').map(parseRule),
    exchange: {
      nonce: nonce ?? undefined,
      refusal: saved['refusal'] === null ? undefined : parseRefusal(saved['refusal']),
      needsReload: flag(saved, 'needsReload'),
      isLogLost: flag(saved, 'isLogLost'),
    },
  };
  const fault = faultOfStored(stored);
  if (fault !== undefined) throw invalid(fault);
  return stored;
}

/** Why no replica saves this, if its parts do not belong together. Whether edits fit the state is not looked at. */
export function faultOfStored({ pending, rules, exchange }: StoredReplica): string | undefined {
  const { nonce, refusal } = exchange;
  if (nonce !== undefined && (pending[0]?.length ?? 0) === 0) return 'a nonce belongs to a pending delta with a change';
  if (refusal !== undefined && nonce === undefined) return 'a refusal belongs to a delta that was put';
  if (refusal?.reason === 'unknown-revision') return 'such a refusal undoes nothing';
  const places = new Set(rules.map((rule) => rule.slice(0, 3).join(' ')));
  return places.size < rules.length ? 'a field has one rule' : undefined;
}

function formatRule({ table, record, field, rule }: PlacedRule): SavedRule {
  return [table, record, field, typeof rule === 'function' ? 'function' : rule];
}

function parseRule(json: unknown): SavedRule {
  const [table, record, field, name, ...others] = expectArray(json, 'a rule');
  const known = SAVED_RULE_NAMES.find((rule) => rule === name);
  if (known === undefined || others.length > 0) throw invalid('a rule is a table, a record, a field and a name');
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
  const reason = 'an edit was made under a merge function: set it again before loading';
  throw new DatastoreError('rule-missing', reason, { table, record, field });
}

function flag(json: JsonObject, name: string): boolean {
  const value = json[name];
  if (typeof value === 'boolean') return value;
  throw invalid(`${name} must be true or false`);
}

function invalid(reason: string): DatastoreError {
  return new DatastoreError('invalid-json', reason);
}
