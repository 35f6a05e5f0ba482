import type { Append, AppendOutcome, LogStore } from '../../../src/server/index.js';

/** Faults of a store that the checker must find. */
export type PlantedFault =
  /** It says that an entry is appended before it is. */
  | 'early'
  /** It appends to whatever head it finds, not to the one that the entry was decided on. */
  | 'blind';

/** A store with a fault. */
export function planted(fault: PlantedFault, logs: LogStore): LogStore {
  const append = fault === 'early' ? appendingEarly(logs) : appendingBlindly(logs);
  return new Proxy(logs, {
    get: (target, name) => {
      const member: unknown = name === 'append' ? append : Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

const LATE = 40;

function appendingEarly(logs: LogStore): LogStore['append'] {
  let before: Promise<unknown> = Promise.resolve();
  return async (appends) => {
    before = before.then(async () => {
      await new Promise((resolve) => setTimeout(resolve, LATE));
      await logs.append(appends);
    });
    return appends.map((): AppendOutcome => ({ type: 'appended' }));
  };
}

function appendingBlindly(logs: LogStore): LogStore['append'] {
  return async (appends) => {
    const heads = await logs.getMany(appends.map(({ handle }) => handle));
    return logs.append(appends.map((append, at): Append => ({ ...append, head: heads[at] ?? append.head })));
  };
}
