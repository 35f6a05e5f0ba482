import type { Random } from '../simulator/random.js';

/** What stands nowhere, or only elsewhere, or is larger or stranger than anybody sends. */
const STRANGE: readonly (() => unknown)[] = [
  ...[null, undefined, true, 0, -1, 0.5, -0, 2 ** 29, 2 ** 53, 1e300, Number.NaN, Number.POSITIVE_INFINITY].map(
    (value) => () => value,
  ),
  ...['', 'x', '__proto__', '\ud800', 'I', 'U', 'D', 'P', 'LI', 'LM', ' ', 'x'.repeat(65)].map((text) => () => text),
  () => ({}),
  () => [],
  () => [[]],
  () => ({ I: '9223372036854775808' }),
  () => ({ T: '8640000000000001' }),
  () => ({ B: '_' }),
  () => ({ N: 'nan', I: '1' }),
  () => JSON.parse('{"__proto__":{"polluted":true}}') as unknown,
  () => JSON.parse('{"constructor":{"prototype":{"polluted":true}}}') as unknown,
  () => new Array(1000),
  () => new Map([['f', 1]]),
  () => new Date(0),
  () => () => 1,
  () => 1n,
  () => nest(10_000),
];

/** A copy with one to three places changed; `others` lend parts of theirs. */
export function mutateJson(json: unknown, others: readonly unknown[], random: Random): unknown {
  let mutated = structuredClone(json);
  for (let left = 1 + random.below(3); left > 0; left--) mutated = mutateAt(mutated, others, random);
  return mutated;
}

function mutateAt(json: unknown, others: readonly unknown[], random: Random): unknown {
  const keys = typeof json === 'object' && json !== null ? Object.keys(json) : [];
  if (keys.length === 0 || random.chance(0.1)) return replacement(json, others, random);
  const key = random.pick(keys);
  if (random.chance(0.7)) return withMember(json, key, mutateAt(memberOf(json, key), others, random));
  if (Array.isArray(json)) return mutateArray(json, Number(key), random);
  const entries = Object.entries(json as object);
  const at = keys.indexOf(key);
  const value: unknown = entries[at]?.[1];
  if (random.chance(0.4)) entries.splice(at, 1);
  else entries.push([random.pick(['__proto__', 'constructor', '', 'no name', 'b', 'more', 'x'.repeat(65)]), value]);
  return Object.fromEntries(entries);
}

function mutateArray(array: readonly unknown[], at: number, random: Random): unknown[] {
  const mutated = [...array];
  const choice = random.below(4);
  if (choice === 0) mutated.splice(at, 1);
  else if (choice === 1) mutated.splice(at, 0, array[at]);
  else if (choice === 2) mutated.reverse();
  else delete mutated[at];
  return mutated;
}

function replacement(json: unknown, others: readonly unknown[], random: Random): unknown {
  if (random.chance(0.2)) return partOf(random.pick(others), random);
  if (typeof json === 'number' && random.chance(0.5)) return json + random.pick([1, -1, 0.5, 2 ** 29]);
  if (typeof json === 'string' && random.chance(0.5)) return json.slice(random.below(2)) + random.pick(['', '1', ' ']);
  return random.pick(STRANGE)();
}

function partOf(json: unknown, random: Random): unknown {
  const keys = typeof json === 'object' && json !== null ? Object.keys(json) : [];
  return keys.length === 0 || random.chance(0.3) ? json : partOf(memberOf(json, random.pick(keys)), random);
}

function memberOf(json: unknown, key: string): unknown {
  return Object.getOwnPropertyDescriptor(json, key)?.value;
}

function withMember(json: unknown, key: string, value: unknown): unknown {
  if (Array.isArray(json)) return json.map((item: unknown, at) => (at === Number(key) ? value : item));
  return Object.fromEntries(Object.entries(json as object).map(([name, item]) => [name, name === key ? value : item]));
}

function nest(depth: number): unknown {
  let nested: unknown = 1;
  for (let level = 0; level < depth; level++) nested = level % 2 === 0 ? [nested] : { P: nested };
  return nested;
}
