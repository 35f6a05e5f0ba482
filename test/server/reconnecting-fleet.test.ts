import { expect, test } from 'vitest';
import { simulateReconnect } from './reconnecting-fleet.js';

const FLEET = { seed: 1, devices: 20_000, outage: 60, patience: 30 } as const;

test('devices whose servers were away for a minute come back within minutes, spread out', () => {
  const { half, all, peak, attempts } = simulateReconnect({ ...FLEET, capacity: 400 });
  // They wait up to 64 seconds between their attempts by then.
  expect(peak).toBeLessThan(FLEET.devices / 20);
  expect(half).toBeLessThan(60);
  expect(all).toBeLessThan(600);
  expect(attempts).toBeLessThan(10);
});

test('servers that let all wait work for devices that have given up, and those that send some away do not', () => {
  const slow = { ...FLEET, outage: 2, capacity: 100 };
  const waiting = simulateReconnect(slow);
  const sent = simulateReconnect({ ...slow, queueLimit: 5, retryAfter: 30 });
  expect(waiting.wasted).toBeGreaterThan(0.3);
  expect(sent.wasted).toBe(0);
  expect(sent.most).toBeLessThan(waiting.most);
});

test('the same seed brings the same devices back at the same time', () => {
  const outcomes = [1, 1, 2].map((seed) => simulateReconnect({ ...FLEET, seed, devices: 1_000, capacity: 50 }));
  expect(outcomes[0]).toEqual(outcomes[1]);
  expect(outcomes[0]).not.toEqual(outcomes[2]);
});
