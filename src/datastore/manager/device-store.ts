import { ByteWriter } from '../../codec/binary/byte-column.js';
import { decodeUtf8 } from '../../codec/binary/text-column.js';
import { DatastoreError, isDatastoreError, ServiceError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { isBytes } from '../../values/brands.js';
import type { AcquireOptions, DeviceStorage, StorageLease } from '../storage/device-storage.js';
import { type Deadline, guardedLease } from './guards.js';

/** A batch of values of plain JSON, or of bytes, which are written as they are. */
export interface JsonBatch {
  readonly puts?: readonly (readonly [key: string, value: unknown])[];
  readonly deletes?: readonly string[];
  readonly isStrict?: boolean;
}

/** What a manager reads and writes: JSON as UTF-8, under the lease of a storage. Spec: STORE-5 to STORE-9. */
export class DeviceStore {
  readonly #lease: StorageLease;

  private constructor(lease: StorageLease) {
    this.#lease = lease;
  }

  /** Takes the lease. @throws DatastoreError `already-open`, `storage` or `unknown-version`. */
  static async open(storage: DeviceStorage, options: AcquireOptions, deadline?: Deadline): Promise<DeviceStore> {
    return new DeviceStore(await guardedLease(storage, options, deadline));
  }

  /**
   * Reads a stored value.
   *
   * @returns `undefined` if there is none.
   * @throws DatastoreError `storage`, or `corrupt-data` if `parse` rejects the value.
   */
  async read<Value>(key: string, parse: (json: unknown) => Value): Promise<Value | undefined> {
    const bytes = await this.#lease.get(key);
    return bytes && parsedBytes(key, bytes, parse);
  }

  /** Reads the values whose keys have a prefix. @throws DatastoreError as {@link read}. */
  async readAll<Value>(prefix: string, parse: (json: unknown) => Value): Promise<[key: string, value: Value][]> {
    const found = await this.#lease.getAll(prefix);
    return found.map(([key, bytes]) => [key, parsedBytes(key, bytes, parse)]);
  }

  /** As {@link readAll}, with `undefined` in place of a value that `parse` rejects. @throws DatastoreError `storage`. */
  async readEach<Value>(
    prefix: string,
    parse: (json: unknown) => Value,
  ): Promise<[key: string, value: Value | undefined][]> {
    const found = await this.#lease.getAll(prefix);
    return found.map(([key, bytes]) => [key, unlessCorrupt(() => parsedBytes(key, bytes, parse))]);
  }

  /** The bytes under a key, or `undefined` if there are none. @throws DatastoreError `storage`. */
  readBytes(key: string): Promise<Uint8Array | undefined> {
    return this.#lease.get(key);
  }

  /** The bytes under the keys that have a prefix, in code point order. @throws DatastoreError `storage`. */
  readAllBytes(prefix: string): Promise<readonly (readonly [key: string, value: Uint8Array])[]> {
    return this.#lease.getAll(prefix);
  }

  /** The keys that have a prefix. @throws DatastoreError `storage`. */
  async keys(prefix: string): Promise<string[]> {
    return (await this.#lease.getAll(prefix)).map(([key]) => key);
  }

  /** Writes all of a batch, or nothing. @throws DatastoreError `storage`, `lease-lost`, or `closed` once released. */
  async write({ puts = [], ...rest }: JsonBatch): Promise<void> {
    await this.#lease.write({ ...rest, puts: puts.map(([key, value]) => [key, bytesOf(value)] as const) });
  }

  /** Releases the lease, after what was written before. @throws DatastoreError `storage`. */
  async close(): Promise<void> {
    await this.#lease.release();
  }
}

function bytesOf(value: unknown): Uint8Array {
  if (isBytes(value)) return value;
  const bytes = new ByteWriter();
  bytes.text(JSON.stringify(value));
  return bytes.finish();
}

function parsedBytes<Value>(key: string, bytes: Uint8Array, parse: (json: unknown) => Value): Value {
  return parsedOrCorrupt(`the stored value ${quote(key)}`, () => parse(jsonOf(bytes)));
}

/** What a function reads, or `undefined` if it throws `corrupt-data`. */
export function unlessCorrupt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (!isDatastoreError(error, 'corrupt-data')) throw error;
    return undefined;
  }
}

/** Reads JSON in UTF-8. @throws DatastoreError `invalid-binary` or `invalid-json`. */
export function jsonOf(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DatastoreError('invalid-json', error.message, {}, error);
  }
}

/** @throws DatastoreError `corrupt-data` for what `parse` throws, except `rule-missing` and `unknown-version`. */
export function parsedOrCorrupt<Value>(what: string, parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    // The application can mend a missing rule, and a newer version reads an unknown one: then nothing is damaged.
    if (!isDatastoreError(error) || error.code === 'rule-missing' || error.code === 'unknown-version') throw error;
    throw new ServiceError('corrupt-data', `${what} is damaged: ${error.message}`, {}, error);
  }
}

/** @throws DatastoreError `invalid-json` for anything but a string, or null, which stands for `undefined`. */
export function textOrNull(json: unknown, name: string): string | undefined {
  if (json === null) return undefined;
  if (typeof json === 'string') return json;
  throw new DatastoreError('invalid-json', `${name} must be a string or null, got ${quote(json)}`);
}
