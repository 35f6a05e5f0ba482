import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** What an application ships and installs to use an engine. */
export interface BundleSize {
  readonly title: string;
  readonly version: string;
  readonly licence: string;
  /** Minified and gzipped, in bytes. */
  readonly script: number;
  /** Gzipped, in bytes: 0 for pure JavaScript. */
  readonly wasm: number;
  /** Packages that are installed with it. */
  readonly dependencies: number;
}

interface Manifest {
  readonly version: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<
    Record<string, { dependencies?: Record<string, string>; peerDependencies?: Record<string, string> } | undefined>
  >;
}

const HERE = resolve('bench/peers');

/** What is bundled of each package: the smallest import that its documentation shows. */
const PEERS: readonly { title: string; name: string; entry: string; wasm?: string; isNodeOnly?: boolean }[] = [
  { title: 'Yjs', name: 'yjs', entry: 'yjs' },
  { title: 'Loro', name: 'loro-crdt', entry: 'loro-crdt/web', wasm: 'loro-crdt/web/loro_wasm_bg.wasm' },
  {
    title: 'Automerge',
    name: '@automerge/automerge',
    entry: '@automerge/automerge/slim',
    wasm: '@automerge/automerge/dist/automerge.wasm',
  },
  { title: 'json-joy', name: 'json-joy', entry: 'json-joy/lib/json-crdt/index.js' },
  { title: 'ot-json1', name: 'ot-json1', entry: 'ot-json1' },
  {
    title: 'diamond-types',
    name: 'diamond-types-node',
    entry: 'diamond-types-node',
    wasm: 'diamond-types-node/dt_bg.wasm',
    isNodeOnly: true,
  },
];

export async function bundleSizes(): Promise<BundleSize[]> {
  const lock = readJson(resolve(HERE, 'package-lock.json')) as unknown as Lock;
  const sizes = await Promise.all(
    PEERS.map(async ({ title, name, entry, wasm, isNodeOnly = false }) => {
      const { version, license = 'unknown' } = readJson(resolve(HERE, 'node_modules', name, 'package.json'));
      return {
        title,
        version,
        licence: license,
        script: await bundled(`export * from '${entry}'`, HERE, [], isNodeOnly),
        wasm: wasm === undefined ? 0 : gzipSync(readFileSync(resolve(HERE, 'node_modules', wasm)), { level: 9 }).length,
        dependencies: installedWith(name, lock).size,
      };
    }),
  );
  return [...(await ownSizes()), ...sizes];
}

/**
 * Deltaic's core with sync and the binary form: without what its binary codec depends on, and with it where it has any.
 */
async function ownSizes(): Promise<BundleSize[]> {
  const { version, license = 'unknown', dependencies = {} } = readJson(resolve('package.json'));
  const names = Object.keys(dependencies);
  const all = ['index', 'sync/index', 'codec/binary/index'].map((entry) => `export * from './${entry}.ts';`).join('\n');
  const size = async (title: string, external: readonly string[]): Promise<BundleSize> => ({
    title,
    version,
    licence: license,
    script: await bundled(all, resolve('src'), external, false),
    wasm: 0,
    dependencies: names.length,
  });
  const core = await size('Deltaic', names);
  return names.length === 0 ? [core] : [core, await size(`Deltaic with ${names.join(' and ')}`, [])];
}

async function bundled(
  contents: string,
  resolveDir: string,
  external: readonly string[],
  isNodeOnly: boolean,
): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir, loader: 'ts' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: isNodeOnly ? 'node' : 'browser',
    external: [...external],
    loader: { '.wasm': 'empty' },
    write: false,
    logLevel: 'error',
  });
  return gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length;
}

/** The packages that npm installs with one, not counting itself. */
function installedWith(name: string, { packages }: Lock): Set<string> {
  const found = new Set<string>();
  const waiting = [name];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { dependencies = {}, peerDependencies = {} } = packages[`node_modules/${next}`] ?? {};
    for (const dependency of Object.keys({ ...dependencies, ...peerDependencies })) {
      if (found.has(dependency) || packages[`node_modules/${dependency}`] === undefined) continue;
      found.add(dependency);
      waiting.push(dependency);
    }
  }
  return found;
}

function readJson(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8')) as Manifest;
}
