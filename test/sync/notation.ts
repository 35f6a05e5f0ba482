import { type Change, type DeltaInput, type Fields, formatValue, parseDelta, State } from '../../src/index.js';
import type { Replica } from '../../src/sync/index.js';

// A tiny notation for tests: wire changes of table `t` without their table, and records as plain text.

/** `I('r', { f: 1 })` inserts, `U('r', { f: ['P', 1] })` updates, `D('r')` deletes. */
export const I = (record: string, data: object = {}): Change => one(['I', 't', record, data]);
export const U = (record: string, ops: object): Change => one(['U', 't', record, ops]);
export const D = (record: string): Change => one(['D', 't', record]);

/** A put of one field. */
export const put = (record: string, field: string, value: unknown): Change => U(record, { [field]: ['P', value] });

export const long = (value: number): { I: string } => ({ I: String(value) });

/** What a replica shows of table `t`: `r{f=1 g="x"}`, records in order. */
export function seen(replica: Pick<Replica, 'query'>): string {
  return replica
    .query('t')
    .map(({ record, fields }) => `${record}{${showFields(fields)}}`)
    .join(' ');
}

export function stateAfter(...deltas: readonly DeltaInput[]): State {
  const state = new State();
  for (const delta of deltas) state.apply(delta);
  return state;
}

function showFields(fields: Fields): string {
  return [...fields].map(([field, value]) => `${field}=${JSON.stringify(formatValue(value))}`).join(' ');
}

function one(json: unknown): Change {
  const [change] = parseDelta([json]);
  if (change === undefined) throw new Error('That is no change');
  return change;
}
