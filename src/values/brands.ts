/*
 * Objects of the language, recognised by what only they have inside. `instanceof` would reject those of another realm (an
 * iframe, `vm`, jsdom), and would believe any object that claims the prototype.
 */

const typedArrayName = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)
  ?.get as (this: object) => string | undefined;

/** Whether something is a Uint8Array, such as a Buffer of Node, of any realm. */
export function isBytes(something: unknown): something is Uint8Array {
  return ArrayBuffer.isView(something) && typedArrayName.call(something) === 'Uint8Array';
}

/** A copy of bytes, or `undefined` if their buffer was transferred away. */
export function copyOfBytes(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return new Uint8Array(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Whether something is a Date of any realm. It may be invalid. */
export function isDate(something: unknown): something is Date {
  return typeof something === 'object' && timeOf(something) !== undefined;
}

/** The milliseconds of a Date, whatever its class makes of `getTime`, or `undefined` for anything else. */
export function timeOf(something: unknown): number | undefined {
  try {
    return Date.prototype.getTime.call(something);
  } catch {
    return undefined;
  }
}

/** Whether something is a Map of any realm. */
export function isMap(something: unknown): something is ReadonlyMap<unknown, unknown> {
  if (typeof something !== 'object' || something === null) return false;
  try {
    // Most objects that are no Map are plain ones, and to throw for each of them would take longer than to insert it.
    if (Object.getPrototypeOf(something) === Object.prototype) return false;
    Map.prototype.has.call(something, undefined);
    return true;
  } catch {
    return false;
  }
}

/** Whether something is a promise, of any realm or library. */
export function isPromiseLike(something: unknown): something is PromiseLike<unknown> {
  if (typeof something !== 'object' || something === null) return false;
  return typeof (something as { then?: unknown }).then === 'function';
}
