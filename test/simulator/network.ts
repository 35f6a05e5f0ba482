export type Direction = 'up' | 'down';

/**
 * Messages under way, as text: up from each replica to the sequencer, and down from it. Nothing arrives by itself; a
 * schedule says which message arrives, and when, and whether at all.
 */
export class Network {
  readonly #links: Readonly<Record<Direction, readonly string[][]>>;

  constructor(replicaCount: number) {
    const empty = (): string[][] => Array.from({ length: replicaCount }, () => []);
    this.#links = { up: empty(), down: empty() };
  }

  send(direction: Direction, replica: number, message: string): void {
    this.#link(direction, replica).push(message);
  }

  count(direction: Direction, replica: number): number {
    return this.#link(direction, replica).length;
  }

  get isEmpty(): boolean {
    return [...this.#links.up, ...this.#links.down].every((link) => link.length === 0);
  }

  /** Takes a message off a link, counted round and round from the oldest; `undefined` if there is none. */
  take(direction: Direction, replica: number, which: number): string | undefined {
    const link = this.#link(direction, replica);
    return link.length === 0 ? undefined : link.splice(which % link.length, 1)[0];
  }

  /** The same message, which stays under way. */
  look(direction: Direction, replica: number, which: number): string | undefined {
    const link = this.#link(direction, replica);
    return link[which % link.length];
  }

  /** Everything under way: the same text for the same messages. */
  toText(): string {
    return JSON.stringify(this.#links);
  }

  #link(direction: Direction, replica: number): string[] {
    const link = this.#links[direction][replica];
    if (link === undefined) throw new RangeError(`there is no replica ${replica}`);
    return link;
  }
}
