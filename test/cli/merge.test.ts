import { describe, expect, test } from 'vitest';
import { encodeDelta, encodeReplica, encodeState } from '../../src/codec/binary/index.js';
import { parseDelta, parseState, State } from '../../src/index.js';
import { Replica } from '../../src/sync/index.js';
import { runWith, type TestFiles } from './support/memory-io.js';

const BASE = [
  { tid: 'tasks', rowid: 'one', data: { count: { I: '10' }, text: 'old', tags: ['a', 'b', 'c'] } },
  { tid: 'tasks', rowid: 'two', data: { done: false } },
];

function merged(files: TestFiles, ...options: readonly string[]): ReturnType<typeof JSON.parse> {
  const outcome = runWith({ base: BASE, ...files }, 'merge', 'base', 'local', 'remote', '--json', ...options);
  expect(outcome).toMatchObject({ status: 0, stderr: '' });
  return JSON.parse(outcome.stdout);
}

function report(files: TestFiles, ...options: readonly string[]): string {
  const outcome = runWith({ base: BASE, ...files }, 'merge', 'base', 'local', 'remote', ...options);
  expect(outcome).toMatchObject({ status: 0, stderr: '' });
  return outcome.stdout;
}

describe('the two forms of an edit', () => {
  const changes = [
    ['U', 'tasks', 'one', { count: ['P', { I: '15' }] }],
    ['U', 'tasks', 'one', { tags: ['LI', 3, 'd'] }],
  ];
  const edited = [
    { tid: 'tasks', rowid: 'one', data: { count: { I: '15' }, text: 'old', tags: ['a', 'b', 'c', 'd'] } },
    BASE[1],
  ];
  const remote = [
    ['U', 'tasks', 'one', { count: ['P', { I: '12' }] }],
    ['U', 'tasks', 'one', { tags: ['LD', 0] }],
  ];
  const rules = { tasks: { count: 'sum' } };

  test('wire changes and an edited snapshot give the same result, on either side', () => {
    const expected = { count: { I: '17' }, tags: ['b', 'c', 'd'], text: 'old' };
    for (const local of [changes, edited]) {
      expect(merged({ local, remote, rules }, '--rules', 'rules').rows[0].data).toEqual(expected);
      expect(merged({ local: remote, remote: local, rules }, '--rules', 'rules').rows[0].data).toEqual(expected);
    }
  });

  test('the cost of a long run of list edits is linear', () => {
    const local = Array.from({ length: 20_000 }, (_, index) => ['U', 'tasks', 'one', { tags: ['LI', index, 'x'] }]);
    const { rows, sizes } = merged({ local, remote: [['U', 'tasks', 'one', { tags: ['LD', 0] }]] });
    expect(rows[0].data.tags).toHaveLength(20_002);
    expect(sizes.local).toEqual({ changes: 20_000, bytes: 2_020_100 });
  }, 20_000);

  test('an empty array means no changes, and not a snapshot without records', () => {
    const answer = merged({ local: [], remote });
    expect(answer.rows.map(({ rowid }: { rowid: string }) => rowid)).toEqual(['one', 'two']);
    expect(answer).toMatchObject({ local: [], conflicts: [], sizes: { local: { changes: 0, bytes: 0 } } });
    expect(merged({ base: [], local: [], remote: [] }).rows).toEqual([]);
  });

  test('a record missing from an edited snapshot was deleted', () => {
    expect(merged({ local: [BASE[0]], remote: [] }).rows).toHaveLength(1);
  });
});

