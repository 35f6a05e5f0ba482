import type { Engine } from './engine.js';

/** Each engine is loaded in its own process, without the others in memory. */
const LOADERS: Readonly<Record<string, () => Promise<Engine>>> = {
  deltaic: async () => (await import('./engines/deltaic.js')).deltaic,
  'deltaic-in-memory': async () => (await import('./engines/deltaic.js')).deltaicInMemory,
  'deltaic-replica': async () => (await import('./engines/deltaic-replica.js')).deltaicReplica,
  'deltaic-mesh': async () => (await import('./engines/deltaic-mesh.js')).deltaicMesh,
  'deltaic-mesh-in-memory': async () => (await import('./engines/deltaic-mesh.js')).deltaicMeshInMemory,
  plain: async () => (await import('./engines/plain.js')).plain,
  yjs: async () => (await import('./engines/yjs.js')).yjs,
  loro: async () => (await import('./engines/loro.js')).loro,
  automerge: async () => (await import('./engines/automerge.js')).automerge,
  'json-joy': async () => (await import('./engines/json-joy.js')).jsonJoy,
  'ot-json1': async () => (await import('./engines/ot-json1.js')).otJson1,
  'diamond-types': async () => (await import('./engines/diamond-types.js')).diamondTypes,
};

export const ENGINE_NAMES: readonly string[] = Object.keys(LOADERS);

/** @throws Error for an unknown name. */
export function loadEngine(name: string): Promise<Engine> {
  const load = LOADERS[name];
  if (load === undefined) throw new Error(`no engine is called ${name}`);
  return load();
}
