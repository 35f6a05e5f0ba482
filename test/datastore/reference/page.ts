/** Reads the rows of the page about the datastore API, and looks up the symbols that they name. */

export interface Row {
  readonly item: string;
  readonly state: string;
  readonly symbols: readonly string[];
  readonly tests: readonly { readonly file: string; readonly title: string }[];
  /** The last column without its tests. */
  readonly reason: string;
}

export interface SourceText {
  readonly path: string;
  readonly text: string;
}

const TEST = /([\w./-]+\.test\.ts) "([^"]+)"/g;

export function rowsOf(markdown: string): Row[] {
  const rows = markdown.matchAll(/^\| `([^`]+)` \| (done|different|out of scope) \| (.*?) \| (.*) \|$/gm);
  return [...rows].map(([, item = '', state = '', here = '', last = '']) => ({
    item,
    state,
    symbols: [...here.matchAll(/`([^`]+)`/g)].map(([, symbol = '']) => symbol),
    tests: [...last.matchAll(TEST)].map(([, file = '', title = '']) => ({ file, title })),
    reason: last.replace(TEST, '').replace(/[—,\s]+$/, ''),
  }));
}

/** Whether a source declares a symbol: `Name`, `Name.member` of a class or interface, or a string as `'text'`. */
export function isThere(symbol: string, sources: readonly SourceText[]): boolean {
  if (symbol.startsWith("'")) return sources.some(({ text }) => text.includes(symbol));
  const [owner = '', member] = symbol.split('.');
  const declaration = new RegExp(`^export (?:abstract )?(?:function|class|const|interface|type) ${owner}\\b`, 'm');
  const found = sources.filter(({ text }) => declaration.test(text));
  if (member === undefined) return found.length > 0;
  const ofMember = new RegExp(`^  (?:static |get |readonly |async )*${member}\\??[(<:]`, 'm');
  return found.some(({ text }) => ofMember.test(bodyOf(text, declaration)));
}

/** What follows a declaration, up to the end of its block. */
function bodyOf(text: string, declaration: RegExp): string {
  const start = declaration.exec(text)?.index ?? text.length;
  return text.slice(start).split(/^\}/m)[0] ?? '';
}
