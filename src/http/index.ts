/**
 * The link of a device to a server over HTTP.
 *
 * @module deltaic/http
 */

export { type HttpLinkOptions, httpLink } from './http-link.js';
