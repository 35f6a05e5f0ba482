import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { composeColumns } from '../../src/deltas/compose-columns.js';
import { changesIn, columnsIn, Delta, deltaInNormalForm } from '../../src/deltas/delta.js';
import { DeltaDraft } from '../../src/deltas/draft.js';
import { isInNormalForm } from '../../src/deltas/normal-form.js';
import { recordContext } from '../../src/deltas/rebase.js';
import { rebaseColumns } from '../../src/deltas/rebase-columns.js';
import {
  type Change,
  type Conflict,
  DatastoreError,
  type FieldOp,
  ResolutionRules,
  State,
  transform,
} from '../../src/index.js';
import { ownChanges } from '../../src/operations/ownership.js';
import {
  changesOfColumns,
  columnsOfChanges,
  type RecordColumns,
  RecordColumnsBuilder,
  UNKNOWN,
} from '../../src/operations/record-columns.js';
import { applyAll, arbitraryHistory, arbitraryScene, FIELDS, TABLES } from '../support/arbitraries/deltas.js';
import { ALL_RULES } from '../support/record-scope.js';
import { runs } from '../support/seed.js';
import { showDelta, showState } from '../support/show.js';

/** The same delta without columns. */
function asObjects(delta: Delta): Delta {
  return deltaInNormalForm([...changesIn(delta)]);
}

/** The same delta with columns, however few its changes are. */
function inColumns(delta: Delta): Delta {
  return deltaInNormalForm(columnsOfChanges(changesIn(delta)));
}

/** Applied and not, so that what was overwritten is known of some. */
function mixed(changes: readonly Change[], applied: Delta): readonly Change[] {
  return [...ownChanges(changes), ...changesIn(applied)];
}

/** Columns that say of no cell what it overwrote, as if there were no such column. */
function trimmed(columns: RecordColumns): RecordColumns {
  return columns.befores?.every((before) => before === UNKNOWN) === true ? { ...columns, befores: undefined } : columns;
}

function drafted(changes: readonly Change[]): readonly Change[] | undefined {
  const draft = new DeltaDraft();
  try {
    for (const change of changes) draft.add(change);
  } catch (error) {
    if (error instanceof DatastoreError) return undefined;
    throw error;
  }
  return draft.finish();
}

describe('columns and objects are the same changes', () => {
  it('objects to columns and back is identity, and so is columns to objects and back', () => {
    let cells = 0;
    fc.assert(
      fc.property(arbitraryHistory(2, 8), ({ base, deltas }) => {
        const { applied } = applyAll(base, deltas);
        for (const [at, delta] of applied.entries()) {
          const changes = mixed(deltas[at] ?? [], delta);
          const columns = columnsOfChanges(changes);
          cells += columns.fields.length;
          expect(showDelta(changesOfColumns(columns))).toBe(showDelta(changes));
          expect(trimmed(columnsOfChanges(changesOfColumns(columns)))).toEqual(trimmed(columns));
          const copied = new RecordColumnsBuilder();
          for (let row = 0; row < changes.length; row++) copied.addRow(columns, row);
          expect(trimmed(copied.finish())).toEqual(trimmed(columns));
        }
      }),
      { numRuns: runs(300) },
    );
    expect(cells).toBeGreaterThan(0);
  });

  it('and compose to the same, or are left to be composed as objects', () => {
    const found = { composed: 0, left: 0 };
    fc.assert(
      fc.property(arbitraryHistory(2, 8), ({ base, deltas }) => {
        const { applied } = applyAll(base, deltas);
        for (const changes of [...applied.map((delta, at) => mixed(deltas[at] ?? [], delta)), ...deltas]) {
          const columns = columnsOfChanges(ownChanges(changes));
          const composed = composeColumns(columns);
          found[composed === undefined ? 'left' : 'composed']++;
          if (composed === undefined) continue;
          expect(composed === columns).toBe(isInNormalForm(changesOfColumns(columns)));
          expect(showDelta(changesOfColumns(composed))).toBe(showDelta(drafted(ownChanges(changes)) ?? []));
        }
      }),
      { numRuns: runs(500) },
    );
    expect(Math.min(found.composed, found.left)).toBeGreaterThan(0);
  });

  it('are merged alike, conflict by conflict, under every rule', () => {
    const met = { cells: 0, objects: 0 };
    for (const rule of ALL_RULES) {
      const rules = new ResolutionRules();
      for (const table of TABLES) for (const field of FIELDS) rules.set(table, field, rule);
      fc.assert(
        fc.property(arbitraryScene({ maxChanges: 12 }), ({ base, local, remote }) => {
          const [mine, theirs] = [local, remote].map((side) => applyAll(base, side.slice(0, 1)).applied[0]) as [
            Delta,
            Delta,
          ];
          const conflicts: Conflict[][] = [[], []];
          const report = (which: number) => (conflict: Conflict) => void conflicts[which]?.push(conflict);
          const expected = transform(asObjects(mine), asObjects(theirs), { rules, onConflict: report(0) });
          const columns = {
            local: columnsOfChanges(changesIn(mine)),
            remote: columnsOfChanges(changesIn(theirs)),
          };
          const contextOf = (table: string, record: string) => recordContext(table, record, rules, undefined);
          const merged = rebaseColumns(columns, { contextOf, onConflict: report(1) });
          expect(showDelta(changesOfColumns(merged.local))).toBe(showDelta(expected.local));
          expect(showDelta(changesOfColumns(merged.remote))).toBe(showDelta(expected.remote));
          expect(conflicts[1]).toEqual(conflicts[0]);
          for (const side of [merged.local, merged.remote]) {
            expect(isInNormalForm(changesOfColumns(side))).toBe(true);
            met.cells += side.fields.length;
            met.objects += side.others?.length ?? 0;
          }
        }),
        { numRuns: runs(100) },
      );
    }
    expect(Math.min(met.cells, met.objects)).toBeGreaterThan(0);
  });
});

