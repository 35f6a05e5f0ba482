/**
 * A value of any kind as text for an error message: short, JSON-like, and on one line. It never throws, calls no getter
 * and no method of the value, and looks at a few items of a long one only, so a message may quote whatever it was
 * given: `"due date"`, `10n`, `undefined`, `[1, "a", …]`, `{title: "x"}`, `Date(2026-11-29T00:00:00.000Z)`, `Map(3)`.
 *
 * @param limit about how many characters the text may have.
 */
export function quote(value: unknown, limit = 80): string {
  try {
    return quoteWithin(value, limit, 0);
  } catch {
    // A proxy whose traps throw, or a revoked one.
    return 'an object that cannot be read';
  }
}

/** How many levels of arrays and objects are shown. */
const MAX_DEPTH = 2;
/** Writing out a bigint takes time that grows with the square of its length. */
const LARGEST_BIGINT = 1n << 256n;

function quoteWithin(value: unknown, limit: number, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quoteText(value, limit);
    case 'bigint':
      return value > LARGEST_BIGINT || value < -LARGEST_BIGINT ? 'a bigint of more than 256 bits' : `${value}n`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'symbol':
      return cut(String(value), limit);
    case 'function':
      return 'a function';
    case 'object':
      return value === null ? 'null' : quoteObject(value, limit, depth);
    default:
      return String(value);
  }
}

function quoteText(text: string, limit: number): string {
  return JSON.stringify(cut(text, limit));
}

/** Cuts a long text. Half a surrogate pair is not left behind. */
function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = /[\uD800-\uDBFF]/.test(text.charAt(limit - 1)) ? limit - 1 : limit;
  return `${text.slice(0, end)}…`;
}

function quoteObject(value: object, limit: number, depth: number): string {
  if (Array.isArray(value)) {
    if (depth === MAX_DEPTH) return `an array of length ${value.length}`;
    const item = (index: number, left: number): string => quoteProperty(value, String(index), left, depth);
    return `[${joined(value.length, limit, item)}]`;
  }
  const special = quoteSpecial(value);
  if (special !== undefined) return special;
  const name = classNameOf(value);
  if (depth === MAX_DEPTH) return name === undefined ? 'an object' : `an object of class ${cut(name, limit)}`;
  const keys = Object.keys(value);
  const entry = (index: number, left: number): string => {
    const key = keys[index] ?? '';
    const shown = /^[\w$]{1,40}$/.test(key) ? key : quoteText(key, 40);
    return `${shown}: ${quoteProperty(value, key, left, depth)}`;
  };
  const entries = `{${joined(keys.length, limit, entry)}}`;
  return name === undefined ? entries : `${cut(name, 40)} ${entries}`;
}

/** As many items as fit, and at least the first. */
function joined(count: number, limit: number, textOf: (index: number, left: number) => string): string {
  let text = '';
  for (let index = 0; index < count; index++) {
    if (text.length >= limit) return `${text}, …`;
    const item = textOf(index, Math.max(limit - text.length, 10));
    text = index === 0 ? item : `${text}, ${item}`;
  }
  return text;
}

function quoteProperty(owner: object, key: string, limit: number, depth: number): string {
  const property = Object.getOwnPropertyDescriptor(owner, key);
  // A hole in an array is read as undefined.
  if (property === undefined) return 'undefined';
  return 'value' in property ? quoteWithin(property.value, limit, depth + 1) : 'a getter';
}

/** Dates, bytes, maps and sets, recognised by their internal slots, whatever their prototype claims. */
function quoteSpecial(value: object): string | undefined {
  const time = tried(() => Date.prototype.getTime.call(value));
  if (time !== undefined) return `Date(${Number.isNaN(time) ? 'invalid' : new Date(time).toISOString()})`;
  if (ArrayBuffer.isView(value)) return `${classNameOf(value) ?? 'bytes'}(${value.byteLength})`;
  const mapSize = tried(() => Reflect.get(Map.prototype, 'size', value) as number);
  if (mapSize !== undefined) return `Map(${mapSize})`;
  const setSize = tried(() => Reflect.get(Set.prototype, 'size', value) as number);
  return setSize === undefined ? undefined : `Set(${setSize})`;
}

function tried<Result>(read: () => Result): Result | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** The name of the class of an object; `undefined` for a plain object, and if it is unknown. */
function classNameOf(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (typeof prototype !== 'object' || prototype === null || Object.getPrototypeOf(prototype) === null)
    return undefined;
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  if (typeof maker !== 'function') return undefined;
  const name: unknown = Object.getOwnPropertyDescriptor(maker, 'name')?.value;
  return typeof name === 'string' && name !== '' ? name : undefined;
}
