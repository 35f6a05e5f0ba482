/** What a JSON text can hold. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

export function isArray(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

export function isObject(json: Json): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

export function arrayOf(json: Json | undefined): readonly Json[] {
  if (json !== undefined && isArray(json)) return json;
  throw new Error(`An array is expected, not ${JSON.stringify(json)}`);
}

export function objectOf(json: Json | undefined): JsonObject {
  if (json !== undefined && isObject(json)) return json;
  throw new Error(`An object is expected, not ${JSON.stringify(json)}`);
}

export function textOf(json: Json | undefined): string {
  if (typeof json === 'string') return json;
  throw new Error(`A string is expected, not ${JSON.stringify(json)}`);
}

export function numberOf(json: Json | undefined): number {
  if (typeof json === 'number') return json;
  throw new Error(`A number is expected, not ${JSON.stringify(json)}`);
}

/** Wire values are JSON, but their types say so with interfaces that TypeScript does not match with an index. */
export function asJson(wire: unknown): Json {
  return wire as Json;
}
