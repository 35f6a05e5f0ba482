import type { ServiceStatistics } from './datastore-service.js';

/** Upper bounds of the histogram of times, in seconds. */
const BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

interface RouteTimes {
  /** How many took at most the bound at the same place. */
  readonly buckets: number[];
  count: number;
  seconds: number;
}

/** Counts the requests of a server, and writes what Prometheus reads: its text format, version 0.0.4. Spec: HTTP-9. */
export class ServerMetrics {
  /** By route and status. Both come from short lists, so nobody can make this grow. */
  readonly #requests = new Map<string, number>();
  readonly #times = new Map<string, RouteTimes>();

  /** Counts a request. @param seconds how long the answer took. */
  count(route: string, status: number, seconds: number): void {
    const labels = `route="${route}",status="${status}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
    const times = this.#times.get(route) ?? { buckets: BOUNDS.map(() => 0), count: 0, seconds: 0 };
    this.#times.set(route, times);
    times.count++;
    times.seconds += seconds;
    for (const [at, bound] of BOUNDS.entries()) if (seconds <= bound) times.buckets[at] = (times.buckets[at] ?? 0) + 1;
  }

  text(service: ServiceStatistics): string {
    const samples = [
      ...family('deltaic_requests_total', 'counter', 'Requests by route and status.', [...this.#requests]),
      ...family('deltaic_request_seconds', 'histogram', 'Time until the answer began.', this.#histogram()),
      ...family('deltaic_appends_total', 'counter', 'Entries appended, lost to other servers, or of unknown fate.', [
        ['outcome="appended"', service.appended],
        ['outcome="lost"', service.lost],
        ['outcome="failed"', service.failed],
      ]),
      ...family('deltaic_opened_total', 'counter', 'Datastores read from the store.', [['', service.opened]]),
      ...family('deltaic_snapshots_total', 'counter', 'Snapshots written.', [['', service.snapshots]]),
      ...family('deltaic_datastores', 'gauge', 'Datastores in memory.', [['', service.datastores]]),
      ...family('deltaic_datastore_bytes', 'gauge', 'What they take of the budget.', [['', service.bytes]]),
      ...family('deltaic_calls_running', 'gauge', 'Calls in work.', [['', service.running]]),
      ...family('deltaic_calls_waiting', 'gauge', 'Calls that wait to be begun.', [['', service.waiting]]),
      ...family('deltaic_calls_refused_total', 'counter', 'Calls that were sent away with 503.', [
        ['', service.refused],
      ]),
      ...family('deltaic_watches', 'gauge', 'Open watches.', [['', service.watchers]]),
    ];
    return `${samples.join('\n')}\n`;
  }

  /** The samples of the histogram, by what follows its name. */
  #histogram(): [labels: string, value: number, suffix: string][] {
    return [...this.#times].flatMap(([route, { buckets, count, seconds }]) => {
      const bounds = [...BOUNDS.map(String), '+Inf'];
      return [
        ...bounds.map((bound, at): [string, number, string] => [
          `route="${route}",le="${bound}"`,
          buckets[at] ?? count,
          '_bucket',
        ]),
        [`route="${route}"`, seconds, '_sum'] as [string, number, string],
        [`route="${route}"`, count, '_count'] as [string, number, string],
      ];
    });
  }
}

function family(
  name: string,
  type: 'counter' | 'gauge' | 'histogram',
  help: string,
  samples: readonly (readonly [labels: string, value: number, suffix?: string])[],
): string[] {
  const lines = samples.map(
    ([labels, value, suffix = '']) => `${name}${suffix}${labels === '' ? '' : `{${labels}}`} ${value}`,
  );
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];
}
