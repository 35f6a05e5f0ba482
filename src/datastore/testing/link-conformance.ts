import { type ConformanceCase, expectRejection, expectSame, expectThat } from './conformance-case.js';
import { granted, inserted, type LinkFixture, put, summaryOf } from './link-fixture.js';
import { WATCH_CHECKS } from './watch-conformance.js';

type Check = (fixture: LinkFixture) => Promise<void>;

const SHARED = '.conformance-A_1';

async function summaries(fixture: LinkFixture, handle: string, messages: readonly ReturnType<typeof put>[]) {
  const found: string[] = [];
  for (const message of messages) found.push(summaryOf((await fixture.ann.exchange(handle, message)).message));
  return found;
}

const DATASTORE_CHECKS: Readonly<Record<string, Check>> = {
  'knows its user': async ({ ann, stranger }) => {
    expectSame(await ann.profile(), { userName: 'Ann Example', orgName: 'Example' }, 'the profile');
    expectSame((await stranger.profile()).orgName, undefined, 'the organisation of who has none');
  },
  'creates a datastore once, on whatever device': async ({ ann, annsTablet }) => {
    const created = await ann.create('notes');
    expectSame(created.role, 'owner', 'the role of who created it');
    expectSame(await ann.create('notes'), created, 'creating it again');
    expectSame(await annsTablet.create('notes'), created, 'creating it on another device');
    expectSame(await annsTablet.find('notes'), created, 'finding it');
    const other = await ann.create('other');
    expectThat(other.handle !== created.handle, 'another datastore has another handle');
  },
  'keeps private ids apart by account': async ({ ann, stranger }) => {
    const mine = await ann.create('default');
    await expectRejection(stranger.find('default'), 'not-found', 'finding another’s private datastore');
    const theirs = await stranger.create('default');
    expectThat(mine.handle !== theirs.handle, 'two accounts have two datastores of one private id');
    const answer = await stranger.exchange(mine.handle, { type: 'fetch', rev: 0 });
    expectSame([answer.message.type, answer.role], ['denied', 'none'], 'reading another’s private datastore');
  },
  'refuses what is no id, or another’s shareable one': async ({ ann, stranger }) => {
    await expectRejection(ann.create('No Id'), 'invalid-name', 'creating a datastore with no id');
    await ann.create(SHARED);
    await expectRejection(stranger.create(SHARED), 'exists', 'creating one with another’s id');
  },
  'finds nothing that does not exist': async ({ ann }) => {
    await expectRejection(ann.find('nothing'), 'not-found', 'finding nothing');
    await expectRejection(ann.delete('nothing'), 'not-found', 'deleting nothing');
    await expectRejection(ann.exchange('no-handle', { type: 'fetch', rev: 0 }), 'not-found', 'asking nobody');
  },
  'carries every message to the sequencer, and the answer back': async (fixture) => {
    const { handle } = await fixture.ann.create('notes');
    const found = await summaries(fixture, handle, [
      { type: 'fetch', rev: 0 },
      put(0, 'n1', inserted('a'), inserted('b')),
      put(0, 'n1', inserted('a'), inserted('b')),
      put(0, 'n2', inserted('c')),
      put(1, 'n3', inserted('a')),
      put(1, 'n4', inserted('c')),
      put(7, 'n5', inserted('d')),
      { type: 'fetch', rev: 0 },
      { type: 'fetch', rev: 2 },
      { type: 'fetch-snapshot' },
    ]);
    const wanted = [
      ...['entries', 'accepted 1', 'repeated 1', 'conflict 1=n1', 'refused invalid', 'accepted 2'],
      ...['refused unknown-revision', 'entries 1=n1 2=n4', 'entries', 'snapshot 2 a,b,c'],
    ];
    expectSame(found, wanted, 'the answers');
  },
  'lists what there is': async ({ ann, annsTablet, stranger }) => {
    expectSame(await ann.list(), [], 'a list of nothing');
    const { handle } = await ann.create('notes');
    await ann.create('other');
    await ann.exchange(handle, put(0, 'n1', ['I', ':info', 'info', { title: 'Notes', mtime: { T: '1234' } }]));
    const list = [...(await annsTablet.list())].sort((left, right) => (left.id < right.id ? -1 : 1));
    const shown = list.map(({ id, role, title, mtime }) => [id, role, title ?? null, mtime?.getTime() ?? null]);
    expectSame(
      shown,
      [
        ['notes', 'owner', 'Notes', 1234],
        ['other', 'owner', null, null],
      ],
      'the list',
    );
    expectSame(list[0]?.handle, handle, 'the handle in the list');
    expectSame(await stranger.list(), [], 'the list of somebody else');
  },
  'deletes a datastore for good': async ({ ann, annsTablet }) => {
    const { handle } = await ann.create('notes');
    await ann.exchange(handle, put(0, 'n1', inserted('a')));
    await annsTablet.delete('notes');
    await expectRejection(ann.exchange(handle, { type: 'fetch', rev: 0 }), 'not-found', 'asking a deleted datastore');
    await expectRejection(ann.find('notes'), 'not-found', 'finding a deleted datastore');
    expectSame(await ann.list(), [], 'the list then');
    const again = await ann.create('notes');
    expectThat(again.handle !== handle, 'a datastore that is created again has another handle');
    const { message } = await ann.exchange(again.handle, { type: 'fetch', rev: 0 });
    expectSame(summaryOf(message), 'entries', 'its log');
    await expectRejection(ann.exchange(handle, { type: 'fetch', rev: 0 }), 'not-found', 'asking by the former handle');
  },
};

