import { decodeSequencerMessage, encodeMessage } from '../../codec/binary/encoded-message.js';
import { parseDelta } from '../../codec/wire/delta.js';
import type { Link } from '../../datastore/manager/link.js';
import { type ConformanceCase, casesOf, expectSame, expectThat } from '../../datastore/testing/conformance-case.js';
import { linkConformance } from '../../datastore/testing/link-conformance.js';
import { formatMessage } from '../../sync/message-format.js';
import type { ReplicaMessage } from '../../sync/messages.js';
import { httpLink } from '../http-link.js';

/** An account that a test acts for. */
export interface TestAccount {
  readonly account: string;
  readonly team?: string | undefined;
  readonly userName?: string | undefined;
}

/** A server that runs, and how to get in. */
export interface ServerUnderTest {
  readonly url: string;
  /** A token of an account, valid for so many seconds: an hour unless given, and expired if there are none. */
  readonly tokenOf: (account: TestAccount, seconds?: number) => string | Promise<string>;
}

const BINARY = 'application/vnd.deltaic';
const ANN: TestAccount = { account: 'conformance-ann', team: 'Example', userName: 'Ann Example' };
const COLLEAGUE: TestAccount = { account: 'conformance-colleague', team: 'Example' };
const OUTSIDER: TestAccount = { account: 'conformance-outsider', team: 'Elsewhere' };
const STRANGER: TestAccount = { account: 'conformance-stranger' };

/**
 * The wire as tests, against any server that follows `spec/http.md`: the contract of a link over HTTP, and what only a look at
 * requests and answers can tell. The cases use four accounts, and ids that no run before has used, so that a server may be
 * tested that has data; they delete what they make.
 *
 * Spec: HTTP-1 to HTTP-7, HTTP-10, HTTP-11.
 */
export function serverConformance(server: ServerUnderTest): readonly ConformanceCase[] {
  const links = linkConformance(async () => {
    const made: Made[] = [];
    const suffix = freshSuffix();
    const linkOf = (account: TestAccount, format: 'binary' | 'json' = 'binary'): Link => {
      const getToken = (): string | Promise<string> => server.tokenOf(account);
      return withFreshIds(httpLink({ url: server.url, getToken, format }), suffix, made);
    };
    return {
      ann: linkOf(ANN),
      // Both forms in each case.
      annsTablet: linkOf(ANN, 'json'),
      colleague: linkOf(COLLEAGUE),
      outsider: linkOf(OUTSIDER),
      stranger: linkOf(STRANGER),
      strangerAccount: STRANGER.account,
      close: async () => {
        for (const { link, id } of made) await link.delete(id).catch(() => undefined);
      },
    };
  });
  const wire = casesOf(WIRE_CHECKS, async () => new Caller(server));
  return [...links, ...wire.map(({ name, run }) => ({ name: `a server ${name}`, run }))];
}

/** A datastore that a test has made. */
interface Made {
  readonly link: Link;
  readonly id: string;
}

