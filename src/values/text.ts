const SURROGATE_FIRST = 0xd800;
const LOW_SURROGATE_FIRST = 0xdc00;
const SURROGATE_END = 0xe000;

/** Whether every surrogate in `text` is half of a pair, so that UTF-8 can encode it. */
export function isWellFormed(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < SURROGATE_FIRST || unit >= SURROGATE_END) continue;
    if (unit >= LOW_SURROGATE_FIRST) return false;
    const next = text.charCodeAt(at + 1);
    if (!(next >= LOW_SURROGATE_FIRST && next < SURROGATE_END)) return false;
    at++;
  }
  return true;
}

/** Whether well-formed `text` is exactly one character, that is, one code point. */
export function isCharacter(text: string): boolean {
  if (text.length === 1) return true;
  return text.length === 2 && text.charCodeAt(0) >= SURROGATE_FIRST && text.charCodeAt(0) < LOW_SURROGATE_FIRST;
}

/** The length of well-formed `text` in UTF-8, in bytes. */
export function utf8ByteLength(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    // Each half of a surrogate pair counts two bytes: the pair takes four.
    bytes += unit < 0x800 || (unit >= SURROGATE_FIRST && unit < SURROGATE_END) ? 1 : 2;
  }
  return bytes;
}

/**
 * Compares by Unicode code point: negative, 0 or positive. JavaScript's `<` compares UTF-16 units, which puts the
 * astral characters (surrogates, 0xD800…0xDFFF) before 0xE000…0xFFFF instead of after. Spec: ORD-5.
 */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let at = 0; at < length; at++) {
    const leftUnit = left.charCodeAt(at);
    const rightUnit = right.charCodeAt(at);
    if (leftUnit !== rightUnit) return codePointRank(leftUnit) - codePointRank(rightUnit);
  }
  return left.length - right.length;
}

/** Ranks the surrogates above every other unit and otherwise keeps the order. */
function codePointRank(unit: number): number {
  if (unit < SURROGATE_FIRST) return unit;
  return unit < SURROGATE_END ? unit + 0x2000 : unit - 0x800;
}
