import { apply } from './apply.js';
import { binary } from './binary.js';
import { compression } from './compression.js';
import { conversations } from './conversations.js';
import type { Family } from './family.js';
import { fieldMerges } from './field-merges.js';
import { inversion } from './invert.js';
import { listMerges } from './list-merges.js';
import { match } from './match.js';
import { names } from './names.js';
import { order } from './order.js';
import { rebasing } from './rebase.js';
import { recordMerges } from './record-merges.js';
import { sizes } from './sizes.js';
import { wire } from './wire.js';

/** All files of vectors, in the order in which a new implementation can make them pass. */
export const FAMILIES: readonly Family[] = [
  ...[order, match, sizes, names, wire],
  ...[compression, apply, inversion],
  ...[fieldMerges, recordMerges, listMerges, rebasing],
  ...[conversations, binary],
];
