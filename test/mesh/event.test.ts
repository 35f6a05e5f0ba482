import { describe, expect, it } from 'vitest';
import { formatEvent, isValidAgent, parseEvent, type WireEvent } from '../../src/mesh/index.js';

const EVENT: WireEvent = {
  id: ['b', 2],
  parents: [
    ['a', 1],
    ['b', 1],
  ],
  delta: [['U', 't', 'r', { f: ['P', 1] }]],
  rules: { t: { f: 'max' } },
  time: 5,
};

describe('an event as JSON', () => {
  it('is read and written, with parents in the order of their agents', () => {
    expect(formatEvent(parseEvent(EVENT))).toEqual(EVENT);
    const unsorted = { ...EVENT, parents: [...EVENT.parents].reverse() };
    expect(formatEvent(parseEvent(unsorted))).toEqual(EVENT);
  });

  it('is written without rules that are `remote`, and without a time that was not given', () => {
    const { time, ...timeless } = { ...EVENT, rules: { t: { f: 'remote', g: 'remote' } } } as const;
    const { rules, ...written } = timeless;
    expect(formatEvent(parseEvent(timeless))).toEqual(written);
  });

  it('keeps the rules of fields with any name', () => {
    const rules = JSON.parse('{"__proto__":{"__proto__":"sum"}}') as WireEvent['rules'];
    expect(formatEvent(parseEvent({ ...EVENT, rules })).rules).toEqual(rules);
  });

  it.each([
    ['no object', 5, 'invalid-json'],
    ['another member', { ...EVENT, extra: 1 }, 'invalid-json'],
    ['an agent with a space', { ...EVENT, id: ['a b', 1] }, 'invalid-name'],
    ['an agent that is too long', { ...EVENT, id: ['a'.repeat(65), 1] }, 'invalid-name'],
    ['seq 0', { ...EVENT, id: ['a', 0] }, 'invalid-json'],
    ['a seq that is no whole number', { ...EVENT, id: ['a', 1.5] }, 'invalid-json'],
    ['an id with three parts', { ...EVENT, id: ['a', 1, 1] }, 'invalid-json'],
    [
      'two parents of the agent',
      {
        ...EVENT,
        parents: [
          ['a', 1],
          ['a', 2],
        ],
      },
      'invalid-json',
    ],
    ['an unknown rule', { ...EVENT, rules: { t: { f: 'last' } } }, 'invalid-rule'],
    ['a rule of a field without a name', { ...EVENT, rules: { t: { '': 'max' } } }, 'invalid-name'],
    ['a time before 1970', { ...EVENT, time: -1 }, 'invalid-json'],
    ['a time of more than 48 bits', { ...EVENT, time: 2 ** 48 }, 'invalid-json'],
    ['a delta that is no array', { ...EVENT, delta: {} }, 'invalid-json'],
  ])('is rejected: %s', (_, json, code) => {
    expect(() => parseEvent(json)).toThrow(expect.objectContaining({ code }));
  });
});

describe('the name of an agent', () => {
  it('is 1 to 64 of the characters of a name, without a colon', () => {
    for (const name of ['a', 'Z9._+/=-', 'x'.repeat(64)]) expect(isValidAgent(name)).toBe(true);
    for (const name of ['', ':a', 'é', 'a\n', 'x'.repeat(65), 5]) expect(isValidAgent(name)).toBe(false);
  });
});
