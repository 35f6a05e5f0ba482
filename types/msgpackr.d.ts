/**
 * The part of msgpackr that the core uses. Its own declarations need those of Node, which the core must compile without.
 */

export interface Options {
  readonly useRecords?: boolean;
}

export class Packr {
  constructor(options?: Options);
  pack(value: unknown): Uint8Array;
}

export class Unpackr {
  constructor(options?: Options);
  unpack(packed: Uint8Array): unknown;
}
