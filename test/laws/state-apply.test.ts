import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Change,
  compress,
  type DeltaInput,
  type FieldOp,
  formatState,
  invert,
  type ListOp,
  type State,
} from '../../src/index.js';
import { applyDelta, type OracleState, recordKey } from '../oracle/delta-merge.js';
import { applyAll, arbitraryHistory } from '../support/arbitraries/deltas.js';
import { runs } from '../support/seed.js';
import { showDelta, showState, showValue } from '../support/show.js';
import { refusalOf } from './refusal.js';
import { withoutBefore } from './without-before.js';

function modelOf(state: State): OracleState {
  return new Map(
    state
      .tables()
      .flatMap((table) => state.query(table).map(({ record, fields }) => [recordKey(table, record), fields] as const)),
  );
}

function showModel(model: OracleState): string[] {
  return [...model]
    .map(([key, fields]) => `${key}: ${[...fields].map(([field, value]) => `${field} ${showValue(value)}`).sort()}`)
    .sort();
}

/** All that a state lets anybody see. */
function allOf(state: State): unknown {
  return [showState(state), state.size, state.recordCount, state.tables()];
}

/** Changes that fit no state of the arbitrary histories, each for another reason. */
const MISFITS: DeltaInput = [
  { type: 'delete', table: 'none', record: 'none' },
  { type: 'update', table: 'none', record: 'none', ops: new Map() },
  { type: 'insert', table: 'no good', record: 'r', fields: new Map() },
  { type: 'insert', table: 'none', record: 'r', fields: new Map([['f', '\ud800']]) },
];

/** Whether the operation says of everything that it overwrites what that was. */
function isApplied(op: FieldOp): boolean {
  if (op.type !== 'list') return 'before' in op;
  return op.ops.every((step: ListOp) => step.type === 'insert' || step.type === 'move' || step.before !== undefined);
}

/** The field operations of a normal form, without the deletes behind an insert, which overwrite nothing. */
function opsOverBase(delta: DeltaInput): FieldOp[] {
  const changes = [...delta];
  return changes.flatMap((change, at) => {
    if (change.type !== 'update') return [];
    const isBehindInsert = changes[at - 1]?.type === 'insert' && changes[at - 1]?.record === change.record;
    return [...change.ops.values()].filter(({ type }) => type !== 'delete' || !isBehindInsert);
  });
}