const SHARING_CHECKS: Readonly<Record<string, Check>> = {
  'shares nothing unless a role is given': async ({ ann, colleague, stranger }) => {
    const { handle } = await ann.create(SHARED);
    for (const link of [colleague, stranger]) {
      await expectRejection(link.find(SHARED), 'not-found', 'finding what is not shared');
      const { message, role } = await link.exchange(handle, put(0, 'n', inserted('x')));
      expectSame([summaryOf(message), role], ['refused permission', 'none'], 'putting to what is not shared');
    }
  },
  'lets a viewer read and an editor write': async ({ ann, stranger }) => {
    const { handle } = await ann.create(SHARED);
    await ann.exchange(handle, put(0, 'n1', granted('public', 'viewer')));
    expectSame(await stranger.find(SHARED), { handle, role: 'viewer' }, 'what a viewer finds');
    const read = await stranger.exchange(handle, { type: 'fetch', rev: 0 });
    expectSame([summaryOf(read.message), read.role], ['entries 1=n1', 'viewer'], 'what a viewer reads');
    const refused = await stranger.exchange(handle, put(1, 'n2', inserted('x')));
    expectSame(summaryOf(refused.message), 'refused permission', 'what a viewer puts');
    await ann.exchange(handle, put(1, 'n3', ['U', ':acl', 'public', { role: ['P', 'editor'] }]));
    const accepted = await stranger.exchange(handle, put(2, 'n4', inserted('x')));
    expectSame([summaryOf(accepted.message), accepted.role], ['accepted 3', 'editor'], 'what an editor puts');
    await ann.exchange(handle, put(3, 'n5', ['D', ':acl', 'public']));
    const denied = await stranger.exchange(handle, { type: 'fetch', rev: 0 });
    expectSame([summaryOf(denied.message), denied.role], ['denied', 'none'], 'reading when the role was taken away');
    await expectRejection(stranger.find(SHARED), 'not-found', 'finding it then');
  },
  'gives the team the most of what it and the public have': async ({ ann, colleague, stranger }) => {
    const { handle } = await ann.create(SHARED);
    await ann.exchange(handle, put(0, 'n1', granted('team', 'editor'), granted('public', 'viewer')));
    const roles = [await ann.find(SHARED), await colleague.find(SHARED), await stranger.find(SHARED)];
    expectSame(
      roles.map(({ role }) => role),
      ['owner', 'editor', 'viewer'],
      'the roles',
    );
    await ann.exchange(handle, put(1, 'n2', ['U', ':acl', 'team', { role: ['P', 'viewer'] }]));
    await ann.exchange(handle, put(2, 'n3', ['U', ':acl', 'public', { role: ['P', 'editor'] }]));
    expectSame((await colleague.find(SHARED)).role, 'editor', 'what is given to everyone is given to the team');
  },
  'takes for a role only what can be given': async ({ ann, stranger }) => {
    const { handle } = await ann.create(SHARED);
    await ann.exchange(handle, put(0, 'n1', granted('public', 'owner'), ['I', ':acl', 'stranger', { role: 'editor' }]));
    await expectRejection(stranger.find(SHARED), 'not-found', 'finding it as a public owner');
  },
  'lists another’s datastore once it was found, while it may be read': async ({ ann, stranger }) => {
    const { handle } = await ann.create(SHARED);
    await ann.exchange(handle, put(0, 'n1', granted('public', 'viewer')));
    expectSame(await stranger.list(), [], 'the list before it was found');
    await stranger.find(SHARED);
    const found = (await stranger.list()).map(({ id, role }) => [id, role]);
    expectSame(found, [[SHARED, 'viewer']], 'the list after');
    await ann.exchange(handle, put(1, 'n2', ['D', ':acl', 'public']));
    expectSame(await stranger.list(), [], 'the list when it may not be read any more');
  },
  'lets the owner alone delete': async ({ ann, stranger }) => {
    const { handle } = await ann.create(SHARED);
    await expectRejection(stranger.delete(SHARED), 'not-found', 'deleting what one may not know of');
    await ann.exchange(handle, put(0, 'n1', granted('public', 'editor')));
    await expectRejection(stranger.delete(SHARED), 'not-permitted', 'deleting another’s datastore');
    await ann.delete(SHARED);
    await expectRejection(stranger.find(SHARED), 'not-found', 'finding what was deleted');
  },
};

/**
 * The contract of a link as tests. `open` is called for every test and makes links to a server without datastores.
 * Spec: LINK-1 to LINK-12, ACL-1 to ACL-4.
 */
export function linkConformance(open: () => Promise<LinkFixture>): readonly ConformanceCase[] {
  return Object.entries({ ...DATASTORE_CHECKS, ...SHARING_CHECKS, ...WATCH_CHECKS }).map(([name, check]) => ({
    name: `a link ${name}`,
    run: async () => {
      const fixture = await open();
      try {
        await check(fixture);
      } finally {
        await fixture.close?.();
      }
    },
  }));
}
