// Writes spec/vectors/*.json: the inputs as they are written in spec/cases, the outcomes as the engine computes them.
// If this changes an outcome, merges have changed: review it against the rules, and say so in CHANGELOG.md.

import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FAMILIES } from './families.js';
import { textOfFamily } from './family.js';

const folder = resolve(import.meta.dirname, '../vectors');

for (const family of FAMILIES) {
  writeFileSync(join(folder, family.file), textOfFamily(family));
  console.log(`${family.file}: ${family.inputs().length} cases`);
}
