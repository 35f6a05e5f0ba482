/**
 * A server on Node's own HTTP server.
 *
 * @module deltaic/server/node
 */

export { type IncomingRequest, nodeListener, type OutgoingResponse, type WebHandler } from './node-listener.js';
