import type { Link, LinkEvent, Watch } from '../manager/link.js';
import { ConformanceError, shown } from './conformance-case.js';
import { expectMethods, type Patience } from './watched-calls.js';

/** A watch and its events so far. */
export class WatchLog {
  readonly events: LinkEvent[] = [];
  readonly watch: Watch;
  #waiting: { readonly matches: (event: LinkEvent) => boolean; readonly resolve: (event: LinkEvent) => void }[] = [];
  /** The number of events that earlier calls of {@link until} have passed. */
  #taken = 0;

  readonly #patience: Patience;

  constructor(link: Link, patience: Patience) {
    this.#patience = patience;
    this.watch = link.watch((event) => this.#hear(event));
    expectMethods('a watch', this.watch, ['follow', 'close']);
  }

  /** The next matching event after the one that the last call returned. Waits for it if needed. */
  async until(matches: (event: LinkEvent) => boolean): Promise<LinkEvent> {
    const at = this.events.findIndex((event, index) => index >= this.#taken && matches(event));
    if (at >= 0) {
      this.#taken = at + 1;
      return this.events[at] as LinkEvent;
    }
    const event = await this.#patience(
      `an event of a watch, after ${shown(this.events.map(({ type }) => type))},`,
      () => new Promise<LinkEvent>((resolve) => this.#waiting.push({ matches, resolve })),
    );
    this.#taken = this.events.indexOf(event) + 1;
    return event;
  }

  /** Waits until the log of a datastore is said to reach at least to `rev`. @throws ConformanceError */
  async untilReached(handle: string, rev: number): Promise<LinkEvent & { readonly type: 'reached' }> {
    const event = await this.until((told) => told.type === 'reached' && told.handle === handle && told.rev >= rev);
    if (event.type !== 'reached') throw new ConformanceError('only a matching event is taken');
    return event;
  }

  #hear(event: LinkEvent): void {
    this.events.push(event);
    const met = this.#waiting.filter(({ matches }) => matches(event));
    this.#waiting = this.#waiting.filter((waiting) => !met.includes(waiting));
    for (const { resolve } of met) resolve(event);
  }
}
