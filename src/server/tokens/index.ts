/**
 * Accounts by signed tokens. Needs the package `jose`.
 *
 * @module deltaic/server/tokens
 */

export { signToken, type TokenClaims, type TokenOptions, tokenAuthentication } from './tokens.js';
