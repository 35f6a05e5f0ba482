import { describe, expect, test } from 'vitest';
import {
  DatastoreError,
  type Link,
  type LinkEvent,
  type MemoryLink,
  MemoryServer,
  ServiceError,
} from '../../../src/datastore/index.js';
import {
  type ConformanceCase,
  type LinkFixture,
  linkConformance,
  ManualEnvironment,
} from '../../../src/datastore/testing/index.js';
import type { SequencerMessage } from '../../../src/sync/index.js';
import { failingCases } from '../../support/failing-cases.js';
import { addAccounts } from './support/device.js';

const METHODS = ['profile', 'list', 'find', 'create', 'delete', 'send', 'watch'] as const;

/** What is changed of the link of an account. */
type Change = (link: MemoryLink, account: string) => Partial<Link>;

/** The suite against a server in memory whose links are changed. */
function suiteFor(change: Change): {
  readonly cases: readonly ConformanceCase[];
  readonly environment: ManualEnvironment;
} {
  const environment = new ManualEnvironment();
  const open = async (): Promise<LinkFixture> => {
    const server = addAccounts(new MemoryServer());
    const links: MemoryLink[] = [];
    const changed = (account: string): Link => {
      const link = server.link(account);
      links.push(link);
      const whole = Object.fromEntries(METHODS.map((name) => [name, link[name].bind(link)])) as unknown as Link;
      return { ...whole, ...change(link, account) };
    };
    return await Promise.resolve({
      ...{ ann: changed('ann'), annsTablet: changed('ann'), colleague: changed('cat'), outsider: changed('eve') },
      ...{ stranger: changed('sam'), strangerAccount: 'sam' },
      disconnect: async () => {
        for (const link of links) link.isOnline = false;
        await Promise.resolve();
      },
    });
  };
  return { cases: linkConformance(open, { environment }), environment };
}

/** A link that changes the messages of its answers. */
function answering(link: Link, change: (message: SequencerMessage) => SequencerMessage): Partial<Link> {
  return {
    send: async (handle, message) => {
      const answer = await link.send(handle, message);
      return { ...answer, message: change(answer.message) };
    },
  };
}

test('a link that conforms fails no case', async () => {
  const { cases, environment } = suiteFor(() => ({}));
  expect([...(await failingCases(cases, environment)).keys()]).toEqual([]);
});

describe('one fault of a link fails just the case that is there for it:', () => {
  const faults: Readonly<Record<string, readonly [failing: string, change: Change]>> = {
    'says of a page that it ends the log': [
      'a link carries a long log page by page, to its end',
      (link) =>
        answering(link, (message) => {
          if (message.type !== 'entries') return message;
          const { rev: _, ...last } = message;
          return last;
        }),
    ],
    'takes every put under a known nonce for a retry': [
      'a link tells a retry from another put under the same nonce',
      (link) => {
        const accepted = new Map<string, number>();
        return {
          send: async (handle, message) => {
            const known = message.type === 'put' ? accepted.get(`${handle} ${message.nonce}`) : undefined;
            if (known !== undefined && message.type === 'put') {
              return { message: { type: 'repeated', nonce: message.nonce, rev: known }, role: 'owner' };
            }
            const answer = await link.send(handle, message);
            if (answer.message.type === 'accepted') {
              accepted.set(`${handle} ${answer.message.nonce}`, answer.message.rev);
            }
            return answer;
          },
        };
      },
    ],
    'drops the heads of messages': [
      'a link tells a replica that its log went another way',
      (link) => ({
        send: async (handle, message) => {
          if (message.type === 'fetch-snapshot') return await link.send(handle, message);
          const { head: _, ...others } = message;
          return await link.send(handle, others);
        },
      }),
    ],
    'drops what authors had seen': [
      'a link keeps what the author of an entry had seen',
      (link) =>
        answering(link, (message) =>
          message.type === 'entries'
            ? { ...message, entries: message.entries.map(({ rev, nonce, delta }) => ({ rev, nonce, delta })) }
            : message,
        ),
    ],
    'throws where it should reject': [
      'a link answers each call by a promise, and a failure too',
      (link) => ({
        create: (id) => {
          if (id.includes(' ')) throw new DatastoreError('invalid-name', 'it has a space');
          return link.create(id);
        },
      }),
    ],
    'answers at once, without a promise': [
      'a link answers each call by a promise, and a failure too',
      (link, account) => ({
        profile: () => {
          if (!link.isOnline) throw new ServiceError('network', 'offline');
          return (account === 'ann' ? { userName: 'Ann Example', orgName: 'Example' } : { userName: 'Sam' }) as never;
        },
      }),
    ],
    'leaves open whether a refused call took effect': [
      'a link says of each call that the server refuses that it has no effect',
      (link) => ({
        find: (id) =>
          link.find(id).catch((error: ServiceError) => {
            throw new ServiceError(error.code, error.reason, {}, error, 'unknown');
          }),
      }),
    ],
    'takes an outage for a fault of the server': [
      'a link says of each call that it does not reach the server',
      (link) => ({
        profile: () =>
          link.profile().catch((error: ServiceError) => {
            throw new ServiceError('server', error.reason);
          }),
      }),
    ],
    'does not tell that a watch has ended': [
      'a link says that a watch has ended, once, and nothing after that',
      (link) => watching(link, (event) => (event.type === 'disconnected' ? undefined : event)),
    ],
    'tells the end of a watch by an error of no class': [
      'a link says that a watch has ended, once, and nothing after that',
      (link) =>
        watching(link, (event) =>
          event.type === 'disconnected' ? { ...event, error: new TypeError('broken') as never } : event,
        ),
    ],
    'goes on telling once a watch has ended': [
      'a link says that a watch has ended, once, and nothing after that',
      (link) => ({
        watch: (listener) =>
          link.watch((event) => {
            listener(event);
            if (event.type === 'disconnected') listener({ type: 'list-changed' });
          }),
      }),
    ],
  };

  test.each(Object.entries(faults))('%s', async (_, [failing, change]) => {
    const { cases, environment } = suiteFor(change);
    const failed = await failingCases(cases, environment);
    expect([...failed.keys()]).toEqual([failing]);
    for (const { name, message } of failed.values()) {
      expect([name, message.length < 800]).toEqual(['ConformanceError', true]);
    }
  });

  test.each([
    ['that answers nothing', () => ({ create: () => new Promise<never>(() => undefined) })],
    ['that gives no watch', () => ({ watch: () => undefined as never })],
    ['whose watch is a promise', (link: Link) => ({ watch: async (listener: never) => link.watch(listener) }) as never],
    ['without a method', () => ({ send: undefined as never })],
  ])('a link %s fails in short words, by errors of the suite', async (_, change: Change) => {
    const { cases, environment } = suiteFor(change);
    const failed = await failingCases(cases, environment);
    expect(failed.size).toBeGreaterThan(5);
    for (const { name, message } of failed.values()) {
      expect([name, message.length < 800, message.includes('TypeError')]).toEqual(['ConformanceError', true, false]);
    }
  });
});

