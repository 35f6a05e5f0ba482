import { readFileSync } from 'node:fs';
import { CommandError, systemReason } from './command.js';

/** Where logs and secret are unless something else is said. */
export const DATA = 'deltaic-data';

export const DAY_SECONDS = 86_400;

/** The secret in a file, which signs tokens. @throws CommandError. */
export function readSecret(path: string): Uint8Array {
  try {
    return new TextEncoder().encode(readFileSync(path, 'utf8').trim());
  } catch (error) {
    throw new CommandError(`${path}: cannot read the secret: ${systemReason(error)}`);
  }
}
