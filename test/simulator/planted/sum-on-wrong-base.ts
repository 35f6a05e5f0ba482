import type { MergeFunction, ResolutionRules } from '../../../src/index.js';
import { type PlantedBug, withReplicaOptions } from './planted-bug.js';

/** Adds the whole local number to the remote one, instead of what the user added to it. */
const addAll: MergeFunction = ({ local, remote }) => {
  if (typeof local === 'bigint' && typeof remote === 'bigint') return BigInt.asIntN(64, local + remote);
  return typeof local === 'number' && typeof remote === 'number' ? local + remote : remote;
};

function withoutBase(rules: Pick<ResolutionRules, 'get'> | undefined): Pick<ResolutionRules, 'get'> {
  return {
    get: (table, field) => {
      const rule = rules?.get(table, field) ?? 'remote';
      return rule === 'sum' ? addAll : rule;
    },
  };
}

export const sumOnWrongBase: PlantedBug = {
  title: 'a sum based on the wrong base',
  machines: withReplicaOptions((options) => ({ ...options, rules: withoutBase(options.rules) })),
};
