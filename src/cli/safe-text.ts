/**
 * Everything that a terminal would obey instead of show, and what changes the order of letters or hides among them: all
 * controls, formats, lone surrogates, and line and paragraph separators. The joiner that builds emoji may stay.
 */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;
const JOINER = '\u200d';

/** Text that is safe to print on one line of a terminal: each unsafe character is written as its code, `\u{1b}`. */
export function safeText(text: string): string {
  return text.replace(UNSAFE, (character) => {
    if (character === JOINER) return character;
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}

/** A string in double quotes, safe to print, cut after `limit` characters with its length given. */
export function quotedText(text: string, limit: number): string {
  const start = characters(text, limit);
  const isCut = start.length < text.length;
  const quoted = `"${safeText(start.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\t/g, '\\t'))}${isCut ? '…' : ''}"`;
  return isCut ? `${quoted} (${countOf(Array.from(text).length, 'character')})` : quoted;
}

/** A count of things with thousands set apart, such as `1 record` or `12,000 records`. */
export function countOf(count: number, thing: string): string {
  return `${grouped(count)} ${thing}${count === 1 ? '' : 's'}`;
}

function grouped(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** The first characters of a text: whole code points, so that no pair is torn. */
function characters(text: string, limit: number): string {
  if (text.length <= limit) return text;
  let start = '';
  let count = 0;
  for (const character of text) {
    if (count++ === limit) break;
    start += character;
  }
  return start;
}
