import { describe, expect, test } from 'vitest';
import { encodeDelta, encodeReplica, encodeSequencer, encodeState } from '../../src/codec/binary/index.js';
import { parseDelta, parseState, ResolutionRules, State } from '../../src/index.js';
import { Replica, Sequencer } from '../../src/sync/index.js';
import { runWith } from './support/memory-io.js';

const ROWS = [
  { tid: 'notes', rowid: 'one', data: { list: ['ab', { B: 'AQI' }, 1], text: 'é' } },
  { tid: 'notes', rowid: 'two', data: {} },
  { tid: 'tasks', rowid: 'one', data: { done: true } },
];
const CHANGES = [
  ['I', 'notes', 'one', { list: ['ab'], text: 'é' }],
  ['U', 'notes', 'one', { list: ['LI', 1, 'cd'] }],
  ['U', 'notes', 'two', { a: ['P', { I: '5' }], b: ['D'], c: ['LC'] }],
  ['U', 'notes', 'two', { c: ['LI', 0, 'xyz'] }],
  ['U', 'notes', 'two', {}],
  ['U', 'notes', 'three', { a: ['LM', 0, 2], b: ['LP', 3, 'pq'], c: ['LD', 4] }],
  ['D', 'notes', 'four'],
];

function inspect(content: unknown, ...options: readonly string[]): string {
  const outcome = runWith({ file: content }, 'inspect', 'file', ...options);
  expect(outcome).toMatchObject({ status: 0, stderr: '' });
  return outcome.stdout;
}

describe('a snapshot', () => {
  test('is shown by table, record and field, with types and sizes', () => {
    expect(inspect(ROWS)).toBe(
      [
        'file: a valid snapshot, 3 records in 2 tables, 1,666 bytes',
        '(1,000 bytes for the datastore, and its records)',
        '',
        'notes: 2 records, 466 bytes',
        '  one: 366 bytes',
        '    list  list of 3  164 bytes  ["ab", 0x0102 (2 bytes), 1.0]',
        '    text  string     102 bytes  "é"',
        '  two: 100 bytes',
        '',
        'tasks: 1 record, 200 bytes',
        '  one: 200 bytes',
        '    done  boolean  100 bytes  true',
        '',
      ].join('\n'),
    );
  });

  test('is given in JSON with sizes that add up', () => {
    const answer = JSON.parse(inspect(ROWS, '--json'));
    expect(answer).toMatchObject({ kind: 'snapshot', records: 3, bytes: 1666, warnings: [] });
    expect(answer.tables[0].rows[0]).toEqual({
      record: 'one',
      bytes: 366,
      fields: [
        { field: 'list', type: 'list', bytes: 164 },
        { field: 'text', type: 'string', bytes: 102 },
      ],
    });
    const tableBytes = answer.tables.map(({ bytes }: { bytes: number }) => bytes);
    expect(tableBytes).toEqual([466, 200]);
  });

  test('names every type', () => {
    const data = { a: true, b: { I: '1' }, c: 1, d: '', e: { B: '' }, f: { T: '0' }, g: [] };
    const answer = JSON.parse(inspect([{ tid: 't', rowid: 'r', data }], '--json'));
    const types = answer.tables[0].rows[0].fields.map(({ type }: { type: string }) => type);
    expect(types).toEqual(['boolean', 'long', 'double', 'string', 'bytes', 'date', 'list']);
  });

  test('leads to a warning if it is over a default limit', () => {
    const big = [{ tid: 't', rowid: 'big', data: { text: 'x'.repeat(102_201) } }];
    expect(inspect(big)).toContain(
      '\nOVER THE DEFAULT LIMITS\n\n  the record t / big: 102,401 bytes, and the limit is 102,400 bytes\n',
    );
    expect(inspect([{ tid: 't', rowid: 'big', data: { text: 'x'.repeat(102_200) } }])).not.toContain('LIMITS');
  });
});

