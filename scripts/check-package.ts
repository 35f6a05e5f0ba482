// Builds the package, packs it, and uses the packed file as a stranger would: from an empty project.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { installTools, TOOLS } from './install-tools.js';

const root = resolve(import.meta.dirname, '..');
const modules = join(root, 'node_modules');

/** What the package holds, by the first part of the path, and nothing else. */
const PUBLISHED = /^(?:dist\/.+\.(?:js|d\.ts)(?:\.map)?|src\/.+\.ts|docs\/.+\.md|[A-Z]+\.md|LICENSE|package\.json)$/;

/** What must install with the package. Anything more is an optional peer. */
const DEPENDENCIES: readonly string[] = [];

interface Manifest {
  readonly version: string;
  readonly exports?: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

const tools = join(TOOLS, 'node_modules');

/** The ways in which a project may find modules: a bundler's, for browsers, and Node's, old and new. */
const WITH_DOM = { lib: ['ES2022', 'ESNext.Disposable', 'DOM'] };
const BUNDLER = { module: 'ESNext', moduleResolution: 'Bundler', ...WITH_DOM };
const NODE_16 = { module: 'Node16', moduleResolution: 'Node16' };
const NODE_NEXT = { module: 'NodeNext', moduleResolution: 'NodeNext' };

/** The oldest compiler that is promised, one in between, and the newest, which comes last: what it emits is run. */
const COMPILERS = [
  { compiler: join(tools, 'typescript-5.6'), projects: [BUNDLER, NODE_16] },
  { compiler: join(tools, 'typescript'), projects: [NODE_NEXT] },
  { compiler: join(modules, 'typescript'), projects: [BUNDLER, NODE_16, { ...NODE_NEXT, ...WITH_DOM }] },
];
/** Entries whose declarations name requests and responses: they need the types of the DOM, or those of Node. */
const NEEDS_FETCH = /^deltaic\/(http|http\/testing|server|server\/node|server\/tokens)$/;
/** Compiled where the names of a browser are known. */
const BROWSER = `import { environmentOf } from 'deltaic/datastore';\nexport const environment = environmentOf(globalThis);\n`;

const STRICTEST = {
  target: 'ES2022',
  lib: ['ES2022', 'ESNext.Disposable'],
  types: [],
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
  // What compilers bring along is not ours to check.
  skipDefaultLibCheck: true,
  outDir: 'out',
  rootDir: '.',
};

function run(cwd: string, command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  } catch (error) {
    process.stdout.write((error as { stdout: string }).stdout);
    throw error;
  }
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** Packs the packages in some folders, in one call: npm takes longer to start than to pack. */
function pack(folders: readonly string[], into: string): Packed[] {
  const args = ['pack', ...folders, '--silent', '--json', '--ignore-scripts', '--pack-destination', into];
  return JSON.parse(run(root, 'npm', args)) as Packed[];
}

/** The folders of the packages that some need, themselves included, as far as they are installed here. */
function closureOf(names: readonly string[]): Set<string> {
  const found = new Set<string>();
  const waiting = names.map((name) => join(modules, name));
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (found.has(folder) || !existsSync(folder)) continue;
    found.add(folder);
    const { dependencies, optionalDependencies } = readManifest(folder);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      // A package that needs another version than the rest has it in a folder of its own.
      const own = join(folder, 'node_modules', name);
      waiting.push(existsSync(own) ? own : join(modules, name));
    }
  }
  return found;
}

