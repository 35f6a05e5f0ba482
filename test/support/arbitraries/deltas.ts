/**
 * States and valid sequences of changes on them. What is drawn is plain choices: which record, which field, which value,
 * how far into the list. They are then read against a running copy of the state, where every choice means something
 * that fits. So a failing case shrinks freely and stays valid.
 *
 * There are few records, fields and values, so that edits meet one another and equal values are common.
 */

import fc from 'fast-check';
import {
  type Atom,
  type Change,
  type Delta,
  type DeltaInput,
  type FieldOp,
  type Fields,
  formatState,
  type ListOp,
  LONG_MAX,
  LONG_MIN,
  State,
  type Value,
} from '../../../src/index.js';
import { arbitraryAtom, arbitraryValue } from './values.js';

export const TABLES: readonly string[] = ['notes', '__proto__'];
export const RECORDS: readonly string[] = ['r1', 'constructor', 'r3'];
export const FIELDS: readonly string[] = ['a', 'b', '__proto__', 'z'];

const COMMON_ATOMS: readonly Atom[] = [
  ...['', 'x', 'y', '\uffff', '\u{1f600}', true, false, 0n, 1n, 2n, LONG_MIN, LONG_MAX],
  ...[0, -0, 1, 2.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
];
const COMMON_BYTES: readonly (readonly number[])[] = [[], [7]];
const COMMON_TIMES: readonly number[] = [0, -1];

/** Two replicas of one state: each has a sequence of deltas of its own, each delta valid after the one before it. */
export interface Scene {
  readonly base: State;
  readonly local: readonly (readonly Change[])[];
  readonly remote: readonly (readonly Change[])[];
}

export interface SceneOptions {
  /** The most deltas on the local side, 1 unless given. At least one is always there, be it empty. */
  readonly localDeltas?: number;
  /** The most deltas on the remote side, 1 unless given. */
  readonly remoteDeltas?: number;
  /** The most choices for one delta, 6 unless given; replacing a record makes two changes of one choice. */
  readonly maxChanges?: number;
}

interface ListChoice {
  readonly kind: number;
  readonly at: number;
  readonly to: number;
  readonly value: Atom;
}

interface FieldChoice {
  readonly field: number;
  readonly kind: number;
  readonly value: Value;
  readonly list: readonly ListChoice[];
}

interface ChangeChoice {
  readonly table: number;
  readonly record: number;
  readonly kind: number;
  readonly fields: readonly FieldChoice[];
}

export function arbitraryState(): fc.Arbitrary<State> {
  return arbitraryInserts().map(stateOf);
}

/** A sequence of changes that is valid on `state`, not compressed and without `before`. */
export function arbitraryDeltaOn(state: State, maxChanges = 6): fc.Arbitrary<readonly Change[]> {
  return arbitraryChoices(maxChanges).map((choices) => resolve(state.clone(), choices));
}

/** A state and a sequence of deltas on it, each valid after the one before it; neither compressed nor applied. */
export function arbitraryHistory(
  maxDeltas = 1,
  maxChanges = 6,
): fc.Arbitrary<{ base: State; deltas: (readonly Change[])[] }> {
  const drafts = fc.array(arbitraryChoices(maxChanges), { minLength: 1, maxLength: maxDeltas });
  return fc.tuple(arbitraryInserts(), drafts).map(([inserts, choices]) => {
    const base = stateOf(inserts);
    return { base, deltas: resolveAll(base, choices) };
  });
}

/** A state with a local and a remote sequence of deltas, both starting from it; neither compressed nor applied. */
export function arbitraryScene(options: SceneOptions = {}): fc.Arbitrary<Scene> {
  const { localDeltas = 1, remoteDeltas = 1, maxChanges = 6 } = options;
  return fc
    .tuple(
      arbitraryInserts(),
      fc.array(arbitraryChoices(maxChanges), { minLength: 1, maxLength: localDeltas }),
      fc.array(arbitraryChoices(maxChanges), { minLength: 1, maxLength: remoteDeltas }),
    )
    .map(([inserts, local, remote]) => {
      const base = stateOf(inserts);
      return { base, local: resolveAll(base, local), remote: resolveAll(base, remote) };
    });
}

/** The deltas as applied deltas, and the state after them; `base` stays as it is. */
export function applyAll(base: State, deltas: readonly DeltaInput[]): { state: State; applied: Delta[] } {
  const state = base.clone();
  return { state, applied: deltas.map((delta) => state.apply(delta)) };
}

/** An item of a list or a value that is not a list, mostly from a small pool. Each run gets bytes and dates of its own. */
export function arbitraryCommonAtom(): fc.Arbitrary<Atom> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...COMMON_ATOMS) },
    { weight: 1, arbitrary: fc.constantFrom(...COMMON_BYTES).map((bytes) => Uint8Array.from(bytes)) },
    { weight: 1, arbitrary: fc.constantFrom(...COMMON_TIMES).map((time) => new Date(time)) },
    { weight: 1, arbitrary: arbitraryAtom() },
  );
}

