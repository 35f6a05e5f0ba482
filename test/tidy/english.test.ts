import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './sources.js';

/** Turns of phrase that most readers must read twice, and what to write instead. CONTRIBUTING.md says how we write. */
const AVOIDED: readonly (readonly [pattern: RegExp, instead: string])[] = [
  [/\bwhat (?:is|was|are|has) (?:no|not an?)\b/i, 'name the thing: "a non-number", "a value that is not a list"'],
  [
    /(?<!\bthere )\b(?:is|was|are) no (?:array|date|delta|field|id|index|list|message|number|object|record|state|string|value)s?\b/i,
    '"is not a …"',
  ],
  [/\bwhoever\b/i, '"a caller that …", "anyone who …"'],
  [/\b(?:by|for|from|of|to|with) who\b/i, '"for callers that …"'],
  [/\bsave (?:for|if|in|that|when|where)\b/i, '"except …"'],
  [/\b(?:also if|also when|also where|so also)\b/i, '"even if", "likewise when"'],
  [/\b(?:leads?|led) nowhere\b/i, 'say what is missing'],
  [/\b(?:by|from) strangers?\b/i, '"untrusted input"'],
  [
    /\b(?:such a one|thereby|thereof|wherein|hereby|came to nothing|comes? to nothing|gave way|gives? way)\b/i,
    'plain words',
  ],
  [/\bthat (?:nothing|something) is\b/i, 'begin with the subject'],
];

/** Where the words are read. */
const READ = [
  ...['src', 'spec', 'docs', 'examples', 'bench'],
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', 'GLOSSARY.md'].filter((path) =>
    existsSync(join(ROOT, path)),
  ),
];

function textsIn(path: string): string[] {
  const full = join(ROOT, path);
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) return [];
    if (entry.isDirectory()) return textsIn(`${path}/${entry.name}`);
    return /\.(?:ts|md)$/.test(entry.name) ? [`${path}/${entry.name}`] : [];
  });
}

test('prose is plain', () => {
  const found = READ.flatMap(textsIn).flatMap((path) => {
    // A phrase may be broken by the end of a line, also in a comment.
    const text = readFileSync(join(ROOT, path), 'utf8');
    const flat = text.replace(/\n[ \t]*(?:\*|\/\/)?[ \t]*/g, (gap) => ' '.padEnd(gap.length));
    return AVOIDED.flatMap(([pattern, instead]) =>
      [...flat.matchAll(new RegExp(pattern.source.replaceAll(' ', ' +'), 'gi'))].map((match) => {
        const line = text.slice(0, match.index).split('\n').length;
        return `${path}:${line}: "${match[0].replace(/ +/g, ' ')}": write ${instead}`;
      }),
    );
  });
  expect(found).toEqual([]);
});