function checkContents(packed: Packed, manifest: Manifest): void {
  const paths = new Set(packed.files.map(({ path }) => path));
  const stray = [...paths].filter((path) => !PUBLISHED.test(path));
  if (stray.length > 0) throw new Error(`the package contains ${stray.join(', ')}`);
  const promised = Object.values(manifest.exports ?? {}).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target),
  );
  const missing = ['dist/cli/main.js', 'docs/datastore-api.md', 'README.md', 'CHANGELOG.md', 'LICENSE', ...promised]
    .map((path) => path.replace(/^\.\//, ''))
    .filter((path) => !paths.has(path));
  if (missing.length > 0) throw new Error(`the package lacks ${missing.join(', ')}`);
  const dependencies = Object.keys(manifest.dependencies ?? {});
  if (dependencies.join() !== DEPENDENCIES.join()) throw new Error(`the package depends on ${dependencies.join(', ')}`);
}

/** A module that imports all of some entries. */
function importing(names: readonly string[]): string {
  const imports = names.map((name, at) => `import * as entry${at} from '${name}';\n`);
  return `${imports.join('')}export const entries: readonly object[] = [${names.map((_, at) => `entry${at}`).join(', ')}];\n`;
}

/** Installs the package, compiles a consumer in every way that is promised, and runs it, also from CommonJS. */
function checkAsConsumer(project: string, tarballs: readonly string[], manifest: Manifest): void {
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  run(project, 'npm', ['install', '--silent', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', ...tarballs]);

  const entries = Object.entries(manifest.exports ?? {}).flatMap(([path, target]) =>
    typeof target === 'string' ? [] : [`deltaic${path.slice(1)}`],
  );
  writeFileSync(join(project, 'consumer.ts'), readFileSync(join(root, 'test/package/consumer.ts.txt')));
  writeFileSync(join(project, 'browser.ts'), BROWSER);
  for (const { compiler, projects } of COMPILERS) {
    for (const setting of projects) {
      const hasFetch = 'lib' in setting;
      writeFileSync(
        join(project, 'entries.ts'),
        importing(entries.filter((name) => hasFetch || !NEEDS_FETCH.test(name))),
      );
      const files = ['consumer.ts', 'entries.ts', ...(hasFetch ? ['browser.ts'] : [])];
      const config = { compilerOptions: { ...STRICTEST, ...setting }, files };
      writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
      run(project, process.execPath, [join(compiler, 'bin/tsc'), '-p', '.', '--pretty', 'false']);
    }
  }
  run(project, process.execPath, ['out/consumer.js']);
  run(project, process.execPath, ['out/entries.js']);

  const required = entries.map((name) => `require('${name}');`).join('\n');
  writeFileSync(join(project, 'required.cjs'), required);
  run(project, process.execPath, ['--no-warnings', 'required.cjs']);
  const help = run(project, 'npx', ['--no-install', 'deltaic', '--help']);
  if (!help.includes('deltaic')) throw new Error('deltaic --help printed no help');
}

const workspace = mkdtempSync(join(tmpdir(), 'deltaic-package-'));
try {
  run(root, 'npm', ['run', '--silent', 'build']);
  installTools();
  const manifest = readManifest(root);
  const [packed] = pack(['.'], workspace);
  if (packed === undefined) throw new Error('npm pack named no file');
  checkContents(packed, manifest);
  const tarball = join(workspace, packed.filename);
  process.stdout.write(run(root, process.execPath, [join(modules, 'publint/src/cli.js'), 'run', tarball, '--strict']));
  const attw = join(tools, '@arethetypeswrong/cli/dist/index.js');
  run(root, process.execPath, [attw, tarball, '--profile', 'esm-only']);
  const names = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
  const needed = closureOf(names.flatMap((name) => [name, `@types/${name}`]));
  const tarballs = pack([...needed], workspace).map(({ filename }) => join(workspace, filename));
  checkAsConsumer(join(workspace, 'consumer'), [tarball, ...tarballs], manifest);
  const kilobytes = (bytes: number): string => `${Math.round(bytes / 1000)} kB`;
  console.log(
    `The package installs, compiles and runs: ${packed.files.length} files, ${kilobytes(packed.size)} packed, ` +
      `${kilobytes(packed.unpackedSize)} unpacked.`,
  );
} finally {
  rmSync(workspace, { recursive: true, force: true });
}
