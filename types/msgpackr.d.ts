/**
 * The part of msgpackr that the core uses. Its own declarations need those of Node, which the core must compile without.
 */

export function pack(value: unknown): Uint8Array;
export function unpack(packed: Uint8Array): unknown;
