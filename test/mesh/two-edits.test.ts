import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Change, compress, type FieldOp, formatState, type ListOp, type Value } from '../../src/index.js';
import { Integrator } from '../../src/mesh/integrator.js';
import type { EventId, OracleEvent } from '../oracle/mesh-graph.js';
import { toMeshEvent } from '../support/mesh-events.js';
import { expectOracleStates } from '../support/mesh-oracle-check.js';
import { runs } from '../support/seed.js';

const BASE: OracleEvent = event(
  '0',
  [],
  [
    {
      type: 'insert',
      table: 't',
      record: 'r',
      fields: new Map<string, Value>([
        ['f', ['u', 'v', 'w']],
        ['g', ['x']],
        ['n', 5n],
      ]),
    },
  ],
);

function event(agent: string, parents: readonly EventId[], changes: readonly Change[]): OracleEvent {
  return { id: [agent, 1], parents, changes: [...compress(changes)], rules: { t: { n: 'sum' } } };
}

function update(lists: Readonly<Record<string, readonly ListOp[]>>): Change {
  const ops = Object.entries(lists).map(
    ([field, edits]) => [field, { type: 'list', create: false, ops: edits }] as const,
  );
  return { type: 'update', table: 't', record: 'r', ops: new Map(ops) };
}

function fields(ops: Readonly<Record<string, FieldOp>>): Change {
  return { type: 'update', table: 't', record: 'r', ops: new Map(Object.entries(ops)) };
}

/** Inserts and deletes that fit a list of a length, by numbers at will. */
function plainOps(numbers: readonly number[], length: number, name: string): ListOp[] {
  let count = length;
  return numbers.map((number, at): ListOp => {
    const isDelete = number % 5 < 2 && count > 0;
    const index = Math.floor(number / 5) % (isDelete ? count : count + 1);
    count += isDelete ? -1 : 1;
    return isDelete ? { type: 'delete', index } : { type: 'insert', index, value: `${name}${at}` };
  });
}

describe('two events that insert items into the same lists and delete them', () => {
  const numbers = fc.array(fc.nat(999), { maxLength: 6 });
  const edit = fc.record({ f: numbers, g: numbers });

  it('merge as the naive state says, in either order, and so does what comes after them', () => {
    fc.assert(
      fc.property(edit, edit, edit, fc.boolean(), (one, other, third, isSwapped) => {
        const [a, b] = [one, other].map(({ f, g }, at) =>
          event(
            'ab'.charAt(at),
            [BASE.id],
            [update({ f: plainOps(f, 3, 'ab'.charAt(at)), g: plainOps(g, 1, 'ab'.charAt(at)) })],
          ),
        ) as [OracleEvent, OracleEvent];
        const both = isSwapped ? [BASE, b, a] : [BASE, a, b];
        // Who saw neither needs the history that the first two went without.
        const late = event('c', [BASE.id], [update({ f: plainOps(third.f, 3, 'c'), g: plainOps(third.g, 1, 'c') })]);
        expectOracleStates([...both, late]);
        expectOracleStates([BASE, late, ...both.slice(1)]);
      }),
      { numRuns: runs(200) },
    );
  });

  it('or do something else to the same record, merge as the naive state says', () => {
    let at = 0;
    const edits: readonly Change[] = [
      update({
        f: [
          { type: 'move', from: 0, to: 2 },
          { type: 'insert', index: 2, value: 'm' },
        ],
      }),
      update({ f: [{ type: 'put', index: 0, value: 'p' }] }),
      { type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'put', value: ['q'] }]]) },
      { type: 'update', table: 't', record: 'r', ops: new Map([['f', { type: 'delete' }]]) },
      { type: 'delete', table: 't', record: 'r' },
      update({
        f: [
          { type: 'delete', index: 0 },
          { type: 'insert', index: 2, value: 'e' },
        ],
      }),
      update({ g: [{ type: 'insert', index: 1, value: 'o' }] }),
      fields({ g: { type: 'put', value: ['s'] }, n: { type: 'put', value: 7n } }),
      fields({ n: { type: 'put', value: 9n } }),
      fields({
        n: { type: 'delete' },
        h: { type: 'list', create: true, ops: [{ type: 'insert', index: 0, value: 'h' }] },
      }),
      fields({
        f: { type: 'list', create: false, ops: [{ type: 'delete', index: 2 }] },
        h: { type: 'put', value: 'k' },
      }),
    ];
    for (const one of edits) {
      for (const other of edits) {
        const [a, b] = [event('a', [BASE.id], [one]), event('b', [BASE.id], [other])];
        const late = event('c', [BASE.id], [edits[at++ % edits.length] as Change]);
        expectOracleStates([BASE, a, b, late]);
        expectOracleStates([BASE, b, a]);
      }
    }
  });

  it('are refused by what their author saw, which is not what is there', () => {
    const edits = fc.array(fc.record({ isDelete: fc.boolean(), index: fc.nat(4) }), { minLength: 1, maxLength: 3 });
    const base = new Integrator();
    base.integrate(toMeshEvent(BASE));
    const outcomes = { fit: 0, misfit: 0 };
    fc.assert(
      fc.property(numbers, edits, fc.boolean(), (other, own, isHigher) => {
        const ops = own.map(
          ({ isDelete, index }): ListOp =>
            isDelete ? { type: 'delete', index } : { type: 'insert', index, value: 'z' },
        );
        const integrator = new Integrator();
        integrator.integrate(toMeshEvent(BASE));
        integrator.integrate(toMeshEvent(event('m', [BASE.id], [update({ f: plainOps(other, 3, 'm') })])));
        const before = formatState(integrator.view);
        const late = toMeshEvent(event(isHigher ? 'z' : 'a', [BASE.id], [update({ f: ops })]));
        let isFit = true;
        try {
          base.view.clone().apply(late.delta);
        } catch {
          isFit = false;
        }
        outcomes[isFit ? 'fit' : 'misfit']++;
        if (isFit) integrator.integrate(late);
        else {
          expect(() => integrator.integrate(late)).toThrow();
          expect(formatState(integrator.view)).toEqual(before);
        }
      }),
      { numRuns: runs(300) },
    );
    expect(Math.min(outcomes.fit, outcomes.misfit)).toBeGreaterThan(20);
  });
});
