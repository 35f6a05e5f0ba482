import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runWith } from './support/memory-io.js';

describe('help and version', () => {
  test('help is printed on stdout, for the program and for each command', () => {
    const pages = [
      ['--help'],
      ['-h'],
      ['merge', '--help'],
      ['merge', '-h'],
      ['inspect', '--help'],
      ['convert', '--help'],
    ];
    for (const argv of pages) {
      const { status, stdout, stderr } = runWith({}, ...argv);
      expect([status, stderr], argv.join(' ')).toEqual([0, '']);
      expect(stdout, argv.join(' ')).toMatch(/Examples?\n {2}deltaic /);
    }
    expect(runWith({}, 'merge', '--help').stdout).toContain('--rules FILE');
    expect(runWith({}, 'inspect', '--help').stdout).not.toContain('--rules');
  });

  test('help is a command as well', () => {
    const pages = [[], ['merge'], ['inspect'], ['convert'], ['help']];
    for (const [name] of pages) {
      const page = runWith({}, ...(name === undefined || name === 'help' ? ['--help'] : [name, '--help']));
      expect(runWith({}, 'help', ...(name === undefined ? [] : [name])), name).toEqual(page);
    }
    expect(runWith({}, 'help', '--help').status).toBe(0);
  });

  test('help on a command lists the files in the order in which they are given', () => {
    const { stdout } = runWith({}, 'merge', '--help');
    const places = ['\n  <base> ', '\n  <local> ', '\n  <remote> '].map((file) => stdout.indexOf(file));
    expect(places.every((place) => place > 0)).toBe(true);
    expect([...places].sort((left, right) => left - right)).toEqual(places);
  });

  test('a file can be called --help after --', () => {
    expect(runWith({ '--help': [] }, 'inspect', '--', '--help').stdout).toContain('valid and empty');
  });

  test('no line of help is wider than 120 columns', () => {
    for (const argv of [
      ['--help'],
      ['merge', '--help'],
      ['inspect', '--help'],
      ['convert', '--help'],
      ['serve', '--help'],
      ['migrate', '--help'],
      ['conformance', '--help'],
    ]) {
      const wide = runWith({}, ...argv)
        .stdout.split('\n')
        .filter((line) => line.length > 120);
      expect(wide).toEqual([]);
    }
  });

  test('the version is that of the package', () => {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
    expect(runWith({}, '--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('without arguments the help goes to stderr', () => {
    const { status, stdout, stderr } = runWith({});
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toBe(runWith({}, '--help').stdout);
  });
});

describe('a wrong command line is answered with one line and status 2', () => {
  const cases: readonly [argv: readonly string[], line: string][] = [
    [
      ['mrge', 'a', 'b', 'c'],
      'deltaic: unknown command "mrge": use one of merge, inspect, convert, serve, token, migrate, conformance, help; see deltaic --help',
    ],
    [['--verbose'], 'deltaic: unknown option "--verbose"; see deltaic --help'],
    [
      ['--'],
      'deltaic: expected a command: merge, inspect, convert, serve, token, migrate, conformance, help; see deltaic --help',
    ],
    [['--help=yes'], 'deltaic: --help takes no value; see deltaic --help'],
    [
      ['\u001b[2J'],
      'deltaic: unknown command "\\u{1b}[2J": use one of merge, inspect, convert, serve, token, migrate, conformance, help; see deltaic --help',
    ],
    [['merge', '--force', 'a', 'b', 'c'], 'deltaic: unknown option "--force"; see deltaic merge --help'],
    [['merge', '-x'], 'deltaic: unknown option "-x"; see deltaic merge --help'],
    [['merge', '--__proto__'], 'deltaic: unknown option "--__proto__"; see deltaic merge --help'],
    [['merge', '--constructor=1'], 'deltaic: unknown option "--constructor"; see deltaic merge --help'],
    [['merge', '--json=1'], 'deltaic: --json takes no value; see deltaic merge --help'],
    [['merge', '--json', '--json'], 'deltaic: --json is given twice; see deltaic merge --help'],
    [['merge', '--out', 'x', '--out', 'y'], 'deltaic: --out is given twice; see deltaic merge --help'],
    [['merge', '--rules'], 'deltaic: --rules needs the name of a file; see deltaic merge --help'],
    [['merge', '--rules', '--json'], 'deltaic: --rules needs the name of a file; see deltaic merge --help'],
    [['merge', '--out='], 'deltaic: --out needs the name of a file; see deltaic merge --help'],
    [['merge', 'a', 'b'], 'deltaic: merge takes <base> <local> <remote>, got 2 files; see deltaic merge --help'],
    [
      ['merge', 'a', 'b', 'c', 'd'],
      'deltaic: merge takes <base> <local> <remote>, got 4 files; see deltaic merge --help',
    ],
    [['inspect'], 'deltaic: inspect takes one file, got 0 files; see deltaic inspect --help'],
    [['inspect', 'a', 'b'], 'deltaic: inspect takes one file, got 2 files; see deltaic inspect --help'],
    [
      ['help', 'mrge'],
      'deltaic: unknown command "mrge": use one of merge, inspect, convert, serve, token, migrate, conformance, help; see deltaic --help',
    ],
    [['help', 'merge', 'inspect'], 'deltaic: help takes one command, got 2; see deltaic --help'],
    [['merge', 'a'], 'deltaic: merge takes <base> <local> <remote>, got 1 file; see deltaic merge --help'],
    [['merge', '-', 'a', '-'], 'deltaic: only one file can be -, the standard input; see deltaic merge --help'],
    [
      ['merge', '-', 'a', 'b', '--rules', '-'],
      'deltaic: only one file can be -, the standard input; see deltaic merge --help',
    ],
    [
      ['merge', 'a', 'b', 'c', '--json', '--quiet'],
      'deltaic: --json and --quiet cannot be used together; see deltaic merge --help',
    ],
    [
      ['merge', 'a', 'b', 'c', '--json', '--out', '-'],
      'deltaic: --json and --out - cannot be used together; see deltaic merge --help',
    ],
    [
      ['inspect', 'a', '--json', '--quiet'],
      'deltaic: --json and --quiet cannot be used together; see deltaic inspect --help',
    ],
    [['convert'], 'deltaic: convert takes one file, got 0 files; see deltaic convert --help'],
    [['convert', 'a', 'b'], 'deltaic: convert takes one file, got 2 files; see deltaic convert --help'],
    [['convert', 'a', '--to'], 'deltaic: --to must be json or binary, got nothing; see deltaic convert --help'],
    [['convert', 'a', '--to=xml'], 'deltaic: --to must be json or binary, got "xml"; see deltaic convert --help'],
    [['convert', '--as', 'state'], 'deltaic: --as must be snapshot or delta, got "state"; see deltaic convert --help'],
    [['convert', '--quiet', 'a'], 'deltaic: unknown option "--quiet"; see deltaic convert --help'],
    [['inspect', '--rules', 'a'], 'deltaic: unknown option "--rules"; see deltaic inspect --help'],
  ];
  test.each(cases)('%j', (argv, line) => {
    expect(runWith({}, ...argv)).toMatchObject({ status: 2, stdout: '', stderr: `${line}\n` });
  });
});

test('a file whose name looks like an option can follow --', () => {
  expect(runWith({ '--json': [] }, 'inspect', '--', '--json')).toMatchObject({ status: 0, stderr: '' });
});
