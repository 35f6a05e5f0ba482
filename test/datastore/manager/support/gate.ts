/** A call that is held until the test lets it go. */
export interface Gate {
  /** Whether a call has arrived. */
  readonly isReached: boolean;
  open(): void;
}

type Method = (...args: readonly unknown[]) => Promise<unknown>;

/**
 * Holds the next call of a method whose first argument matches: on its way there (`request`), or with what it answers
 * (`answer`). All other calls pass.
 */
export function hold<Target extends object>(
  target: Target,
  method: keyof Target & string,
  what: 'request' | 'answer' = 'request',
  matches: (argument: unknown) => boolean = () => true,
): Gate {
  const original = (target[method] as Method).bind(target);
  let isReached = false;
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const held: Method = async (...args) => {
    if (isReached || !matches(args[0])) return await original(...args);
    isReached = true;
    if (what === 'request') await opened;
    const answer = await original(...args);
    if (what === 'answer') await opened;
    return answer;
  };
  Object.defineProperty(target, method, { value: held, configurable: true });
  return {
    get isReached() {
      return isReached;
    },
    open: () => open(),
  };
}
