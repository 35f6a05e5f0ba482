import { readFileSync } from 'node:fs';

/** The version of this package, from the package.json that it is shipped with. */
export function readVersion(): string {
  // Source and build lie equally deep below it.
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) return String(manifest.version);
  return 'unknown';
}
