import { type Atom, LONG_MAX, LONG_MIN, type Value } from '../../src/index.js';
import type { Random } from './random.js';

const ATOMS: readonly Atom[] = [
  ...[true, false, 0n, 1n, -5n, LONG_MAX, LONG_MIN],
  ...[0, -0, 1, 2.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53],
  ...['', 'x', 'longer text, with a comma', '\uffff', '\u{1f600}'],
];

export function drawAtom(random: Random): Atom {
  switch (random.below(4)) {
    case 0:
      return `w${random.below(1000)}`;
    case 1:
      return random.chance(0.5) ? new Uint8Array([random.below(3)]) : new Date(random.below(3) * 1000);
    default:
      return random.pick(ATOMS);
  }
}

export function drawList(random: Random): readonly Atom[] {
  return Array.from({ length: random.below(4) }, () => drawAtom(random));
}

export function drawValue(random: Random): Value {
  return random.chance(0.15) ? drawList(random) : drawAtom(random);
}

export function drawNumber(random: Random): bigint | number {
  return random.chance(0.6) ? BigInt(random.below(100)) : random.below(100) / 4;
}
