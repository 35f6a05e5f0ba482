/**
 * The graph of mesh events as the rules GRAPH-1 to GRAPH-5 give it, by plain sets: what an event saw, its number, and the
 * linear order. Nothing here is quick, and nothing is shared with the engine but the shapes of its data.
 */

import type { Change, RuleName } from '../../src/index.js';

export type EventId = readonly [agent: string, seq: number];

export interface OracleEvent {
  readonly id: EventId;
  readonly parents: readonly EventId[];
  /** In normal form. */
  readonly changes: readonly Change[];
  readonly rules: Readonly<Record<string, Readonly<Record<string, RuleName>>>>;
  readonly time?: number | undefined;
}

export function keyOf([agent, seq]: EventId): string {
  return `${agent}:${seq}`;
}

/** The rule that an event names for a field. PEER-7: the modified time has rule max in every event. */
export function ruleIn(event: OracleEvent, table: string, field: string): RuleName {
  if (table === ':info' && field === 'mtime') return 'max';
  const ofTable = Object.hasOwn(event.rules, table) ? event.rules[table] : undefined;
  return (ofTable !== undefined && Object.hasOwn(ofTable, field) ? ofTable[field] : undefined) ?? 'remote';
}

/** A closed set of events, added in any topological order. */
export class OracleGraph {
  readonly #events = new Map<string, OracleEvent>();
  readonly #pasts = new Map<string, ReadonlySet<string>>();
  readonly #numbers = new Map<string, number>();

  add(event: OracleEvent): void {
    const key = keyOf(event.id);
    const past = new Set<string>();
    let number = 0;
    for (const parent of event.parents.map(keyOf)) {
      if (!this.#events.has(parent)) throw new Error(`The parent ${parent} of ${key} is not there.`);
      past.add(parent);
      for (const earlier of this.#pasts.get(parent) ?? []) past.add(earlier);
      number = Math.max(number, this.numberOf(parent));
    }
    this.#events.set(key, event);
    this.#pasts.set(key, past);
    this.#numbers.set(key, Math.max(event.time ?? 0, number + 1));
  }

  event(key: string): OracleEvent {
    const event = this.#events.get(key);
    if (event === undefined) throw new Error(`There is no event ${key}.`);
    return event;
  }

  keys(): string[] {
    return [...this.#events.keys()];
  }

  past(key: string): ReadonlySet<string> {
    return this.#pasts.get(key) ?? new Set();
  }

  numberOf(key: string): number {
    return this.#numbers.get(key) ?? 0;
  }

  /** GRAPH-5: by number, and by agent among equals. Agents are ASCII, of which `<` is the order of code points. */
  compare(left: string, right: string): number {
    const byNumber = this.numberOf(left) - this.numberOf(right);
    if (byNumber !== 0) return byNumber;
    const [leftAgent, rightAgent] = [this.event(left).id[0], this.event(right).id[0]];
    return leftAgent < rightAgent ? -1 : Number(leftAgent > rightAgent);
  }

  /** The events that no other one saw. */
  heads(): string[] {
    return this.keys().filter((key) => !this.keys().some((other) => this.past(other).has(key)));
  }
}
