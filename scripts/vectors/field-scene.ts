import type { Json } from './json.js';

/** One field `f`: what it holds in the base (null for absent), and the wire operations of both sides on it. */
export type FieldCase = readonly [
  name: string,
  rule: string,
  base: Json,
  local: readonly Json[],
  remote: readonly Json[],
];

export const long = (decimal: number | string): Json => ({ I: String(decimal) });
export const [D, LC]: readonly [Json, Json] = [['D'], ['LC']];
export const P = (value: Json): Json => ['P', value];
