/**
 * The canonical binary form of deltas, states, replicas, sequencers and mesh replicas. Equal values have equal bytes.
 * The decoders are safe on untrusted input.
 *
 * @module deltaic/binary
 */

export { decodeDelta, decodeState, encodeDelta, encodeState } from './encoded-delta.js';
export { decodeMesh, encodeMesh } from './encoded-mesh.js';
export { decodeReplica, encodeReplica } from './encoded-replica.js';
export { decodeSequencer, encodeSequencer } from './encoded-sequencer.js';
export { DEFAULT_MAX_BYTES, type DecodeOptions } from './memory-budget.js';
