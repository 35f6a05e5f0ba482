import { describe, expect, test } from 'vitest';
import { parseDelta, parseState, ResolutionRules, type Rule, transform } from '../../src/index.js';
import { hasShared, readShared } from '../support/shared-data.js';

const FILE = 'vectors/list-pairs.jsonl';

interface Pair {
  readonly base: readonly string[];
  readonly local: readonly unknown[];
  readonly remote: readonly unknown[];
  readonly rule: Rule;
  readonly result: readonly string[];
}

function resultOf({ base, local, remote, rule }: Pair): { remoteFirst: unknown; localFirst: unknown } {
  const rows = [{ tid: 't', rowid: 'r', data: { f: base } }];
  const localDelta = parseDelta([['U', 't', 'r', { f: local }]]);
  const remoteDelta = parseDelta([['U', 't', 'r', { f: remote }]]);
  const merged = transform(localDelta, remoteDelta, { rules: new ResolutionRules().set('t', 'f', rule) });
  const remoteFirst = parseState(rows);
  remoteFirst.apply(remoteDelta);
  remoteFirst.apply(merged.local);
  const localFirst = parseState(rows);
  localFirst.apply(localDelta);
  localFirst.apply(merged.remote);
  return { remoteFirst: remoteFirst.get('t', 'r')?.get('f'), localFirst: localFirst.get('t', 'r')?.get('f') };
}

describe('merge results recorded from the Datastore SDK', () => {
  test.skipIf(!hasShared(FILE))('every case, exactly', () => {
    const cases = readShared(FILE).trim().split('\n');
    expect(cases.length).toBeGreaterThan(500);
    for (const line of cases) {
      const pair = JSON.parse(line) as Pair;
      expect(resultOf(pair), line).toEqual({ remoteFirst: pair.result, localFirst: pair.result });
    }
  });
});
