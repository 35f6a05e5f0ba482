import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { arrayOf, type Json, objectOf } from '../../spec/generator/json.js';
import { readDelta } from '../../spec/generator/vector-notation.js';
import { decodeChanges, encodeChanges } from '../../src/codec/binary/encoded-delta.js';
import {
  decodeDelta,
  decodeReplica,
  decodeSequencer,
  decodeState,
  encodeDelta,
  encodeReplica,
  encodeSequencer,
  encodeState,
} from '../../src/codec/binary/index.js';
import { compress, formatState } from '../../src/index.js';
import { formatEntry } from '../../src/sync/index.js';
import { showDelta } from '../support/show.js';

const folder = resolve(import.meta.dirname, '../fixtures/binary/v1');
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.bin'))
  .map((name) => name.slice(0, -'.bin'.length));

/** What a file holds, what its JSON says that it holds, and its content encoded again. */
function read(
  bytes: Uint8Array,
  [[kind, json] = ['', null]]: readonly (readonly [string, Json])[],
): readonly unknown[] {
  switch (kind) {
    case 'delta': {
      const delta = decodeDelta(bytes);
      return [showDelta(delta), showDelta(compress(readDelta(json))), encodeDelta(delta)];
    }
    case 'changes': {
      const changes = decodeChanges(bytes);
      expect(showDelta(decodeDelta(bytes))).toBe(showDelta(compress(changes)));
      return [showDelta(changes), showDelta(readDelta(json)), encodeChanges(changes)];
    }
    case 'state': {
      const state = decodeState(bytes);
      return [formatState(state), json, encodeState(state)];
    }
    case 'replica': {
      const saved = decodeReplica(bytes);
      // Rules are read in the order of their places.
      const rules = arrayOf(objectOf(json)['rules']).map(String);
      return [
        { ...saved, rules: saved.rules.map(String).sort() },
        { ...objectOf(json), rules: rules.sort() },
        encodeReplica(saved),
      ];
    }
    default: {
      const { snapshot, log } = decodeSequencer(bytes);
      return [{ snapshot, log: log.map(formatEntry) }, json, encodeSequencer({ snapshot, log })];
    }
  }
}

describe('files of version 1 are read, and written again byte for byte', () => {
  test('there are files of every kind', () => {
    for (const kind of ['delta', 'state', 'replica', 'sequencer']) expect(names).toContain(kind);
  });

  test.each(names)('%s', (name) => {
    const bytes = new Uint8Array(readFileSync(resolve(folder, `${name}.bin`)));
    const json = JSON.parse(readFileSync(resolve(folder, `${name}.json`), 'utf8')) as Json;
    const [content, expected, again] = read(bytes, Object.entries(objectOf(json)));
    expect(content).toEqual(expected);
    expect(again).toEqual(bytes);
  });
});
