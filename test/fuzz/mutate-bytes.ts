import { Packr, Unpackr } from 'msgpackr';
import type { Random } from '../simulator/random.js';

const INTERESTING = [0, 1, 2, 7, 8, 0x0f, 0x10, 0x40, 0x7e, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xed, 0xf0, 0xf4, 0xf8, 0xff];
/** Numbers that are huge, too long, or just beyond what they may be. */
const NUMBERS: readonly (readonly number[])[] = [
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  ...[0xfd, 0xfe, 0xff].map((low) => [low, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f]),
  [0x43, 0x40, 0, 0, 0, 0, 0, 0],
  [0x43, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  [0x81, 0x80, 0xe0, 0xad, 0x98, 0x82, 0xd9, 0x1e],
  [0x80, 0x00],
  [0xf8, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0x7f, 0xf0, 0, 0, 0, 0, 0, 1],
];

/** One to three changes to the bytes as they come: most of the results are no envelope any more. */
export function mutateBlindly(bytes: Uint8Array, random: Random): Uint8Array {
  let mutated = bytes;
  for (let left = 1 + random.below(3); left > 0; left--) mutated = mutateOnce(mutated, random);
  return mutated;
}

/** Changes inside a column, or of columns, in an envelope that stays well-formed; `others` lend theirs. */
export function mutateColumns(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  const elements = elementsOf(bytes);
  for (let left = 1 + random.below(2); left > 0; left--) mutateElement(elements, others, random);
  return new Uint8Array(new Packr({ useRecords: false }).pack(elements));
}

function elementsOf(bytes: Uint8Array): unknown[] {
  return new Unpackr({ useRecords: false }).unpack(new Uint8Array(bytes)) as unknown[];
}

function mutateElement(elements: unknown[], others: readonly Uint8Array[], random: Random): void {
  const at = random.below(elements.length);
  const column = elements[at];
  switch (random.below(12)) {
    case 0:
      elements[at] = elementsOf(random.pick(others))[at] ?? null;
      break;
    case 1: {
      const other = random.below(elements.length);
      elements[at] = elements[other];
      elements[other] = column;
      break;
    }
    case 2:
      elements[at] = random.pick<unknown>([null, new Uint8Array(), 1, -1, 'x', {}, [], [[]], true, new Map([[1, 2]])]);
      break;
    case 3:
      if (random.chance(0.5)) elements.splice(at, 1);
      else elements.splice(at, 0, column);
      break;
    default:
      if (column instanceof Uint8Array || column === null) {
        const mutated = mutateOnce(column ?? new Uint8Array(), random);
        elements[at] = mutated.length === 0 ? null : mutated;
      }
  }
}

function mutateOnce(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + 1 + random.below(random.chance(0.7) ? 2 : 16));
  switch (random.below(8)) {
    case 0:
      return bytes.map((byte, index) => (index === at ? byte ^ (1 << random.below(8)) : byte));
    case 1:
      return bytes.map((byte, index) => (index === at ? random.pick(INTERESTING) : byte));
    case 2:
      return bytes.map((byte, index) => (index === at ? byte + (random.chance(0.5) ? 1 : -1) : byte));
    case 3:
      return splice(bytes, at, at, [random.chance(0.5) ? random.pick(INTERESTING) : random.below(256)]);
    case 4:
      return splice(bytes, at, end, []);
    case 5:
      return splice(bytes, end, end, bytes.subarray(at, end));
    case 6:
      return splice(bytes, at, random.chance(0.5) ? at : end, random.pick(NUMBERS));
    default:
      return bytes.slice(0, at);
  }
}

function splice(bytes: Uint8Array, start: number, end: number, inserted: ArrayLike<number>): Uint8Array {
  return Uint8Array.from([...bytes.subarray(0, start), ...Array.from(inserted), ...bytes.subarray(end)]);
}