describe('--json', () => {
  test('holds rows, conflicts, both transformed deltas and the sizes', () => {
    const local = [['U', 'tasks', 'one', { text: ['P', 'mine'] }]];
    const remote = [
      ['U', 'tasks', 'one', { text: ['P', 'theirs'] }],
      ['D', 'tasks', 'two'],
    ];
    expect(merged({ local, remote })).toEqual({
      rows: [{ tid: 'tasks', rowid: 'one', data: { count: { I: '10' }, tags: ['a', 'b', 'c'], text: 'theirs' } }],
      conflicts: [
        {
          table: 'tasks',
          record: 'one',
          field: 'text',
          rule: 'remote',
          base: 'old',
          local: 'mine',
          remote: 'theirs',
          result: 'theirs',
          lost: [{ side: 'local', field: 'text', ops: [['P', 'mine']] }],
        },
      ],
      local: [],
      remote: [
        ['U', 'tasks', 'one', { text: ['P', 'theirs'] }],
        ['D', 'tasks', 'two'],
      ],
      sizes: {
        base: { records: 2, bytes: 1666 },
        local: { changes: 1, bytes: 204 },
        remote: { changes: 2, bytes: 306 },
        merged: { records: 1, bytes: 1469 },
      },
      unusedRules: [],
    });
  });

  test('loses nothing: every value of the format is unchanged', () => {
    const data = {
      bool: true,
      bytes: { B: '_-8' },
      date: { T: '-8640000000000000' },
      infinite: { N: '-inf' },
      list: [false, { I: '1' }, 1, { N: 'nan' }, { N: '-0' }, '', { B: '' }, { T: '0' }],
      long: { I: '-9223372036854775808' },
      small: 5e-324,
      text: '\u0000\u001b[31m\u202e"\\\n',
      wide: 'x'.repeat(100_000),
    };
    const local = [['I', 'values', 'all', data]];
    expect(merged({ base: [], local, remote: [] }).rows).toEqual([{ tid: 'values', rowid: 'all', data }]);
  });

  test('keeps hostile names in rows, conflicts and lost edits', () => {
    const rows = (value: string): string =>
      `[{"tid":"__proto__","rowid":"constructor","data":{"__proto__":"${value}","toString":["x"]}}]`;
    const files = {
      base: rows('a'),
      local: rows('b'),
      remote: rows('c'),
      rules: '{"__proto__":{"__proto__":"local"}}',
    };
    const { stdout } = runWith(files, 'merge', 'base', 'local', 'remote', '--json', '--rules', 'rules');
    expect(stdout).toContain(
      '"rows":[{"tid":"__proto__","rowid":"constructor","data":{"__proto__":"b","toString":["x"]}}]',
    );
    expect(stdout).toContain('"lost":[{"side":"remote","field":"__proto__","ops":[["P","c"]]}]');
    expect(stdout).toContain('"unusedRules":[]');

    const deleted = runWith(
      { ...files, local: '[["D","__proto__","constructor"]]' },
      'merge',
      'base',
      'local',
      'remote',
      '--json',
    );
    expect(deleted.stdout).toContain(
      '"base":{"__proto__":"a","toString":["x"]},"local":null,"remote":{"__proto__":"c","toString":["x"]}',
    );
  });

  test('a conflict about a record has fields, and null for what is absent', () => {
    const [conflict] = merged({
      local: [['U', 'tasks', 'two', { done: ['P', true] }]],
      remote: [['D', 'tasks', 'two']],
    }).conflicts;
    expect(conflict).toEqual({
      table: 'tasks',
      record: 'two',
      rule: 'delete-wins',
      base: { done: false },
      local: { done: true },
      remote: null,
      result: null,
      lost: [{ side: 'local', field: 'done', ops: [['P', true]] }],
    });
  });

  test('a conflict about two moves names the item, which neither delta does', () => {
    const [conflict] = merged({
      local: [['U', 'tasks', 'one', { tags: ['LM', 1, 0] }]],
      remote: [['U', 'tasks', 'one', { tags: ['LM', 1, 2] }]],
    }).conflicts;
    expect(conflict).toMatchObject({ index: 1, base: 'b', local: 'b', remote: 'b', result: 'b' });
  });
});

describe('--out', () => {
  test('writes rows that can be the next base, and the report still goes to stdout', () => {
    const files = { base: BASE, local: [['D', 'tasks', 'two']], remote: [] };
    const { status, stdout, written } = runWith(files, 'merge', 'base', 'local', 'remote', '--out', 'next');
    expect(status).toBe(0);
    expect(stdout).toContain('MERGED ROWS');
    const rows = JSON.parse(String(written.get('next')));
    expect(rows).toEqual([
      { tid: 'tasks', rowid: 'one', data: { count: { I: '10' }, tags: ['a', 'b', 'c'], text: 'old' } },
    ]);
    expect(runWith({ ...files, next: rows }, 'inspect', 'next').status).toBe(0);
  });

  test('writes an empty array for no rows', () => {
    const { written } = runWith(
      { base: [], local: [], remote: [] },
      'merge',
      'base',
      'local',
      'remote',
      '--out',
      'next',
    );
    expect(written.get('next')).toBe('[]\n');
  });
});

