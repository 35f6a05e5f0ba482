import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Watcher } from '../../src/server/announcer.js';
import { Watchers } from '../../src/server/watchers.js';

const watcher = fc
  .record({ account: fc.constantFrom('a', 'b', 'c'), handles: fc.uniqueArray(fc.constantFrom('h', 'i', 'j')) })
  .map(
    ({ account, handles }): Watcher => ({ requester: { account }, handles: new Set(handles), tell: () => undefined }),
  );

test('watchers are found as a look at all of them finds them, whoever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(watcher, fc.nat())), (steps) => {
      const watchers = new Watchers<Watcher>();
      const all: Watcher[] = [];
      for (const [next, leaver] of steps) {
        watchers.add(next);
        all.push(next);
        const [gone] = leaver % 2 === 0 ? all.splice(leaver % all.length, 1) : [];
        if (gone !== undefined) watchers.delete(gone);
        expect(gone !== undefined && watchers.has(gone)).toBe(false);
        expect(watchers.size).toBe(all.length);
        for (const handle of ['h', 'i', 'j']) {
          expect(watchers.of(handle)).toEqual(all.filter(({ handles }) => handles.has(handle)));
          expect(watchers.isWatched(handle)).toBe(watchers.handles.includes(handle));
          expect(watchers.isWatched(handle)).toBe(watchers.of(handle).length > 0);
        }
        const accounts = ['a', 'b', 'c'].filter((account) =>
          all.some(({ requester }) => requester.account === account),
        );
        expect(watchers.requesters.map(({ account }) => account).sort()).toEqual(accounts);
        for (const account of accounts) {
          const own = all.filter(({ requester }) => requester.account === account);
          expect(watchers.ofAccount(account)).toEqual(own);
          expect(watchers.requesters).toContain(own.at(-1)?.requester);
        }
      }
      watchers.clear();
      expect([watchers.size, watchers.handles, watchers.requesters]).toEqual([0, [], []]);
    }),
  );
});
