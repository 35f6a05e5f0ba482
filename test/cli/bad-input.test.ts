import { describe, expect, test } from 'vitest';
import { runWith } from './support/memory-io.js';

const BASE = '[\n  {"tid":"t","rowid":"r","data":{"n":1,"list":["a"]}}\n]';

interface Case {
  readonly name: string;
  readonly base?: unknown;
  readonly local?: unknown;
  readonly rules?: unknown;
  readonly line: string;
}

function check({ base = BASE, local = '[]', rules = '{}', line }: Case): void {
  const files = { 'base.json': base, 'local.json': local, 'remote.json': '[]', 'rules.json': rules };
  const argv = ['merge', 'base.json', 'local.json', 'remote.json', '--rules', 'rules.json', '--out', 'out.json'];
  const outcome = runWith(files, ...argv);
  expect(outcome).toMatchObject({ status: 2, stdout: '', stderr: `${line}\n` });
  expect(outcome.written.size).toBe(0);
}

describe('files that cannot be read', () => {
  test('a missing file', () => {
    expect(runWith({ a: [] }, 'merge', 'a', 'gone.json', 'a')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'gone.json: cannot read: no such file or directory\n',
    });
  });

  test('a missing file of rules, before anything else', () => {
    expect(runWith({}, 'merge', 'a', 'b', 'c', '--rules', 'none').stderr).toBe(
      'none: cannot read: no such file or directory\n',
    );
  });

  test('a name with escape sequences is escaped', () => {
    expect(runWith({}, 'inspect', '\u001b[31m\n').stderr).toBe(
      '\\u{1b}[31m\\u{a}: cannot read: no such file or directory\n',
    );
  });

  test('a file that cannot be written', () => {
    expect(runWith({ a: [] }, 'merge', 'a', 'a', 'a', '--out', 'locked')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'locked: cannot write: permission denied\n',
    });
  });
});

