import type { Change, ListOp } from '../../src/index.js';
import { type Site, store, World } from './sync-world.js';

/**
 * People who type a word each into one list of characters, a keystroke a delta, while messages travel as slowly as the
 * schedule says. Every letter of every word is unique, so a word can be found in the list again.
 */

export const TYPED_TABLE = 't';
export const TYPED_RECORD = 'page';
export const TYPED_FIELD = 'list';

export type TypingAction =
  | {
      readonly type: 'key' | 'typo' | 'seal' | 'sync' | 'send' | 'ask' | 'up' | 'down' | 'restart';
      readonly who: number;
    }
  | { readonly type: 'move' | 'delete'; readonly who: number; readonly at: number; readonly to: number }
  | { readonly type: 'trim' };

export interface TypingOptions {
  readonly typists: number;
  /** How many others only move and delete what was there before. */
  readonly bystanders: number;
  readonly wordLength: number;
  /** The items that are there at first. */
  readonly base: string;
  /** For each typist the number of items of the base before the caret. */
  readonly carets: readonly number[];
}

interface Typist {
  readonly site: Site;
  readonly letters: readonly string[];
  /** How many letters were typed. */
  typed: number;
  /** The letter or base item that the next letter goes behind; `undefined` for the beginning. */
  readonly start: string | undefined;
  typo: string | undefined;
  typoCount: number;
}

export class TypingWorld {
  readonly world: World;
  readonly #typists: Typist[];
  readonly #base: ReadonlySet<string>;

  constructor({ typists, bystanders, wordLength, base, carets }: TypingOptions) {
    this.world = new World(typists + bystanders);
    this.#base = new Set(base);
    const first = this.world.site(0);
    first.replica.apply([
      { type: 'insert', table: TYPED_TABLE, record: TYPED_RECORD, fields: new Map([[TYPED_FIELD, [...base]]]) },
    ]);
    this.world.sync(first);
    this.world.settle();
    this.#typists = Array.from({ length: typists }, (_, index) => ({
      site: this.world.site(index),
      letters: Array.from({ length: wordLength }, (_, at) => `${String.fromCodePoint(97 + index)}${at}`),
      typed: 0,
      start: base[(carets[index] ?? 0) - 1],
      typo: undefined,
      typoCount: 0,
    }));
  }

  perform(action: TypingAction): void {
    if (action.type === 'trim') {
      this.world.trim(this.world.sequencer.revision);
      return;
    }
    const site = this.world.site(action.who);
    switch (action.type) {
      case 'key':
      case 'typo':
        this.#type(site, action.type);
        break;
      case 'move':
      case 'delete':
        this.#disturb(site, action.type, action.at, action.to);
        break;
      case 'seal':
        site.replica.seal(new Date(0));
        break;
      case 'sync':
        this.world.sync(site);
        break;
      case 'send':
        this.world.send(site);
        break;
      case 'ask':
        this.world.ask(site);
        break;
      case 'up':
        this.world.deliverUp(site);
        break;
      case 'down':
        this.world.deliverDown(site);
        break;
      case 'restart':
        store(site);
        this.world.crash(site);
        break;
    }
  }

  /** Types what is left of every word, and lets everything arrive. */
  finish(): void {
    for (const typist of this.#typists) {
      while (typist.typo !== undefined || typist.typed < typist.letters.length) this.#type(typist.site, 'key');
    }
    for (const site of this.world.sites) this.world.sync(site);
    this.world.settle();
  }

  /** The words that are not in one piece in somebody's list, with that list. */
  torn(): string[] {
    return this.world.sites.flatMap((site) => {
      const items = itemsOf(site);
      return this.#typists.flatMap(({ letters }) =>
        items.join(' ').includes(letters.join(' ')) ? [] : [`${letters.join(' ')} in ${items.join(' ')}`],
      );
    });
  }

  #type(site: Site, kind: 'key' | 'typo'): void {
    const typist = this.#typists.find((one) => one.site === site);
    if (typist === undefined) return;
    const items = itemsOf(site);
    if (typist.typo !== undefined) {
      edit(site, [{ type: 'delete', index: items.indexOf(typist.typo) }]);
      typist.typo = undefined;
      return;
    }
    if (typist.typed === typist.letters.length) return;
    // A caret stays where it is if what stood before it is deleted by somebody else: then at the beginning.
    const left = typist.typed === 0 ? typist.start : typist.letters[typist.typed - 1];
    const index = left === undefined ? 0 : items.indexOf(left) + 1;
    if (kind === 'typo' && typist.typed > 0) {
      typist.typo = `${typist.letters[0]}!${++typist.typoCount}`;
      edit(site, [{ type: 'insert', index, value: typist.typo }]);
      return;
    }
    edit(site, [{ type: 'insert', index, value: typist.letters[typist.typed] as string }]);
    typist.typed++;
  }

  /** Moves or deletes something that was there before anybody typed. */
  #disturb(site: Site, kind: 'move' | 'delete', at: number, to: number): void {
    const items = itemsOf(site);
    const old = items.flatMap((item, index) => (this.#base.has(item) ? [index] : []));
    const index = old[at % Math.max(1, old.length)];
    if (index === undefined) return;
    if (kind === 'delete') edit(site, [{ type: 'delete', index }]);
    else {
      const target = old[to % old.length] as number;
      // To the left only: a move to the right that ends behind a word that is being typed is a limit (LIST-11).
      if (target < index) edit(site, [{ type: 'move', from: index, to: target }]);
    }
  }
}

export function itemsOf(site: Site): string[] {
  return [...((site.replica.get(TYPED_TABLE, TYPED_RECORD)?.get(TYPED_FIELD) as readonly string[] | undefined) ?? [])];
}

/** Edits the list, as a delta of its own. */
export function edit(site: Site, ops: readonly ListOp[]): void {
  const change: Change = {
    type: 'update',
    table: TYPED_TABLE,
    record: TYPED_RECORD,
    ops: new Map([[TYPED_FIELD, { type: 'list', create: false, ops }]]),
  };
  site.replica.apply([change]);
  site.replica.seal(new Date(0));
}
