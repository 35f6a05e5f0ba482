import type { Change } from '../../src/index.js';
import { changeOf, type EditChoice } from './sync-edits.js';
import type { Site, World } from './sync-world.js';

export const CALLS = ['sync', 'merge', 'seal', 'undo', 'redo', 'end step', 'rollback', 'reopen', 'retract'] as const;
export const EVENTS = ['send', 'answer', 'refuse', 'lose log', 'other'] as const;

/** What the other site edits, an entry each; the first site hears of all of them at once. */
export interface OthersEdits {
  readonly others: readonly EditChoice[];
}

/** What happens to the first site: its user edits or calls, or something comes of the exchange. */
export type Act = EditChoice | OthersEdits | (typeof CALLS)[number] | (typeof EVENTS)[number];

/** A world of two sites, played act by act for the first, so that two worlds can be compared. */
export class Play {
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
    if (typeof what === 'object')
      return 'others' in what ? this.#otherEdits(what.others) : this.#edit(this.#site, what);
    if (what === 'sync') return replica.sync(time);
    if (what === 'merge') return replica.merge();
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
    return this.#otherEdits([this.#nextOther()]);
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

  #edit({ replica }: Site, choice: EditChoice): unknown {
    const changes: readonly Change[] = changeOf(choice, (table, record) => replica.get(table, record));
    return replica.apply(changes);
  }

  /** Something that the other site edits as well. */
  #nextOther(): EditChoice {
    const choice = { kind: this.#count, record: 0, field: this.#count % 7, at: 1, to: 2, value: this.#count };
    this.#count = (this.#count + 1) % 16;
    return choice;
  }

  /** The other site edits, an entry each, and is first. */
  #otherEdits(choices: readonly EditChoice[]): void {
    const other = this.#world.site(1);
    for (const choice of choices) {
      this.#edit(other, choice);
      for (let round = 0; round < 3; round++) {
        this.#world.sync(other, this.#time);
        this.#world.ask(other);
        this.#world.send(other);
        while (other.toSequencer.length > 0) this.#world.deliverUp(other);
        while (other.fromSequencer.length > 0) this.#world.deliverDown(other);
      }
    }
    this.#world.ask(this.#site);
    while (this.#site.toSequencer.length > 1) this.#site.toSequencer.shift();
    while (this.#site.toSequencer.length > 0) this.#world.deliverUp(this.#site);
    while (this.#site.fromSequencer.length > 0) this.#world.deliverDown(this.#site);
  }
}

/** The same with plain changes for deltas: the machines of the two worlds have a class of deltas each. */
export function plain(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(plain);
  if (typeof part !== 'object' || part === null || part instanceof Map) return part;
  if ('changes' in part && Array.isArray(part.changes)) return part.changes;
  if (Object.getPrototypeOf(part) !== Object.prototype) return part;
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, plain(value)]));
}
