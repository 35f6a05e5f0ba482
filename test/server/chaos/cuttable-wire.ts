import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** What a wire does with bytes. */
export type WireState =
  /** It carries them. */
  | 'open'
  /** It ends every connection at once, wherever in a message that is. */
  | 'cut'
  /** It keeps them until it opens again: nobody is told that nothing arrives. */
  | 'silent'
  /** It carries questions and keeps answers until it opens again. */
  | 'deaf';

/**
 * A wire between a client and servers, for tests: a TCP proxy on a port of its own that does as it is told. Each
 * connection leads to one of the targets, by turns.
 */
export class CuttableWire {
  readonly #server: Server;
  readonly #targets: readonly number[];
  readonly #connections = new Set<readonly [client: Socket, server: Socket]>();
  #state: WireState = 'open';
  #turn = 0;

  private constructor(targets: readonly number[]) {
    this.#targets = targets;
    this.#server = createServer((client) => this.#carry(client));
  }

  /** @param targets ports of this machine. */
  static async to(targets: readonly number[]): Promise<CuttableWire> {
    const wire = new CuttableWire(targets);
    await new Promise<void>((resolve) => wire.#server.listen(0, '127.0.0.1', resolve));
    return wire;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  set(state: WireState): void {
    this.#state = state;
    for (const [client, server] of this.#connections) this.#adjust(client, server);
  }

  async close(): Promise<void> {
    this.set('cut');
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #carry(client: Socket): void {
    const target = this.#targets[this.#turn++ % this.#targets.length] ?? 0;
    const server = connect(target, '127.0.0.1');
    const pair = [client, server] as const;
    this.#connections.add(pair);
    for (const [socket, other] of [pair, [server, client] as const]) {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => void other.write(bytes));
      socket.on('close', () => {
        other.destroy();
        this.#connections.delete(pair);
      });
    }
    this.#adjust(client, server);
  }

  #adjust(client: Socket, server: Socket): void {
    if (this.#state === 'cut') {
      // Node never lets go of a socket that is reset before it is connected, or twice.
      for (const socket of [client, server]) {
        if (socket.readyState === 'open' && !socket.destroyed) socket.resetAndDestroy();
        else socket.destroy();
      }
      return;
    }
    if (this.#state === 'silent') client.pause();
    else client.resume();
    if (this.#state === 'open') server.resume();
    else server.pause();
  }
}

/** A port of this machine that nobody uses at the moment. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
