const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const SEXTETS: ReadonlyMap<string, number> = new Map([...ALPHABET].map((letter, sextet) => [letter, sextet]));

/** URL-safe base64 without padding, RFC 4648 section 5. Written here because the language has none. Spec: WIRE-3. */
export function encodeBase64Url(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff;
    bitCount += 8;
    while (bitCount >= 6) {
      bitCount -= 6;
      text += ALPHABET.charAt((bits >> bitCount) & 63);
    }
  }
  return bitCount === 0 ? text : text + ALPHABET.charAt((bits << (6 - bitCount)) & 63);
}

/**
 * The bytes that {@link encodeBase64Url} writes as `text`, or `undefined` if it writes no bytes so: another alphabet,
 * padding, an impossible length, or bits set that belong to no byte.
 */
export function decodeBase64Url(text: string): Uint8Array | undefined {
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array(Math.floor((text.length * 6) / 8));
  let bits = 0;
  let bitCount = 0;
  let at = 0;
  for (const letter of text) {
    const sextet = SEXTETS.get(letter);
    if (sextet === undefined) return undefined;
    bits = ((bits << 6) | sextet) & 0xffff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes[at++] = bits >> bitCount;
  }
  const hasStrayBits = (bits & ((1 << bitCount) - 1)) !== 0;
  return hasStrayBits ? undefined : bytes;
}
