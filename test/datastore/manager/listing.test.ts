import { describe, expect, test } from 'vitest';
import type { RemoteDatastore } from '../../../src/datastore/index.js';
import type { CacheSummary } from '../../../src/datastore/manager/datastore-cache.js';
import { listing } from '../../../src/datastore/manager/datastore-list.js';

const at = (time: number | undefined): Date | undefined => (time === undefined ? undefined : new Date(time));

function remote(id: string, handle: string, time?: number): RemoteDatastore {
  return { id, handle, role: 'owner', title: `remote ${handle}`, mtime: at(time) };
}

function cached(handle: string | undefined, isUploaded: boolean, time?: number): CacheSummary {
  return { handle, role: 'owner', title: 'local', mtime: at(time), isUploaded };
}

function titles(remotes: readonly RemoteDatastore[], local: readonly (readonly [string, CacheSummary])[]): string[] {
  return listing(remotes, new Map(local)).map(({ id, title }) => `${id}: ${title}`);
}

describe('a list', () => {
  test.each([
    ['what only the server has', [remote('a', 'h')], [], ['a: remote h']],
    ['what only this device has', [], [['a', cached(undefined, false)]], ['a: local']],
    [
      'what is cached and uploaded, as the server has it',
      [remote('a', 'h', 5)],
      [['a', cached('h', true, 5)]],
      ['a: remote h'],
    ],
    ['what is uploaded and later than the list', [remote('a', 'h', 5)], [['a', cached('h', true, 6)]], ['a: local']],
    ['what waits to be uploaded', [remote('a', 'h', 9)], [['a', cached('h', false, 5)]], ['a: local']],
    [
      'what was made here and there, and edited here',
      [remote('a', 'h', 9)],
      [['a', cached(undefined, false, 1)]],
      ['a: local'],
    ],
    [
      'what was made here and there, and not edited here',
      [remote('a', 'h')],
      [['a', cached(undefined, false)]],
      ['a: remote h'],
    ],
    ['not what was deleted elsewhere', [], [['a', cached('h', false, 5)]], []],
    [
      'what took the place of what was deleted',
      [remote('a', 'new', 1)],
      [['a', cached('old', false, 5)]],
      ['a: remote new'],
    ],
  ] as const)('shows %s', (_, remotes, local, expected) => {
    expect(titles(remotes, local)).toEqual(expected);
  });

  test('is sorted by id in code point order, and hands out times of its own', () => {
    const time = new Date(5);
    const remotes = ['b', '.Z', 'a', '.a'].map((id) => ({ ...remote(id, id), mtime: time }));
    const infos = listing(remotes, new Map());
    expect(infos.map(({ id }) => id)).toEqual(['.Z', '.a', 'a', 'b']);
    infos[0]?.mtime?.setTime(0);
    expect(time.getTime()).toBe(5);
  });
});
