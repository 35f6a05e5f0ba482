/**
 * What tests of an application need: conformance suites for its own storage and link, and an environment with a clock that
 * the test moves.
 *
 * @module deltaic/datastore/testing
 */

export { type ConformanceCase, ConformanceError } from './conformance-case.js';
export { type DeviceStorageFixture, deviceStorageConformance } from './device-storage-conformance.js';
export { type LinkFixture, linkConformance } from './link-conformance.js';
export { ManualEnvironment, settled } from './manual-environment.js';
export type { ConformanceOptions } from './watched-calls.js';