/** Letters that no other run has used. */
function freshSuffix(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return `-${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** A link on which every id has an ending that only this test uses, and which sees no others. */
function withFreshIds(link: Link, suffix: string, made: Made[]): Link {
  const idOf = (id: string): string => `${id}${suffix}`;
  return {
    profile: () => link.profile(),
    list: async () =>
      (await link.list())
        .filter(({ id }) => id.endsWith(suffix))
        .map((one) => ({ ...one, id: one.id.slice(0, -suffix.length) })),
    find: (id) => link.find(idOf(id)),
    create: async (id) => {
      made.push({ link, id: idOf(id) });
      return await link.create(idOf(id));
    },
    delete: (id) => link.delete(idOf(id)),
    send: (handle, message) => link.send(handle, message),
    watch: (listener) => link.watch(listener),
  };
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
  readonly json: Readonly<Record<string, unknown>> | null;
}

/** Makes requests by hand. */
class Caller {
  readonly #server: ServerUnderTest;
  readonly #made: string[] = [];
  readonly suffix: string = freshSuffix();

  constructor(server: ServerUnderTest) {
    this.#server = server;
  }

  tokenOf(account: TestAccount, seconds?: number): string | Promise<string> {
    return this.#server.tokenOf(account, seconds);
  }

  /** @param token of Ann unless given; `''` for none. */
  async ask(
    method: 'GET' | 'POST',
    path: string,
    body?: string,
    token?: string,
    type = 'application/json',
  ): Promise<Answer> {
    const shown = token ?? (await this.tokenOf(ANN));
    return await this.#fetch(method, path, shown, body === undefined ? {} : { 'content-type': type }, body);
  }

  async #fetch(
    method: string,
    path: string,
    token: string,
    others: Readonly<Record<string, string>>,
    body: string | Uint8Array | undefined,
  ): Promise<Answer> {
    const headers = { ...others, ...(token === '' ? {} : { authorization: `Bearer ${token}` }) };
    const { url } = this.#server;
    const init = { method, headers, ...(body === undefined ? {} : { body: body as string | Uint8Array<ArrayBuffer> }) };
    const response = await fetch(new URL(path, url.endsWith('/') ? url : `${url}/`), init);
    const bytes = new Uint8Array(await response.arrayBuffer());
    return { status: response.status, headers: response.headers, bytes, json: jsonOf(bytes) };
  }

  /** Sends a message of Ann's in one form, and asks for the answer in one. */
  async send(handle: string, message: ReplicaMessage, type: string, accept: string): Promise<Answer> {
    const json = JSON.stringify({ handle, message: formatMessage(message) });
    const body = type === BINARY ? encodeMessage(message, { handle }) : json;
    return await this.#fetch('POST', 'v1/send', await this.tokenOf(ANN), { 'content-type': type, accept }, body);
  }

  post(path: string, body: object, token?: string): Promise<Answer> {
    return this.ask('POST', `v1/${path}`, JSON.stringify(body), token);
  }

  /** A new datastore of Ann's. */
  async create(name: string): Promise<{ readonly id: string; readonly handle: string }> {
    const id = `${name}${this.suffix}`;
    this.#made.push(id);
    const { json } = await this.post('create', { id });
    return { id, handle: String(json?.['handle']) };
  }

  async close(): Promise<void> {
    for (const id of this.#made) await this.post('delete', { id });
  }
}

function jsonOf(bytes: Uint8Array): Answer['json'] {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Answer['json'];
  } catch {
    return null;
  }
}

type Check = (caller: Caller) => Promise<void>;

/** What each call is sent, for tests of access. */
const CALLS: Readonly<Record<string, object>> = {
  profile: {},
  list: {},
  find: { id: 'default' },
  create: { id: 'default' },
  delete: { id: 'default' },
  send: { handle: 'h', message: { type: 'fetch', rev: 0 } },
  watch: { handles: ['h'] },
  poll: { handles: ['h'] },
};

const WIRE_CHECKS: Readonly<Record<string, Check>> = {
  'lets nobody in without a valid token, by any call': async (caller) => {
    const unsigned = `${btoa('{"alg":"none"}')}.${btoa('{"sub":"conformance-ann","exp":9999999999}')}.`.replaceAll(
      '=',
      '',
    );
    const valid = await caller.tokenOf(ANN);
    const changed = `${valid.slice(0, -2)}${valid.endsWith('AA') ? 'BB' : 'AA'}`;
    for (const token of ['', 'token', unsigned, changed, await caller.tokenOf(ANN, -1)]) {
      for (const [path, body] of Object.entries(CALLS)) {
        const { status, json } = await caller.post(path, body, token);
        expectSame([path, status, json?.['code']], [path, 401, 'unauthorized'], 'a call without a valid token');
      }
      const { status } = await caller.ask('GET', 'v1/datastores/default', undefined, token);
      expectSame(status, 401, 'reading a datastore without a valid token');
    }
  },
  'says that it lives and is ready without a token': async (caller) => {
    for (const path of ['health', 'ready']) {
      expectSame((await caller.ask('GET', path, undefined, '')).status, 200, `the status of ${path}`);
    }
  },
  'tells what is wrong with a malformed call': async (caller) => {
    const wrong: readonly (readonly [path: string, body: string, status: number])[] = [
      ...(['', '{', '[]', 'null', '"id"', '{}', '{"id":1}'].map((body) => ['find', body, 400]) as [
        string,
        string,
        400,
      ][]),
      ['create', '{"id":"No Id"}', 400],
      ['send', '{"handle":"h"}', 400],
      ['send', '{"handle":"h","message":{"type":"accepted"}}', 400],
      ['send', '{"handle":"constructor","message":{"type":"fetch","rev":0}}', 404],
      ['watch', '{"handles":[1]}', 400],
      ['nothing', '{}', 404],
    ];
    for (const [path, body, expected] of wrong) {
      const { status, json } = await caller.ask('POST', `v1/${path}`, body);
      expectSame([path, body, status], [path, body, expected], 'the status of a malformed call');
      expectThat(
        typeof json?.['code'] === 'string' && typeof json['message'] === 'string',
        'it has a code and a message',
      );
    }
    const { status } = await caller.ask('POST', 'v1/list', '{}', undefined, 'text/plain');
    expectSame(status, 400, 'the status of a call of another content type');
  },
  'answers for a datastore that may not be read as for none': async (caller) => {
    const { id } = await caller.create('.hidden');
    const token = await caller.tokenOf(STRANGER);
    const none = `.none${caller.suffix}`;
    const seen = async (name: string): Promise<unknown> => {
      const answers = [
        await caller.post('find', { id: name }, token),
        await caller.post('delete', { id: name }, token),
      ];
      const read = await caller.ask('GET', `v1/datastores/${name}`, undefined, token);
      return [...answers, read].map(({ status, json }) => [
        status,
        json?.['code'],
        String(json?.['message']).replaceAll(name, 'ID'),
      ]);
    };
    expectSame(await seen(id), await seen(none), 'what another account sees of it');
  },
  'shows a datastore as JSON': async (caller) => {
    const { id, handle } = await caller.create('shown');
    const delta = [['I', 't', 'r', { text: 'hello' }]];
    await caller.post('send', { handle, message: { type: 'put', rev: 0, nonce: 'n1', delta } });
    const { status, json } = await caller.ask('GET', `v1/datastores/${id}`);
    const rows = [{ tid: 't', rowid: 'r', data: { text: 'hello' } }];
    expectSame([status, json], [200, { rev: 1, role: 'owner', rows }], 'the datastore');
  },
  'takes and gives messages in both forms, in any combination': async (caller) => {
    const { handle } = await caller.create('forms');
    const put = (rev: number): ReplicaMessage => {
      return { type: 'put', rev, nonce: `n${rev}`, delta: parseDelta([['I', 't', `r${rev}`, { text: 'ü' }]]) };
    };
    const { status, json } = await caller.send(handle, put(0), BINARY, 'application/json');
    expectSame(
      [status, json?.['message']],
      [200, { type: 'accepted', nonce: 'n0', rev: 1 }],
      'binary, answered in JSON',
    );
    const binary = await caller.send(handle, { type: 'fetch', rev: 0 }, 'application/json', BINARY);
    expectSame(binary.headers.get('content-type'), BINARY, 'the type of an answer in the binary form');
    const { message, head } = decodeSequencerMessage(binary.bytes);
    expectSame(head['role'], 'owner', 'the role beside it');
    const plain = await caller.send(handle, { type: 'fetch', rev: 0 }, BINARY, '*/*');
    expectSame(formatMessage(message), plain.json?.['message'], 'the same answer in both forms');
    const snapshot = await caller.send(handle, { type: 'fetch-snapshot' }, BINARY, BINARY);
    expectSame(decodeSequencerMessage(snapshot.bytes).message.type, 'snapshot', 'the answer to fetch-snapshot');
    const refused = await caller.post('list', {}, await caller.tokenOf(STRANGER));
    expectSame(refused.status, 200, 'calls without messages stay JSON');
    const damaged = await caller.ask('POST', 'v1/send', '\u0000\u0000', undefined, BINARY);
    expectSame([damaged.status, typeof damaged.json?.['code']], [400, 'string'], 'a damaged message');
  },
  'answers a long poll at once, then when something happens, and misses nothing in between': async (caller) => {
    const { handle } = await caller.create('polled');
    const grow = async (rev: number): Promise<void> => {
      const delta = parseDelta([['I', 't', `r${rev}`, {}]]);
      await caller.send(handle, { type: 'put', rev, nonce: `n${rev}`, delta }, BINARY, BINARY);
    };
    const first = await caller.post('poll', { handles: [handle] });
    const revisions = ({ json }: Answer): unknown => {
      const events = json?.['events'] as readonly { readonly handle?: string; readonly rev?: number }[];
      return events.filter((event) => event.handle === handle).map(({ rev }) => rev);
    };
    expectSame([first.status, revisions(first)], [200, [0]], 'the first poll');
    await grow(0);
    const second = await caller.post('poll', { handles: [handle], cursor: first.json?.['cursor'] });
    expectSame(revisions(second), [1], 'a poll after something has happened');
    const waiting = caller.post('poll', { handles: [handle], cursor: second.json?.['cursor'] });
    await grow(1);
    expectSame(revisions(await waiting), [2], 'a poll while something happens');
    const again = await caller.post('poll', { handles: [handle], cursor: 'not one of yours' });
    expectSame(revisions(again), [2], 'a poll with a cursor that the server does not understand');
  },
  'says that its answers are not for caches and not to be guessed at': async (caller) => {
    const { headers } = await caller.post('list', {});
    expectSame(headers.get('cache-control'), 'no-store', 'Cache-Control');
    expectSame(headers.get('x-content-type-options'), 'nosniff', 'X-Content-Type-Options');
  },
};