describe('standard input and output', () => {
  const local = [['U', 'tasks', 'two', { done: ['P', true] }]];

  test('- is the standard input, for each of the files', () => {
    const files = { base: BASE, local, remote: [], rules: {} };
    const paths = ['base', 'local', 'remote', 'rules'] as const;
    const expected = runWith(files, 'merge', 'base', 'local', 'remote', '--rules', 'rules', '--json');
    for (const name of paths) {
      const [base = '', ours = '', theirs = '', rules = ''] = paths.map((path) => (path === name ? '-' : path));
      const given = { ...files, [name]: 'unused', '-': files[name] };
      expect(runWith(given, 'merge', base, ours, theirs, '--rules', rules, '--json'), name).toEqual(expected);
    }
  });

  test('faults in the standard input name it', () => {
    const { status, stderr } = runWith({ base: BASE, '-': '[\n5]' }, 'merge', 'base', '-', 'base');
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'stdin, line 2: position 0: expected a row {"tid": …} or a change ["I", …], got 5\n',
    });
    expect(runWith({ base: BASE }, 'merge', '-', 'base', 'base').stderr).toBe(
      'stdin: cannot read: it is a directory\n',
    );
  });

  test('--out - writes the merged rows to the standard output, instead of the report', () => {
    const files = { base: BASE, local, remote: [] };
    const { stdout, written } = runWith(files, 'merge', 'base', 'local', 'remote', '--out', '-');
    expect(JSON.parse(stdout)).toEqual([BASE[0], { tid: 'tasks', rowid: 'two', data: { done: true } }]);
    expect(written.size).toBe(0);
    expect(runWith(files, 'merge', 'base', 'local', 'remote', '--out', '-', '--quiet').stdout).toBe(stdout);
  });
});

describe('--quiet', () => {
  const files = { base: BASE, local: [['D', 'tasks', 'two']], remote: [] };

  test('prints no report, and still writes the file', () => {
    const { written, ...others } = runWith(files, 'merge', 'base', 'local', 'remote', '--quiet', '--out', 'next');
    expect(others).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(JSON.parse(String(written.get('next')))).toHaveLength(1);
  });

  test('still reports errors', () => {
    const { status, stderr } = runWith(files, 'merge', 'base', 'gone', 'remote', '--quiet');
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'gone: cannot read: no such file or directory\n' });
  });
});

describe('--fail-on-conflict', () => {
  const put = (value: unknown): unknown => [['U', 'tasks', 'one', { count: ['P', value] }]];
  const files = { base: BASE, local: put({ I: '11' }), remote: put({ I: '12' }), none: [] };

  test('ends with status 1 if there are conflicts, with the same output and file', () => {
    const argv = ['merge', 'base', 'local', 'remote', '--out', 'next'];
    const plain = runWith(files, ...argv);
    expect(plain.status).toBe(0);
    expect(runWith(files, ...argv, '--fail-on-conflict')).toEqual({ ...plain, status: 1 });
    expect(runWith(files, ...argv, '--fail-on-conflict', '--quiet')).toMatchObject({ status: 1, stdout: '' });
  });

  test('counts conflicts in which no edit was lost', () => {
    const rules = { tasks: { count: 'sum' } };
    const argv = ['merge', 'base', 'local', 'remote', '--rules', 'rules', '--fail-on-conflict'];
    const { status, stdout } = runWith({ ...files, rules }, ...argv);
    expect(status).toBe(1);
    expect(stdout).toContain('CONFLICTS: 1, of which 0 lost an edit');
  });

  test('ends with status 0 without conflicts, and with 2 for bad input', () => {
    expect(runWith(files, 'merge', 'base', 'local', 'none', '--fail-on-conflict').status).toBe(0);
    expect(runWith(files, 'merge', 'base', 'local', 'gone', '--fail-on-conflict').status).toBe(2);
  });
});

describe('files in the binary form', () => {
  const changes = [['U', 'tasks', 'one', { tags: ['LD', 0] }]];
  const edited = [BASE[0]];

  test('are merged like those in JSON', () => {
    const json = { base: BASE, local: changes, remote: edited };
    const bytes = {
      base: encodeState(parseState(BASE)),
      local: encodeDelta(parseDelta(changes)),
      remote: encodeState(parseState(edited)),
    };
    expect(merged(bytes)).toEqual(merged(json));
    expect(merged({ ...json, local: bytes.local })).toEqual(merged(json));
    expect(report(bytes)).toBe(report(json));
  });

  test('an empty snapshot is not mistaken for an empty delta', () => {
    expect(merged({ local: encodeState(new State()), remote: [] }).rows).toEqual([]);
    expect(merged({ local: encodeDelta(parseDelta([])), remote: [] }).rows).toEqual(BASE);
  });

  test('changes that do not fit are named by their position', () => {
    const local = encodeDelta(parseDelta([['D', 'tasks', 'gone']]));
    const { status, stderr } = runWith({ base: BASE, local, none: [] }, 'merge', 'base', 'local', 'none');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^local: position 0, table "tasks", record "gone": [^\n]+\n$/);
  });

  test('a saved replica is not an edit', () => {
    const replica = encodeReplica(new Replica({ nextNonce: () => 'n' }).save());
    expect(runWith({ base: BASE, replica, none: [] }, 'merge', 'base', 'replica', 'none').stderr).toBe(
      'replica: expected a delta or the edited snapshot, got a saved replica\n',
    );
    expect(runWith({ replica, none: [] }, 'merge', 'replica', 'none', 'none').stderr).toBe(
      'replica: the base must be a snapshot (rows), got a saved replica\n',
    );
  });
});

