/** How many seconds' worth of requests may come at once. */
const BURST_SECONDS = 10;
/** Below this many keys, those that have all of their allowance again are not looked for. */
const SWEEP_FROM = 1_000;

/**
 * Limits how often something may be done for each key, such as an account: `perSecond` times a second in the long run,
 * and ten
 * seconds' worth of it at once. Of each key it knows one number, the moment up to which its allowance is used; a key that
 * has all of its allowance is forgotten. Spec: HTTP-8.
 */
export class RateLimit {
  readonly #interval: number;
  readonly #usedUpTo = new Map<string, number>();
  #sweepAt = SWEEP_FROM;

  constructor(perSecond: number) {
    this.#interval = 1000 / perSecond;
  }

  /** Takes one time. @param now in ms. @returns 0, or how many ms to wait, and then nothing was taken. */
  take(key: string, now: number): number {
    const used = Math.max(now, this.#usedUpTo.get(key) ?? 0) + this.#interval;
    const wait = used - now - Math.max(BURST_SECONDS * 1000, this.#interval);
    if (wait > 0) return wait;
    this.#usedUpTo.set(key, used);
    if (this.#usedUpTo.size >= this.#sweepAt) this.#sweep(now);
    return 0;
  }

  #sweep(now: number): void {
    for (const [key, used] of this.#usedUpTo) if (used <= now) this.#usedUpTo.delete(key);
    this.#sweepAt = Math.max(SWEEP_FROM, 2 * this.#usedUpTo.size);
  }
}

/**
 * The part of a client's address that is limited. A client that has an IPv6 address usually has a network of them, so it
 * is the
 * network (/64) that counts.
 */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!address.includes(':')) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  if (tail !== undefined) groups.push(...Array.from({ length: 8 - groups.length - after.length }, () => '0'), ...after);
  return groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
}
