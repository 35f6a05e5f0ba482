import type { Client, ClientConfig } from 'pg';

type ClientClass = new (config?: ClientConfig) => Client;
type Fail = (error: Error) => void;
type Succeed = (error: null, client: Client) => void;

/**
 * Makes clients of a database that may have several hosts, of which one takes writes at a time: the others are copies
 * that take over if it fails. All clients go to the same host until one cannot connect there or may not write.
 *
 * A copy is never asked anything, though it would answer: it can lag behind what was acknowledged.
 */
export class PostgresHosts {
  /** How many hosts there are. */
  readonly count: number;
  readonly #Client: ClientClass;
  readonly #urls: readonly string[];
  #current = 0;

  /** @param url a connection string with one host, or with several that are separated by commas. */
  constructor(Client: ClientClass, url: string) {
    this.#Client = Client;
    this.#urls = urlsOf(url);
    this.count = this.#urls.length;
  }

  /** A class of clients, for a pool: each goes to the host of the moment. */
  get Client(): ClientClass {
    const hosts = this;
    return class extends hosts.#Client {
      readonly #host = hosts.#current;

      constructor(config?: ClientConfig) {
        super({ ...config, connectionString: hosts.#urls[hosts.#current] });
        // It may die while it is asked what it is, and nobody else listens yet. The question fails then.
        this.on('error', () => undefined);
      }

      override connect(): Promise<Client>;
      override connect(callback: Fail | Succeed): void;
      override connect(callback?: Fail | Succeed): Promise<Client> | undefined {
        const connecting = this.#connectToWrite();
        if (callback === undefined) return connecting;
        connecting.then((client) => (callback as Succeed)(null, client), callback as Fail);
        return undefined;
      }

      async #connectToWrite(): Promise<Client> {
        try {
          await super.connect();
          const { rows } = await this.query<{ transaction_read_only: string }>('SHOW transaction_read_only');
          if (rows[0]?.transaction_read_only === 'on') throw new Error('the host takes no writes: it is a copy');
          return this;
        } catch (error) {
          hosts.#leave(this.#host);
          this.end().catch(() => undefined);
          throw error;
        }
      }
    };
  }

  /** The next client goes to another host, unless that was found already. */
  #leave(host: number): void {
    if (this.#current === host) this.#current = (host + 1) % this.count;
  }
}

/** A connection string for each host of one: `postgres://me@one,two:5433/logs` names two. */
export function urlsOf(url: string): readonly string[] {
  const [, scheme, hosts, rest] = /^([a-z]+:\/\/(?:[^/?#]*@)?)([^/?#@]*)(.*)$/is.exec(url) ?? [];
  if (scheme === undefined || hosts === undefined) return [url];
  return hosts.split(',').map((host) => `${scheme}${host}${rest}`);
}
