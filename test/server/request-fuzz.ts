import { encodeMessage } from '../../src/codec/binary/encoded-message.js';
import { parseDelta } from '../../src/index.js';
import { createServer, type DatastoreServer, type ServerOptions } from '../../src/server/http-server.js';
import { MemoryLogs } from '../../src/server/memory-logs.js';
import { signToken, tokenAuthentication } from '../../src/server/tokens/index.js';
import type { ReplicaMessage } from '../../src/sync/index.js';
import { Random } from '../simulator/random.js';
import { SECRET } from './server-fixture.js';

/** Words that only those may see who may read the datastore that they are in. */
const PRIVATE_WORD = 'canary-of-ann';
const SHARED_WORD = 'canary-of-the-team';
const BINARY = 'application/vnd.deltaic';
/** After how many requests the logs are trimmed, so that what they hold does not grow. */
const TRIM = 1_000;
/** How many handles of its own it remembers. */
const OWN = 3;

interface Attacker {
  readonly name: 'bob' | 'vera' | 'nobody';
  readonly authorization: string | undefined;
}

/** What a request was, and what is wrong with its answer. */
export class FuzzFailure extends Error {}

/**
 * Sends random requests to a server that keeps data of ann: by bob, who may read nothing of it, by vera, who is a viewer of
 * one datastore, and by nobody. They are calls with parts that were exchanged, cut, or made up, in JSON and in the binary form, and
 * some clients go away before they are answered. No answer may be a failure of
 * the server or show what the account may not see, and nothing of ann's may have changed at the end.
 */
export class RequestFuzz {
  /** How many answers there were, by status. */
  readonly statuses = new Map<number, number>();
  readonly #random: Random;
  readonly #logs = new MemoryLogs();
  readonly #server: DatastoreServer;
  readonly #attackers: Attacker[] = [];
  /** Those of ann's datastores. */
  readonly #handles: string[] = [];
  /** By attacker, those of datastores that it has made. */
  readonly #own = { bob: [] as string[], vera: [] as string[], nobody: [] as string[] };
  #asking: Attacker['name'] = 'nobody';
  #failure: unknown;
  #count = 0;
  /** The body that was sent last. */
  #sent = '';

