import { ByteReader, ByteWriter } from '../../codec/binary/byte-column.js';
import { decodeReplica, encodeReplica } from '../../codec/binary/encoded-replica.js';
import { UNLIMITED } from '../../codec/binary/memory-budget.js';
import { DatastoreError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import { checkRole, type Role } from '../../sync/messages.js';
import { type SavedEdits, withSavedEdits } from '../../sync/saved-edits.js';
import type { SavedReplica } from '../../sync/saved-replica.js';
import { expectObject } from '../../values/json.js';
import { CHECKSUM_BYTES, checksumOf, readChecksum, withChecksum } from '../storage/checksum.js';
import { jsonOf, parsedOrCorrupt, textOrNull } from './device-store.js';
import { diffLines, PatchedLines } from './line-patch.js';

/** What is stored of one datastore. Spec: STORE-7. */
export interface CachedDatastore {
  /** The handle on the server, or `undefined` until the server knows the datastore. */
  readonly handle: string | undefined;
  readonly role: Role;
  /** What `Replica.save` gave, as JSON that `Replica.load` reads. */
  readonly replica: unknown;
}

/** What a log asks to be written, in one batch. */
export interface LogChange {
  readonly put: readonly [key: string, value: Uint8Array];
  readonly deletes: readonly string[];
  /** Must be called when the batch was written, and only then. */
  readonly written: () => void;
}

/** Where a log is stored. */
export interface LogKeys {
  readonly base: string;
  /** The beginning of the keys of its records. */
  readonly records: string;
}

/** The version of the base. From 2 on, edits may follow it; from 3 on, undo items may end among them. */
const FORMAT = 3;
/** Below this, records are cheaper than a new base whatever the base weighs. */
const SMALL = 4096;

/**
 * How a datastore is stored: a *base*, which holds all of it in the binary form, and *records*, each of which says what
 * has changed since the one before. So storing costs what has changed. Once the records outgrow the base, a new base
 * takes their place, in the batch that deletes them.
 *
 * What is stored is seen as lines: one for each record of the datastore, for each change that waits, and for each other
 * member of the saved replica. A record of the log is one of two kinds. A *patch* changes these lines, so nothing in it
 * depends on what a merge or a confirmation does. *Edits* are what the user has added to the uncommitted delta, and
 * stand until the next patch, which has them in its lines. Base and records have a checksum each, which is computed on
 * from the one before it. So a record that is torn, missing or of another base is noticed. Spec: STORE-7, STORE-10.
 *
 * Costs: a patch writes the lines that differ, and its time and memory are those of the whole datastore; edits cost what
 * was edited.
 */
export class ReplicaLog {
  readonly #keys: LogKeys;
  #lines: readonly string[] = [];
  #checksum = 0;
  #records: readonly string[] = [];
  #baseBytes = 0;
  #recordBytes = 0;
  /** Whether edits came after the base or the last patch. The next patch must be written, whatever it changes. */
  #hasEdits = false;
  /** Whether what is stored is known. A write that failed may have taken effect, so a new base follows it. */
  #isKnown = false;

  /** A log of which nothing is stored. */
  constructor(keys: LogKeys) {
    this.#keys = keys;
  }

  /**
   * Reads a log from its base and its records.
   *
   * @returns `undefined` if nothing is stored.
   * @throws ServiceError `corrupt-data`, naming the key; DatastoreError `unknown-version`.
   */
  static read(
    keys: LogKeys,
    base: Uint8Array | undefined,
    records: readonly (readonly [key: string, value: Uint8Array])[],
  ): { readonly log: ReplicaLog; readonly cached: CachedDatastore } | undefined {
    if (base === undefined && records.length === 0) return undefined;
    const log = new ReplicaLog(keys);
    parsed(keys.base, () => log.#readBase(base));
    log.#records = records.map(([key]) => key);
    let edits: SavedEdits[] = [];
    const lines = new PatchedLines(log.#lines);
    for (const [key, value] of records) {
      const read = parsed(key, () => log.#readRecord(value, lines));
      if (read === undefined) edits = [];
      else edits.push(read);
    }
    log.#lines = lines.toArray();
    log.#hasEdits = edits.length > 0;
    return {
      log,
      cached: parsed(records.at(-1)?.[0] ?? keys.base, () => {
        const { replica, ...head } = cachedOf(log.#lines);
        return { ...head, replica: withSavedEdits(replica, edits) };
      }),
    };
  }

  /** What to write so that the log holds more edits; `undefined` if it cannot take them, and needs a {@link change}. */
  append({ changes, ended = [], rules, appends }: SavedEdits): LogChange | undefined {
    if (!this.#isKnown) return undefined;
    const lists = Object.entries({ ended, rules, appends }).filter(([, list]) => list.length > 0);
    const edits = { changes, ...Object.fromEntries(lists) };
    return this.#newRecord(edits, () => {
      this.#hasEdits = true;
    });
  }

  /** What to write so that the log holds this; `undefined` if it does, and `isForced` is not set. */
  change(cached: CachedDatastore, isForced: boolean): LogChange | undefined {
    if (!this.#isKnown) return this.#newBase(cached);
    const lines = linesOf(cached);
    const hunks = diffLines(this.#lines, lines);
    if (hunks.length === 0 && !isForced && !this.#hasEdits) return undefined;
    const written = (): void => {
      this.#hasEdits = false;
      this.#lines = lines;
    };
    return this.#newRecord(hunks, written) ?? this.#newBase(cached);
  }

  /** A record with this content, unless the records would outgrow the base. */
  #newRecord(json: unknown, written: () => void): LogChange | undefined {
    const content = new ByteWriter();
    content.text(JSON.stringify(json));
    const payload = content.finish();
    const size = payload.length + CHECKSUM_BYTES;
    if (this.#recordBytes + size > Math.max(this.#baseBytes, SMALL)) return undefined;
    const key = `${this.#keys.records}${String(this.#records.length).padStart(8, '0')}`;
    const checksum = checksumOf(payload, this.#checksum);
    return this.#changeOf(key, withChecksum(payload, checksum), [], () => {
      written();
      this.#checksum = checksum;
      this.#records = [...this.#records, key];
      this.#recordBytes += size;
    });
  }

  #newBase(cached: CachedDatastore): LogChange {
    const { handle, role, replica } = cached;
    const content = new ByteWriter();
    content.varint(FORMAT);
    const header = new ByteWriter();
    header.text(JSON.stringify({ handle: handle ?? null, role }));
    const head = header.finish();
    content.varint(head.length);
    content.bytes(head);
    content.bytes(encodeReplica(replica as SavedReplica));
    const payload = content.finish();
    const checksum = checksumOf(payload, 0);
    return this.#changeOf(this.#keys.base, withChecksum(payload, checksum), this.#records, () => {
      // As it will be read again: the binary form has an order of its own.
      this.#lines = linesOf(readPayload(payload));
      this.#checksum = checksum;
      this.#records = [];
      this.#hasEdits = false;
      [this.#baseBytes, this.#recordBytes] = [payload.length, 0];
    });
  }

  #changeOf(key: string, value: Uint8Array, deletes: readonly string[], apply: () => void): LogChange {
    this.#isKnown = false;
    // If the write fails, the new base that follows must delete what it may have left.
    const before = this.#records;
    if (key !== this.#keys.base) this.#records = [...before, key];
    return {
      put: [key, value],
      deletes,
      written: () => {
        this.#records = before;
        apply();
        this.#isKnown = true;
      },
    };
  }

  #readBase(base: Uint8Array | undefined): void {
    if (base === undefined)
      throw new DatastoreError('invalid-binary', 'it is missing, but there are records that follow it');
    const payload = base.subarray(0, -CHECKSUM_BYTES);
    const format = new ByteReader(payload, 'format').varint();
    if (format > FORMAT)
      throw new DatastoreError(
        'unknown-version',
        `${quote(this.#keys.base)} has format ${format}, and this version knows ${FORMAT}: use a newer version`,
      );
    this.#checksum = readChecksum(base, 0);
    this.#lines = linesOf(readPayload(payload));
    this.#baseBytes = payload.length;
    // After an older base there must be no record that an older version does not know, so a new base comes first.
    this.#isKnown = format === FORMAT;
  }

  /** @returns the edits of the record, or `undefined` if it is a patch. */
  #readRecord(record: Uint8Array, lines: PatchedLines): SavedEdits | undefined {
    this.#checksum = readChecksum(record, this.#checksum);
    const payload = record.subarray(0, -CHECKSUM_BYTES);
    this.#recordBytes += record.length;
    const content = jsonOf(payload);
    if (!Array.isArray(content)) {
      // What the members hold is checked when they are added to the rest.
      const {
        changes,
        ended = [],
        rules = [],
        appends = [],
      } = expectObject(content, 'a record') as Partial<SavedEdits>;
      return { changes, ended, rules, appends } as SavedEdits;
    }
    if (!lines.apply(content)) throw new DatastoreError('invalid-json', 'it does not fit what was stored before it');
    return undefined;
  }
}

function parsed<Value>(key: string, parse: () => Value): Value {
  return parsedOrCorrupt(`the stored value ${quote(key)}`, parse);
}

function readPayload(payload: Uint8Array): CachedDatastore {
  const reader = new ByteReader(payload, 'head');
  reader.varint();
  const head = jsonOf(reader.bytes(reader.varint()));
  return { ...parseHead(head), replica: decodeReplica(reader.rest(), UNLIMITED) };
}

function parseHead(json: unknown): Omit<CachedDatastore, 'replica'> {
  const { handle, role } = expectObject(json, 'a stored datastore');
  checkRole(role);
  return { handle: textOrNull(handle, 'handle'), role };
}

/** The members of a saved replica that are lists, and how deep. Each element of the last level is a line. */
const DEPTHS: Readonly<Record<string, 1 | 2>> = {
  ...{ rows: 1, pending: 2, open: 1, rules: 1, puts: 1, own: 2 },
  ...{ segments: 1, undo: 1, redo: 1 },
};

/** A member begins with its name; what belongs to it begins with a space, and each inner list with two. */
function linesOf({ handle, role, replica }: CachedDatastore): string[] {
  const lines: string[] = [];
  for (const [name, value] of Object.entries({ handle: handle ?? null, role, ...(replica as SavedReplica) })) {
    const depth = DEPTHS[name];
    if (depth === undefined || !Array.isArray(value)) {
      lines.push(`${name} ${JSON.stringify(value)}`);
      continue;
    }
    lines.push(name);
    for (const element of value as readonly unknown[]) {
      if (depth === 1) lines.push(` ${JSON.stringify(element)}`);
      else {
        lines.push('  ');
        for (const inner of element as readonly unknown[]) lines.push(` ${JSON.stringify(inner)}`);
      }
    }
  }
  return lines;
}

function cachedOf(lines: readonly string[]): CachedDatastore {
  const members = new Map<string, unknown>();
  let list: unknown[] = [];
  let target = list;
  for (const line of lines) {
    if (line === '  ') {
      target = [];
      list.push(target);
    } else if (line.startsWith(' ')) {
      target.push(JSON.parse(line.slice(1)));
    } else {
      const [name = ''] = line.split(' ', 1);
      list = [];
      target = list;
      members.set(name, line === name ? list : JSON.parse(line.slice(name.length + 1)));
    }
  }
  const { handle, role, ...replica } = Object.fromEntries(members);
  return { ...parseHead({ handle, role }), replica };
}
