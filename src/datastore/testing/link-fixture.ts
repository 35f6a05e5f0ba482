import { parseDelta, type WireChange } from '../../codec/wire/delta.js';
import type { ReplicaMessage, SequencerMessage } from '../../sync/messages.js';
import type { Link, LinkEvent, Watch } from '../manager/link.js';
import { ConformanceError } from './conformance-case.js';

/** Links to one server, to be tested. No account has any datastore yet. */
export interface LinkFixture {
  /** The link of a user whose name is Ann Example, of the organisation Example. */
  readonly ann: Link;
  /** The link of another device of the same account. */
  readonly annsTablet: Link;
  /** The link of another user of the same organisation. */
  readonly colleague: Link;
  /** The link of a user without an organisation. */
  readonly stranger: Link;
  /** Clears up, if there is anything to be cleared up. */
  close?(): Promise<void>;
}

/** The message that puts changes. */
export function put(rev: number, nonce: string, ...changes: readonly WireChange[]): ReplicaMessage {
  return { type: 'put', rev, nonce, delta: parseDelta(changes) };
}

/** The change that inserts a record into table `t`. */
export function inserted(record: string): WireChange {
  return ['I', 't', record, {}];
}

/** The change that gives a principal a role for the first time. */
export function granted(principal: 'public' | 'team', role: string): WireChange {
  return ['I', ':acl', principal, { role }];
}

/** An answer as a short text: its type, what it leads to, and the reason of a refusal. */
export function summaryOf(answer: SequencerMessage): string {
  switch (answer.type) {
    case 'accepted':
    case 'repeated':
      return `${answer.type} ${answer.rev}`;
    case 'conflict':
    case 'entries':
      return [answer.type, ...answer.entries.map(({ rev, nonce }) => `${rev}=${nonce}`)].join(' ');
    case 'snapshot':
      return `snapshot ${answer.rev} ${answer.rows.map(({ rowid }) => rowid).join()}`;
    case 'refused':
      return `refused ${answer.reason}`;
    default:
      return answer.type;
  }
}

/** A watch and what it told so far. */
export class WatchLog {
  readonly events: LinkEvent[] = [];
  readonly watch: Watch;
  #waiting: { readonly isMeant: (event: LinkEvent) => boolean; readonly resolve: (event: LinkEvent) => void }[] = [];
  /** How many events earlier calls of {@link until} have taken. */
  #taken = 0;

  constructor(link: Link) {
    this.watch = link.watch((event) => this.#hear(event));
  }

  /** The next event that is meant, after the one that the last call gave. Waits for it if need be. */
  async until(isMeant: (event: LinkEvent) => boolean): Promise<LinkEvent> {
    const at = this.events.findIndex((event, index) => index >= this.#taken && isMeant(event));
    if (at >= 0) {
      this.#taken = at + 1;
      return this.events[at] as LinkEvent;
    }
    const event = await new Promise<LinkEvent>((resolve) => this.#waiting.push({ isMeant, resolve }));
    this.#taken = this.events.indexOf(event) + 1;
    return event;
  }

  /** Waits until the log of a datastore is said to reach at least to `rev`. @throws ConformanceError */
  async untilReached(handle: string, rev: number): Promise<LinkEvent & { readonly type: 'reached' }> {
    const event = await this.until((told) => told.type === 'reached' && told.handle === handle && told.rev >= rev);
    if (event.type !== 'reached') throw new ConformanceError('only an event that was meant is taken');
    return event;
  }

  #hear(event: LinkEvent): void {
    this.events.push(event);
    const met = this.#waiting.filter(({ isMeant }) => isMeant(event));
    this.#waiting = this.#waiting.filter((waiting) => !met.includes(waiting));
    for (const { resolve } of met) resolve(event);
  }
}
