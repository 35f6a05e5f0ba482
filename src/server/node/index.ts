/**
 * A server on Node's own HTTP server.
 *
 * @module deltaic/server/node
 */

export { nodeListener } from './node-listener.js';
