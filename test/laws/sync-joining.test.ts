import fc from 'fast-check';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { runs } from '../support/seed.js';
import { arbitraryEdit, changeOf, type EditChoice } from '../support/sync-edits.js';
import { type Site, World } from '../support/sync-world.js';

const RUNS = 400;

const CALLS = ['sync', 'seal', 'undo', 'redo', 'end step', 'rollback', 'reopen', 'retract'] as const;
const EVENTS = ['send', 'answer', 'refuse', 'lose log', 'other'] as const;

/** What happens to the first site: its user edits or calls, or something comes of the exchange. */
type Act = EditChoice | (typeof CALLS)[number] | (typeof EVENTS)[number];

const arbitraryActs = (): fc.Arbitrary<Act[]> =>
  fc.array(
    fc.oneof(
      { weight: 6, arbitrary: arbitraryEdit() },
      { weight: 5, arbitrary: fc.constant('sync' as const) },
      { weight: 4, arbitrary: fc.constantFrom(...CALLS) },
      { weight: 3, arbitrary: fc.constantFrom(...EVENTS) },
    ),
    { minLength: 10, maxLength: 40 },
  );

const INSERT_OR_DELETE: EditChoice = { kind: 0, record: 0, field: 0, at: 0, to: 0, value: 0 };

/** Two segments of one delta, an insert and what deletes it again, of which a merge takes what else the second did. */
const LEFT_WITHOUT_CHANGE: Act[] = [
  { ...INSERT_OR_DELETE, record: 1 },
  'sync',
  { ...INSERT_OR_DELETE, record: 1 },
  INSERT_OR_DELETE,
  'other',
  'send',
  'sync',
  'other',
  'sync',
  'sync',
  'sync',
  'sync',
  'reopen',
];

/** An insert, a delete of a field that it has not, and a put of that field, which is undone in the end. */
const DELETED_IN_INSERTED: Act[] = [
  INSERT_OR_DELETE,
  'sync',
  { ...INSERT_OR_DELETE, kind: 2, field: 1 },
  'sync',
  'other',
  { ...INSERT_OR_DELETE, kind: 3, field: 1 },
  'sync',
  'sync',
  'other',
];

/** The same machines, built of modules of their own in which no segments are joined. */
async function separateWorlds(): Promise<typeof World> {
  vi.resetModules();
  vi.doMock('../../src/sync/undo/segments.js', async (importOriginal) => ({
    ...(await importOriginal<object>()),
    joinSegments: (segments: unknown) => {
      keptApart++;
      return segments;
    },
  }));
  return (await import('../support/sync-world.js')).World;
}

/** How often segments were kept apart that might have been joined. */
let keptApart = 0;

const SeparateWorld = await separateWorlds();
afterAll(() => vi.doUnmock('../../src/sync/undo/segments.js'));

class Play {
  readonly #world: World;
  #time = 0;
  #count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  get #site(): Site {
    return this.#world.site(0);
  }

  /** What an act answers, as far as it answers anything. */
  act(what: Act): unknown {
    const { replica } = this.#site;
    this.#time += 1;
    const time = new Date(this.#time);
    if (typeof what === 'object') return replica.apply(changeOf(what, (table, record) => replica.get(table, record)));
    if (what === 'sync') return replica.sync(time);
    if (what === 'seal') return replica.seal(time);
    if (what === 'undo') return replica.undo();
    if (what === 'redo') return replica.redo();
    if (what === 'end step') return replica.endUndoItem();
    if (what === 'rollback') return replica.rollback();
    if (what === 'reopen') return replica.reopen();
    if (what === 'retract') return replica.retract();
    if (what === 'send') return this.#world.send(this.#site);
    if (what === 'answer') return this.#answer();
    if (what === 'refuse') return this.#refuse();
    if (what === 'lose log') return this.#loseLog();
    return this.#otherEdits();
  }

  /** All that a user or the sequencer could tell. */
  seen(): unknown {
    const { replica } = this.#site;
    return [
      replica.save(),
      replica.toRows(),
      replica.status,
      [replica.unsyncedSize, replica.provisional, replica.canUndo, replica.canRedo],
    ];
  }

  settle(): unknown {
    this.#world.settle();
    return [this.#world.log, this.seen()];
  }

  #answer(): void {
    this.#world.ask(this.#site);
    while (this.#site.toSequencer.length > 0) this.#world.deliverUp(this.#site);
    while (this.#site.fromSequencer.length > 0) this.#world.deliverDown(this.#site);
  }

  #refuse(): void {
    const put = this.#world.send(this.#site);
    this.#site.toSequencer.length = 0;
    if (put === undefined) return;
    this.#site.replica.receive({ type: 'refused', nonce: put.nonce, reason: 'limit', message: '' });
  }

  #loseLog(): void {
    this.#world.trim(this.#world.sequencer.revision);
  }

  /** The other site edits what the first does, and is first. */
  #otherEdits(): void {
    const other = this.#world.site(1);
    const choice = { kind: this.#count, record: 0, field: this.#count % 7, at: 1, to: 2, value: this.#count };
    this.#count = (this.#count + 1) % 16;
    other.replica.apply(changeOf(choice, (table, record) => other.replica.get(table, record)));
    for (let round = 0; round < 3; round++) {
      this.#world.sync(other, this.#time);
      this.#world.ask(other);
      this.#world.send(other);
      while (other.toSequencer.length > 0) this.#world.deliverUp(other);
      while (other.fromSequencer.length > 0) this.#world.deliverDown(other);
    }
    this.#world.ask(this.#site);
    while (this.#site.toSequencer.length > 1) this.#site.toSequencer.shift();
    while (this.#site.toSequencer.length > 0) this.#world.deliverUp(this.#site);
    while (this.#site.fromSequencer.length > 0) this.#world.deliverDown(this.#site);
  }
}

/** The same with plain changes for deltas: the machines of the two worlds have a class of deltas each. */
function plain(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(plain);
  if (typeof part !== 'object' || part === null || part instanceof Map) return part;
  if ('changes' in part && Array.isArray(part.changes)) return part.changes;
  if (Object.getPrototypeOf(part) !== Object.prototype) return part;
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, plain(value)]));
}

describe('segments that are joined', () => {
  test('change nothing that anybody could tell: merges, refusals, reloads, undoing, redoing and taking back', () => {
    fc.assert(
      fc.property(arbitraryActs(), fc.nat({ max: 3 }), (acts, undoDepth) => {
        const plays = [World, SeparateWorld].map((Type) => new Play(new Type(2, {}, { undoDepth })));
        for (const what of acts) {
          const [joined, separate] = plays.map((play) => plain([play.act(what), play.seen()]));
          expect(joined).toEqual(separate);
        }
        for (const what of ['undo', 'undo', 'undo', 'undo', 'redo', 'redo', 'sync'] as const) {
          const [joined, separate] = plays.map((play) => plain([play.act(what), play.seen()]));
          expect(joined).toEqual(separate);
        }
        const [joined, separate] = plays.map((play) => plain(play.settle()));
        expect(joined).toEqual(separate);
      }),
      {
        numRuns: runs(RUNS),
        examples: [
          [LEFT_WITHOUT_CHANGE, 0],
          [DELETED_IN_INSERTED, 1],
        ],
      },
    );
    expect(keptApart).toBeGreaterThan(0);
  });
});
