import { Agent, request } from 'node:http';
import { signToken } from '../../src/server/tokens/index.js';
import { ENTRY_TEXT, SECRET } from './protocol.js';

/** What clients did. */
export interface Done {
  readonly puts: number;
  readonly seconds: number;
  /** Answers that were conflicts, so that the put was sent again. */
  readonly conflicts: number;
}

/** What a server answers, as far as it is read here. */
export interface Answer {
  readonly handle: string;
  readonly message: {
    readonly type: string;
    readonly rev: number;
    readonly entries: readonly { readonly rev: number; readonly delta: readonly [string, string, string][] }[];
  };
}

/** Calls of one account, each over a connection that is kept. */
export class Caller {
  readonly #agent = new Agent({ keepAlive: true });
  readonly #port: number;
  readonly #token: string;

  private constructor(port: number, token: string) {
    this.#port = port;
    this.#token = token;
  }

  static async of(port: number, account: string): Promise<Caller> {
    return new Caller(port, await signToken(new TextEncoder().encode(SECRET), { account }, 36_000));
  }

  get token(): string {
    return this.#token;
  }

  call(name: string, body: object): Promise<Answer> {
    const text = JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${this.#token}`,
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    };
    const options = {
      port: this.#port,
      host: '127.0.0.1',
      path: `/v1/${name}`,
      method: 'POST',
      agent: this.#agent,
      headers,
    };
    return new Promise((resolve, reject) => {
      const asked = request(options, (response) => {
        let answer = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          answer += part;
        });
        response.on('end', () => {
          if (response.statusCode === 200) resolve(JSON.parse(answer) as Answer);
          else reject(new Error(`${name}: ${response.statusCode} ${answer}`));
        });
      });
      asked.on('error', reject);
      asked.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** Clients of the server: each puts edit after edit, into a datastore of its own or all into one. */
export async function loadDeltaic(
  port: number,
  { clients, ms, isHot = false }: { readonly clients: number; readonly ms: number; readonly isHot?: boolean },
): Promise<Done> {
  let puts = 0;
  let conflicts = 0;
  let end = Number.POSITIVE_INFINITY;
  const start = performance.now();
  const callers = await Promise.all(
    Array.from({ length: clients }, (_, client) => Caller.of(port, isHot ? 'ann' : `account-${client}`)),
  );
  const life = Math.round(start);
  const handles = await Promise.all(
    callers.map(async (caller) => (await caller.call('create', { id: `b${life}` })).handle),
  );
  const begun = performance.now();
  end = begun + ms;
  await Promise.all(
    callers.map(async (caller, client) => {
      let rev = 0;
      for (let count = 1; performance.now() < end; count++) {
        const record = `r${client}-${count}`;
        const message = {
          type: 'put',
          nonce: `${client}-${count}`,
          delta: [['I', 'notes', record, { text: ENTRY_TEXT }]],
        };
        for (;;) {
          const { message: answer } = await caller.call('send', {
            handle: handles[client],
            message: { ...message, rev },
          });
          if (answer.type === 'accepted') {
            rev = answer.rev;
            break;
          }
          if (answer.type !== 'conflict') throw new Error(`a put was answered by ${answer.type}`);
          conflicts++;
          rev = answer.entries.at(-1)?.rev ?? rev;
        }
        puts++;
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1000;
  if (isHot) await checkLog(callers[0] as Caller, handles[0] ?? '', puts);
  for (const caller of callers) caller.close();
  return { puts, seconds, conflicts };
}

/** Every edit is in the log exactly once. */
async function checkLog(caller: Caller, handle: string, puts: number): Promise<void> {
  const records = new Set<string>();
  let entriesRead = 0;
  for (let rev = 0; ; ) {
    const { message } = await caller.call('send', { handle, message: { type: 'fetch', rev } });
    for (const { delta } of message.entries) for (const [, , record] of delta) records.add(record);
    entriesRead += message.entries.length;
    if (message.rev === undefined) break;
    rev = message.entries.at(-1)?.rev ?? rev;
  }
  if (records.size !== puts || entriesRead !== puts) {
    throw new Error(`not so: ${puts} puts are ${entriesRead} entries of ${records.size} records`);
  }
}
