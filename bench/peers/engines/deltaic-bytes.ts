// How Deltaic's deltas and states travel in these measurements. It is decided here and nowhere else.

export {
  decodeDelta,
  decodeReplica,
  decodeState,
  encodeDelta,
  encodeReplica,
  encodeState,
} from '../../../src/codec/binary/index.js';

export const ENCODING = 'the binary form';
