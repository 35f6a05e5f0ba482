import { Random } from '../simulator/random.js';
import { checkBytes, checkJson, type Verdict } from './check-message.js';
import { type Kind, type Message, validMessages } from './message.js';
import { mutateBlindly, mutateColumns } from './mutate-bytes.js';
import { mutateJson } from './mutate-json.js';

const HISTORIES = 60;

const WAYS = ['bytes', 'columns', 'noise', 'json'] as const;
/** How a message is mutated: as bytes, inside its columns, replaced by noise after its kind, or as JSON. */
type Way = (typeof WAYS)[number];

export type Tally = Record<`${Kind} ${Way}`, Record<Verdict, number>>;

/** Checks mutated messages; the same seed and number give the same message. */
export class Fuzz {
  readonly tally: Partial<Tally> = {};
  readonly #seed: number;
  readonly #messages: readonly Message[];
  /** What no message may have changed. */
  readonly #prototype = Object.getOwnPropertyNames(Object.prototype).join();

  constructor(seed: number) {
    this.#seed = seed;
    this.#messages = validMessages(seed, HISTORIES);
  }

  /** @throws Error that says how to see the failure again. */
  check(number: number): void {
    const random = new Random(this.#seed ^ Math.imul(number, 0x9e3779b1));
    const message = random.pick(this.#messages);
    const alike = this.#messages.filter(({ kind }) => kind === message.kind);
    const way = random.pick(WAYS);
    let input: unknown;
    try {
      input = mutate(message, alike, way, random);
      const verdict = way === 'json' ? checkJson(message.kind, input) : checkBytes(message.kind, input as Uint8Array);
      this.#count(`${message.kind} ${way}`, verdict);
      if (Object.getOwnPropertyNames(Object.prototype).join() !== this.#prototype) throw new Error('prototype touched');
    } catch (error) {
      throw new Error(`message ${number} of seed ${this.#seed}, ${message.kind} ${way}: ${show(input)}`, {
        cause: error,
      });
    }
  }

  #count(sort: keyof Tally, verdict: Verdict): void {
    const { accepted, refused } = this.tally[sort] ?? { accepted: 0, refused: 0 };
    this.tally[sort] =
      verdict === 'accepted' ? { accepted: accepted + 1, refused } : { accepted, refused: refused + 1 };
  }
}

function mutate(message: Message, alike: readonly Message[], way: Way, random: Random): unknown {
  switch (way) {
    case 'bytes':
      return mutateBlindly(message.bytes, random);
    case 'columns':
      return mutateColumns(
        message.bytes,
        alike.map(({ bytes }) => bytes),
        random,
      );
    case 'noise': {
      const kept = random.below(20);
      return Uint8Array.from([
        ...message.bytes.subarray(0, kept),
        ...Array.from({ length: random.below(60) }, () => random.below(256)),
      ]);
    }
    case 'json':
      return mutateJson(
        message.json,
        alike.map(({ json }) => json),
        random,
      );
  }
}

function show(input: unknown): string {
  if (input instanceof Uint8Array) return Buffer.from(input).toString('hex');
  try {
    return JSON.stringify(input)?.slice(0, 1000) ?? String(input);
  } catch {
    return 'something that JSON cannot write';
  }
}
