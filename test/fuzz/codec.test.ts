import { expect, test } from 'vitest';
import { seedOfThisRun } from '../support/run-seed.js';
import { runs } from '../support/seed.js';
import { checkBytes, checkJson } from './check-message.js';
import { Fuzz } from './fuzz.js';
import { validMessages } from './message.js';

test('valid messages of all kinds are accepted', () => {
  const messages = validMessages(seedOfThisRun(), 30);
  expect(new Set(messages.map(({ kind }) => kind)).size).toBe(5);
  for (const { kind, bytes, json } of messages) {
    expect(checkBytes(kind, bytes)).toBe('accepted');
    expect(checkJson(kind, json)).toBe('accepted');
  }
});

test('mutated messages are refused with a typed error and an offset, or are what the encoder writes', () => {
  const fuzz = new Fuzz(seedOfThisRun());
  for (let number = 0; number < runs(10_000); number++) fuzz.check(number);
  // A mutation that never gets past the envelope, or never meets a check, would test nothing.
  expect(fuzz.tally['delta columns']?.accepted).toBeGreaterThan(0);
  expect(fuzz.tally['delta columns']?.refused).toBeGreaterThan(0);
  expect(fuzz.tally['delta json']?.accepted).toBeGreaterThan(0);
  expect(fuzz.tally['replica json']?.refused).toBeGreaterThan(0);
  expect(fuzz.tally['mesh columns']?.accepted).toBeGreaterThan(0);
  expect(fuzz.tally['mesh columns']?.refused).toBeGreaterThan(0);
  expect(fuzz.tally['mesh json']?.accepted).toBeGreaterThan(0);
});
