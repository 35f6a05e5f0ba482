import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { Client } from 'pg';

/** What the server says to a client that has connected: that it needs no password, and is ready. */
const WELCOME = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);
const READY = 0x5a;
const IDLE = 0x49;
const TERMINATE = 0x58;

/** A connection to the database, and the client that has it at the moment. */
interface Backend {
  readonly session: Client;
  readonly socket: Socket;
  client: Socket | undefined;
}

/**
 * A pooler in transaction mode, for tests: it gives a client one of few connections to the database for a transaction, and
 * another one for the next. So nothing that belongs to a session outlives a transaction: no named statement, no LISTEN.
 */
export class TransactionPooler {
  readonly #backends: readonly Backend[];
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  readonly #waiting: ((backend: Backend) => void)[] = [];
  #turn = 0;

  private constructor(backends: readonly Backend[]) {
    this.#backends = backends;
    this.#server = createServer((client) => this.#serve(client));
    for (const backend of backends) this.#carryAnswers(backend);
  }

  static async before(url: string, connections: number): Promise<TransactionPooler> {
    const backends = await Promise.all(
      Array.from({ length: connections }, async (): Promise<Backend> => {
        const session = new Client({ connectionString: url });
        session.on('error', () => undefined);
        await session.connect();
        // The driver has done the handshake; from now on the bytes are those of others.
        const { stream } = (session as unknown as { connection: { stream: Socket } }).connection;
        stream.removeAllListeners('data');
        return { session, socket: stream, client: undefined };
      }),
    );
    const pooler = new TransactionPooler(backends);
    pooler.#server.listen(0, '127.0.0.1');
    await once(pooler.#server, 'listening');
    return pooler;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    for (const { socket } of this.#backends) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(client: Socket): void {
    this.#clients.add(client);
    client.on('error', () => undefined);
    client.on('close', () => this.#clients.delete(client));
    client.once('data', () => {
      client.write(WELCOME);
      let work: Promise<unknown> = Promise.resolve();
      client.on('data', (bytes) => {
        if (bytes[0] === TERMINATE) return;
        work = work.then(async () => void (await this.#backendOf(client)).socket.write(bytes));
      });
    });
  }

  /** The connection that the client has, or one that nobody has: each time another, as far as there are several. */
  #backendOf(client: Socket): Backend | Promise<Backend> {
    const own = this.#backends.find((backend) => backend.client === client);
    if (own !== undefined) return own;
    const order = [...this.#backends.slice(this.#turn), ...this.#backends.slice(0, this.#turn)];
    const free = order.find((backend) => backend.client === undefined);
    if (free === undefined) {
      return new Promise((resolve) => {
        this.#waiting.push((backend) => {
          backend.client = client;
          resolve(backend);
        });
      });
    }
    this.#turn = (this.#backends.indexOf(free) + 1) % this.#backends.length;
    free.client = client;
    return free;
  }

  #carryAnswers(backend: Backend): void {
    let rest = Buffer.alloc(0);
    backend.socket.on('data', (bytes: Buffer) => {
      backend.client?.write(bytes);
      rest = Buffer.concat([rest, bytes]);
      for (let length = lengthOf(rest); length <= rest.length; length = lengthOf(rest)) {
        if (rest[0] === READY && rest[length - 1] === IDLE) this.#free(backend);
        rest = rest.subarray(length);
      }
    });
  }

  #free(backend: Backend): void {
    backend.client = undefined;
    this.#waiting.shift()?.(backend);
  }
}

/** The length of the message at the start, with its type; too long if it is not whole. */
function lengthOf(bytes: Buffer): number {
  return bytes.length < 5 ? Number.POSITIVE_INFINITY : bytes.readUInt32BE(1) + 1;
}
