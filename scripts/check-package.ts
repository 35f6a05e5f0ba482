// Builds the package, packs it, and uses the packed file the way a stranger would: from an empty project.

import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const publint = join(root, 'node_modules/publint/src/cli.js');

const PUBLISHED = [
  ...['dist/index.js', 'dist/index.d.ts', 'dist/cli/main.js', 'src/index.ts'],
  ...['dist/codec/binary/index.js', 'dist/codec/binary/index.d.ts', 'dist/sync/index.js', 'dist/sync/index.d.ts'],
  ...['dist/datastore/testing/index.js', 'dist/datastore/testing/index.d.ts'],
  ...['dist/datastore/index.js', 'dist/datastore/index.d.ts', 'docs/datastore-api.md'],
  ...['README.md', 'CHANGELOG.md', 'LICENSE', 'spec/README.md', 'spec/binary.md', 'spec/vectors/list-merges.json'],
];
const PRIVATE = /^(test|bench|scripts|examples|node_modules|\.ci)\//;

const CONSUMER_TSCONFIG = {
  compilerOptions: {
    target: 'ES2022',
    lib: ['ES2022', 'ESNext.Disposable'],
    types: [],
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    noImplicitOverride: true,
    noImplicitReturns: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    verbatimModuleSyntax: true,
    isolatedModules: true,
    skipLibCheck: false,
    outDir: 'out',
    rootDir: '.',
  },
  files: ['consumer.ts'],
};

interface PackedFile {
  readonly path: string;
}

interface Packed {
  readonly filename: string;
  readonly files: readonly PackedFile[];
}

function run(cwd: string, command: string, args: readonly string[]): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

function pack(folder: string, into: string): Packed {
  const answer = JSON.parse(
    run(root, 'npm', ['pack', folder, '--silent', '--json', '--ignore-scripts', '--pack-destination', into]),
  ) as Packed[];
  const packed = answer[0];
  if (packed === undefined) throw new Error('npm pack named no file');
  return packed;
}

function checkContents(packed: Packed): void {
  const paths = new Set(packed.files.map((file) => file.path));
  const missing = PUBLISHED.filter((path) => !paths.has(path));
  if (missing.length > 0) throw new Error(`the package lacks ${missing.join(', ')}`);
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  const needed = Object.keys(dependencies);
  if (needed.length > 0) throw new Error(`the package depends on ${needed.join(', ')}`);
  const leaked = [...paths].filter((path) => PRIVATE.test(path));
  if (leaked.length > 0) throw new Error(`the package contains ${leaked.join(', ')}`);
}

function checkAsConsumer(project: string, tarball: string): void {
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(CONSUMER_TSCONFIG));
  copyFileSync(join(root, 'test/package/consumer.ts.txt'), join(project, 'consumer.ts'));
  const quietly = ['--silent', '--offline', '--omit=optional', '--no-audit', '--no-fund'];
  run(project, 'npm', ['install', ...quietly, tarball]);
  run(project, process.execPath, [tsc, '-p', '.', '--pretty', 'false']);
  run(project, process.execPath, ['out/consumer.js']);
  const help = run(project, 'npx', ['--no-install', 'deltaic', '--help']);
  if (!help.includes('deltaic')) throw new Error('deltaic --help printed no help');
}

const workspace = mkdtempSync(join(tmpdir(), 'deltaic-package-'));
try {
  run(root, 'npm', ['run', '--silent', 'build']);
  const packed = pack('.', workspace);
  checkContents(packed);
  const tarball = join(workspace, packed.filename);
  process.stdout.write(run(root, process.execPath, [publint, 'run', tarball, '--strict']));
  checkAsConsumer(join(workspace, 'consumer'), tarball);
  console.log(`The package installs, compiles and runs: ${packed.files.length} files.`);
} finally {
  rmSync(workspace, { recursive: true, force: true });
}
