import type { Json, JsonObject } from './json.js';

/** The steps of a conversation, one after the other. Where a step delivers what another answered, it names its position. */
export class Script {
  readonly #steps: JsonObject[] = [];

  get steps(): readonly JsonObject[] {
    return this.#steps;
  }

  /** Adds a step. @returns its position. */
  do(at: string, what: string, others: JsonObject = {}): number {
    return this.#steps.push({ at, do: what, ...others }) - 1;
  }

  /** Edits that are sealed one by one: each is one change, or several. */
  edit(at: string, ...deltas: readonly (readonly Json[])[]): this {
    for (const delta of deltas) {
      this.do(at, 'edit', { delta });
      this.sync(at);
    }
    return this;
  }

  /** An edit that stays open. */
  open(at: string, ...delta: readonly Json[]): this {
    this.do(at, 'edit', { delta });
    return this;
  }

  sync(at: string, time = 0): this {
    this.do(at, 'sync', { time });
    return this;
  }

  /** Several steps that need nothing. */
  each(at: string, ...steps: readonly string[]): this {
    for (const what of steps) {
      if (what === 'sync') this.sync(at);
      else this.do(at, what);
    }
    return this;
  }

  /** Delivers a message, or what a step answered, to the sequencer. @returns the position of its answer. */
  answer(message: Json, role?: string): number {
    return this.do('sequencer', 'answer', { message, ...(role === undefined ? {} : { role }) });
  }

  receive(at: string, message: Json): this {
    this.do(at, 'receive', { message });
    return this;
  }

  /** Puts what is to be put, and delivers the answer. */
  put(at: string, role?: string): this {
    return this.receive(at, this.answer(this.do(at, 'put'), role));
  }

  /** Asks for what is missing, and delivers the answer. */
  fetch(at: string): this {
    return this.receive(at, this.answer(this.do(at, 'request')));
  }

  /** Makes a replica see everything that the log has. */
  catchUp(at: string): this {
    return this.fetch(at).sync(at);
  }

  /** Somebody edits, and it is in the log. */
  commit(at: string, ...delta: readonly Json[]): this {
    return this.edit(at, delta).put(at);
  }

  /** The put with this nonce is refused. */
  refuse(at: string, nonce: string): this {
    return this.receive(at, { type: 'refused', nonce, reason: 'limit', message: '' });
  }

  trim(rev: number): this {
    this.do('sequencer', 'trim', { rev });
    return this;
  }
}

/** A conversation of ann and bob that begins with record `r` of table `t`, which ann made and both have, at revision 1. */
export function scene(
  name: string,
  fields: JsonObject,
  play: (script: Script) => unknown,
  others: JsonObject = {},
): JsonObject {
  const script = new Script();
  script.commit('ann', ['I', 't', 'r', fields]).catchUp('bob');
  play(script);
  return { name, ...others, replicas: ['ann', 'bob'], steps: script.steps };
}

/** An update of record `r`. */
export const update = (ops: JsonObject): Json => ['U', 't', 'r', ops];
/** A put of one of its fields. */
export const put = (field: string, value: Json): Json => update({ [field]: ['P', value] });
/** Operations on its list. */
export const edit = (...ops: readonly Json[]): Json[] => ops.map((op) => update({ list: op }));
export const long = (value: number): Json => ({ I: String(value) });
