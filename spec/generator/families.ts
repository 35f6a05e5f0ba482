import { binary } from './binary-family.js';
import { apply, compression, inversion } from './change-families.js';
import { conversationFamilies } from './conversation-families.js';
import type { Family } from './family.js';
import { fieldMerges, listMerges, rebasing, recordMerges } from './merge-families.js';
import { mesh } from './mesh-family.js';
import { match, names, order, sizes, wire } from './value-families.js';

/** All files of vectors, in the order in which a new implementation can make them pass. */
export const FAMILIES: readonly Family[] = [
  ...[order, match, sizes, names, wire],
  ...[compression, apply, inversion],
  ...[fieldMerges, recordMerges, listMerges, rebasing],
  ...conversationFamilies,
  binary,
  mesh,
];