/** Puts and deletes of few fields of few records, each of which says what it overwrote, or does not. */
const arbitraryUpdates = fc.array(
  fc
    .tuple(
      fc.constantFrom('r1', 'r2', 'r3'),
      fc.constantFrom('a', 'b', 'c'),
      fc.option(fc.nat({ max: 2 }), { nil: undefined }),
      fc.constantFrom({}, { before: undefined }, { before: 0 }),
    )
    .map(([record, field, value, before]): Change => {
      const op: FieldOp = value === undefined ? { type: 'delete', ...before } : { type: 'put', value, ...before };
      return { type: 'update', table: 't', record, ops: new Map([[field, op]]) };
    }),
  { maxLength: 12 },
);

function outcome<Result>(work: () => Result): Result | string {
  try {
    return work();
  } catch (error) {
    if (error instanceof DatastoreError) return error.code;
    throw error;
  }
}

describe('updates by puts and deletes alone', () => {
  it('compose to the same', () => {
    fc.assert(
      fc.property(arbitraryUpdates, (changes) => {
        const composed = composeColumns(columnsOfChanges(ownChanges(changes)));
        expect(composed && showDelta(changesOfColumns(composed))).toBe(showDelta(drafted(ownChanges(changes)) ?? []));
      }),
      { numRuns: runs(1000) },
    );
  });

  it('are merged alike, conflict by conflict, under every rule', () => {
    for (const rule of ALL_RULES) {
      const rules = new ResolutionRules();
      for (const field of ['a', 'b', 'c']) rules.set('t', field, rule);
      fc.assert(
        fc.property(arbitraryUpdates, arbitraryUpdates, (local, remote) => {
          const [mine, theirs] = [Delta.from(local), Delta.from(remote)];
          const merge = (work: (onConflict: (conflict: Conflict) => void) => [Iterable<Change>, Iterable<Change>]) => {
            const conflicts: Conflict[] = [];
            const deltas = outcome(() => work((conflict) => conflicts.push(conflict)).map(showDelta));
            return { deltas, conflicts };
          };
          const asColumns = merge((onConflict) => {
            const [left, right] = [mine, theirs].map((side) => columnsOfChanges(changesIn(side))) as [
              RecordColumns,
              RecordColumns,
            ];
            const contextOf = (table: string, record: string) => recordContext(table, record, rules, undefined);
            const merged = rebaseColumns({ local: left, remote: right }, { contextOf, onConflict });
            return [changesOfColumns(merged.local), changesOfColumns(merged.remote)];
          });
          const byRecord = merge((onConflict) => {
            const merged = transform(asObjects(mine), asObjects(theirs), { rules, onConflict });
            return [merged.local, merged.remote];
          });
          expect(asColumns).toEqual(byRecord);
          if (typeof byRecord.deltas === 'string') return;
          const [left, right] = [mine, theirs].map(inColumns) as [Delta, Delta];
          const unreported = transform(left, right, { rules });
          expect([unreported.local, unreported.remote].map(showDelta)).toEqual(byRecord.deltas);
        }),
        { numRuns: runs(300) },
      );
    }
  });
});

describe('a state takes columns as it takes objects', () => {
  it('and says the same of what was overwritten', () => {
    fc.assert(
      fc.property(arbitraryHistory(1, 12), ({ base, deltas: [changes = []] }) => {
        const [first, second] = [base.clone(), base.clone()];
        const delta = Delta.from(changes);
        expect(showDelta(first.apply(inColumns(delta)))).toBe(showDelta(second.apply(asObjects(delta))));
        expect(showState(first)).toBe(showState(second));
        expect([first.size, first.recordCount]).toEqual([second.size, second.recordCount]);
      }),
      { numRuns: runs(300) },
    );
  });

  it('all or none, and names the change that does not fit', () => {
    const put = (record: string): Change => ({
      type: 'update',
      table: 't',
      record,
      ops: new Map([['f', { type: 'put', value: record }]]),
    });
    const inserts = Array.from({ length: 9 }, (_, number): Change => {
      return { type: 'insert', table: 't', record: `r${number}`, fields: new Map([['f', number]]) };
    });
    const state = new State();
    state.apply(inserts);
    const before = showState(state);
    const list: Change = {
      type: 'update',
      table: 't',
      record: 'r8',
      ops: new Map([['f', { type: 'list', create: false, ops: [{ type: 'delete', index: 0 }] }]]),
    };
    const puts = inserts.slice(0, 8).map(({ record }) => put(record));
    for (const [last, code] of [
      [put('s'), 'record-missing'],
      [list, 'not-a-list'],
    ] as const) {
      for (const changes of [[...puts, last], Delta.from([...puts, last])]) {
        expect(() => state.apply(changes)).toThrow(expect.objectContaining({ code, position: 8 }));
        expect(showState(state)).toBe(before);
      }
    }
  });

  it('and keeps them through a merge of many records', () => {
    const updates = (value: number): Change[] =>
      Array.from({ length: 20 }, (_, number) => {
        return { type: 'update', table: 't', record: `r${number % 10}`, ops: new Map([['f', { type: 'put', value }]]) };
      });
    const merged = transform(Delta.from(updates(1)), Delta.from(updates(2)));
    expect(columnsIn(merged.remote)?.fields.length).toBe(10);
    expect(merged.local.length).toBe(0);
  });
});
