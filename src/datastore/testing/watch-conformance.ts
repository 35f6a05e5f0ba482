import type { LinkEvent } from '../manager/link.js';
import { expectSame, expectThat } from './conformance-case.js';
import { granted, inserted, type LinkFixture, put, WatchLog } from './link-fixture.js';

type Check = (fixture: LinkFixture) => Promise<void>;

const SHARED = '.conformance-watch';

const isConnected = ({ type }: LinkEvent): boolean => type === 'connected';
const isListChange = ({ type }: LinkEvent): boolean => type === 'list-changed';

/** What a link's watch tells. */
export const WATCH_CHECKS: Readonly<Record<string, Check>> = {
  'says first that a watch works, and never within the call that begins it': async ({ ann }) => {
    const { handle } = await ann.create('notes');
    let isWithin = true;
    const log = new WatchLog(ann);
    const watch = ann.watch(() => expectThat(!isWithin, 'no event comes within the call'));
    isWithin = false;
    log.watch.follow([handle]);
    await log.untilReached(handle, 0);
    expectSame(log.events[0], { type: 'connected' }, 'the first event');
    log.watch.close();
    watch.close();
  },
  'says where a log stands once it is followed, and when it grows': async ({ ann, annsTablet }) => {
    const { handle } = await ann.create('notes');
    await ann.exchange(handle, put(0, 'n1', inserted('a')));
    const log = new WatchLog(annsTablet);
    log.watch.follow([handle]);
    const first = await log.untilReached(handle, 0);
    expectSame([first.rev, first.role], [1, 'owner'], 'what it says first');
    await ann.exchange(handle, put(1, 'n2', inserted('b')));
    await log.untilReached(handle, 2);
    await annsTablet.exchange(handle, put(2, 'n3', inserted('c')));
    await log.untilReached(handle, 3);
    const told = log.events.flatMap((event) => (event.type === 'reached' ? event.entries : []));
    const known = ['n1', 'n2', 'n3'];
    expectThat(
      told.every(({ rev, nonce }) => known[rev - 1] === nonce),
      'the entries that it tells are those of the log',
    );
    log.watch.close();
  },
  'says so also where the following begins while it is connected, or is begun anew': async ({ ann, annsTablet }) => {
    const [one, two] = [await ann.create('one'), await ann.create('two')];
    const log = new WatchLog(annsTablet);
    await log.until(isConnected);
    log.watch.follow([one.handle]);
    await log.untilReached(one.handle, 0);
    log.watch.follow([two.handle]);
    await log.untilReached(two.handle, 0);
    await ann.exchange(one.handle, put(0, 'n1', inserted('a')));
    log.watch.follow([one.handle, two.handle]);
    await log.untilReached(one.handle, 1);
    log.watch.close();
  },
  'says nothing of a log that is not followed': async ({ ann, annsTablet }) => {
    const [one, two] = [await ann.create('one'), await ann.create('two')];
    const log = new WatchLog(annsTablet);
    log.watch.follow([two.handle]);
    await log.untilReached(two.handle, 0);
    await ann.exchange(one.handle, put(0, 'n1', inserted('a')));
    await ann.exchange(two.handle, put(0, 'n2', inserted('a')));
    await log.untilReached(two.handle, 1);
    const others = log.events.filter((event) => event.type === 'reached' && event.handle === one.handle);
    expectSame(others, [], 'what it says of the other');
    log.watch.close();
  },
  'says which role the user has': async ({ ann, stranger }) => {
    const { handle } = await ann.create(SHARED);
    await ann.exchange(handle, put(0, 'n1', granted('public', 'editor')));
    await stranger.find(SHARED);
    const log = new WatchLog(stranger);
    log.watch.follow([handle]);
    expectSame((await log.untilReached(handle, 1)).role, 'editor', 'the role');
    await ann.exchange(handle, put(1, 'n2', ['U', ':acl', 'public', { role: ['P', 'viewer'] }]));
    expectSame((await log.untilReached(handle, 2)).role, 'viewer', 'the role then');
    await ann.exchange(handle, put(2, 'n3', ['D', ':acl', 'public']));
    const last = await log.until((event) => event.type === 'reached' && event.role === 'none');
    expectSame(last.type === 'reached' ? last.entries : [], [], 'the entries for somebody who may not read');
    log.watch.close();
  },
  'says that a datastore was deleted, or had been': async ({ ann, annsTablet }) => {
    const { handle } = await ann.create('notes');
    const log = new WatchLog(annsTablet);
    log.watch.follow([handle]);
    await log.untilReached(handle, 0);
    await ann.delete('notes');
    await log.until((event) => event.type === 'deleted' && event.handle === handle);
    const late = new WatchLog(annsTablet);
    late.watch.follow([handle]);
    await late.until((event) => event.type === 'deleted' && event.handle === handle);
    log.watch.close();
    late.watch.close();
  },
  'says when the list has changed': async ({ ann, annsTablet, stranger }) => {
    const [log, other] = [new WatchLog(annsTablet), new WatchLog(stranger)];
    await log.until(isConnected);
    await other.until(isConnected);
    const { handle } = await ann.create(SHARED);
    await log.until(isListChange);
    await ann.exchange(handle, put(0, 'n1', ['I', ':info', 'info', { title: 'Notes' }]));
    await log.until(isListChange);
    await ann.exchange(handle, put(1, 'n2', granted('public', 'viewer')));
    await log.until(isListChange);
    await stranger.find(SHARED);
    await other.until(isListChange);
    await ann.delete(SHARED);
    await Promise.all([log.until(isListChange), other.until(isListChange)]);
    log.watch.close();
    other.watch.close();
  },
  'says nothing once a watch is closed': async ({ ann, annsTablet }) => {
    const { handle } = await ann.create('notes');
    const [closed, open] = [new WatchLog(annsTablet), new WatchLog(annsTablet)];
    closed.watch.follow([handle]);
    open.watch.follow([handle]);
    await closed.untilReached(handle, 0);
    await open.untilReached(handle, 0);
    closed.watch.close();
    closed.watch.close();
    const { length } = closed.events;
    await ann.exchange(handle, put(0, 'n1', inserted('a')));
    await open.untilReached(handle, 1);
    await ann.delete('notes');
    await open.until(({ type }) => type === 'deleted');
    expectSame(closed.events.length, length, 'how many events a closed watch told');
    open.watch.close();
  },
};
