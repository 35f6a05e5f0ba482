// The encoding of Deltaic's deltas and states in these measurements.

export {
  decodeDelta,
  decodeReplica,
  decodeState,
  encodeDelta,
  encodeReplica,
  encodeState,
} from '../../../src/codec/binary/index.js';

export const ENCODING = 'the binary form';
