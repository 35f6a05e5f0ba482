/** Reads the rules of the specification, the links at their ends, and citations of them. */

export interface Links {
  readonly code: readonly { readonly symbol: string; readonly path: string }[];
  readonly tests: readonly { readonly path: string; readonly title: string }[];
  readonly vectors: readonly string[];
}

export interface Rule {
  /** Such as `NORM-3`. */
  readonly number: string;
  readonly prefix: string;
  readonly position: number;
  readonly path: string;
  /** What the last line says, or `undefined` if there is no such line or it cannot be read. */
  readonly links: Links | undefined;
}

/** Every rule of one file. A rule reaches to the next rule or heading, and its links are its last paragraph so far. */
export function findRules(path: string, text: string): Rule[] {
  const starts = [...text.matchAll(/^\*\*([A-Z]+)-(\d+)\*\*/gm)];
  return starts.map((start, at) => {
    const [, prefix = '', position = ''] = start;
    const rest = text.slice(start.index, starts[at + 1]?.index ?? text.length);
    const body = rest.split(/^#/m)[0] ?? '';
    const number = `${prefix}-${position}`;
    return { number, prefix, position: Number(position), path, links: readLinks(body) };
  });
}

const CODE = '`[^`]+` in src/[\\w./-]+\\.ts';
const TEST = 'test/[\\w./-]+\\.test\\.ts "[^"]+"';
const VECTOR = '[\\w-]+\\.json';
const LINKS = new RegExp(
  `^— code: (${CODE}(?:, ${CODE})*); test: (${TEST}(?:, ${TEST})*)(?:; vectors: (${VECTOR}(?:, ${VECTOR})*))?$`,
);

function readLinks(body: string): Links | undefined {
  const paragraphs = body.trimEnd().split(/\n{2,}/);
  const line = paragraphs.filter((paragraph) => paragraph.startsWith('— ')).at(0);
  const found = LINKS.exec((line ?? '').replace(/\s*\n/g, ' '));
  if (found === null || line !== paragraphs.at(-1)) return undefined;
  const [, code = '', tests = '', vectors = ''] = found;
  return {
    code: [...code.matchAll(/`([^`]+)` in ([\w./-]+)/g)].map(([, symbol = '', path = '']) => ({ symbol, path })),
    tests: [...tests.matchAll(/([\w./-]+) "([^"]+)"/g)].map(([, path = '', title = '']) => ({ path, title })),
    vectors: vectors === '' ? [] : vectors.split(', '),
  };
}

const RULE = '[A-Z]+-\\d+';
const RANGE = `${RULE}(?: to ${RULE})?`;
/** Prefixes that look like those of rules but are not. */
const FOREIGN = /^(UTF|RFC|ISO|IEEE|SHA)-/;

export interface Citations {
  /** Every rule that is named, ranges written out. */
  readonly numbers: readonly string[];
  /** Every `Spec:` that is not followed by rules and a full stop. */
  readonly malformed: readonly string[];
}

/** The rules that a text names, one by one, as a range or after `Spec:`. */
export function citationsIn(text: string): Citations {
  const plain = text.replace(/\n\s*\*\s+/g, ' ');
  const ranges = [...plain.matchAll(new RegExp(`\\b(${RULE})(?: to (${RULE}))?`, 'g'))];
  const numbers = ranges.flatMap(([, first = '', last]) => numbersBetween(first, last ?? first));
  const malformed = [...plain.matchAll(/\bSpec:.{0,60}/g)]
    .map(([citation]) => citation)
    .filter((citation) => !new RegExp(`^Spec: ${RANGE}(?:, ${RANGE})*\\.(?:\\s|$)`).test(citation));
  return { numbers: numbers.filter((number) => !FOREIGN.test(number)), malformed };
}

function numbersBetween(first: string, last: string): string[] {
  const [prefix = '', start = ''] = first.split('-');
  const [otherPrefix = '', end = ''] = last.split('-');
  if (prefix !== otherPrefix) return [first, last];
  const length = Number(end) - Number(start) + 1;
  return Array.from({ length: Math.max(length, 1) }, (_, at) => `${prefix}-${Number(start) + at}`);
}