describe('a delta', () => {
  test('is shown by change and operation, as sent and compressed', () => {
    expect(inspect(CHANGES)).toBe(
      [
        'file: a valid delta, as sent 7 changes, 1,031 bytes, compressed 7 changes, 851 bytes',
        '(100 bytes for the delta, 100 for each change and each further list operation in it, and the values)',
        '',
        '0: insert notes / one, 124 bytes',
        '    list  insert  22 bytes  ["ab"]',
        '    text  insert   2 bytes  "é"',
        '1: update notes / one, 102 bytes',
        '    list  list insert  2 bytes  1: "cd"',
        '2: update notes / two, 100 bytes',
        '    a  put          0 bytes  5',
        '    b  delete       0 bytes',
        '    c  list create  0 bytes',
        '3: update notes / two, 103 bytes',
        '    c  list insert  3 bytes  0: "xyz"',
        '4: update notes / two, 100 bytes',
        '5: update notes / three, 302 bytes',
        '    a  list move    0 bytes  0 to 2',
        '    b  list put     2 bytes  3: "pq"',
        '    c  list delete  0 bytes  4',
        '6: delete notes / four, 100 bytes',
        '',
      ].join('\n'),
    );
  });

  test('is given in JSON, with its compressed form', () => {
    const answer = JSON.parse(inspect([CHANGES[6], CHANGES[0], CHANGES[1]], '--json'));
    expect(answer).toEqual({
      kind: 'delta',
      sent: { changes: 3, bytes: 426 },
      compressed: {
        changes: 2,
        bytes: 346,
        delta: [
          ['D', 'notes', 'four'],
          ['I', 'notes', 'one', { list: ['ab', 'cd'], text: 'é' }],
        ],
      },
      changes: [
        { type: 'delete', table: 'notes', record: 'four', bytes: 100, parts: [] },
        {
          type: 'insert',
          table: 'notes',
          record: 'one',
          bytes: 124,
          parts: [
            { field: 'list', op: 'insert', bytes: 22 },
            { field: 'text', op: 'insert', bytes: 2 },
          ],
        },
        {
          type: 'update',
          table: 'notes',
          record: 'one',
          bytes: 102,
          parts: [{ field: 'list', op: 'list insert', bytes: 2 }],
        },
      ],
      warnings: [],
    });
  });

  test('leads to a warning if it is over the default limit after compressing', () => {
    const put = (length: number): unknown => ['U', 't', 'r', { text: ['P', 'x'.repeat(length)] }];
    expect(inspect([put(2_096_953)])).toContain(
      '\nOVER THE DEFAULT LIMITS\n\n  the delta: 2,097,153 bytes, and the limit is 2,097,152 bytes\n',
    );
    expect(inspect([put(2_096_953), put(1)])).not.toContain('LIMITS');
  });
});