  private constructor(seed: number, options: Partial<ServerOptions>) {
    this.#random = new Random(seed);
    this.#server = createServer({
      logs: this.#logs,
      authenticate: tokenAuthentication({ secret: SECRET }),
      ...{ bodySize: 100_000, datastoresPerAccount: 5, pollInterval: 0, snapshotInterval: 50 },
      onFailure: (error) => {
        this.#failure = error;
      },
      ...options,
    });
  }

  /** @param options of the server; a test plants faults by them. */
  static async start(seed: number, options: Partial<ServerOptions> = {}): Promise<RequestFuzz> {
    const fuzz = new RequestFuzz(seed, options);
    const { service } = createServer({ logs: fuzz.#logs, authenticate: () => undefined, pollInterval: 0 });
    const ann = { account: 'ann' };
    const secret = await service.create(ann, 'secret');
    const shared = await service.create(ann, '.shared');
    const put = (nonce: string, rev: number, change: unknown) =>
      ({ type: 'put', rev, nonce, delta: parseDelta([change]) }) as const;
    await service.send(ann, secret.handle, put('n1', 0, ['I', 'notes', 'n', { text: PRIVATE_WORD }]));
    await service.send(ann, shared.handle, put('n1', 0, ['I', ':acl', 'uvera', { role: { I: '1000' } }]));
    await service.send(ann, shared.handle, put('n2', 1, ['I', 'notes', 'n', { text: SHARED_WORD }]));
    fuzz.#attackers.push(...(await attackers()));
    fuzz.#handles.push(secret.handle, shared.handle);
    await fuzz.#checkData();
    return fuzz;
  }

  /** Sends one request. @throws FuzzFailure. */
  async step(): Promise<void> {
    const attacker = this.#random.pick(this.#attackers);
    this.#asking = attacker.name;
    const gone = new AbortController();
    const request = this.#request(attacker, gone.signal);
    const answering = this.#server.fetch(request);
    // A long poll is not waited for.
    if (request.url.endsWith('/poll')) {
      await Promise.race([answering, nextTurn()]);
      gone.abort();
    }
    const response = await answering;
    this.statuses.set(response.status, (this.statuses.get(response.status) ?? 0) + 1);
    const answer = await textOf(response);
    this.#count++;
    const fail = (what: string): never => {
      const asked = `${attacker.name}: ${request.method} ${request.url} ${this.#sent.slice(0, 2_000)}`;
      throw new FuzzFailure(`${what}\nrequest ${this.#count}, of ${asked}\nanswer ${response.status} ${answer}`);
    };
    // An account may have only so many datastores.
    if ((response.status >= 500 && response.status !== 507) || this.#failure !== undefined)
      fail(`the server failed: ${String(this.#failure)}`);
    if (answer.includes(PRIVATE_WORD)) fail('private data was shown');
    if (answer.includes(SHARED_WORD) && attacker.name !== 'vera') fail('shared data was shown');
    const [secret, shared] = this.#handles;
    const hidden = attacker.name === 'vera' ? [secret] : [secret, shared];
    for (const handle of hidden) if (answer.includes(`"${handle}","rev":1`)) fail('it was shown how far a log is');
    const isOpen = /\/(?:health|ready)$/.test(request.url);
    if (attacker.name === 'nobody' && response.ok && !isOpen) fail('nobody got in');
    if (/\bat .*\.[jt]s:\d|node_modules/.test(answer)) fail('a stack was shown');
    if (response.headers.get('x-content-type-options') !== 'nosniff') fail('a header is missing');
    if (response.ok && request.url.endsWith('create')) this.#remember(JSON.parse(answer).handle);
    if (this.#count % TRIM === 0) await this.#trim();
  }

  /** Checks that nothing was changed, and nothing is left over. @throws FuzzFailure. */
  async end(): Promise<void> {
    await this.#checkData();
    const { watchers } = this.#server.service.statistics;
    if (watchers > 0) throw new FuzzFailure(`${watchers} watchers are left`);
    await this.#server.close(0);
  }

  #request({ authorization }: Attacker, signal: AbortSignal): Request {
    const path = this.#path();
    const isCall = this.#random.chance(0.9) && !path.includes('datastores');
    const method = isCall ? 'POST' : this.#random.pick(['GET', 'GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'POST']);
    const headers = new Headers();
    if (authorization !== undefined) headers.set('authorization', authorization);
    if (this.#random.chance(0.97)) headers.set('content-type', 'application/json');
    if (this.#random.chance(0.05)) headers.set('origin', 'https://other.example');
    if (this.#random.chance(0.02)) headers.set('content-encoding', 'gzip');
    if (this.#random.chance(0.2)) headers.set('accept', BINARY);
    const isBinary = this.#random.chance(path.endsWith('send') ? 0.3 : 0.02);
    if (isBinary) headers.set('content-type', BINARY);
    const made = isBinary ? this.#binary() : this.#body(path);
    const body = method === 'GET' || method === 'HEAD' ? {} : { body: made };
    this.#sent = typeof made === 'string' ? made : Buffer.from(made).toString('base64');
    return new Request(`http://localhost${path}`, { method, headers, signal, ...body });
  }

  #path(): string {
    const others = ['/', '/v1/', '/v1/send/x', '/health', '/ready', '//v1', '/v1/%00', '/v1/constructor', '/metrics'];
    if (this.#random.chance(0.05)) return this.#random.pick(others);
    const ids = ['secret', '.shared', '%ff', '%2e%2e', '__proto__'];
    if (this.#random.chance(0.1)) return `/v1/datastores/${this.#random.pick(ids)}`;
    const calls = ['profile', 'list', 'find', 'create', 'delete', 'send', 'send', 'send', 'watch', 'poll'];
    return `/v1/${this.#random.pick(calls)}`;
  }

  #body(path: string): string | Uint8Array<ArrayBuffer> {
    const text = JSON.stringify(this.#json(path));
    switch (this.#random.below(20)) {
      case 0:
        return text.slice(0, this.#random.below(text.length + 1));
      case 1: {
        const bytes = new TextEncoder().encode(text);
        bytes[this.#random.below(bytes.length)] = this.#random.below(256);
        return bytes;
      }
      case 2:
        return `${text}${text}`;
      case 3:
        return '['.repeat(1 + this.#random.below(20_000));
      default:
        return text;
    }
  }

  /** A message in the binary form, as it should be or damaged. */
  #binary(): Uint8Array<ArrayBuffer> {
    const change = ['I', 'notes', `r${this.#count}`, { text: 'fine' }];
    const put = { rev: this.#random.below(3), nonce: `b${this.#count}`, delta: parseDelta([change]) };
    const message = this.#random.pick<ReplicaMessage>([
      { type: 'put', ...put },
      { type: 'fetch', rev: this.#random.below(3) },
      { type: 'fetch-snapshot' },
    ]);
    const bytes = Uint8Array.from(encodeMessage(message, { handle: this.#handle() }));
    switch (this.#random.below(6)) {
      case 0:
        return bytes.slice(0, this.#random.below(bytes.length + 1));
      case 1:
      case 2:
        bytes[this.#random.below(bytes.length)] = this.#random.below(256);
        return bytes;
      case 3:
        return Uint8Array.from([...bytes, ...bytes]);
      default:
        return bytes;
    }
  }

  #json(path: string): unknown {
    if (this.#random.chance(0.03)) return this.#anything(3);
    const id = this.#random.pick(['secret', '.shared', 'own', '.own', 'Not An Id', '']);
    const body: Record<string, unknown> = {};
    if (/find|create|delete/.test(path)) body['id'] = this.#random.chance(0.9) ? id : this.#anything(2);
    if (path.endsWith('send')) {
      body['handle'] = this.#random.chance(0.8) ? this.#handle() : this.#anything(1);
      body['message'] = this.#random.chance(0.9) ? this.#message() : this.#anything(3);
    }
    if (/watch|poll/.test(path)) body['handles'] = this.#random.chance(0.8) ? this.#handles : this.#anything(2);
    if (path.endsWith('poll') && this.#random.chance(0.7)) {
      const told = this.#handles.map((handle) => [handle, this.#anything(1)]);
      const cursor = JSON.stringify({
        list: this.#anything(1),
        told: this.#random.chance(0.8) ? told : this.#anything(2),
      });
      body['cursor'] = this.#random.chance(0.9) ? cursor : this.#anything(2);
    }
    return body;
  }

  #remember(handle: string): void {
    const own = this.#own[this.#asking];
    if (!own.includes(handle)) own.push(handle);
    if (own.length > OWN) own.shift();
  }

  #handle(): string {
    const own = this.#own[this.#asking].at(-1 - this.#random.below(OWN));
    if (own !== undefined && this.#random.chance(0.5)) return own;
    return this.#random.pick(this.#handles);
  }

  #message(): unknown {
    // Some are as they should be, so that others go on from where those have led.
    if (this.#random.chance(0.2)) {
      const delta = [['I', 'notes', `r${this.#count}`, { text: 'fine' }]];
      return {
        type: 'put',
        rev: this.#random.chance(0.6) ? 0 : this.#random.below(3),
        nonce: `g${this.#count}`,
        delta,
      };
    }
    const types = ['put', 'put', 'put', 'fetch', 'fetch-snapshot', 'entries', 'snapshot', 'accepted'];
    return {
      type: this.#random.pick(types),
      rev: this.#random.chance(0.8) ? this.#random.below(4) : this.#anything(1),
      nonce: this.#random.chance(0.9) ? this.#random.pick(['n1', 'n2', `f${this.#count}`]) : this.#anything(1),
      ...(this.#random.chance(0.3) ? { head: this.#random.pick(['n1', 'n2', 'other']) } : {}),
      ...(this.#random.chance(0.1) ? { seen: this.#anything(1) } : {}),
      delta: this.#random.chance(0.9) ? this.#delta() : this.#anything(3),
    };
  }

  #delta(): unknown {
    return Array.from({ length: this.#random.below(4) }, () => {
      const table = this.#random.pick(['notes', ':acl', ':info', '__proto__', 't', '']);
      const record = this.#random.pick(['n', 'uvera', 'public', 'team', 'info', 'constructor']);
      const fields = { [this.#random.pick(['text', 'role', 'mtime', '__proto__'])]: this.#anything(2) };
      return [this.#random.pick(['I', 'U', 'D', 'X']), table, record, fields].slice(0, 2 + this.#random.below(4));
    });
  }

  /** A JSON value with the tags of the wire, and with names that objects have by themselves. */
  #anything(depth: number): unknown {
    const kind = this.#random.below(depth > 0 ? 12 : 8);
    if (kind < 8) {
      const plain = [null, true, 0, -1, 2 ** 53, 1e308, '', 'P', 'LI', '\ud800', 'x'.repeat(300)];
      const tagged = [{ I: '1' }, { I: '9'.repeat(40) }, { B: 'AA' }, { B: '!' }, { T: '1' }, { T: 'x' }, { N: 'nan' }];
      return this.#random.pick<unknown>([...plain, ...tagged]);
    }
    const length = this.#random.below(4);
    if (kind < 10) return Array.from({ length }, () => this.#anything(depth - 1));
    const names = ['type', 'rev', 'id', 'I', 'P', 'toString', '__proto__', 'length'];
    return Object.fromEntries(Array.from({ length }, () => [this.#random.pick(names), this.#anything(depth - 1)]));
  }

  /** Everything of ann's is as it was. */
  async #checkData(): Promise<void> {
    const heads = await this.#logs.getMany(this.#handles);
    const found = heads.map((head) => [head?.owner, head?.revision, head?.nonce].join()).join(' ');
    if (found !== 'ann,1,n1 ann,2,n2') throw new FuzzFailure(`data was changed: ${found}`);
  }

  async #trim(): Promise<void> {
    for (const account of ['bob', 'vera']) {
      for (const { handle, revision } of await this.#logs.list(account)) await this.#logs.trim(handle, revision);
    }
  }
}

async function attackers(): Promise<Attacker[]> {
  const bearer = async (account: string, secret = SECRET, seconds = 360_000): Promise<string> =>
    `Bearer ${await signToken(secret, { account }, seconds)}`;
  const bob = { name: 'bob', authorization: await bearer('bob') } as const;
  const vera = { name: 'vera', authorization: await bearer('vera') } as const;
  const part = (json: object): string => Buffer.from(JSON.stringify(json)).toString('base64url');
  const unsigned = `Bearer ${part({ alg: 'none' })}.${part({ sub: 'ann', exp: 4_000_000_000 })}.`;
  const none = [
    undefined,
    'Bearer ',
    unsigned,
    await bearer('ann', SECRET, -1),
    await bearer('ann', new Uint8Array(32)),
  ];
  return [
    bob,
    bob,
    bob,
    vera,
    vera,
    vera,
    ...none.map((authorization): Attacker => ({ name: 'nobody', authorization })),
  ];
}

/** What was answered; of a stream, what comes first. */
async function textOf(response: Response): Promise<string> {
  if (response.headers.get('content-type') !== 'text/event-stream') return response.text();
  const reader = response.body?.getReader();
  let text = '';
  for (let turn = 0; turn < 2; turn++) {
    const { value } = (await Promise.race([reader?.read(), nextTurn()])) ?? { value: undefined };
    text += new TextDecoder().decode(value);
  }
  await reader?.cancel();
  return text;
}

function nextTurn(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve, undefined)));
}
