/**
 * What tests of a server need: the wire as a suite, to be run against any server.
 *
 * @module deltaic/http/testing
 */

export { type ServerUnderTest, serverConformance, type TestAccount } from './server-conformance.js';