describe('the binary form', () => {
  test('of a snapshot or delta is shown like JSON', () => {
    const bytes = encodeState(parseState(ROWS));
    for (const options of [[], ['--json']]) {
      expect(inspect(bytes, ...options)).toBe(inspect(ROWS, ...options));
      const changes = [
        ['D', 'notes', 'four'],
        ['U', 'notes', 'one', { a: ['P', { I: '5' }], l: ['LI', 1, 'cd'] }],
      ];
      expect(inspect(encodeDelta(parseDelta(changes)), ...options)).toBe(inspect(changes, ...options));
    }
    expect(inspect(encodeState(new State()))).toContain('a valid snapshot, 0 records in 0 tables, 1,000 bytes');
  });

  test('of a saved replica is shown with its pending deltas', () => {
    const replica = new Replica({ nextNonce: () => 'ann-1', rules: new ResolutionRules().set('t', 'f', 'max') });
    replica.apply(parseDelta([['I', 't', 'r', { f: 1 }]]));
    replica.sync(new Date(0));
    replica.outgoing();
    replica.apply(parseDelta([['U', 't', 'r', { f: ['P', 2] }]]));
    const bytes = encodeReplica(replica.save());
    expect(inspect(bytes)).toBe(
      [
        'file: a valid saved replica at revision 0, 0 records in 0 tables, 1,000 bytes',
        '1 pending delta, the first as ann-1',
        'rule of t / r / f: max',
        '',
        'pending delta 0: 2 changes, 300 bytes',
        '  0: insert :info / info, 100 bytes',
        '      mtime  insert  0 bytes  1970-01-01T00:00:00.000Z',
        '  1: insert t / r, 100 bytes',
        '      f  insert  0 bytes  1.0',
        '',
        'the uncommitted delta: 1 change, 200 bytes',
        '  0: update t / r, 100 bytes',
        '      f  put  0 bytes  2.0',
        '',
      ].join('\n'),
    );
    expect(JSON.parse(inspect(bytes, '--json'))).toMatchObject({
      ...{
        kind: 'replica',
        revision: 0,
        state: { records: 0, bytes: 1000, tables: [] },
        nonce: 'ann-1',
        refusal: null,
      },
      pending: [{ changes: 2, bytes: 300 }],
      uncommitted: { changes: 1, bytes: 200, delta: [['U', 't', 'r', { f: ['P', 2] }]] },
      rules: [['t', 'r', 'f', 'max']],
    });
    const refused = {
      ...replica.save(),
      refusal: { reason: 'limit', message: '' },
      needsReload: true,
      isLogLost: true,
    };
    expect(inspect(encodeReplica(refused as ReturnType<Replica['save']>))).toContain(
      '1 pending delta, the first as ann-1, refused: limit\nit needs a reload\nits log is lost\n',
    );
  });

  test('of a saved sequencer is shown with its log', () => {
    const sequencer = new Sequencer();
    expect(inspect(encodeSequencer(sequencer.save()))).toContain(
      'a valid saved sequencer at revision 0, 0 log entries\n',
    );
    const delta = parseDelta([['I', 't', 'r', {}]]);
    sequencer.answer({ type: 'put', rev: 0, nonce: 'n1', delta }, 'owner');
    const bytes = encodeSequencer({ ...sequencer.save(), snapshot: sequencer.snapshot() });
    expect(inspect(bytes)).toBe(
      [
        'file: a valid saved sequencer at revision 1, 1 log entry',
        'its snapshot at revision 1: 1 record in 1 table, 1,100 bytes, 1 nonce',
        '',
        'revision 1, n1: 1 change, 200 bytes',
        '  0: insert t / r, 100 bytes',
        '',
        't: 1 record, 100 bytes',
        '  r: 100 bytes',
        '',
      ].join('\n'),
    );
    expect(JSON.parse(inspect(bytes, '--json'))).toMatchObject({
      ...{ kind: 'sequencer', revision: 1, snapshot: { revision: 1, nonces: ['n1'], records: 1 } },
      log: [{ revision: 1, nonce: 'n1', changes: 1, bytes: 200, delta: [['I', 't', 'r', {}]] }],
    });
  });

  test('of an unknown kind or version, or cut short, is one line on stderr', () => {
    const bytes = encodeState(parseState(ROWS));
    const files = {
      cut: bytes.subarray(0, 40),
      kind: Uint8Array.from(bytes, (byte, at) => (at === 10 ? 0x78 : byte)),
      version: Uint8Array.from(bytes, (byte, at) => (at === 15 ? 2 : byte)),
    };
    for (const name of Object.keys(files)) {
      const { status, stdout, stderr } = runWith(files, 'inspect', name);
      expect({ status, stdout }, name).toEqual({ status: 2, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^${name}: [^\n]+\n$`));
    }
  });
});

test('the standard input can be inspected', () => {
  expect(runWith({ '-': ROWS }, 'inspect', '-').stdout).toMatch(/^stdin: a valid snapshot, 3 records/);
});

test('--quiet prints nothing for a valid file, and the fault of an invalid one', () => {
  expect(runWith({ file: ROWS }, 'inspect', 'file', '--quiet')).toMatchObject({ status: 0, stdout: '', stderr: '' });
  const { status, stderr } = runWith({ file: [ROWS[0], ROWS[0]] }, 'inspect', 'file', '--quiet');
  expect(status).toBe(2);
  expect(stderr).toContain('file, line 1: position 1');
});

test('an empty array can be either', () => {
  expect(inspect([])).toBe('file: valid and empty: a snapshot without records, or a delta without changes\n');
  expect(inspect([], '--json')).toBe('{"kind":"empty"}\n');
});

test('hostile names and values are shown safely', () => {
  const rows = '[{"tid":"__proto__","rowid":"constructor","data":{"__proto__":"\\u001b[2J"}}]';
  expect(inspect(rows)).toContain('    __proto__  string  104 bytes  "\\u{1b}[2J"\n');
  expect(inspect('[["U","__proto__","constructor",{"__proto__":["P","\\u001b"]}]]')).toContain(
    '0: update __proto__ / constructor, 101 bytes\n    __proto__  put  1 byte  "\\u{1b}"\n',
  );
});

test('an invalid file is reported with its place, on stderr alone', () => {
  for (const options of [[], ['--json']]) {
    const outcome = runWith({ file: [ROWS[0], ROWS[0]] }, 'inspect', 'file', ...options);
    expect(outcome).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'file, line 1: position 1, table "notes", record "one": the record occurs twice in the snapshot\n',
    });
  }
});
