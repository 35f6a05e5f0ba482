/** Finds in the text of a file what it declares, and the titles of its tests. */

/** Whether a text declares a symbol at its top level, or a method or getter of a class, written `Class.method`. */
export function declares(text: string, symbol: string): boolean {
  const [owner = '', member] = symbol.split('.');
  const kinds = 'function\\*?|class|const|interface|type';
  if (!new RegExp(`^(?:export )?(?:${kinds}) ${owner}\\b`, 'm').test(text)) return false;
  return member === undefined || new RegExp(`^  (?:static |get |async )*${member}[(<]`, 'm').test(text);
}

/** Every title of a test or of a group of tests that is written as a literal. */
export function titlesIn(text: string): string[] {
  return [...text.matchAll(/\b(?:test|it|describe)(?=[.(])/g)].flatMap((call) => {
    const title = titleAt(text, call.index + call[0].length);
    return title === undefined ? [] : [title];
  });
}

/** The title in the last parentheses of a call such as `it(…` or `it.each([…])(…`, which end where it is. */
function titleAt(text: string, start: number): string | undefined {
  let at = start;
  while (text[at] === '.' || text[at] === '(') {
    if (text[at] === '.') at += /^\.\w+/.exec(text.slice(at))?.[0].length ?? 1;
    else {
      const literal = /^\(\s*(?:'((?:[^'\\]|\\.)*)'|`([^`]*)`|"([^"]*)")\s*,/.exec(text.slice(at));
      if (literal !== null) return literal[1] ?? literal[2] ?? literal[3];
      at = endOfParentheses(text, at);
    }
  }
  return undefined;
}

/** The position after the parenthesis that closes the one at `start`. Skips literals. */
function endOfParentheses(text: string, start: number): number {
  const token = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|[()]/g;
  token.lastIndex = start;
  let depth = 0;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    if (found[0] === '(') depth++;
    else if (found[0] === ')' && --depth === 0) return token.lastIndex;
  }
  return text.length;
}
