import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Delta, State } from '../../src/index.js';
import { Incoming } from '../../src/sync/replica-session.js';
import { runs } from '../support/seed.js';

/** What happens to what has arrived, with a revision, and whether anybody asks afterwards. */
type Event = readonly ['entry' | 'end' | 'snapshot' | 'drop snapshot' | 'go to' | 'clear', number, boolean];

/** What has arrived, looked through anew for each question. */
class NaiveIncoming {
  entries = new Set<number>();
  snapshot: number | undefined;
  end = 0;

  reach(revision: number): number {
    let reached = this.snapshot ?? revision;
    while (this.entries.has(reached + 1)) reached++;
    return reached;
  }

  hasGap(revision: number): boolean {
    return [...this.entries, this.end].some((rev) => rev > this.reach(revision));
  }
}

describe('what has arrived', () => {
  test('leads as far, with the same gaps, as looking through all of it says', () => {
    const arbitraryEvent: fc.Arbitrary<Event> = fc.tuple(
      fc.constantFrom('entry', 'entry', 'entry', 'entry', 'end', 'snapshot', 'drop snapshot', 'go to', 'clear'),
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
    );
    fc.assert(
      fc.property(fc.array(arbitraryEvent, { maxLength: 30 }), (events) => {
        const [incoming, naive] = [new Incoming(), new NaiveIncoming()];
        let revision = 0;
        for (const [what, rev, isAsked] of events) {
          if (what === 'entry' && rev > revision) {
            incoming.addEntry({ rev, nonce: `n${rev}`, delta: Delta.from([]) });
            naive.entries.add(rev);
          } else if (what === 'end') {
            // The least revision stands for none: a page without entries, which ends there.
            incoming.noteEnd({ entries: [], ...(rev === 1 ? {} : { rev }) });
            naive.end = rev === 1 ? 0 : Math.max(naive.end, rev);
          } else if (what === 'snapshot') {
            incoming.setSnapshot({ message: { type: 'snapshot', rev, rows: [], nonces: [] }, state: new State() });
            naive.snapshot = rev;
          } else if (what === 'drop snapshot') {
            incoming.clearSnapshot();
            naive.snapshot = undefined;
          } else if (what === 'go to') {
            revision = rev;
            incoming.forget(rev);
            for (const other of naive.entries) if (other <= rev) naive.entries.delete(other);
          } else if (what === 'clear') {
            incoming.clear();
            [naive.entries, naive.snapshot, naive.end] = [new Set(), undefined, 0];
          }
          if (!isAsked) continue;
          expect([incoming.reach(revision), incoming.hasGap(revision)], `after ${what} ${rev}`).toEqual([
            naive.reach(revision),
            naive.hasGap(revision),
          ]);
        }
      }),
      { numRuns: runs(3000) },
    );
  });
});
