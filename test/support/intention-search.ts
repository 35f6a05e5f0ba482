import { type Change, Delta, type ListOp, type Value } from '../../src/index.js';
import { type Put, Replica, Sequencer, type SequencerMessage } from '../../src/sync/index.js';

/**
 * A search through everything that a few people can do with a few edits, which checks what they meant and not only that
 * they agree. Each edit is a delta of its own; in between, puts, answers and fetches happen in every order.
 */

/** Which part of the searches that take longer than a minute this run takes: one of so many, the first is 1. */
export interface Slice {
  readonly part: number;
  readonly of: number;
}

/** The slice that the environment names: `3/40`, or `all`. Without one, a run takes samples. */
export const SLICE: Slice | undefined = sliceOf(process.env['DELTAIC_INTENTIONS'] ?? '');

function sliceOf(named: string): Slice | undefined {
  if (named === '') return undefined;
  const [part, of] = named === 'all' ? [1, 1] : named.split('/').map(Number);
  const isSlice = Number.isInteger(part) && Number.isInteger(of) && (part ?? 0) >= 1 && (part ?? 0) <= (of ?? 0);
  if (!isSlice) throw new Error(`DELTAIC_INTENTIONS must be all, or a part such as 3/40, not ${named}`);
  return { part: part as number, of: of as number };
}

export const TABLE = 't';
export const RECORD = 'r';

/** What a person does next, on what that person sees. */
export interface Action {
  readonly name: string;
  readonly perform: (person: Person) => void;
}

export type Script = readonly (readonly Action[])[];

/** One replica, and what it waits for. */
export interface Person {
  readonly name: string;
  readonly replica: Replica;
  readonly answers: SequencerMessage[];
  readonly facts: Facts;
  /** How many actions of the script are done. */
  done: number;
  /** The order of this person's edits, and of what the log told: what can be undone depends on it. */
  readonly trail: (string | number)[];
  /** What this person typed last, behind which the next letter goes. */
  caret: string | undefined;
}

/** What happened on the way, as far as the checks ask. */
export interface Facts {
  /** Items that somebody inserted, and that must be there exactly once unless they are touched. */
  readonly inserted: Set<string>;
  readonly touched: Set<string>;
  /** Items of the list that people create. */
  readonly created: Set<string>;
  /** What a place was given, if one edit was about it. */
  readonly values: Map<string, string | undefined>;
  /** Pairs `left right` that one author put side by side. */
  readonly pairs: Map<string, readonly [left: string, right: string]>;
}

/** What is wrong with an outcome, or nothing. */
export type Check = (people: readonly Person[], facts: Facts) => string | undefined;

export function listOf(person: Person, field = 'f'): string[] {
  const value: Value | undefined = person.replica.get(TABLE, RECORD)?.get(field);
  return Array.isArray(value) ? [...(value as string[])] : [];
}

export function update(field: string, ops: readonly ListOp[], create = false): Change {
  return { type: 'update', table: TABLE, record: RECORD, ops: new Map([[field, { type: 'list', create, ops }]]) };
}

/** Inserts an item, and notes between what. */
export function insertAt(person: Person, index: number, value: string): void {
  const items = listOf(person);
  const { facts } = person;
  const [left, right] = [items[index - 1], items[index]];
  if (left !== undefined && right !== undefined) facts.pairs.delete(`${left} ${right}`);
  if (left !== undefined && left === person.caret) facts.pairs.set(`${left} ${value}`, [left, value]);
  facts.inserted.add(value);
  person.caret = value;
  person.replica.apply([update('f', [{ type: 'insert', index, value }])]);
}

/** The people after some moves; a move is the number of a person and what happens. */
export class Scene {
  readonly sequencer = new Sequencer();
  readonly people: readonly Person[];
  readonly facts: Facts = {
    inserted: new Set(),
    touched: new Set(),
    created: new Set(),
    values: new Map(),
    pairs: new Map(),
  };
  readonly #script: Script;
  /** The nonces of what was put, in the order of the log. */
  readonly #accepted: string[] = [];

