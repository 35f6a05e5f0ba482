import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Datastore, List, Value } from '../../src/datastore/index.js';
import { Sequencer } from '../../src/sync/index.js';
import { runs } from '../support/seed.js';
import { Desk, type DeskOptions, settle } from './support/desk.js';

/** A choice of what one user does, as plain numbers; it means something that fits whatever the datastore holds. */
interface Deed {
  readonly who: number;
  readonly kind: number;
  readonly record: number;
  readonly at: number;
  readonly to: number;
  readonly value: number;
}

const RULES = ['remote', 'local', 'max', 'min', 'sum'] as const;

function arbitraryDeeds(): fc.Arbitrary<Deed[]> {
  const nat = (max: number): fc.Arbitrary<number> => fc.nat({ max });
  const deed = fc.record({ who: nat(1), kind: nat(19), record: nat(1), at: nat(5), to: nat(5), value: nat(99) });
  return fc.array(deed, { maxLength: 30 });
}

function openDesks(options: DeskOptions = {}): [Desk, Desk] {
  const sequencer = new Sequencer();
  const desks: [Desk, Desk] = [new Desk(sequencer, options), new Desk(sequencer, options)];
  for (const { datastore } of desks) for (const rule of RULES) datastore.table('t').setResolutionRule(rule, rule);
  return desks;
}

async function perform(desk: Desk, { kind, record, at, to, value }: Deed): Promise<void> {
  const { datastore } = desk;
  const table = datastore.table('t');
  const target = table.getOrInsert(`r${record}`);
  const field = RULES[at % RULES.length] ?? 'remote';
  if (kind < 5) target.set(field, BigInt(value));
  else if (kind < 6) target.delete(field);
  else if (kind < 7) target.deleteRecord();
  else if (kind < 8) target.set('list', [value]);
  else if (kind < 14) editList(target.getOrCreateList('list'), kind - 8, at, to, value);
  else if (kind < 15) datastore.setTitle(value < 20 ? undefined : `title ${value}`);
  else if (kind < 16) datastore.rollback();
  else if (kind < 17) await datastore.transaction(() => target.update({ both: value, sum: 1n })).catch(ignoreConflict);
  else if (kind < 18) await datastore.commit().catch(ignoreConflict);
  else if (kind < 19) await datastore.sync();
  else desk.exchange();
}

function editList(list: List, kind: number, at: number, to: number, value: number): void {
  const { length } = list;
  if (kind === 0 || length === 0) list.insert(at % (length + 1), value);
  else if (kind === 1) list.set(at % length, value);
  else if (kind === 2) list.remove(at % length);
  else if (kind === 3) list.move(at % length, to % length);
  else if (kind === 4) list.splice(at, to, value);
  else if (value < 10) list.clear();
  else list.push(value);
}

function ignoreConflict(error: unknown): void {
  if ((error as { code?: unknown }).code !== 'conflict') throw error;
}

/** Everything that an application can see, read through the objects. */
function contentOf(datastore: Datastore): unknown {
  const tables = datastore
    .tables()
    .map((table) => [
      table.id,
      [...table.query()].map((record): [string, [string, Value][], number] => [record.id, [...record], record.size]),
    ]);
  return { tables, title: datastore.title, mtime: datastore.mtime, size: datastore.size, count: datastore.recordCount };
}

describe('two devices that do whatever they like', () => {
  test('see the same in the end, and what a sync or an event names is what changed', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryDeeds(), async (deeds) => {
        const desks = openDesks();
        const watches = desks.map(watch);
        for (const deed of deeds) {
          const desk = desks[deed.who];
          if (desk !== undefined) await perform(desk, deed);
          for (const isUpToDate of watches) expect(isUpToDate()).toBe(true);
        }
        await settle(...desks);
        for (const isUpToDate of watches) expect(isUpToDate()).toBe(true);
        expect(contentOf(desks[0].datastore)).toStrictEqual(contentOf(desks[1].datastore));
      }),
      { numRuns: runs(150) },
    );
  });
});

/**
 * A user interface that looks again at the records that it is told of, and at no others. It says whether what it shows
 * is what there is.
 */
function watch({ datastore }: Desk): () => boolean {
  const shown = new Map<string, string>();
  datastore.on('change', ({ records }) => {
    for (const record of records.get('t') ?? []) {
      if (record.isDeleted) shown.delete(record.id);
      else shown.set(record.id, String([...record]));
    }
  });
  return () => {
    const there = [...datastore.table('t').query()].map((record) => [record.id, String([...record])]);
    return String([...shown].sort()) === String(there.sort());
  };
}
