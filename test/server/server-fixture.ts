import { createServer as createHttpServer, type Server } from 'node:http';

import type { Link } from '../../src/datastore/index.js';
import { type HttpLinkOptions, httpLink } from '../../src/http/index.js';
import { createServer, type DatastoreServer, type ServerOptions } from '../../src/server/http-server.js';
import { nodeListener } from '../../src/server/node/index.js';
import { signToken, tokenAuthentication } from '../../src/server/tokens/index.js';

export const SECRET: Uint8Array = new TextEncoder().encode('a secret of at least thirty-two bytes');

/** A server on a real socket. */
export interface RunningServer {
  readonly server: DatastoreServer;
  readonly url: string;
  readonly http: Server;
  /** A token that is valid for a minute. */
  token(account: string): Promise<string>;
  /** A link of an account, as a device has one. */
  link(
    account: string,
    claims?: { readonly team?: string; readonly userName?: string },
    options?: Partial<HttpLinkOptions>,
  ): Link;
  close(): Promise<void>;
}

export async function startServer(
  options: Partial<ServerOptions> & Pick<ServerOptions, 'logs'>,
): Promise<RunningServer> {
  const server = createServer({ authenticate: tokenAuthentication({ secret: SECRET }), ...options });
  const http = createHttpServer(nodeListener(server.handle));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${portOf(http)}`;
  return {
    server,
    url,
    http,
    token: (account) => signToken(SECRET, { account }, 60),
    link: (account, claims = {}, options = {}) =>
      httpLink({ url, getToken: () => signToken(SECRET, { account, ...claims }, 60), ...options }),
    close: async () => {
      await server.close(0);
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

function portOf(http: Server): number {
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('the server got no port');
  return address.port;
}
