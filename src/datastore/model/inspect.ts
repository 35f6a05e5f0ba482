/** The method by which Node and Bun ask an object what to show in a console. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

type Inspect = (shown: unknown, options?: object) => string;

/**
 * Makes consoles show the objects of a class as `title content`, as in `List [ 'a' ]`, where they would show private
 * fields. If an object cannot be read, as in a closed datastore, the code of the error stands in place of the content.
 */
export function showInConsoles<Shown extends object>(
  shownClass: { readonly prototype: Shown },
  titleOf: (shown: Shown) => string,
  contentOf: (shown: Shown) => unknown,
): void {
  function show(this: Shown, depth?: number | null, options?: object, inspect?: Inspect): string {
    const title = titleOf(this);
    if (inspect === undefined || (typeof depth === 'number' && depth < 0)) return `[${title}]`;
    let content: unknown;
    try {
      content = contentOf(this);
    } catch (error) {
      return `${title} (${String((error as { readonly code?: unknown }).code)})`;
    }
    return `${title} ${inspect(content, options)}`;
  }
  Object.defineProperty(shownClass.prototype, INSPECT, { value: show, configurable: true, writable: true });
}
