/**
 * A server on Node's own HTTP server.
 *
 * @module deltaic/server/node
 */

export { type IncomingRequest, nodeListener, type OutgoingResponse } from './node-listener.js';
