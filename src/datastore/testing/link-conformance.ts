import { parseDelta } from '../../codec/wire/delta.js';
import { DatastoreError, ServiceError, type ServiceErrorCode } from '../../errors/datastore-error.js';
import type { WireChange } from '../../operations/wire.js';
import type { Put, ReplicaMessage, Role, SequencerMessage } from '../../sync/messages.js';
import type { WireValue } from '../../values/wire.js';
import type { Link, LinkEvent } from '../manager/link.js';
import {
  type ConformanceCase,
  ConformanceError,
  casesOf,
  expectRejection,
  expectSame,
  expectThat,
  shown,
} from './conformance-case.js';
import { WatchLog } from './watch-log.js';
import { type ConformanceOptions, expectPromise, type Patience, patienceOf, watchedCalls } from './watched-calls.js';

/** Links to one server, to be tested. No account has any datastore yet. */
export interface LinkFixture {
  /** The link of a user whose name is Ann Example, of the organisation Example. */
  readonly ann: Link;
  /** The link of another device of the same account. */
  readonly annsTablet: Link;
  /** The link of another user of the same organisation. */
  readonly colleague: Link;
  /** The link of a user of another organisation. */
  readonly outsider: Link;
  /** The link of a user without an organisation. */
  readonly stranger: Link;
  /** The account of the stranger: what follows the `u` of its principal (ACL-1). */
  readonly strangerAccount: string;
  /** Makes the server unreachable for all links, as an outage does; left out where the test cannot do that. */
  disconnect?(): Promise<void>;
  /** Cleans up, if needed. */
  close?(): Promise<void>;
}

/** A fixture whose links have deadlines and give promises in any case. */
interface WatchedLinks extends LinkFixture {
  /** The first link as it was opened. */
  readonly bare: Link;
  readonly patience: Patience;
}

type Check = (fixture: WatchedLinks) => Promise<void>;

const METHODS = ['profile', 'list', 'find', 'create', 'delete', 'send'] as const;

const SHARED = '.conformance-A_1';

/** How many entries a log needs that a server with the default settings answers in two pages. */
const LONG_LOG = 14;

/** Roles as they are stored (ACL-1). */
const NOTHING: WireValue = { I: '0' };
const VIEWER: WireValue = { I: '1000' };
const EDITOR: WireValue = { I: '2000' };
const OWNER: WireValue = { I: '3000' };

async function summaries(fixture: LinkFixture, handle: string, messages: readonly ReplicaMessage[]) {
  const found: string[] = [];
  for (const message of messages) found.push(summaryOf((await fixture.ann.send(handle, message)).message));
  return found;
}