  constructor(script: Script, start: readonly Change[]) {
    this.#script = script;
    if (start.length > 0) this.sequencer.put(0, 'start', Delta.from(start), 'owner');
    this.people = script.map((_, index) => {
      let nonces = 0;
      const name = String.fromCodePoint(97 + index);
      const replica = new Replica({ nextNonce: () => `${name}${++nonces}` });
      return { name, replica, answers: [], facts: this.facts, done: 0, trail: [], caret: undefined };
    });
    for (const person of this.people) this.#fetch(person);
  }

  /** What can happen now. */
  moves(): Move[] {
    return this.people.flatMap(({ done, replica, answers }, who) => {
      const moves: Move[] = [];
      if (done < (this.#script[who] as readonly Action[]).length) moves.push({ who, type: 'edit' });
      if (answers.length === 0 && replica.status.hasOutgoing) moves.push({ who, type: 'put' });
      if (answers.length > 0) moves.push({ who, type: 'hear' });
      if (answers.length === 0 && replica.revision < this.sequencer.revision) moves.push({ who, type: 'fetch' });
      return moves;
    });
  }

  perform({ who, type }: Move): void {
    const person = this.people[who] as Person;
    const { revision, status } = person.replica;
    switch (type) {
      case 'edit': {
        person.trail.push(status.isInFlight ? 'edit behind what is in flight' : 'edit');
        const action = this.#script[who]?.[person.done++];
        action?.perform(person);
        person.replica.seal(new Date(0));
        break;
      }
      case 'put': {
        const put = person.replica.outgoing();
        if (put !== undefined) this.#put(person, put);
        break;
      }
      case 'hear':
        this.#hear(person);
        break;
      case 'fetch':
        this.#fetch(person);
        break;
    }
    if (person.replica.revision > revision) person.trail.push(person.replica.revision);
  }

  /** Lets everything arrive that is on its way. */
  settle(): void {
    for (let round = 0; round < 30; round++) {
      for (const [who, person] of this.people.entries()) {
        while (person.answers.length > 0) this.#hear(person);
        this.#fetch(person);
        if (person.replica.status.hasOutgoing) this.perform({ who, type: 'put' });
        while (person.answers.length > 0) this.#hear(person);
      }
      const isDone = this.people.every(
        ({ replica }) => replica.status.isIdle && replica.revision === this.sequencer.revision,
      );
      if (isDone) return;
    }
    throw new Error('no rest after 30 rounds');
  }

  /** What tells this scene from others: all that is stored, and, where somebody undoes, how it came about. */
  key(): string {
    const undoes = this.#script.some((actions) => actions.some(({ name }) => name === 'undo'));
    const seen = this.people.map(({ replica, answers, done, trail, caret }) => {
      return [replica.save(), answers.map(({ type }) => type), done, caret, undoes && trail];
    });
    return JSON.stringify([this.#accepted, seen]);
  }

  #put(person: Person, put: Put): void {
    const answer = this.sequencer.answer(put, 'owner');
    if (answer.type === 'accepted') this.#accepted.push(answer.nonce);
    person.answers.push(answer);
  }

  #hear(person: Person): void {
    const answer = person.answers.shift();
    if (answer !== undefined) person.replica.receive(answer);
    person.replica.sync(new Date(0));
  }

  #fetch(person: Person): void {
    person.replica.receive(this.sequencer.answer(person.replica.request(), 'owner'));
    person.replica.sync(new Date(0));
  }
}

export interface Move {
  readonly who: number;
  readonly type: 'edit' | 'put' | 'hear' | 'fetch';
}

/** An outcome that nobody meant. */
export interface Finding {
  readonly problem: string;
  readonly moves: string;
}

/** A way that is still to be gone, and, if nobody else goes on from it, the scene before its last move. */
interface Way {
  readonly path: readonly Move[];
  readonly before?: Scene;
}

/**
 * Goes through every order of moves, and gives the shortest one for each kind of outcome that breaks a check. Of two orders
 * that differ in neighbouring moves which have nothing to do with each other, it goes one: the other leads to the same.
 *
 * @param start the changes that everybody knows.
 * @param most how many situations at most.
 */
export function search(script: Script, start: readonly Change[], checks: readonly Check[], most: number): Search {
  const seen = new Set<string>();
  const findings: Finding[] = [];
  let frontier: Way[] = [{ path: [] }];
  while (frontier.length > 0) {
    const next: Way[] = [];
    for (const { path, before } of frontier) {
      if (seen.size >= most) return { findings, situations: seen.size, isWhole: false };
      const scene = sceneAfter(script, start, path, before);
      const key = scene.key();
      if (seen.has(key)) continue;
      seen.add(key);
      const moves = scene.moves();
      const last = path.at(-1);
      const ways: Way[] = moves.filter((move) => !isOtherOrder(last, move)).map((move) => ({ path: [...path, move] }));
      if (moves.some(({ type }) => type === 'edit')) {
        const way = ways.pop();
        if (way !== undefined) ways.push({ ...way, before: scene });
      } else {
        findings.push(...problemsOf(scene, script, path, checks));
      }
      next.push(...ways);
    }
    if (findings.length > 0) return { findings, situations: seen.size, isWhole: false };
    frontier = next;
  }
  return { findings, situations: seen.size, isWhole: true };
}

function sceneAfter(script: Script, start: readonly Change[], path: readonly Move[], before: Scene | undefined): Scene {
  const scene = before ?? new Scene(script, start);
  for (const move of before === undefined ? path : path.slice(-1)) scene.perform(move);
  return scene;
}

/**
 * Whether a move can as well come before the last one, which is the order that is gone: another person makes it, and the log is
 * not written by one of them and read by the other.
 */
function isOtherOrder(last: Move | undefined, move: Move): boolean {
  if (last === undefined || move.who >= last.who) return false;
  const uses = ({ type }: Move): boolean => type === 'put' || type === 'fetch';
  const isOfLog = uses(last) && uses(move) && (last.type === 'put' || move.type === 'put');
  return !isOfLog;
}

export interface Search {
  readonly findings: readonly Finding[];
  readonly situations: number;
  readonly isWhole: boolean;
}

function problemsOf(scene: Scene, script: Script, path: readonly Move[], checks: readonly Check[]): Finding[] {
  scene.settle();
  return checks.flatMap((check) => {
    const problem = check(scene.people, scene.facts);
    return problem === undefined ? [] : [{ problem, moves: describeMoves(script, path) }];
  });
}

export function describeMoves(script: Script, path: readonly Move[]): string {
  const done = script.map(() => 0);
  return path
    .map(({ who, type }) => {
      const name = String.fromCodePoint(97 + who);
      if (type !== 'edit') return `${name} ${type}`;
      const at = done[who] ?? 0;
      done[who] = at + 1;
      return `${name}: ${script[who]?.[at]?.name}`;
    })
    .join(', ');
}

export const converge: Check = (people) => {
  const rows = people.map(({ replica }) => JSON.stringify(replica.toRows()));
  return rows.every((row) => row === rows[0]) ? undefined : `apart: ${rows.join(' | ')}`;
};

/** An item that one inserted and nobody else touched is there exactly once. */
export const onceEach: Check = ([person], { inserted, touched }) => {
  if (person === undefined) return undefined;
  const items = listOf(person);
  for (const item of inserted) {
    const count = items.filter((other) => other === item).length;
    if (!touched.has(item) && count !== 1) return `${item} is there ${count} times: ${items.join(' ')}`;
  }
  for (const item of items) {
    const count = items.filter((other) => other === item).length;
    if (count > 1) return `${item} is there ${count} times: ${items.join(' ')}`;
  }
  return undefined;
};

/** What an author put side by side stays so, unless somebody who saw both put something between. */
export const sideBySide: Check = ([person], { pairs }) => {
  if (person === undefined) return undefined;
  const items = listOf(person);
  for (const [left, right] of pairs.values()) {
    const at = items.indexOf(left);
    if (at >= 0 && items.includes(right) && items[at + 1] !== right) return `${left} ${right} torn: ${items.join(' ')}`;
  }
  return undefined;
};
