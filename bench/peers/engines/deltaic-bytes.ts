import { type Delta, formatDelta, parseDelta, State } from '../../../src/index.js';

// How Deltaic's deltas and states travel in these measurements. It is decided here and nowhere else.

export const ENCODING = 'wire JSON';

export function encodeDelta(delta: Delta): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(formatDelta(delta)));
}

export function decodeDelta(bytes: Uint8Array): Delta {
  return parseDelta(JSON.parse(new TextDecoder().decode(bytes)));
}

export function encodeState(state: State): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(state.toRows()));
}

export function decodeState(bytes: Uint8Array): State {
  return State.fromRows(JSON.parse(new TextDecoder().decode(bytes)));
}