const DATASTORE_CHECKS: Readonly<Record<string, Check>> = {
  'knows its user': async ({ ann, stranger }) => {
    expectSame(await ann.profile(), { userName: 'Ann Example', orgName: 'Example' }, 'the profile');
    expectSame((await stranger.profile()).orgName, undefined, 'the organisation of a user without one');
  },
  'creates a datastore once, on any device': async ({ ann, annsTablet }) => {
    const created = await ann.create('notes');
    expectSame(created.role, 'owner', 'the role of its creator');
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
    const answer = await stranger.send(mine.handle, { type: 'fetch', rev: 0 });
    expectSame([answer.message.type, answer.role], ['denied', 'none'], 'reading another’s private datastore');
  },
  'rejects an invalid id, and another’s shareable id': async ({ ann, stranger }) => {
    await expectRejection(ann.create('No Id'), 'invalid-name', 'creating a datastore with an invalid id');
    await ann.create(SHARED);
    await expectRejection(stranger.create(SHARED), 'exists', 'creating one with another’s id');
  },
  'finds nothing that does not exist': async ({ ann }) => {
    await expectRejection(ann.find('nothing'), 'not-found', 'finding nothing');
    await expectRejection(ann.delete('nothing'), 'not-found', 'deleting nothing');
    await expectRejection(ann.send('no-handle', { type: 'fetch', rev: 0 }), 'not-found', 'asking nobody');
  },
  'carries each message to the sequencer, and the answer back': async (fixture) => {
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
  'carries a long log page by page, to its end': async ({ ann, annsTablet }) => {
    const { handle } = await ann.create('long');
    const text = 'x'.repeat(90_000);
    for (let rev = 0; rev < LONG_LOG; rev++) {
      await ann.send(handle, put(rev, `n${rev + 1}`, ['I', 't', `r${rev}`, { text }]));
    }
    const found: string[] = [];
    for (let page = 0; page <= LONG_LOG; page++) {
      const asked = found.length;
      const { message } = await annsTablet.send(handle, { type: 'fetch', rev: asked });
      if (message.type !== 'entries') throw new ConformanceError(`a fetch was answered ${summaryOf(message)}`);
      found.push(...message.entries.map(({ rev, nonce }) => `${rev}=${nonce}`));
      if (message.rev === undefined) break;
      expectThat(found.length > asked, 'a page that does not end the log has an entry');
      expectSame(message.rev, LONG_LOG, 'how far the log goes on after a page');
    }
    const whole = Array.from({ length: LONG_LOG }, (_, index) => `${index + 1}=n${index + 1}`);
    expectSame(found, whole, 'the entries of all pages');
    const { message } = await annsTablet.send(handle, put(0, 'late', inserted('late')));
    if (message.type !== 'conflict') throw new ConformanceError(`a late put was answered ${summaryOf(message)}`);
    expectSame(message.entries[0]?.rev, 1, 'the first entry that a late put is told');
    expectSame(message.rev ?? message.entries.at(-1)?.rev, LONG_LOG, 'how far the log goes, as a late put is told');
  },
  'tells a retry from another put under the same nonce': async (fixture) => {
    const { handle } = await fixture.ann.create('notes');
    const found = await summaries(fixture, handle, [
      put(0, 'n1', inserted('a')),
      put(1, 'n2', inserted('b')),
      put(0, 'n1', inserted('other')),
      put(2, 'n1', inserted('a')),
      put(0, 'n1', inserted('a')),
      { type: 'fetch', rev: 0 },
    ]);
    const wanted = [
      ...['accepted 1', 'accepted 2', 'refused nonce-reused', 'refused nonce-reused'],
      ...['repeated 1', 'entries 1=n1 2=n2'],
    ];
    expectSame(found, wanted, 'the answers');
  },
  'tells a replica that its log went another way': async (fixture) => {
    const { handle } = await fixture.ann.create('notes');
    const fetch = (rev: number, head: string): ReplicaMessage => ({ type: 'fetch', rev, head });
    const found = await summaries(fixture, handle, [
      put(0, 'n1', inserted('a')),
      put(1, 'n2', inserted('b')),
      fetch(1, 'n1'),
      fetch(1, 'other'),
      fetch(2, 'n2'),
      fetch(2, 'other'),
      { ...put(2, 'n3', inserted('c')), head: 'other' },
      { ...put(1, 'n3', inserted('c')), head: 'other' },
      { ...put(2, 'n3', inserted('c')), head: 'n2' },
    ]);
    const wanted = [
      ...['accepted 1', 'accepted 2', 'entries 2=n2', 'reset 2 lost', 'entries', 'reset 2 lost'],
      ...['reset 2 lost', 'reset 2 lost', 'accepted 3'],
    ];
    expectSame(found, wanted, 'the answers');
  },
  'keeps what the author of an entry had seen': async ({ ann, annsTablet }) => {
    const { handle } = await ann.create('notes');
    await ann.send(handle, put(0, 'n1', inserted('a')));
    await ann.send(handle, put(1, 'n2', inserted('b')));
    await ann.send(handle, { ...put(2, 'n3', inserted('c')), seen: 0 });
    const { message } = await annsTablet.send(handle, { type: 'fetch', rev: 0 });
    const seen = message.type === 'entries' ? message.entries.map((entry) => entry.seen ?? null) : message.type;
    expectSame(seen, [null, null, 0], 'what the authors had seen, unless that is all');
  },
  'lists what there is': async ({ ann, annsTablet, stranger }) => {
    expectSame(await ann.list(), [], 'a list of nothing');
    const { handle } = await ann.create('notes');
    await ann.create('other');
    await ann.send(handle, put(0, 'n1', ['I', ':info', 'info', { title: 'Notes', mtime: { T: '1234' } }]));
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
    await ann.send(handle, put(0, 'n1', inserted('a')));
    await annsTablet.delete('notes');
    await expectRejection(ann.send(handle, { type: 'fetch', rev: 0 }), 'not-found', 'asking a deleted datastore');
    await expectRejection(ann.find('notes'), 'not-found', 'finding a deleted datastore');
    expectSame(await ann.list(), [], 'the list then');
    const again = await ann.create('notes');
    expectThat(again.handle !== handle, 'a datastore that is created again has another handle');
    const { message } = await ann.send(again.handle, { type: 'fetch', rev: 0 });
    expectSame(summaryOf(message), 'entries', 'its log');
    await expectRejection(ann.send(handle, { type: 'fetch', rev: 0 }), 'not-found', 'asking by the former handle');
  },
};

const SHARING_CHECKS: Readonly<Record<string, Check>> = {
  'shares nothing unless a role is given': async ({ ann, colleague, stranger }) => {
    const { handle } = await ann.create(SHARED);
    for (const link of [colleague, stranger]) {
      await expectRejection(link.find(SHARED), 'not-found', 'finding what is not shared');
      const { message, role } = await link.send(handle, put(0, 'n', inserted('x')));
      expectSame([summaryOf(message), role], ['refused permission', 'none'], 'putting to what is not shared');
    }
  },
  'lets a viewer read and an editor write': async ({ ann, stranger }) => {
    const { handle } = await ann.create(SHARED);
    await ann.send(handle, put(0, 'n1', granted('public', VIEWER)));
    expectSame(await stranger.find(SHARED), { handle, role: 'viewer' }, 'what a viewer finds');
    const read = await stranger.send(handle, { type: 'fetch', rev: 0 });
    expectSame([summaryOf(read.message), read.role], ['entries 1=n1', 'viewer'], 'what a viewer reads');
    const refused = await stranger.send(handle, put(1, 'n2', inserted('x')));
    expectSame(summaryOf(refused.message), 'refused permission', 'what a viewer puts');
    await ann.send(handle, put(1, 'n3', granted('public', EDITOR, 'again')));
    const accepted = await stranger.send(handle, put(2, 'n4', inserted('x')));
    expectSame([summaryOf(accepted.message), accepted.role], ['accepted 3', 'editor'], 'what an editor puts');
    await ann.send(handle, put(3, 'n5', ['D', ':acl', 'public']));
    const denied = await stranger.send(handle, { type: 'fetch', rev: 0 });
    expectSame([summaryOf(denied.message), denied.role], ['denied', 'none'], 'reading when the role was taken away');
    await expectRejection(stranger.find(SHARED), 'not-found', 'finding it then');
  },
  'gives the owner’s team the higher of its role and that of the public': async (fixture) => {
    const { ann, colleague, outsider, stranger } = fixture;
    const { handle } = await ann.create(SHARED);
    await ann.send(handle, put(0, 'n1', granted('team', EDITOR), granted('public', VIEWER)));
    const found = await Promise.all([ann, colleague, outsider, stranger].map((link) => link.find(SHARED)));
    expectSame(
      found.map(({ role }) => role),
      ['owner', 'editor', 'viewer', 'viewer'],
      'the roles',
    );
    await ann.send(handle, put(1, 'n2', granted('team', VIEWER, 'again')));
    await ann.send(handle, put(2, 'n3', granted('public', EDITOR, 'again')));
    expectSame((await colleague.find(SHARED)).role, 'editor', 'what is given to everyone is given to the team');
  },
  'gives a single account the highest of all roles that it has': async (fixture) => {
    const { ann, colleague, stranger, strangerAccount } = fixture;
    const { handle } = await ann.create(SHARED);
    await ann.send(handle, put(0, 'n1', granted(`u${strangerAccount}`, VIEWER)));
    expectSame((await stranger.find(SHARED)).role, 'viewer', 'the role of the account');
    await expectRejection(colleague.find(SHARED), 'not-found', 'finding what is shared with somebody else');
    await ann.send(handle, put(1, 'n2', granted('public', EDITOR)));
    expectSame((await stranger.find(SHARED)).role, 'editor', 'the role of the public');
    await ann.send(handle, put(2, 'n3', granted('public', VIEWER, 'again')));
    await ann.send(handle, put(3, 'n4', granted(`u${strangerAccount}`, EDITOR, 'again')));
    expectSame((await stranger.find(SHARED)).role, 'editor', 'the role of the account, if it is the higher one');
    await ann.send(handle, put(4, 'n5', ['D', ':acl', 'public'], ['D', ':acl', `u${strangerAccount}`]));
    await expectRejection(stranger.find(SHARED), 'not-found', 'finding it when both roles were taken away');
  },
  'counts an unknown number as the next lower role, and anything else as none': async ({ ann, stranger }) => {
    const { handle } = await ann.create(SHARED);
    await ann.send(handle, put(0, 'start', granted('public', NOTHING)));
    const given: readonly (readonly [stored: WireValue, role: Role])[] = [
      ...([0, 999, '-1000', '-9223372036854775808'] as const).map((long) => [{ I: String(long) }, 'none'] as const),
      ...[1000, 1001, 1999].map((long) => [{ I: String(long) }, 'viewer'] as const),
      ...[2000, 2999, 3000, '9223372036854775807'].map((long) => [{ I: String(long) }, 'editor'] as const),
      ...['editor', 'viewer', 'owner', '2000', 2000, true, [{ I: '2000' }]].map((value) => [value, 'none'] as const),
    ];
    const found: unknown[] = [];
    for (const [at, [stored]] of given.entries()) {
      await ann.send(handle, put(at + 1, `n${at}`, ['U', ':acl', 'public', { role: ['P', stored] }]));
      const { role } = await stranger.send(handle, { type: 'fetch', rev: at + 2 });
      found.push([stored, role]);
    }
    expectSame(found, given, 'the roles');
  },
  'lets only the owner change roles': async ({ ann, stranger, strangerAccount }) => {
    const { handle } = await ann.create(SHARED);
    await ann.send(handle, put(0, 'n1', granted('public', EDITOR)));
    const attempts: readonly (readonly WireChange[])[] = [
      [granted(`u${strangerAccount}`, OWNER)],
      [granted('team', NOTHING)],
      [granted('public', VIEWER, 'again')],
      [['D', ':acl', 'public']],
      [inserted('x'), ['I', ':acl', 'anything', {}]],
    ];
    for (const [at, changes] of attempts.entries()) {
      const { message, role } = await stranger.send(handle, put(1, `a${at}`, ...changes));
      expectSame([summaryOf(message), role], ['refused permission', 'editor'], 'what an editor puts');
    }
    const late = await stranger.send(handle, put(0, 'late', ['D', ':acl', 'public']));
    expectSame(summaryOf(late.message), 'conflict 1=n1', 'what an editor puts that has not seen the newest revision');
    const other = await stranger.send(handle, put(1, 'a0', inserted('x')));
    expectSame(summaryOf(other.message), 'accepted 2', 'what an editor puts of anything else');
    const { message } = await ann.send(handle, { type: 'fetch', rev: 0 });
    expectSame(summaryOf(message), 'entries 1=n1 2=a0', 'the log');
  },
  'lists another’s datastore once it was found, while it may be read': async ({ ann, stranger }) => {
    const { handle } = await ann.create(SHARED);
    await ann.send(handle, put(0, 'n1', granted('public', VIEWER)));
    expectSame(await stranger.list(), [], 'the list before it was found');
    await stranger.find(SHARED);
    const found = (await stranger.list()).map(({ id, role }) => [id, role]);
    expectSame(found, [[SHARED, 'viewer']], 'the list after');
    await ann.send(handle, put(1, 'n2', ['D', ':acl', 'public']));
    expectSame(await stranger.list(), [], 'the list when it may not be read any more');
  },
  'lets only the owner delete': async ({ ann, stranger }) => {
    const { handle } = await ann.create(SHARED);
    await expectRejection(
      stranger.delete(SHARED),
      'not-found',
      'deleting a datastore that the account may not know of',
    );
    await ann.send(handle, put(0, 'n1', granted('public', EDITOR)));
    await expectRejection(stranger.delete(SHARED), 'not-permitted', 'deleting another’s datastore');
    await ann.delete(SHARED);
    await expectRejection(stranger.find(SHARED), 'not-found', 'finding what was deleted');
  },
};

const isConnected = ({ type }: LinkEvent): boolean => type === 'connected';
const isListChange = ({ type }: LinkEvent): boolean => type === 'list-changed';

/** What a link's watch tells. */
const WATCH_CHECKS: Readonly<Record<string, Check>> = {
  'says first that a watch works, and never within the call that begins it': async ({ ann, patience }) => {
    const { handle } = await ann.create('notes');
    let isWithin = true;
    const log = new WatchLog(ann, patience);
    const watch = ann.watch(() => expectThat(!isWithin, 'no event comes within the call'));
    isWithin = false;
    log.watch.follow([handle]);
    await log.untilReached(handle, 0);
    expectSame(log.events[0], { type: 'connected' }, 'the first event');
    log.watch.close();
    watch.close();
  },
  'says where a log stands once it is followed, and when it grows': async ({ ann, annsTablet, patience }) => {
    const { handle } = await ann.create('notes');
    await ann.send(handle, put(0, 'n1', inserted('a')));
    const log = new WatchLog(annsTablet, patience);
    log.watch.follow([handle]);
    const first = await log.untilReached(handle, 0);
    expectSame([first.rev, first.role], [1, 'owner'], 'what it says first');
    expectThat(first.head === undefined || first.head === 'n1', 'its head is the nonce of that revision');
    await ann.send(handle, put(1, 'n2', inserted('b')));
    await log.untilReached(handle, 2);
    await annsTablet.send(handle, put(2, 'n3', inserted('c')));
    await log.untilReached(handle, 3);
    const told = log.events.flatMap((event) => (event.type === 'reached' ? event.entries : []));
    const known = ['n1', 'n2', 'n3'];
    expectThat(
      told.every(({ rev, nonce }) => known[rev - 1] === nonce),
      'the entries that it tells are those of the log',
    );
    log.watch.close();
  },
  'says so too if following starts while it is connected, or starts again': async ({ ann, annsTablet, patience }) => {
    const [one, two] = [await ann.create('one'), await ann.create('two')];
    const log = new WatchLog(annsTablet, patience);
    await log.until(isConnected);
    log.watch.follow([one.handle]);
    await log.untilReached(one.handle, 0);
    log.watch.follow([two.handle]);
    await log.untilReached(two.handle, 0);
    await ann.send(one.handle, put(0, 'n1', inserted('a')));
    log.watch.follow([one.handle, two.handle]);
    await log.untilReached(one.handle, 1);
    log.watch.close();
  },
  'says nothing of a log that is not followed': async ({ ann, annsTablet, patience }) => {
    const [one, two] = [await ann.create('one'), await ann.create('two')];
    const log = new WatchLog(annsTablet, patience);
    log.watch.follow([two.handle]);
    await log.untilReached(two.handle, 0);
    await ann.send(one.handle, put(0, 'n1', inserted('a')));
    await ann.send(two.handle, put(0, 'n2', inserted('a')));
    await log.untilReached(two.handle, 1);
    const others = log.events.filter((event) => event.type === 'reached' && event.handle === one.handle);
    expectSame(others, [], 'what it says of the other');
    log.watch.close();
  },
  'says the role of the user': async ({ ann, stranger, patience }) => {
    const { handle } = await ann.create(SHARED);
    await ann.send(handle, put(0, 'n1', granted('public', EDITOR)));
    await stranger.find(SHARED);
    const log = new WatchLog(stranger, patience);
    log.watch.follow([handle]);
    expectSame((await log.untilReached(handle, 1)).role, 'editor', 'the role');
    await ann.send(handle, put(1, 'n2', granted('public', VIEWER, 'again')));
    expectSame((await log.untilReached(handle, 2)).role, 'viewer', 'the role then');
    await ann.send(handle, put(2, 'n3', ['D', ':acl', 'public']));
    const last = await log.until((event) => event.type === 'reached' && event.role === 'none');
    expectSame(last.type === 'reached' ? last.entries : [], [], 'the entries for somebody who may not read');
    log.watch.close();
  },
  'says that a datastore was deleted, now or before': async ({ ann, annsTablet, patience }) => {
    const { handle } = await ann.create('notes');
    const log = new WatchLog(annsTablet, patience);
    log.watch.follow([handle]);
    await log.untilReached(handle, 0);
    await ann.delete('notes');
    await log.until((event) => event.type === 'deleted' && event.handle === handle);
    const late = new WatchLog(annsTablet, patience);
    late.watch.follow([handle]);
    await late.until((event) => event.type === 'deleted' && event.handle === handle);
    log.watch.close();
    late.watch.close();
  },
  'says when the list has changed': async ({ ann, annsTablet, stranger, patience }) => {
    const [log, other] = [new WatchLog(annsTablet, patience), new WatchLog(stranger, patience)];
    await log.until(isConnected);
    await other.until(isConnected);
    const { handle } = await ann.create(SHARED);
    await log.until(isListChange);
    await ann.send(handle, put(0, 'n1', ['I', ':info', 'info', { title: 'Notes' }]));
    await log.until(isListChange);
    await ann.send(handle, put(1, 'n2', granted('public', VIEWER)));
    await log.until(isListChange);
    await stranger.find(SHARED);
    await other.until(isListChange);
    await ann.delete(SHARED);
    await Promise.all([log.until(isListChange), other.until(isListChange)]);
    log.watch.close();
    other.watch.close();
  },
  'says nothing once a watch is closed': async ({ ann, annsTablet, patience }) => {
    const { handle } = await ann.create('notes');
    const [closed, open] = [new WatchLog(annsTablet, patience), new WatchLog(annsTablet, patience)];
    closed.watch.follow([handle]);
    open.watch.follow([handle]);
    await closed.untilReached(handle, 0);
    await open.untilReached(handle, 0);
    closed.watch.close();
    closed.watch.close();
    const { length } = closed.events;
    await ann.send(handle, put(0, 'n1', inserted('a')));
    await open.untilReached(handle, 1);
    await ann.delete('notes');
    await open.until(({ type }) => type === 'deleted');
    expectSame(closed.events.length, length, 'how many events a closed watch told');
    open.watch.close();
  },
  'says that a watch has ended, once, and nothing after that': async ({ ann, disconnect, patience }) => {
    if (disconnect === undefined) return;
    const { handle } = await ann.create('notes');
    const log = new WatchLog(ann, patience);
    log.watch.follow([handle]);
    await log.untilReached(handle, 0);
    await disconnect();
    const ended = await log.until(({ type }) => type === 'disconnected');
    const error: unknown = ended.type === 'disconnected' ? ended.error : undefined;
    expectThat(error instanceof DatastoreError, `the end says why, by a DatastoreError, not ${shown(error)}`);
    expectSame(error.code, 'network', 'the code of the end');
    await expectRejection(ann.list(), 'network', 'a call after the end');
    const types = log.events.map(({ type }) => type);
    expectSame(types.indexOf('disconnected'), types.length - 1, 'how many events come before the end');
    log.watch.close();
    const late = new WatchLog(ann, patience);
    await late.until(({ type }) => type === 'disconnected');
    expectSame(late.events.length, 1, 'how many events tell that a watch does not begin');
    late.watch.close();
  },
};

/** How calls are answered, and why they fail. */
const FAILURE_CHECKS: Readonly<Record<string, Check>> = {
  'answers each call by a promise, and a failure too': async ({ bare, patience }) => {
    const created = bare.create('notes');
    await expectPromise('create', patience, () => created);
    const { handle } = await created;
    await expectPromise('profile', patience, () => bare.profile());
    await expectPromise('list', patience, () => bare.list());
    await expectPromise('find', patience, () => bare.find('notes'));
    await expectPromise('send', patience, () => bare.send(handle, { type: 'fetch', rev: 0 }));
    await expectPromise('a wrong create', patience, () => bare.create('No Id'));
    await expectPromise('a wrong find', patience, () => bare.find('nothing'));
    await expectPromise('a wrong send', patience, () => bare.send('no-handle', { type: 'fetch', rev: 0 }));
    await expectPromise('delete', patience, () => bare.delete('notes'));
    await expectPromise('a wrong delete', patience, () => bare.delete('notes'));
  },
  'says of each call that the server refuses that it has no effect': async ({ ann, stranger }) => {
    const { handle } = await ann.create(SHARED);
    await ann.send(handle, put(0, 'n1', granted('public', VIEWER)));
    const refused: readonly (readonly [what: string, code: ServiceErrorCode, call: () => Promise<unknown>])[] = [
      ['finding nothing', 'not-found', () => ann.find('nothing')],
      ['deleting nothing', 'not-found', () => ann.delete('nothing')],
      ['asking nobody', 'not-found', () => ann.send('no-handle', { type: 'fetch', rev: 0 })],
      ['creating what another has', 'exists', () => stranger.create(SHARED)],
      ['deleting what another owns', 'not-permitted', () => stranger.delete(SHARED)],
    ];
    for (const [what, code, call] of refused) {
      const error = await call().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expectThat(error instanceof ServiceError, `${what}: expected a ServiceError, not ${shown(error)}`);
      expectSame([error.code, error.outcome], [code, 'answered'], `the code and the outcome of ${what}`);
    }
  },
  'says of each call that it does not reach the server': async ({ ann, disconnect }) => {
    if (disconnect === undefined) return;
    const { handle } = await ann.create('notes');
    await disconnect();
    await expectRejection(ann.profile(), 'network', 'profile');
    await expectRejection(ann.list(), 'network', 'list');
    await expectRejection(ann.find('notes'), 'network', 'find');
    await expectRejection(ann.create('notes'), 'network', 'create');
    await expectRejection(ann.delete('notes'), 'network', 'delete');
    await expectRejection(ann.send(handle, { type: 'fetch', rev: 0 }), 'network', 'send');
  },
};

/**
 * The contract of a link as tests. `open` is called for each test, and makes links to a server without datastores.
 * Spec: LINK-1 to LINK-12, ACL-1 to ACL-4.
 */
export function linkConformance(
  open: () => Promise<LinkFixture>,
  options: ConformanceOptions = {},
): readonly ConformanceCase[] {
  const patience = patienceOf(options);
  const checks = { ...DATASTORE_CHECKS, ...SHARING_CHECKS, ...WATCH_CHECKS, ...FAILURE_CHECKS };
  const cases = casesOf(checks, async () => {
    const fixture = await open();
    const watched = (link: Link): Link => ({
      ...watchedCalls('a link', link, METHODS, patience),
      watch: (listener) => link.watch(listener),
    });
    const { ann, annsTablet, colleague, outsider, stranger, strangerAccount } = fixture;
    return {
      ...{ bare: ann, patience, strangerAccount },
      ...{ ann: watched(ann), annsTablet: watched(annsTablet), colleague: watched(colleague) },
      ...{ outsider: watched(outsider), stranger: watched(stranger) },
      ...(fixture.disconnect === undefined
        ? {}
        : { disconnect: () => (fixture as Required<LinkFixture>).disconnect() }),
      close: async () => await fixture.close?.(),
    };
  });
  return cases.map(({ name, run }) => ({ name: `a link ${name}`, run }));
}

/** A message that puts changes. */
function put(rev: number, nonce: string, ...changes: readonly WireChange[]): Put {
  return { type: 'put', rev, nonce, delta: parseDelta(changes) };
}

/** The change that inserts a record into table `t`. */
function inserted(record: string): WireChange {
  return ['I', 't', record, {}];
}

/** The change that gives a principal a role for the first time, or again. */
function granted(principal: string, role: WireValue, time: 'first' | 'again' = 'first'): WireChange {
  return time === 'first' ? ['I', ':acl', principal, { role }] : ['U', ':acl', principal, { role: ['P', role] }];
}

/** An answer as a short text: its type, revisions, and the reason of a refusal. */
function summaryOf(answer: SequencerMessage): string {
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
    case 'reset':
      return `reset ${answer.rev}${answer.isLogLost === true ? ' lost' : ''}`;
    default:
      return answer.type;
  }
}