describe('the report', () => {
  test('shows values so that their types can be told apart', () => {
    const values = {
      a: true,
      b: { I: '1' },
      c: 1,
      d: { N: '-0' },
      e: 1e21,
      f: { N: 'nan' },
      g: '1',
      h: { T: '0' },
      i: { B: 'AQI' },
      j: [],
    };
    const text = report({ base: [{ tid: 't', rowid: 'r', data: values }], local: [], remote: [] });
    const lines = text
      .split('\n')
      .filter((line) => line.startsWith('    '))
      .map((line) => line.trim());
    expect(lines).toEqual([
      'a  true',
      'b  1',
      'c  1.0',
      'd  -0.0',
      'e  1e+21',
      'f  NaN',
      'g  "1"',
      'h  1970-01-01T00:00:00.000Z',
      'i  0x0102 (2 bytes)',
      'j  []',
    ]);
  });

  test('escapes control sequences of terminals', () => {
    const text = 'red \u001b[31m, \u009b2J, \u202eturned, \u0007, "quoted" \\ and\nbroken 👩‍👧';
    const local = [['U', 'tasks', 'one', { text: ['P', text] }]];
    const remote = [['U', 'tasks', 'one', { text: ['P', 'x'] }]];
    const shown = report({ local, remote });
    expect(shown).toContain(
      'local   "red \\u{1b}[31m, \\u{9b}2J, \\u{202e}turned, \\u{7}, \\"quoted\\" \\\\ and\\nbroken 👩‍👧"\n',
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is the point.
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  test('cuts large values and stays narrow', () => {
    const values = {
      bytes: { B: 'A'.repeat(4000) },
      list: Array.from({ length: 5000 }, (_, at) => `item ${at}`),
      long: 'word '.repeat(3000),
    };
    const shown = report({ local: [['I', 't', 'r', values]], remote: [] });
    expect(shown).toContain('… (3,000 bytes)');
    expect(shown).toMatch(/"item 23", …\]\s+\(5,000 items\)/);
    expect(shown).toContain('…" (15,000 characters)');
    expect(shown.length).toBeLessThan(3000);
    expect(shown.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  test('explains each kind of conflict', () => {
    const local = [
      ['U', 'tasks', 'one', { tags: ['LP', 1, 'mine'] }],
      ['U', 'tasks', 'one', { count: ['P', 'many'] }],
    ];
    const remote = [
      ['U', 'tasks', 'one', { tags: ['LD', 1] }],
      ['U', 'tasks', 'one', { count: ['P', { I: '11' }] }],
    ];
    const shown = report({ local, remote, rules: { tasks: { count: 'sum' } } }, '--rules', 'rules');
    expect(shown).toContain('CONFLICTS: 2, of which 2 lost an edit');
    expect(shown).toContain('1. tasks / one / count\n   rule    sum: these cannot be added, so the remote value wins');
    expect(shown).toContain('2. tasks / one / tags[1]\n   rule    delete-wins: deleting wins over editing');
    expect(shown).toContain('   lost    local put "mine" at index 1 of tags, over "b"');
  });

  test('lists every kind of lost list edit, and stops where there are too many', () => {
    const edits = [['LI', 0, 'x'], ['LM', 0, 1], ['LD', 3], ...Array.from({ length: 30 }, () => ['LP', 0, 'y'])];
    const local = edits.map((edit) => ['U', 'tasks', 'one', { tags: edit }]);
    const shown = report({ local, remote: [['U', 'tasks', 'one', { tags: ['D'] }]] });
    expect(shown).toContain('lost    local inserted "x" at index 0 of tags\n');
    expect(shown).toContain('local moved index 0 of tags to index 1\n');
    expect(shown).toContain('local deleted index 3 of tags, "c"\n');
    expect(shown).toContain('local made 13 more edits of tags\n');
  });

  test('says so if there are no records, fields or conflicts', () => {
    const shown = report({ base: [], local: [], remote: [] });
    expect(shown).toContain('(no records)');
    expect(shown).toContain('CONFLICTS: none');
    expect(report({ base: [{ tid: 't', rowid: 'r', data: {} }], local: [], remote: [] })).toContain('r  (no fields)');
  });

  test('names rules that are probably misspelt', () => {
    const rules = { tasks: { count: 'sum', cuont: 'max' }, taks: { count: 'min' } };
    const shown = report({ local: [], remote: [], rules }, '--rules', 'rules');
    expect(shown).toContain('RULES FOR FIELDS THAT ARE IN NO FILE\n\n  tasks / cuont: max\n  taks / count: min\n');
    expect(merged({ local: [], remote: [], rules }, '--rules', 'rules').unusedRules).toEqual([
      { table: 'tasks', field: 'cuont', rule: 'max' },
      { table: 'taks', field: 'count', rule: 'min' },
    ]);
  });
});
