import { apply } from './apply.js';
import { codec } from './codec.js';
import { compressing } from './compress.js';
import { fields } from './fields.js';
import { large } from './large.js';
import { lists } from './lists.js';
import { mesh } from './mesh.js';
import { order } from './order.js';
import { query } from './query.js';
import { rebasing } from './rebase.js';
import { replica } from './replica.js';
import type { Suite } from './support/suite.js';
import { traces } from './traces.js';

/** All suites, in the order of the report. The traces come first, while little else is in memory. */
export const suites: readonly Suite[] = [
  traces,
  lists,
  fields,
  rebasing,
  compressing,
  apply,
  query,
  large,
  replica,
  mesh,
  codec,
  order,
];
