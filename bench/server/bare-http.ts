import { createServer, type Server } from 'node:http';

/** What every call is answered: as long as an accepted put, and good for creating a datastore too. */
const ANSWER =
  '{"handle":"h","message":{"type":"accepted","nonce":"12-345","rev":1},"role":"owner","time":1700000000000}';

/**
 * Node's own HTTP server, which reads each request to its end and answers the same: no server on it can take less time for a put
 * that comes by a request of its own.
 */
export function bareHttpServer(): Server {
  return createServer((incoming, outgoing) => {
    incoming.on('data', () => undefined);
    incoming.on('end', () => {
      outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length });
      outgoing.end(ANSWER);
    });
  });
}
