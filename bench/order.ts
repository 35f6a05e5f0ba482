import { type Atom, compareValues, valuesEqual } from '../src/index.js';
import { listItems } from './support/edits.js';
import { expectEqual, expectTrue } from './support/expect.js';
import { randomFrom } from './support/random.js';
import { type Comparison, compare, doublings, type Suite } from './support/suite.js';

const MANY = 20_000;

/** Comparing values: sorting by the engine's order, compared with sorting by the operators of JavaScript. */
export const order: Suite = {
  name: 'order',
  title: 'Order',
  comparisons: (scale) => [
    () => sorting('doubles', doubles(scale(MANY)), (left, right) => left - right),
    () =>
      sorting(
        'longs',
        doubles(scale(MANY)).map((value) => BigInt(Math.floor(value * 2 ** 53))),
        byOperator,
      ),
    () => sorting('strings', strings(scale(MANY)), byOperator),
    () => mixed(scale(MANY)),
    () => equalLists(scale(MANY)),
  ],
  series: (scale) => [
    {
      title: 'Order: twice the strings',
      unit: 'strings sorted',
      sizes: doublings(1000, 64_000, scale),
      at: (size) => sorting('strings', strings(size), byOperator),
      growthAtMost: 2.4,
    },
  ],
};

function sorting<Value extends Atom>(
  kind: string,
  values: readonly Value[],
  plainOrder: (left: Value, right: Value) => number,
): Comparison {
  return compare({
    work: `sort of ${values.length.toLocaleString('en')} ${kind} by compareValues`,
    contender: () => values.slice().sort(compareValues),
    baseline: { name: 'by operators', run: () => values.slice().sort(plainOrder) },
    check: (sorted, plain) => expectEqual(sorted, plain, kind),
  });
}

/** All types in one array. JavaScript has no order for these, so the baseline sorts as many doubles. */
function mixed(count: number): Comparison {
  const numbers = doubles(count);
  const values = numbers.map((number, at): Atom => {
    switch (at % 6) {
      case 0:
        return number < 0.5;
      case 1:
        return BigInt(Math.floor(number * 1000));
      case 2:
        return number * 1000;
      case 3:
        return `string ${number}`;
      case 4:
        return Uint8Array.of(number * 256, number * 65_536);
      default:
        return new Date(Math.floor(number * 1e12));
    }
  });
  return compare({
    work: `sort of ${count.toLocaleString('en')} values of six types by compareValues`,
    contender: () => values.slice().sort(compareValues),
    baseline: {
      name: 'as many doubles by subtraction',
      run: () => numbers.slice().sort((left, right) => left - right),
    },
    check: (sorted) =>
      expectTrue(
        sorted.every((value, at) => at === 0 || compareValues(sorted[at - 1] as Atom, value) <= 0),
        'each value is at most the next',
      ),
  });
}

function equalLists(count: number): Comparison {
  const left = listItems(count);
  const right = listItems(count);
  return compare({
    work: `valuesEqual of two lists of ${count.toLocaleString('en')} strings`,
    contender: () => valuesEqual(left, right),
    baseline: { name: 'a loop of ===', run: () => left.every((item, at) => item === right[at]) },
    check: (isEqual, plain) => expectTrue(isEqual && plain, 'the lists are equal'),
  });
}

function byOperator<Value extends bigint | string>(left: Value, right: Value): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function doubles(count: number): number[] {
  return Array.from({ length: count }, randomFrom(1));
}

function strings(count: number): string[] {
  return doubles(count).map((number) => `string ${number}`);
}
