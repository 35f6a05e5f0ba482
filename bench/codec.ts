import { pack, unpack } from 'msgpackr';
import {
  decodeDelta,
  decodeSequencer,
  decodeState,
  encodeDelta,
  encodeSequencer,
  encodeState,
} from '../src/codec/binary/index.js';
import {
  type DeltaInput,
  type FieldOp,
  formatDelta,
  formatState,
  parseDelta,
  parseState,
  State,
  sizeOfDelta,
} from '../src/index.js';
import { Sequencer } from '../src/sync/index.js';
import { hasShared } from '../test/support/shared-data.js';
import { expectTrue } from './support/expect.js';
import { type Baseline, type Comparison, compare, doublings, type Suite } from './support/suite.js';
import { taskInserts, taskUpdates, traceDelta } from './support/tasks.js';

const RECORDS = 1000;
const TRACE_EDITS = 259_778;
const LOG_ENTRIES = 20_000;
const AS_FAST = { atMost: 2 };

/**
 * The binary form, compared with msgpackr of the same objects and with wire JSON text. Its size needs no measurement:
 * test/suites/binary-sizes.test.ts checks it.
 */
export const codec: Suite = {
  name: 'codec',
  title: 'Codec',
  comparisons: (scale) => [
    ...both('updates of ten fields of 1,000 records', () => taskUpdates(scale(RECORDS))),
    () => encodingState(scale(RECORDS)),
    () => decodingState(scale(RECORDS)),
    ...(hasShared('traces/sequential-automerge-paper.json.gz')
      ? both('automerge-paper as one delta', () => traceDelta(scale(TRACE_EDITS)))
      : []),
    () => decodingLog(scale(LOG_ENTRIES)),
    () => againstJson(taskUpdates(scale(RECORDS))),
  ],
  series: (scale) => [
    {
      title: 'Codec: twice the records encoded',
      unit: 'records of ten updated fields',
      sizes: doublings(500, 16_000, scale),
      at: (size) => encoding(`${size} records`, taskUpdates(size)),
      growthAtMost: 2.4,
    },
  ],
};

function both(what: string, make: () => DeltaInput): (() => Comparison)[] {
  return [() => encoding(what, make()), () => decoding(what, make())];
}

function encoding(what: string, delta: DeltaInput): Comparison {
  return compare({
    work: `encode ${what}`,
    contender: () => encodeDelta(delta),
    baseline: packing(delta),
    check: (bytes) => expectTrue(sizeOfDelta(decodeDelta(bytes)) === sizeOfDelta(delta), 'the delta comes back'),
    target: AS_FAST,
  });
}

function decoding(what: string, delta: DeltaInput): Comparison {
  const encoded = encodeDelta(delta);
  const packed = pack(delta);
  return compare({
    work: `decode ${what}`,
    contender: () => decodeDelta(encoded),
    baseline: { name: 'msgpackr', run: () => unpack(packed) },
    check: (decoded) => expectTrue(sizeOfDelta(decoded) === sizeOfDelta(delta), 'the delta comes back'),
    target: AS_FAST,
  });
}

/** A sequencer whose log has as many entries, which each put one field. */
function decodingLog(count: number): Comparison {
  const sequencer = new Sequencer();
  sequencer.put(0, 'n0', [{ type: 'insert', table: 't', record: 'r', fields: new Map() }], 'owner');
  for (let rev = 1; rev < count; rev++) {
    const ops = new Map<string, FieldOp>([['f', { type: 'put', value: rev }]]);
    sequencer.put(rev, `n${rev}`, [{ type: 'update', table: 't', record: 'r', ops }], 'owner');
  }
  const saved = sequencer.save();
  const encoded = encodeSequencer(saved);
  const text = JSON.stringify(saved);
  return compare({
    work: `decode a sequencer with a log of ${count.toLocaleString('en')} entries`,
    contender: () => decodeSequencer(encoded),
    baseline: { name: 'JSON.parse of the same', run: () => JSON.parse(text) as unknown },
    operations: count,
    check: (decoded) =>
      expectTrue(Sequencer.restore(decoded.snapshot, decoded.log).revision === count, 'the log comes back'),
  });
}

function packing(objects: unknown): Baseline {
  return { name: 'msgpackr', run: () => pack(objects) };
}

function encodingState(count: number): Comparison {
  const state = stateOf(count);
  return compare({
    work: `encode a state of ${count.toLocaleString('en')} records`,
    contender: () => encodeState(state),
    baseline: { name: 'msgpackr of its rows', run: () => pack(formatState(state)) },
    check: (bytes) => expectTrue(decodeState(bytes).size === state.size, 'the state comes back'),
    target: AS_FAST,
  });
}

function decodingState(count: number): Comparison {
  const state = stateOf(count);
  const encoded = encodeState(state);
  const packed = pack(formatState(state));
  return compare({
    work: `decode a state of ${count.toLocaleString('en')} records`,
    contender: () => decodeState(encoded),
    baseline: { name: 'msgpackr into a state', run: () => parseState(unpack(packed)) },
    check: (decoded, plain) =>
      expectTrue(decoded.size === state.size && plain.size === state.size, 'the state comes back'),
    target: AS_FAST,
  });
}

function againstJson(delta: DeltaInput): Comparison {
  return compare({
    work: 'encode and decode updates of ten fields of 1,000 records',
    contender: () => decodeDelta(encodeDelta(delta)),
    baseline: { name: 'wire JSON', run: () => parseDelta(JSON.parse(JSON.stringify(formatDelta(delta)))) },
    check: (decoded, plain) => expectTrue(sizeOfDelta(decoded) === sizeOfDelta(plain), 'the delta comes back'),
  });
}

function stateOf(count: number): State {
  const state = new State();
  state.apply(taskInserts(count));
  return state;
}
