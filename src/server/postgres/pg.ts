import { createRequire } from 'node:module';
import type { Client, ClientConfig, Pool, PoolConfig } from 'pg';
import { ServiceError } from '../../errors/datastore-error.js';

interface Pg {
  readonly Client: new (config: ClientConfig) => Client;
  readonly Pool: new (config: PoolConfig) => Pool;
}

/**
 * The package `pg`, which not everybody installs: loaded when it is needed, so that its absence can be explained.
 *
 * @throws ServiceError `storage` if it is not installed.
 */
export function loadPg(): Pg {
  const load = createRequire(import.meta.url);
  try {
    return load('pg') as Pg;
  } catch (error) {
    throw new ServiceError('storage', 'the package "pg" is needed and cannot be loaded: npm install pg', {}, error);
  }
}
