export { decodeDelta, encodeDelta } from './encoded-delta.js';
export { decodeReplica, encodeReplica } from './encoded-replica.js';
export { decodeSequencer, encodeSequencer } from './encoded-sequencer.js';
export { decodeState, encodeState } from './encoded-state.js';
