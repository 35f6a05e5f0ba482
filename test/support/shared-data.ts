import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

/**
 * Editing histories and known results lie beside the checkout, in which everything is run; without them the tests that
 * need them are skipped.
 */
const SHARED = resolve('../shared');

export function hasShared(path: string): boolean {
  const isThere = existsSync(resolve(SHARED, path));
  if (!isThere) console.log(`Skipped for want of ${path} beside the checkout.`);
  return isThere;
}

export function readShared(path: string): string {
  const bytes = readFileSync(resolve(SHARED, path));
  return (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** A splice over characters: position, how many to delete, what to insert. */
export type Patch = readonly [position: number, deleteCount: number, inserted: string];

export interface SequentialTrace {
  readonly startContent: string;
  readonly endContent: string;
  readonly txns: readonly { readonly patches: readonly Patch[] }[];
}

export interface ConcurrentTrace {
  readonly endContent: string;
  readonly numAgents: number;
  readonly txns: readonly {
    readonly parents: readonly number[];
    readonly agent: number;
    readonly patches: readonly Patch[];
  }[];
}