describe('State.apply', () => {
  it('does what the naive twin does', () => {
    fc.assert(
      fc.property(arbitraryHistory(3), ({ base, deltas }) => {
        const state = base.clone();
        let model = modelOf(base);
        for (const delta of deltas) {
          state.apply(delta);
          model = applyDelta(model, delta);
          expect(showModel(modelOf(state))).toEqual(showModel(model));
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it('applies all of a delta or nothing, wherever in it the change stands that does not fit', () => {
    fc.assert(
      fc.property(arbitraryHistory(), fc.constantFrom(...MISFITS), ({ base, deltas: [delta = []] }, misfit) => {
        const before = allOf(base);
        for (let position = 0; position <= delta.length; position++) {
          const refusal = refusalOf(() => base.apply(delta.toSpliced(position, 0, misfit)));
          expect(refusal?.position).toBe(position);
          expect(allOf(base)).toEqual(before);
        }
      }),
      { numRuns: runs(300) },
    );
  });

  it('state · compress(d) = state · d', () => {
    fc.assert(
      fc.property(arbitraryHistory(3), ({ base, deltas }) => {
        const compressed = base.clone();
        compressed.apply(compress(deltas.flat()));
        expect(allOf(compressed)).toEqual(allOf(applyAll(base, deltas).state));
      }),
      { numRuns: runs(500) },
    );
  });

  it('does not depend on what its input says to have been overwritten', () => {
    fc.assert(
      fc.property(arbitraryHistory(), ({ base, deltas: [delta = []] }) => {
        const applied = base.clone().apply(delta);
        expect(showDelta(base.clone().apply(applied))).toBe(showDelta(applied));
        expect(showDelta(base.clone().apply(withoutBefore(applied)))).toBe(showDelta(applied));
      }),
      { numRuns: runs(200) },
    );
  });
});

describe('an applied delta', () => {
  it('is the delta with every before present, and with nothing else changed', () => {
    fc.assert(
      fc.property(arbitraryHistory(), ({ base, deltas: [delta = []] }) => {
        const applied = base.clone().apply(delta);
        expect(withoutBefore(applied)).toStrictEqual(withoutBefore(compress(delta)));
        for (const change of applied) {
          if (change.type === 'delete') expect(change.before).toBeDefined();
        }
        for (const op of opsOverBase(applied)) expect(isApplied(op)).toBe(true);
      }),
      { numRuns: runs(300) },
    );
  });

  it('says the truth: every before is what stood there when its change came', () => {
    fc.assert(
      fc.property(arbitraryHistory(), ({ base, deltas: [delta = []] }) => {
        const applied = base.clone().apply(delta);
        const running = base.clone();
        for (const change of applied) {
          const fields = running.get(change.table, change.record);
          if (change.type === 'delete') expect(change.before).toStrictEqual(fields);
          if (change.type === 'update') {
            for (const [field, op] of change.ops) {
              if (op.type !== 'list') expect(op.before).toStrictEqual(fields?.get(field));
              else expect(overwrittenBy(op.ops, fields?.get(field))).toStrictEqual(op.ops.map(beforeOf));
            }
          }
          running.apply([change]);
        }
      }),
      { numRuns: runs(300) },
    );
  });

  /** What each list operation overwrites, found by applying them to a plain array. */
  function overwrittenBy(ops: readonly ListOp[], list: unknown): unknown[] {
    const items = Array.isArray(list) ? [...list] : [];
    return ops.map((op): unknown => {
      if (op.type === 'insert') items.splice(op.index, 0, op.value);
      if (op.type === 'move') items.splice(op.to, 0, ...items.splice(op.from, 1));
      if (op.type === 'put') return items.splice(op.index, 1, op.value)[0];
      return op.type === 'delete' ? items.splice(op.index, 1)[0] : undefined;
    });
  }

  function beforeOf(op: ListOp): unknown {
    return op.type === 'put' || op.type === 'delete' ? op.before : undefined;
  }
});

describe('invert', () => {
  it('state · d · invert(applied d) = state, of the applied delta and of its normal form', () => {
    fc.assert(
      fc.property(arbitraryHistory(3), ({ base, deltas }) => {
        const { state, applied } = applyAll(base, deltas);
        const changes = applied.flatMap((delta) => [...delta]);
        for (const undo of [invert(changes), invert(compress(changes))]) {
          const undone = state.clone();
          undone.apply(undo);
          expect(allOf(undone)).toEqual(allOf(base));
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it('is applied itself: its before are what applying it finds, and inverting twice restores what was done', () => {
    fc.assert(
      fc.property(arbitraryHistory(2), ({ base, deltas }) => {
        const { state, applied } = applyAll(base, deltas);
        const undo = invert(applied.flatMap((delta) => [...delta]));
        expect(showDelta(state.clone().apply(undo))).toBe(showDelta(undo));
        expect(showDelta(compress(undo))).toBe(showDelta(undo));
        const redone = base.clone();
        redone.apply(invert(undo));
        expect(allOf(redone)).toEqual(allOf(state));
      }),
      { numRuns: runs(300) },
    );
  });

  const update = (op: FieldOp): DeltaInput => [{ type: 'update', table: 't', record: 'r', ops: new Map([['f', op]]) }];
  const unknown: readonly (readonly [string, DeltaInput, object])[] = [
    ['put', update({ type: 'put', value: 1 }), { field: 'f' }],
    ['delete of a field', update({ type: 'delete' }), { field: 'f' }],
    [
      'list put',
      update({ type: 'list', create: false, ops: [{ type: 'put', index: 3, value: 1 }] }),
      { field: 'f', index: 3 },
    ],
    [
      'list delete',
      update({ type: 'list', create: false, ops: [{ type: 'delete', index: 2 }] }),
      { field: 'f', index: 2 },
    ],
    ['delete of a record', [{ type: 'delete', table: 't', record: 'r' }], {}],
  ];
  it.each(unknown)('refuses a %s that does not say what it overwrote', (_title, delta, place) => {
    const first: Change = { type: 'insert', table: 's', record: 'r', fields: new Map() };
    expect(refusalOf(() => invert([first, ...delta]))).toEqual({
      code: 'before-missing',
      position: 1,
      table: 't',
      record: 'r',
      ...place,
    });
  });

  it('of a delete that met an absent field is nothing', () => {
    expect(invert(update({ type: 'delete', before: undefined })).changes).toEqual([]);
  });
});

it('a state can tell which records hold something else than when they were watched', () => {
  fc.assert(
    fc.property(arbitraryHistory(4, 4), ({ base, deltas }) => {
      const state = base.clone();
      const touched = deltas.flatMap((delta) => [...delta]).map(({ table, record }) => `${table} ${record}`);
      const places = new Set([...formatState(base).map(({ tid, rowid }) => `${tid} ${rowid}`), ...touched]);
      const watched = [...places].map((place) => {
        const [table = '', record = ''] = place.split(' ');
        return { table, record, before: state.get(table, record), hasChanged: state.watch(table, record) };
      });
      for (const delta of deltas) state.apply(delta);
      for (const { table, record, before, hasChanged } of watched) {
        expect(hasChanged()).toBe(!isDeepStrictEqual(before, state.get(table, record)));
      }
    }),
    { numRuns: runs(300) },
  );
});
