import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runWith } from './support/memory-io.js';

describe('help and version', () => {
  test('help is printed on stdout, for the program and for each command', () => {
    const pages = [['--help'], ['-h'], ['merge', '--help'], ['merge', '-h'], ['inspect', '--help']];
    for (const argv of pages) {
      const { status, stdout, stderr } = runWith({}, ...argv);
      expect([status, stderr], argv.join(' ')).toEqual([0, '']);
      expect(stdout, argv.join(' ')).toContain('Example\n  deltaic ');
    }
    expect(runWith({}, 'merge', '--help').stdout).toContain('--rules FILE');
    expect(runWith({}, 'inspect', '--help').stdout).not.toContain('--rules');
  });

  test('no line of help is wider than 120 columns', () => {
    for (const argv of [['--help'], ['merge', '--help'], ['inspect', '--help']]) {
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
    [['mrge', 'a', 'b', 'c'], 'deltaic: unknown command "mrge"; see deltaic --help'],
    [['--verbose'], 'deltaic: unknown option "--verbose"; see deltaic --help'],
    [['--'], 'deltaic: a command is missing; see deltaic --help'],
    [['--help=yes'], 'deltaic: --help takes no value; see deltaic --help'],
    [['\u001b[2J'], 'deltaic: unknown command "\\u{1b}[2J"; see deltaic --help'],
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
    [
      ['merge', 'a', 'b'],
      'deltaic: merge takes three files, <base> <local> <remote>, and got 2; see deltaic merge --help',
    ],
    [
      ['merge', 'a', 'b', 'c', 'd'],
      'deltaic: merge takes three files, <base> <local> <remote>, and got 4; see deltaic merge --help',
    ],
    [['inspect'], 'deltaic: inspect takes one file, and got 0; see deltaic inspect --help'],
    [['inspect', 'a', 'b'], 'deltaic: inspect takes one file, and got 2; see deltaic inspect --help'],
    [['inspect', '--rules', 'a'], 'deltaic: unknown option "--rules"; see deltaic inspect --help'],
  ];
  test.each(cases)('%j', (argv, line) => {
    expect(runWith({}, ...argv)).toMatchObject({ status: 2, stdout: '', stderr: `${line}\n` });
  });
});

test('a file whose name looks like an option can follow --', () => {
  expect(runWith({ '--json': [] }, 'inspect', '--', '--json')).toMatchObject({ status: 0, stderr: '' });
});
