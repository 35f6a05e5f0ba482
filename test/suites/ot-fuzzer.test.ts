import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Delta,
  type DeltaInput,
  invert,
  type ListOp,
  parseState,
  type RuleName,
  type State,
  transformList,
} from '../../src/index.js';
import { runs } from '../support/seed.js';

type Items = readonly string[];
type Ops = readonly ListOp[];

/** An OT type as the independent checker ot-fuzzer (ISC) wants it. */
interface OtType {
  readonly name: string;
  create(): Items;
  apply(items: Items, ops: Ops): Items;
  compose(first: Ops, second: Ops): Ops;
  transform(ops: Ops, other: Ops, side: 'left' | 'right'): Ops;
  makeInvertible(ops: Ops, items: Items): Ops;
  invert(ops: Ops): Ops;
}

interface Fuzzer {
  (type: OtType, generate: (items: Items) => [Ops, Items], rounds: number): void;
  randomInt(below: number): number;
  randomWord(): string;
}

/** The default rule gets the full number of rounds, the others, which share nearly all code with it, a part of them. */
const ROUNDS: readonly (readonly [RuleName, number])[] = [
  ['remote', 5_000],
  ['local', 1_000],
  ['max', 1_000],
];
const LENGTH_PREFERRED = 6;

// The checker reads its seed from the environment and keeps a file in the working folder.
const start = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'deltaic-ot-'));
let fuzzer: Fuzzer;

beforeAll(() => {
  process.chdir(folder);
  process.env['SEED'] = process.env['DELTAIC_SEED'];
  fuzzer = createRequire(import.meta.url)('ot-fuzzer') as Fuzzer;
});

afterAll(() => {
  process.chdir(start);
  rmSync(folder, { recursive: true });
});

function updateOf(ops: Ops): DeltaInput {
  return [{ type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'list', create: false, ops }]]) }];
}

function opsOf([change]: Delta): Ops {
  const op = change?.type === 'update' ? change.ops.get('f') : undefined;
  return op?.type === 'list' ? op.ops : [];
}

function stateOf(items: Items): State {
  return parseState([{ tid: 't', rowid: 'r', data: { f: items } }]);
}

function listType(rule: RuleName): OtType {
  return {
    name: `lists under rule ${rule}`,
    create: () => [],
    apply(items, ops) {
      const state = stateOf(items);
      state.apply(updateOf(ops));
      return state.get('t', 'r')?.get('f') as Items;
    },
    compose: (first, second) => [...first, ...second],
    transform: (ops, other, side) =>
      side === 'left' ? transformList(other, ops, { rule }).remote : transformList(ops, other, { rule }).local,
    makeInvertible: (ops, items) => opsOf(stateOf(items).apply(updateOf(ops))),
    invert: (ops) => opsOf(invert(updateOf(ops))),
  };
}

/** A random operation and the list after it, computed without the engine. */
function generate(items: Items): [Ops, Items] {
  const after = [...items];
  const kind = items.length === 0 ? 0 : fuzzer.randomInt(items.length > LENGTH_PREFERRED ? 6 : 4);
  if (kind === 0) {
    const index = fuzzer.randomInt(items.length + 1);
    const value = fuzzer.randomWord();
    after.splice(index, 0, value);
    return [[{ type: 'insert', index, value }], after];
  }
  const index = fuzzer.randomInt(items.length);
  if (kind === 1) {
    const value = fuzzer.randomWord();
    after[index] = value;
    return [[{ type: 'put', index, value }], after];
  }
  const [item = ''] = after.splice(index, 1);
  if (kind !== 2) return [[{ type: 'delete', index }], after];
  const to = fuzzer.randomInt(items.length);
  after.splice(to, 0, item);
  return [[{ type: 'move', from: index, to }], after];
}

describe('an independent OT checker finds no fault', () => {
  for (const [rule, rounds] of ROUNDS) {
    test(`with list operations under rule ${rule}`, () => {
      expect(() => fuzzer(listType(rule), generate, runs(rounds))).not.toThrow();
    });
  }
});
