/** The part of a page's `window` that is used. */
export interface PageWindow {
  /** Adds a listener that hears when the page is left or put aside. */
  addEventListener(type: 'pagehide', listener: () => void): void;
  /** Removes a listener. */
  removeEventListener(type: 'pagehide', listener: () => void): void;
}

/** The part of a page's `document` that is used. */
export interface PageDocument {
  /** Is `hidden` once the user sees another tab or application. */
  readonly visibilityState: string;
  /** Adds a listener that hears when `visibilityState` changes. */
  addEventListener(type: 'visibilitychange', listener: () => void): void;
  /** Removes a listener. */
  removeEventListener(type: 'visibilitychange', listener: () => void): void;
}

/** The part of a page's global object that is used. */
export interface Page {
  /** Is left out in a worker. */
  readonly window?: PageWindow;
  /** Is left out in a worker. */
  readonly document?: PageDocument;
  /** Makes the global object one of these wherever its type comes from. */
  readonly globalThis?: unknown;
}

/**
 * Stores at once what was edited whenever the page is hidden, since a browser may then end it without telling it.
 *
 * @param accounts an `AccountManager`, or a `DatastoreManager`.
 * @param page `globalThis`. In a worker, which has neither a window nor a document, nothing is done.
 * @returns a function that ends this.
 */
export function flushWhenHidden(accounts: { flush(): Promise<void> }, page: Page): () => void {
  const { window, document } = page;
  const flush = (): void => {
    // A storage that fails shows in the sync status, and is tried again.
    accounts.flush().catch(() => undefined);
  };
  const flushIfHidden = (): void => {
    if (document?.visibilityState === 'hidden') flush();
  };
  window?.addEventListener('pagehide', flush);
  document?.addEventListener('visibilitychange', flushIfHidden);
  return () => {
    window?.removeEventListener('pagehide', flush);
    document?.removeEventListener('visibilitychange', flushIfHidden);
  };
}