/** A link whose watch passes on what `pass` leaves of its events. */
function watching(link: Link, pass: (event: LinkEvent) => LinkEvent | undefined): Pick<Link, 'watch'> {
  return {
    watch: (listener) =>
      link.watch((event) => {
        const passed = pass(event);
        if (passed !== undefined) listener(passed);
      }),
  };
}

describe('the suite for links catches one that', () => {
  const broken: Readonly<Record<string, (link: Link) => Partial<Link>>> = {
    'gives every creation the same handle': (link) => ({
      create: async (id) => ({ ...(await link.create(id)), handle: id }),
    }),
    'calls everybody an owner': (link) => ({
      find: async (id) => ({ ...(await link.find(id)), role: 'owner' }),
    }),
    'lists nothing': () => ({ list: () => Promise.resolve([]) }),
    'does not delete': () => ({ delete: () => Promise.resolve() }),
    'answers twice': (link) => ({
      send: async (handle, message) => {
        await link.send(handle, message);
        return await link.send(handle, message);
      },
    }),
    'never says that it is connected': (link) =>
      watching(link, (event) => (event.type === 'connected' ? undefined : event)),
    'does not tell how far logs reach': (link) =>
      watching(link, (event) => (event.type === 'reached' ? undefined : event)),
    'does not tell of deletions': (link) => watching(link, (event) => (event.type === 'deleted' ? undefined : event)),
    'does not tell of the list': (link) =>
      watching(link, (event) => (event.type === 'list-changed' ? undefined : event)),
    'does not stop': (link) => ({
      watch: (listener) => {
        const watch = link.watch(listener);
        return { follow: (handles) => watch.follow(handles), close: () => undefined };
      },
    }),
    'tells of others’ roles': (link) =>
      watching(link, (event) => (event.type === 'reached' ? { ...event, role: 'owner' } : event)),
  };
  for (const [fault, change] of Object.entries(broken)) {
    test(fault, async () => {
      const { cases, environment } = suiteFor(change);
      expect((await failingCases(cases, environment)).size).toBeGreaterThan(0);
    });
  }

  const brokenServers: Readonly<Record<string, () => MemoryServer>> = {
    'lets editors change roles': () => addAccounts(new MemoryServer({ editorsMayChangeRoles: true })),
    'counts everybody with an organisation as one team': () => {
      const server = addAccounts(new MemoryServer());
      server.setAccount('eve', { userName: 'Eve Elsewhere', orgName: 'Example' });
      return server;
    },
  };
  for (const [fault, open] of Object.entries(brokenServers)) {
    test(fault, async () => {
      const environment = new ManualEnvironment();
      const openLinks = async (): Promise<LinkFixture> => {
        const server = await Promise.resolve(open());
        return {
          ...{ ann: server.link('ann'), annsTablet: server.link('ann'), colleague: server.link('cat') },
          ...{ outsider: server.link('eve'), stranger: server.link('sam'), strangerAccount: 'sam' },
        };
      };
      const cases = linkConformance(openLinks, { environment });
      expect((await failingCases(cases, environment)).size).toBe(1);
    });
  }
});
