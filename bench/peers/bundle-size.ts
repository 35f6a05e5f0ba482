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
  /** The same by folder of the source, as far as each adds to what is minified. */
  readonly parts?: Readonly<Record<string, number>>;
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
        script: (await bundle(`export * from '${entry}'`, HERE, isNodeOnly)).script,
        wasm: wasm === undefined ? 0 : gzipSync(readFileSync(resolve(HERE, 'node_modules', wasm)), { level: 9 }).length,
        dependencies: installedWith(name, lock).size,
      };
    }),
  );
  return [...(await ownSizes()), ...sizes];
}

/** What an application bundles of Deltaic: each with all that the ones before it export. */
export const OWN_ENTRIES: readonly (readonly [title: string, entry: string])[] = [
  ['Deltaic, merge core', 'index'],
  ['Deltaic, with sync', 'sync/index'],
  ['Deltaic, with the binary form', 'codec/binary/index'],
];

async function ownSizes(): Promise<BundleSize[]> {
  const { version, license = 'unknown', dependencies = {} } = readJson(resolve('package.json'));
  return await Promise.all(
    OWN_ENTRIES.map(async ([title], last) => {
      const all = OWN_ENTRIES.slice(0, last + 1).map(([, entry]) => `export * from './${entry}.ts';`);
      return {
        ...{ title, version, licence: license, wasm: 0, dependencies: Object.keys(dependencies).length },
        ...(await bundle(all.join('\n'), resolve('src'), false)),
      };
    }),
  );
}

/** The size of a bundle, and which folders it comes from. */
async function bundle(
  contents: string,
  resolveDir: string,
  isNodeOnly: boolean,
): Promise<Pick<BundleSize, 'script' | 'parts'>> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir, loader: 'ts' },
    absWorkingDir: resolveDir,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: isNodeOnly ? 'node' : 'browser',
    loader: { '.wasm': 'empty' },
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  const code = outputFiles[0]?.contents ?? new Uint8Array();
  const script = gzipSync(code, { level: 9 }).length;
  const parts: Record<string, number> = {};
  for (const { inputs } of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const end = path.lastIndexOf('/');
      // An index file only says what is exported.
      if (end < 0) continue;
      const folder = path.slice(0, end);
      parts[folder] = (parts[folder] ?? 0) + (bytesInOutput * script) / code.length;
    }
  }
  return { script, parts };
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
