import { invalidBinary } from './byte-reader.js';

/** As many units as a call takes arguments everywhere. */
const CHUNK = 4096;

/**
 * The text that `bytes` are in UTF-8. Written here because the language has no decoder: nothing but UTF-8 passes, neither
 * overlong forms nor surrogates, and a byte order mark is a character like any other.
 *
 * @throws DatastoreError `invalid-binary` with the offset of the character. Spec: BIN-9.
 */
export function decodeUtf8(bytes: Uint8Array): string {
  const units = isAscii(bytes) ? bytes : unitsOf(bytes);
  let text = '';
  for (let start = 0; start < units.length; start += CHUNK) {
    // Spreading the units would go through an iterator, at many times the cost.
    text += Reflect.apply(String.fromCharCode, undefined, units.subarray(start, start + CHUNK));
  }
  return text;
}

function isAscii(bytes: Uint8Array): boolean {
  let bits = 0;
  for (const byte of bytes) bits |= byte;
  return bits < 0x80;
}

/** The smallest code points that may take two, three and four bytes. */
const LEAST = [0, 0, 0x80, 0x800, 0x10000];

function unitsOf(bytes: Uint8Array): Uint16Array {
  // No character has more units than bytes.
  const units = new Uint16Array(bytes.length);
  let count = 0;
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    let point = length === 1 ? first : first & (0x7f >> length);
    let isWell = length === 1 || (first >= 0xc0 && first < 0xf8);
    for (let next = at + 1; next < at + length; next++) {
      const byte = bytes[next] ?? 0;
      isWell &&= (byte & 0xc0) === 0x80;
      point = (point << 6) | (byte & 0x3f);
    }
    isWell &&= point >= (LEAST[length] ?? 0) && point <= 0x10ffff && (point < 0xd800 || point >= 0xe000);
    if (!isWell) throw invalidBinary('this is not UTF-8', bytes.byteOffset + at);
    if (point >= 0x10000) {
      units[count++] = 0xd7c0 + (point >> 10);
      units[count++] = 0xdc00 | (point & 0x3ff);
    } else {
      units[count++] = point;
    }
    at += length;
  }
  return units.subarray(0, count);
}
