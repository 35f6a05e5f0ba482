// What we use of lmdb. Its own declarations end in `export =`, which no ES module may have, so they compile only where
// declarations are not checked.

export type Key = string | readonly (string | number)[];

export interface Database<Value, K extends Key> {
  get(key: K): Value | undefined;
  putSync(key: K, value: Value): void;
  removeSync(key: K): boolean;
  getRange(options: { readonly start?: K; readonly end?: K }): Iterable<{ readonly key: K; readonly value: Value }>;
  getKeys(options: { readonly start?: K; readonly end?: K }): Iterable<K>;
}

export interface RootDatabase {
  openDB<Value, K extends Key>(options: { readonly name: string }): Database<Value, K>;
  /** Runs in the next write transaction, together with others; resolves when that is on the disk. */
  transaction<Result>(action: () => Result): Promise<Result>;
  close(): Promise<void>;
}

export interface RootOptions {
  readonly path: string;
  readonly overlappingSync?: boolean;
  readonly mapSize?: number;
}

export function open(options: RootOptions): RootDatabase;
