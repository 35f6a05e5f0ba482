import { describe, expect, test } from 'vitest';
import { decodeDelta, decodeState, encodeDelta, encodeState } from '../../src/codec/binary/index.js';
import { formatDelta, parseDelta, parseState } from '../../src/index.js';
import { runIn, runWith } from './support/memory-io.js';

const ROWS = [
  { tid: 't', rowid: 'a', data: { f: ['x', { I: '1' }], g: { B: 'AQI' } } },
  { tid: 't', rowid: 'b', data: {} },
];
const CHANGES = [
  ['D', 't', 'b'],
  ['U', 't', 'a', { f: ['LI', 0, 'w'] }],
];
const STATE_BYTES = encodeState(parseState(ROWS));
const DELTA_BYTES = encodeDelta(parseDelta(CHANGES));

describe('convert', () => {
  test('writes the other format to the standard output', () => {
    expect(runWith({ file: ROWS }, 'convert', 'file')).toMatchObject({ status: 0, stderr: '', bytes: STATE_BYTES });
    expect(runWith({ file: CHANGES }, 'convert', 'file').bytes).toEqual(DELTA_BYTES);
    const [first, second] = ROWS.map((row) => JSON.stringify(row));
    expect(runWith({ file: STATE_BYTES }, 'convert', 'file').stdout).toBe(`[\n${first},\n${second}\n]\n`);
    expect(JSON.parse(runWith({ file: DELTA_BYTES }, 'convert', 'file').stdout)).toEqual(
      formatDelta(parseDelta(CHANGES)),
    );
  });

  test('--to writes that format, even if the file has it', () => {
    expect(runWith({ file: ROWS }, 'convert', 'file', '--to', 'binary').bytes).toEqual(STATE_BYTES);
    expect(runWith({ file: STATE_BYTES }, 'convert', 'file', '--to=binary').bytes).toEqual(STATE_BYTES);
    expect(JSON.parse(runWith({ file: [...ROWS].reverse() }, 'convert', 'file', '--to', 'json').stdout)).toEqual(ROWS);
  });

  test('--out writes to a file and nothing to the standard output', () => {
    const { status, stdout, written } = runWith({ file: ROWS }, 'convert', 'file', '--out', 'next');
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(written.get('next')).toEqual(STATE_BYTES);
    expect(runWith({ file: ROWS }, 'convert', 'file', '--out', '-').bytes).toEqual(STATE_BYTES);
  });

  test('writes a delta in normal form, and JSON loses what it overwrote', () => {
    const twice = [
      ['U', 't', 'a', { g: ['P', 1] }],
      ['U', 't', 'a', { g: ['P', 2] }],
    ];
    const once = [['U', 't', 'a', { g: ['P', 2] }]];
    expect(formatDelta(decodeDelta(runWith({ file: twice }, 'convert', 'file').bytes))).toEqual(once);
    const applied = encodeDelta(parseState(ROWS).apply(parseDelta(once)));
    expect(runWith({ file: applied }, 'convert', 'file', '--to', 'binary').bytes).toEqual(applied);
    expect(JSON.parse(runWith({ file: applied }, 'convert', 'file').stdout)).toEqual(once);
  });

  test('reads the standard input', () => {
    expect(runWith({ '-': STATE_BYTES }, 'convert', '-').stdout).toContain('"rowid":"a"');
  });

  test('an empty array needs --as', () => {
    expect(runWith({ file: [] }, 'convert', 'file')).toMatchObject({
      status: 2,
      stderr: 'file: an empty array can be a snapshot or a delta: add --as snapshot or --as delta\n',
    });
    const snapshot = runWith({ file: [] }, 'convert', 'file', '--as', 'snapshot').bytes;
    expect(decodeState(snapshot).recordCount).toBe(0);
    const delta = runWith({ file: [] }, 'convert', 'file', '--as', 'delta').bytes;
    expect(formatDelta(decodeDelta(delta))).toEqual([]);
    expect(runWith({ file: snapshot }, 'convert', 'file').stdout).toBe('[]\n');
    expect(runWith({ file: delta }, 'convert', 'file').stdout).toBe('[]\n');
  });

  test('--as must fit the file', () => {
    expect(runWith({ file: ROWS }, 'convert', 'file', '--as', 'snapshot').status).toBe(0);
    expect(runWith({ file: ROWS }, 'convert', 'file', '--as', 'delta')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'file: --as delta does not fit: the file holds a snapshot\n',
    });
  });

  test('does not write bytes to a terminal', () => {
    const onTerminal = { files: { rows: ROWS, bytes: STATE_BYTES }, isTerminal: true };
    expect(runIn(onTerminal, 'convert', 'rows')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'deltaic: the binary form is not for a terminal: name a file with --out; see deltaic convert --help\n',
    });
    expect(runIn(onTerminal, 'convert', 'rows', '--out', 'next').status).toBe(0);
    expect(runIn(onTerminal, 'convert', 'bytes').stdout).toContain('"rowid":"a"');
  });

  test('an invalid file is one line, and nothing is written', () => {
    const files = { file: '[{"tid":"t"}]', cut: STATE_BYTES.subarray(0, -1) };
    for (const name of ['file', 'cut']) {
      const { status, stdout, stderr, written } = runWith(files, 'convert', name, '--out', 'next');
      expect({ status, stdout, size: written.size }, name).toEqual({ status: 2, stdout: '', size: 0 });
      expect(stderr).toMatch(new RegExp(`^${name}[^\n]*: [^\n]+\n$`));
    }
    expect(runWith({ file: ROWS }, 'convert', 'file', '--out', 'locked')).toMatchObject({
      status: 2,
      stderr: 'locked: cannot write: permission denied\n',
    });
  });
});
