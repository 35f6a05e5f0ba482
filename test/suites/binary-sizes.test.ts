import { deflateSync } from 'node:zlib';
import { Packr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { rawSize, taskInserts, taskUpdates, traceDelta } from '../../bench/support/tasks.js';
import { encodeDelta, encodeState } from '../../src/codec/binary/index.js';
import { formatDelta, parseState, State } from '../../src/index.js';
import { hasShared } from '../support/shared-data.js';

// What the binary form promises to weigh. The figures of peers are those of bench/PEERS.md.

describe('10,000 updates of fields in 1,000 records', () => {
  const delta = taskUpdates();
  const encoded = encodeDelta(delta).length;

  test('take at most 40% of their wire JSON', () => {
    expect(encoded).toBeLessThanOrEqual(0.4 * JSON.stringify(formatDelta(delta)).length);
  });

  test.each([true, false])('take less than msgpackr makes of them, with keys stored once: %s', (useRecords) => {
    const packed = new Packr({ useRecords, mapsAsObjects: false, moreTypes: true }).pack(delta);
    expect(encoded).toBeLessThan(packed.length);
  });
});

test('a state takes at most a tenth more than its values and names', () => {
  const inserts = taskInserts();
  const state = new State();
  state.apply(inserts);
  expect(encodeState(state).length).toBeLessThanOrEqual(1.1 * rawSize(inserts));
});

// Skipped where the traces are not beside the checkout.
describe.skipIf(!hasShared('traces/sequential-automerge-paper.json.gz'))('the automerge-paper trace', () => {
  test('takes at most 2.5 bytes an edit, and deflated less than the smallest history of a peer', () => {
    const encoded = encodeDelta(traceDelta());
    expect(encoded.length / 259_778).toBeLessThanOrEqual(2.5);
    expect(deflateSync(encoded).length).toBeLessThan(88_800);
  });

  test('ends in a state that is no larger than the smallest list of a peer', () => {
    const state = parseState([{ tid: 't', rowid: 'r', data: { f: [] } }]);
    state.apply(traceDelta());
    expect(encodeState(state).length).toBeLessThanOrEqual(110_000);
  });
});
