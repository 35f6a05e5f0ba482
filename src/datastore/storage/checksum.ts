import { DatastoreError } from '../../errors/datastore-error.js';

/** How many bytes a checksum takes at the end of a value. */
export const CHECKSUM_BYTES = 4;
const POLYNOMIAL = 0xedb88320;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ POLYNOMIAL : rest >>> 1;
  return rest;
});

/** CRC32 of bytes, going on from another. */
export function checksumOf(bytes: Uint8Array, before: number): number {
  let rest = ~before;
  for (const byte of bytes) rest = (rest >>> 8) ^ (TABLE[(rest ^ byte) & 0xff] ?? 0);
  return ~rest >>> 0;
}

/** Bytes, and their checksum behind them, big-endian. */
export function withChecksum(payload: Uint8Array, checksum: number): Uint8Array {
  const bytes = new Uint8Array(payload.length + CHECKSUM_BYTES);
  bytes.set(payload);
  new DataView(bytes.buffer).setUint32(payload.length, checksum);
  return bytes;
}

/** @throws DatastoreError `invalid-binary` if the checksum at the end is not that of the bytes before it. */
export function readChecksum(bytes: Uint8Array, before: number): number {
  const length = bytes.length - CHECKSUM_BYTES;
  if (length > 0) {
    const checksum = checksumOf(bytes.subarray(0, length), before);
    if (new DataView(bytes.buffer, bytes.byteOffset).getUint32(length) === checksum) return checksum;
  }
  throw new DatastoreError('invalid-binary', 'its checksum does not hold');
}
