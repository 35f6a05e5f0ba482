/** Messages of a sequencer that scenes write by hand. */

import type { Script } from './conversation-script.js';
import type { Json, JsonObject } from './json.js';

export const entry = (rev: number, nonce: string, ...delta: readonly Json[]): JsonObject => ({ rev, nonce, delta });
export const entries = (...them: readonly JsonObject[]): JsonObject => ({ type: 'entries', entries: them });
export const snapshot = (rev: number, data: JsonObject, nonces: readonly string[] = []): JsonObject => ({
  ...{ type: 'snapshot', rev, nonces },
  rows: [
    { tid: ':info', rowid: 'info', data: { mtime: { T: '0' } } },
    { tid: 't', rowid: 'r', data },
  ],
});
export const RESET: JsonObject = { type: 'reset', since: 1, rev: 9 };
export const ADDED: readonly Json[] = [
  ['I', ':info', 'info', { mtime: { T: '0' } }],
  ['I', 't', 'r', { f: 0 }],
];
export const REMOVED: readonly Json[] = [['D', 't', 'r']];
export const AGAIN: readonly Json[] = [['I', 't', 'r', { f: 3, g: 9 }]];
export const NOTHING: JsonObject = { type: 'denied' };
export const NEW_REPLICA: JsonObject = {
  ...{ format: 1, rev: 0, rows: [], pending: [], nonce: null, refusal: null, open: [], rules: [] },
  ...{ needsReload: false, isLogLost: false },
};

/** What a replica wants after all that. */
export function wants(script: Script, at = 'ann'): void {
  script.each(at, 'request', 'put');
}

/** Others put items in front of the list, and the log that tells is trimmed. */
export function missed(script: Script, ...deltas: readonly (readonly Json[])[]): void {
  for (const delta of deltas) script.commit('bob', ...delta);
  script.trim(1 + deltas.length);
}
