export { decodeDelta, decodeState, encodeDelta, encodeState } from './encoded-delta.js';
export { decodeReplica, encodeReplica } from './encoded-replica.js';
export { decodeSequencer, encodeSequencer } from './encoded-sequencer.js';
