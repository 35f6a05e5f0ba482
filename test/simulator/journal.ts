import type { Change, Delta, FieldOp, ListOp, Value } from '../../src/index.js';
import type { ReplicaMachine } from './machines.js';
import type { Random } from './random.js';

/**
 * A record in which every edit can be accounted for, whatever it is merged with: a list to which users add tags, each of
 * them once in the world, and two sums. Nobody puts the list or deletes the record, so a tag that was added and not
 * undone is there exactly once, and each sum is that of all that was added to it.
 */
export interface Journal {
  readonly tags: readonly string[];
  readonly count: bigint;
  readonly balance: number;
}

const TABLE = 'journal';
const RECORD = 'j';

export const EMPTY_JOURNAL: Journal = { tags: [], count: 0n, balance: 0 };

/** The first delta of every log. */
export const GENESIS: readonly Change[] = [
  {
    type: 'insert',
    table: TABLE,
    record: RECORD,
    fields: new Map<string, Value>([
      ['tags', []],
      ['count', 0n],
      ['balance', 0],
    ]),
  },
];

/** What the journal says, or `undefined` where it is not there yet. */
export function readJournal(view: Pick<ReplicaMachine, 'get'>): Journal | undefined {
  const fields = view.get(TABLE, RECORD);
  if (fields === undefined) return undefined;
  const [tags, count, balance] = [fields.get('tags'), fields.get('count'), fields.get('balance')];
  if (!Array.isArray(tags) || typeof count !== 'bigint' || typeof balance !== 'number') return undefined;
  return { tags: tags.map(String), count, balance };
}

/** An edit of the journal: `tag` is new to the world. */
export function drawJournalEdit(random: Random, journal: Journal, tag: string): Change {
  const ops = new Map<string, FieldOp>();
  const list: ListOp[] = [];
  const { length } = journal.tags;
  if (length > 1 && random.chance(0.3))
    list.push({ type: 'move', from: random.below(length), to: random.below(length) });
  if (random.chance(0.7)) list.push({ type: 'insert', index: random.below(length + 1), value: tag });
  if (list.length > 0) ops.set('tags', { type: 'list', create: false, ops: list });
  if (random.chance(0.5)) ops.set('count', { type: 'put', value: journal.count + BigInt(random.below(20) - 9) });
  if (ops.size === 0) ops.set('balance', { type: 'put', value: journal.balance + random.below(20) - 9 });
  return { type: 'update', table: TABLE, record: RECORD, ops };
}

/** What a delta or an edit does to the journal. */
export interface JournalEffect {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly count: bigint;
  readonly balance: number;
}

export function effectBetween(before: Journal, after: Journal): JournalEffect {
  const [old, now] = [new Set(before.tags), new Set(after.tags)];
  return {
    added: after.tags.filter((tag) => !old.has(tag)),
    removed: before.tags.filter((tag) => !now.has(tag)),
    count: after.count - before.count,
    balance: after.balance - before.balance,
  };
}

/** The effect of a delta that carries what it overwrote. */
export function effectOf(applied: Delta): JournalEffect {
  const effect = { added: new Set<string>(), removed: new Set<string>(), count: 0n, balance: 0 };
  for (const change of applied) {
    if (change.table !== TABLE || change.type !== 'update') continue;
    const tags = change.ops.get('tags');
    for (const op of tags?.type === 'list' ? tags.ops : []) {
      if (op.type === 'insert') effect.added.add(String(op.value));
      if (op.type === 'delete' && !effect.added.delete(String(op.before))) effect.removed.add(String(op.before));
    }
    const count = change.ops.get('count');
    if (count?.type === 'put') effect.count += BigInt(Number(count.value)) - BigInt(Number(count.before));
    const balance = change.ops.get('balance');
    if (balance?.type === 'put') effect.balance += Number(balance.value) - Number(balance.before);
  }
  return { ...effect, added: [...effect.added], removed: [...effect.removed] };
}

/** Whether a delta changes a sum, be it by nothing on the whole. */
export function editsSums(delta: Iterable<Change>): boolean {
  return [...delta].some(
    (change) =>
      change.table === TABLE && change.type === 'update' && (change.ops.has('count') || change.ops.has('balance')),
  );
}
