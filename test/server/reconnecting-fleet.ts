import type { Environment } from '../../src/datastore/index.js';
import { Backoff, DEFAULT_RETRY_DELAYS } from '../../src/datastore/manager/background-job.js';
import { Random } from '../simulator/random.js';

/** A fleet of devices, and the servers that they come back to. */
export interface FleetOptions {
  readonly seed: number;
  readonly devices: number;
  /** How many devices all servers together can take back in a second. */
  readonly capacity: number;
  /** For how long nobody answers, in seconds. */
  readonly outage: number;
  /** How long a device waits for an answer, in seconds. */
  readonly patience: number;
  /**
   * How many seconds' worth of devices may wait in front of the servers; others are told at once to come back later. Without
   * a limit all wait, and servers work for devices that have given up.
   */
  readonly queueLimit?: number;
  /** How long a device is told to stay away then, in seconds. */
  readonly retryAfter?: number;
}

/** What became of it. */
export interface FleetOutcome {
  /** Seconds from the end of the outage until half of the devices, 99 of 100, and all of them were back. */
  readonly half: number;
  readonly most: number;
  readonly all: number;
  /** The most attempts in one second after the outage. */
  readonly peak: number;
  /** How many attempts a device made, on average. */
  readonly attempts: number;
  /** Which part of the work of the servers was for devices that had given up. */
  readonly wasted: number;
}

const SECONDS_MOST = 24 * 3_600;

/**
 * A fleet that lost its servers in one moment comes back to them. Each device retries as `deltaic/datastore` does: its waits
 * are those of the real {@link Backoff}. Servers take devices in the order in which they came, and do not know which of them
 * have given up meanwhile. Time passes in seconds.
 *
 * @throws Error if the devices are not all back after a day.
 */
export function simulateReconnect(options: FleetOptions): FleetOutcome {
  const { devices, capacity, outage, patience, queueLimit = Number.POSITIVE_INFINITY } = options;
  const fleet = new Fleet(options);
  /** The devices in front of the servers, in their order, and when each came. */
  const queue: { readonly device: number; readonly since: number }[] = [];
  const back: number[] = [];
  let [served, isBack, peak, attempts, wasted] = [0, 0, 0, 0, 0];
  for (let now = 1; isBack < devices; now++) {
    if (now > outage + SECONDS_MOST) throw new Error(`${devices - isBack} devices are not back after a day`);
    const arrived = fleet.due(now);
    attempts += arrived.length;
    if (now <= outage) {
      for (const device of arrived) fleet.failed(device, now);
      continue;
    }
    peak = Math.max(peak, arrived.length);
    for (const device of arrived) {
      if (queue.length - served < queueLimit * capacity) {
        queue.push({ device, since: now });
        fleet.waits(device, now + patience);
      } else fleet.sentAway(device, now);
    }
    for (const end = Math.min(queue.length, served + capacity); served < end; served++) {
      const { device, since } = queue[served] ?? { device: 0, since: 0 };
      if (now - since >= patience) wasted++;
      else {
        fleet.isBack(device);
        isBack++;
      }
    }
    back.push(isBack);
  }
  const until = (part: number): number => back.findIndex((count) => count >= part * devices) + 1;
  return {
    ...{ half: until(0.5), most: until(0.99), all: until(1), peak },
    ...{ attempts: attempts / devices, wasted: wasted / served },
  };
}

/** The devices, and when each tries next. */
class Fleet {
  readonly #backoffs: readonly Backoff[];
  readonly #retryAfter: number;
  /** By second: the devices that try then, and those that give up then unless they are back. */
  readonly #trying: (number[] | undefined)[] = [];
  readonly #givingUp: (number[] | undefined)[] = [];
  readonly #back: Uint8Array;

  constructor({ seed, devices, retryAfter = 0 }: FleetOptions) {
    const random = new Random(seed);
    const environment: Environment = {
      now: () => 0,
      schedule: () => () => undefined,
      randomBytes: (count) => Uint8Array.from({ length: count }, () => random.below(256)),
    };
    this.#retryAfter = retryAfter;
    this.#back = new Uint8Array(devices);
    this.#backoffs = Array.from({ length: devices }, () => new Backoff(environment, DEFAULT_RETRY_DELAYS));
    for (let device = 0; device < devices; device++) this.failed(device, 0);
  }

  /** The devices that try now. */
  due(now: number): readonly number[] {
    for (const device of this.#givingUp[now] ?? []) if (this.#back[device] === 0) this.failed(device, now);
    const devices = this.#trying[now] ?? [];
    this.#trying[now] = undefined;
    this.#givingUp[now] = undefined;
    return devices;
  }

  failed(device: number, now: number): void {
    this.#add(this.#trying, device, now + this.#wait(device));
  }

  /** It is told when to come back, and waits as long as after a failure on top of that. */
  sentAway(device: number, now: number): void {
    this.#add(this.#trying, device, now + this.#retryAfter + this.#wait(device));
  }

  waits(device: number, until: number): void {
    this.#add(this.#givingUp, device, until);
  }

  isBack(device: number): void {
    this.#back[device] = 1;
  }

  /** In whole seconds, and at least one. */
  #wait(device: number): number {
    return Math.max(1, Math.round((this.#backoffs[device]?.next() ?? 0) / 1_000));
  }

  #add(times: (number[] | undefined)[], device: number, second: number): void {
    times[second] ??= [];
    times[second]?.push(device);
  }
}