export function arbitraryCommonValue(): fc.Arbitrary<Value> {
  return fc.oneof(
    { weight: 5, arbitrary: arbitraryCommonAtom() },
    { weight: 4, arbitrary: fc.array(arbitraryCommonAtom(), { maxLength: 4 }) },
    { weight: 1, arbitrary: arbitraryValue() },
  );
}

/** Makes failing cases readable: a state prints as its rows. */
function printable(state: State): State {
  return Object.defineProperty(state, fc.toStringMethod, { value: () => JSON.stringify(formatState(state)) });
}

function arbitraryInserts(): fc.Arbitrary<readonly ChangeChoice[]> {
  return fc.array(arbitraryChoice(4), { maxLength: 10 });
}

function arbitraryChoices(maxChanges: number): fc.Arbitrary<readonly ChangeChoice[]> {
  return fc.array(arbitraryChoice(3), { maxLength: maxChanges });
}

function arbitraryChoice(maxFields: number): fc.Arbitrary<ChangeChoice> {
  const listChoice = fc
    .tuple(fc.nat({ max: 4 }), fc.nat({ max: 11 }), fc.nat({ max: 11 }), arbitraryCommonAtom())
    .map(([kind, at, to, value]): ListChoice => ({ kind, at, to, value }));
  const fieldChoice = fc
    .tuple(
      fc.nat({ max: FIELDS.length - 1 }),
      fc.nat({ max: 7 }),
      arbitraryCommonValue(),
      fc.array(listChoice, { maxLength: 4 }),
    )
    .map(([field, kind, value, list]): FieldChoice => ({ field, kind, value, list }));
  return fc
    .tuple(
      // The first table and record are hit most often.
      fc.constantFrom(0, 0, 0, 1),
      fc.constantFrom(0, 0, 1, 2),
      fc.nat({ max: 9 }),
      fc.array(fieldChoice, { maxLength: maxFields }),
    )
    .map(([table, record, kind, fields]): ChangeChoice => ({ table, record, kind, fields }));
}

function stateOf(inserts: readonly ChangeChoice[]): State {
  const state = new State();
  for (const choice of inserts) {
    const { table, record } = placeOf(choice);
    if (state.get(table, record) !== undefined) continue;
    state.apply([{ type: 'insert', table, record, fields: fieldsOf(choice) }]);
  }
  return printable(state);
}

function resolveAll(base: State, deltas: readonly (readonly ChangeChoice[])[]): (readonly Change[])[] {
  const running = base.clone();
  return deltas.map((choices) => resolve(running, choices));
}

/** Reads choices as changes that fit, one after the other, and leaves `running` after all of them. */
function resolve(running: State, choices: readonly ChangeChoice[]): readonly Change[] {
  return choices.flatMap((choice) => {
    const { table, record } = placeOf(choice);
    const changes = resolveChange(running.get(table, record), choice);
    running.apply(changes);
    return changes;
  });
}

function resolveChange(current: Fields | undefined, choice: ChangeChoice): Change[] {
  const { table, record } = placeOf(choice);
  const insert: Change = { type: 'insert', table, record, fields: fieldsOf(choice) };
  if (current === undefined) return [insert];
  if (choice.kind === 8) return [{ type: 'delete', table, record }];
  if (choice.kind === 9) return [{ type: 'delete', table, record }, insert];
  const ops = new Map<string, FieldOp>();
  for (const fieldChoice of choice.fields) {
    const field = pick(FIELDS, fieldChoice.field);
    ops.set(field, resolveFieldOp(current.get(field), fieldChoice));
  }
  return [{ type: 'update', table, record, ops }];
}

function resolveFieldOp(current: Value | undefined, { kind, value, list }: FieldChoice): FieldOp {
  if (kind === 0) return { type: 'delete' };
  const put: FieldOp = { type: 'put', value };
  if (current === undefined) return kind > 3 ? { type: 'list', create: true, ops: resolveListOps(0, list) } : put;
  if (!Array.isArray(current) || kind === 1) return put;
  return { type: 'list', create: false, ops: resolveListOps(current.length, list) };
}

function resolveListOps(startLength: number, choices: readonly ListChoice[]): ListOp[] {
  let length = startLength;
  return choices.map(({ kind, at, to, value }): ListOp => {
    if (length === 0 || kind <= 1) {
      length += 1;
      return { type: 'insert', index: at % length, value };
    }
    if (kind === 2) return { type: 'put', index: at % length, value };
    if (kind === 3) return { type: 'move', from: at % length, to: to % length };
    const index = at % length;
    length -= 1;
    return { type: 'delete', index };
  });
}

function placeOf({ table, record }: ChangeChoice): { table: string; record: string } {
  return { table: pick(TABLES, table), record: pick(RECORDS, record) };
}

function fieldsOf({ fields }: ChangeChoice): Fields {
  return new Map(fields.map(({ field, value }) => [pick(FIELDS, field), value]));
}

function pick(names: readonly string[], at: number): string {
  const name = names[at];
  if (name === undefined) throw new Error(`There is no name ${at}`);
  return name;
}
