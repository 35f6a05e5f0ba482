import { expectArray } from '../../codec/wire/json.js';
import { asFamily } from './failure.js';
import type { Storage } from './storage.js';

/**
 * A storage as the manager calls it. Whatever the one that was given does, throwing at once included, a call of this one
 * rejects with a `DatastoreError`, which is `storage` for errors of other kinds. Spec: STORE-5.
 */
export function guardedStorage(storage: Storage): Storage {
  return {
    get: (key) => asFamily(() => storage.get(key), 'storage'),
    set: (key, value) => asFamily(() => storage.set(key, value), 'storage'),
    delete: (key) => asFamily(() => storage.delete(key), 'storage'),
    keys: (prefix) => asFamily(() => storage.keys(prefix), 'storage', textsOf),
  };
}

function textsOf(json: unknown): readonly string[] {
  return expectArray(json, 'the keys of a storage').map(String);
}
