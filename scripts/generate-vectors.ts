// Writes spec/vectors/*.json: the inputs as they are written in scripts/vectors, the outputs as the engine computes them.
// Whoever changes an output by this has changed what merges do: review it against the rules, and say so in CHANGELOG.md.

import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FAMILIES } from './vectors/families.js';
import { textOfFamily } from './vectors/family.js';

const folder = resolve(import.meta.dirname, '../spec/vectors');

for (const family of FAMILIES) {
  writeFileSync(join(folder, family.file), textOfFamily(family));
  console.log(`${family.file}: ${family.inputs.length} cases`);
}