describe('text that is not JSON', () => {
  const cases: readonly Case[] = [
    { name: 'empty', local: '', line: 'local.json, line 1, column 1: the file is empty' },
    { name: 'only space', local: ' \n ', line: 'local.json, line 2, column 2: the file is empty' },
    {
      name: 'cut off',
      local: '[["D","t"',
      line: 'local.json, line 1, column 10: unexpected end of the file: expected a comma or ]',
    },
    { name: 'a word', local: '[\n  nil]', line: 'local.json, line 2, column 3: expected a JSON value' },
    {
      name: 'after a wide character',
      local: '["👩", x]',
      line: 'local.json, line 1, column 7: expected a JSON value',
    },
    {
      name: 'not UTF-8',
      local: new Uint8Array([0x5b, 0xff, 0x5d]),
      line: 'local.json: expected JSON in UTF-8 or the binary form of deltaic',
    },
    {
      name: 'UTF-16',
      local: new Uint8Array([0xff, 0xfe, 0x5b, 0, 0x5d, 0]),
      line: 'local.json: expected JSON in UTF-8 or the binary form of deltaic',
    },
    {
      name: 'a repeated name',
      base: '[{"tid":"t","rowid":"r","data":{"a":1,\n"\\u0061":2}}]',
      line: 'base.json, line 2, column 1: this name is in the object twice',
    },
    {
      name: 'a number beyond doubles',
      base: '[{"tid":"t","rowid":"r","data":{"a":1e999}}]',
      line: 'base.json, line 1, column 37: this number is too large for a double',
    },
    {
      name: 'nested without end',
      local: '['.repeat(100_000),
      line: 'local.json, line 1, column 66: arrays and objects are nested more than 64 levels deep',
    },
  ];
  test.each(cases)('$name', check);

  test('a byte order mark is accepted', () => {
    const outcome = runWith({ base: `\ufeff${BASE}`, none: '\ufeff[]' }, 'merge', 'base', 'none', 'none');
    expect(outcome).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('JSON that holds neither rows nor changes', () => {
  const expected = 'expected an array of rows (a snapshot) or of changes (a delta)';
  const cases: readonly Case[] = [
    { name: 'an object', base: '{}', line: `base.json: ${expected}, got an object` },
    { name: 'null', base: 'null', line: `base.json: ${expected}, got null` },
    { name: 'a string', base: '"rows"', line: `base.json: ${expected}, got "rows"` },
    {
      name: 'an array of something else',
      local: '[["D","t","r"],\n 5]',
      line: 'local.json, line 2: position 1: expected a row {"tid": …} or a change ["I", …], got 5',
    },
    {
      name: 'a null row',
      local: '[null]',
      line: 'local.json, line 1: position 0: expected a row {"tid": …} or a change ["I", …], got null',
    },
    {
      name: 'rows, then a change',
      local: '[{"tid":"t","rowid":"r","data":{}},\n\n["D","t","r"]]',
      line: 'local.json, line 3: position 1: a change among rows: a file holds either rows or changes',
    },
    {
      name: 'changes, then a row',
      local: '[["D","t","r"],{"tid":"t","rowid":"r","data":{}}]',
      line: 'local.json, line 1: position 1: a row among changes: a file holds either rows or changes',
    },
    {
      name: 'changes as the base',
      base: '[["D","t","r"]]',
      line: 'base.json: the base must be a snapshot (rows), got a delta (changes)',
    },
    {
      name: 'a row with a bad name',
      base: '[{"tid":"a b","rowid":"r","data":{}}]',
      line: 'base.json, line 1: position 0, table "a b": invalid table id "a b": use 1–64 of A–Z a–z 0–9 . _ - + / =',
    },
    {
      name: 'a row with a bad value',
      base: '[{"tid":"t","rowid":"r","data":{"f":[1,null]}}]',
      line: 'base.json, line 1: position 0, table "t", record "r", field "f", index 1: null is not a value: leave out an absent field',
    },
    {
      name: 'a repeated row, in an edited snapshot',
      local: '[{"tid":"t","rowid":"r","data":{}},\n{"tid":"t","rowid":"r","data":{}}]',
      line: 'local.json, line 2: position 1, table "t", record "r": the record occurs twice in the snapshot',
    },
    {
      name: 'a malformed change',
      local: '[["X","t","r"]]',
      line: 'local.json, line 1: position 0, table "t", record "r": a change must be ["I", table, record, fields], ["U", table, record, operations] or ["D", table, record], got ["X", "t", "r"]',
    },
    {
      name: 'a name with a terminal escape',
      local: '[["D","t\\u009b2J","r"]]',
      line: 'local.json, line 1: position 0, table "t\\u{9b}2J": invalid table id "t\\u{9b}2J": use 1–64 of A–Z a–z 0–9 . _ - + / =',
    },
  ];
  test.each(cases)('$name', check);
});

describe('changes that do not fit the base', () => {
  const cases: readonly Case[] = [
    {
      name: 'no such record, after changes that fit and one that does nothing',
      local: '[["U","t","r",{"n":["P",2]}],\n["U","t","r",{}],\n["U","t","r",{"n":["P",3]}],\n["D","t","s"]]',
      line: 'local.json, line 4: position 3, table "t", record "s": there is no such record',
    },
    {
      name: 'an update without operations of no record',
      local: '[["U","t","s",{}]]',
      line: 'local.json, line 1: position 0, table "t", record "s": there is no such record',
    },
    {
      name: 'an insert of what exists, though it is deleted afterwards',
      local: '[["I","t","r",{}],["D","t","r"]]',
      line: 'local.json, line 1: position 0, table "t", record "r": insert of a record that exists',
    },
    {
      name: 'changes that cannot follow each other',
      local: '[["D","t","r"],\n["U","t","r",{"n":["D"]}]]',
      line: 'local.json, line 2: position 1, table "t", record "r": an update of a record that does not exist',
    },
  ];
  test.each(cases)('$name', check);

  test('a change that does not fit is found among many list edits', () => {
    const insert = '["U","t","r",{"list":["LI",0,"x"]}]';
    for (const at of [0, 1, 6, 7, 12]) {
      const lines = Array.from({ length: 13 }, (_, position) =>
        position === at ? '["U","t","r",{"list":["LD",99]}]' : insert,
      );
      const local = `[${lines.join(',\n')}]`;
      const { status, stderr } = runWith({ base: BASE, local }, 'merge', 'base', 'local', 'base');
      expect(status).toBe(2);
      expect(stderr).toContain(
        `local, line ${at + 1}: position ${at}, table "t", record "r", field "list", index 99: `,
      );
    }
  });

  test('a change that does not fit is found even if a later change would undo it', () => {
    const local = '[["U","t","r",{"list":["LD",5]}],\n["U","t","r",{"list":["P",[]]}]]';
    const { status, stderr } = runWith({ base: BASE, local }, 'merge', 'base', 'local', 'base');
    expect(status).toBe(2);
    expect(stderr).toContain('local, line 1: position 0, ');
  });

  test('an index out of range names field and index', () => {
    const outcome = runWith(
      { base: BASE, local: '[["U","t","r",{"list":["LD",7]}]]' },
      'merge',
      'base',
      'local',
      'base',
    );
    expect(outcome.status).toBe(2);
    expect(outcome.stderr).toMatch(/^local, line 1: position 0, table "t", record "r", field "list", index 7: .+\n$/);
  });

  test('the remote file is named when it is at fault', () => {
    const outcome = runWith({ base: BASE, none: '[]', remote: '[["D","t","s"]]' }, 'merge', 'base', 'none', 'remote');
    expect(outcome.stderr).toBe('remote, line 1: position 0, table "t", record "s": there is no such record\n');
  });
});

describe('invalid rules', () => {
  const names = 'remote, local, max, min, sum';
  const cases: readonly Case[] = [
    {
      name: 'an array',
      rules: '[]',
      line: 'rules.json: expected rules as an object: {"table": {"field": "max"}}',
    },
    {
      name: 'a table without rules by field',
      rules: '{"t":"max"}',
      line: 'rules.json: table "t": expected rules as an object: {"table": {"field": "max"}}',
    },
    {
      name: 'an unknown rule',
      rules: '{"t":{"n":"average"}}',
      line: `rules.json: table "t", field "n": "average" is not a rule: use ${names} or a function`,
    },
    {
      name: 'a rule that is not a string',
      rules: '{"t":{"n":{"toString":1}}}',
      line: `rules.json: table "t", field "n": expected one of ${names}`,
    },
    {
      name: 'a bad field name',
      rules: '{"t":{"\\u001b":"max"}}',
      line: 'rules.json: table "t", field "\\u001b": invalid field name "\\u001b": use 1–64 of A–Z a–z 0–9 . _ - + / =',
    },
  ];
  test.each(cases)('$name', check);
});
