/**
 * What a watch over HTTP does, as a total table of states and events. It does nothing by itself: the watch in
 * `http-watch.ts` takes the steps. A test compares the table with that of the specification. Spec: HTTP-12.
 */

/** Where a watch is. */
export type WatchState =
  /** A stream was asked for, and has said nothing yet. */
  | 'opening'
  /** A stream works. */
  | 'streaming'
  /** A stream works, and another, for other datastores, was asked for. */
  | 'switching'
  /** The first question of a long poll was asked. */
  | 'asking'
  /** A long poll works. */
  | 'polling'
  /** It has ended, and the listener was told, or does not want to be. */
  | 'ended';

/** What happens to a watch. */
export type WatchInput =
  /** The listener follows other datastores. */
  | 'follow'
  /** The newest stream has begun, or a long poll was answered. */
  | 'begun'
  /** Something was told. */
  | 'told'
  /** The server has ended the stream, and said when to come back. */
  | 'end'
  /** The server has answered with an error, or cannot be reached. */
  | 'failed'
  /** The stream ended or broke off by itself. */
  | 'broken'
  /** Nothing was heard for too long. */
  | 'silent'
  /** The machine has slept. */
  | 'slept'
  | 'close';

/** What to do at a step, in this order. */
export type WatchAction =
  /** Asks for a stream; the one that works goes on until the new one has begun. */
  | 'open'
  /** Asks a long poll, in place of one that waits. */
  | 'ask'
  /** Tells the listener that the watch works. */
  | 'connect'
  /** Passes on what was told. */
  | 'tell'
  /** Counts a stream that proxies let through too late. */
  | 'distrust'
  /** Drops all requests, and tells the listener why the watch has ended. */
  | 'disconnect'
  /** Drops the stream that was replaced. */
  | 'drop'
  /** Drops all requests. */
  | 'abort';

export interface WatchStep {
  readonly state: WatchState;
  readonly actions: readonly WatchAction[];
}

type Row = Readonly<Record<WatchInput, WatchStep>>;

function to(state: WatchState, ...actions: readonly WatchAction[]): WatchStep {
  return { state, actions };
}

const END = to('ended', 'disconnect');
const BREAK = to('ended', 'distrust', 'disconnect');
const CLOSE = to('ended', 'abort');
const NOTHING = to('ended');

const TABLE: Readonly<Record<WatchState, Row>> = {
  opening: {
    follow: to('opening', 'open'),
    begun: to('streaming', 'drop', 'connect'),
    told: to('opening'),
    end: END,
    failed: END,
    broken: BREAK,
    silent: BREAK,
    slept: END,
    close: CLOSE,
  },
  streaming: {
    follow: to('switching', 'open'),
    begun: to('streaming'),
    told: to('streaming', 'tell'),
    end: END,
    failed: END,
    broken: BREAK,
    silent: END,
    slept: END,
    close: CLOSE,
  },
  switching: {
    follow: to('switching', 'open'),
    begun: to('streaming', 'drop'),
    told: to('switching', 'tell'),
    end: END,
    failed: END,
    broken: BREAK,
    silent: BREAK,
    slept: END,
    close: CLOSE,
  },
  asking: {
    follow: to('asking', 'ask'),
    begun: to('polling', 'connect', 'ask'),
    told: to('asking'),
    end: END,
    failed: END,
    broken: END,
    silent: END,
    slept: END,
    close: CLOSE,
  },
  polling: {
    follow: to('polling', 'ask'),
    begun: to('polling', 'ask'),
    told: to('polling', 'tell'),
    end: END,
    failed: END,
    broken: END,
    silent: END,
    slept: END,
    close: CLOSE,
  },
  ended: {
    follow: NOTHING,
    begun: NOTHING,
    told: NOTHING,
    end: NOTHING,
    failed: NOTHING,
    broken: NOTHING,
    silent: NOTHING,
    slept: NOTHING,
    close: NOTHING,
  },
};

/** The step of a watch in a state when something happens. */
export function watchStep(state: WatchState, input: WatchInput): WatchStep {
  return TABLE[state][input];
}
