import type { Client, Pool } from 'pg';
import type { WakeListener } from '../log-store.js';

const CHANNEL = 'deltaic';
/** How long appends are gathered into one notification, in ms. */
const GATHER = 10;
/** How often the session is asked whether it still listens, in ms. */
const CHECK = 10_000;
/** The pauses before a new session after a failure, in ms: doubled up to the last. */
const FIRST_PAUSE = 250;
const LAST_PAUSE = 15_000;
/** PostgreSQL takes payloads of less than 8,000 bytes. */
const PAYLOAD_LENGTH = 7_900;

/**
 * Tells the processes of one database which logs have grown. A notification is a hint: it is sent after the commit,
 * gathered over a few milliseconds, and may be lost. Inside the append it would make all commits of the database wait
 * for one another.
 *
 * LISTEN has a session of its own. The session is asked now and then whether it still listens, since a connection can
 * die without a sign; after a loss it is made anew.
 */
export class PostgresWaker {
  readonly #pool: Pool;
  readonly #connect: (() => Client) | undefined;
  readonly #checkInterval: number;
  readonly #listeners = new Set<WakeListener>();
  #grown = new Set<string>();
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #session: Client | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = FIRST_PAUSE;
  #isClosed = false;
  #sending: Promise<void> = Promise.resolve();

  /** @param checkInterval how often the session is asked whether it still listens, in ms. */
  constructor(pool: Pool, connect: (() => Client) | undefined, checkInterval: number = CHECK) {
    this.#pool = pool;
    this.#connect = connect;
    this.#checkInterval = checkInterval;
  }

  listen(listener: WakeListener): () => void {
    this.#listeners.add(listener);
    if (this.#connect !== undefined && this.#session === undefined && this.#timer === undefined) this.#begin();
    return () => this.#listeners.delete(listener);
  }

  /** Tells this process at once, and the others soon. */
  tell(handles: readonly string[]): void {
    this.#wake(handles);
    for (const handle of handles) this.#grown.add(handle);
    if (this.#connect === undefined || this.#isClosed) return;
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.#sending = this.#sending.then(() => this.#notify());
    }, GATHER);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#listeners.clear();
    clearTimeout(this.#gathering);
    clearTimeout(this.#timer);
    await this.#sending;
    await this.#session?.end().catch(() => undefined);
  }

  async #notify(): Promise<void> {
    const handles = [...this.#grown];
    this.#grown = new Set();
    let payload = '';
    const payloads: string[] = [];
    for (const handle of handles) {
      if (payload.length + handle.length + 1 > PAYLOAD_LENGTH) {
        payloads.push(payload);
        payload = '';
      }
      payload += payload === '' ? handle : ` ${handle}`;
    }
    if (payload !== '') payloads.push(payload);
    // Losing a hint is permitted: a waiter polls as well.
    for (const text of payloads) {
      await this.#pool.query('SELECT pg_notify($1, $2)', [CHANNEL, text]).catch(() => undefined);
    }
  }

  #wake(handles: readonly string[]): void {
    for (const listener of this.#listeners) listener(handles);
  }

  /** Opens a session that listens, and another one whenever it is lost. */
  #begin(): void {
    if (this.#isClosed || this.#connect === undefined) return;
    const session = this.#connect();
    this.#session = session;
    let isLost = false;
    const lose = (): void => {
      if (isLost) return;
      isLost = true;
      this.#session = undefined;
      clearTimeout(this.#timer);
      session.end().catch(() => undefined);
      if (this.#isClosed) return;
      this.#timer = setTimeout(() => this.#begin(), this.#pause);
      this.#pause = Math.min(this.#pause * 2, LAST_PAUSE);
    };
    session.on('error', lose);
    session.on('end', lose);
    session.on('notification', ({ payload }) => {
      if (payload !== undefined && payload !== '') this.#wake(payload.split(' '));
    });
    const check = async (): Promise<void> => {
      const { rows } = await session.query<{ channel: string }>('SELECT pg_listening_channels() AS channel');
      if (!rows.some(({ channel }) => channel === CHANNEL)) lose();
      else if (!isLost && !this.#isClosed) this.#timer = setTimeout(() => check().catch(lose), this.#checkInterval);
    };
    session
      .connect()
      .then(() => session.query(`LISTEN ${CHANNEL}`))
      .then(() => {
        this.#pause = FIRST_PAUSE;
        return check();
      })
      .catch(lose);
  }
}
