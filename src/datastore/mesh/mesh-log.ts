import { ByteWriter } from '../../codec/binary/byte-column.js';
import { decodeMesh, encodeMesh } from '../../codec/binary/encoded-mesh.js';
import { UNLIMITED } from '../../codec/binary/memory-budget.js';
import { NO_CHANGES } from '../../deltas/delta.js';
import { DatastoreError } from '../../errors/datastore-error.js';
import { quote } from '../../errors/quote.js';
import type { MeshEvent } from '../../mesh/event.js';
import type { TrimmedSet, VersionVector } from '../../mesh/event-graph.js';
import type { MeshContent, MeshReplica } from '../../mesh/mesh-replica.js';
import { formatMeshMessage, parseMeshMessage } from '../../mesh/messages.js';
import { type DeviceStore, jsonOf, parsedOrCorrupt } from '../manager/device-store.js';
import { Mutex } from '../model/mutex.js';
import { CHECKSUM_BYTES, checksumOf, readChecksum, withChecksum } from '../storage/checksum.js';

/** Below this many bytes, records are cheaper than a new base whatever the base weighs. */
const SMALL = 4096;

/** What was stored of a replica. */
export interface StoredMesh {
  readonly content: MeshContent;
  /** The events since then. */
  readonly events: readonly MeshEvent[];
}

/**
 * How a replica of a mesh is stored: a *base*, which is its content in the binary form (HIST-1), and *records*, each with
 * the events that came since the one before, as JSON. So storing costs what is new. Once the records outgrow the base, or the
 * replica was trimmed, a new base takes their place, in the batch that deletes them. Each has a checksum, which goes on
 * from the one before it. Spec: MSTORE-1.
 *
 * All writes survive a power cut. Otherwise this device could lose an event that others have, and give its id to
 * another one.
 */
export class MeshLog {
  readonly #store: DeviceStore;
  readonly #base: string;
  readonly #prefix: string;
  readonly #mutex = new Mutex();
  #records: readonly string[] = [];
  #checksum = 0;
  #baseBytes = 0;
  #recordBytes = 0;
  /** What is stored. Unknown before the first write, and after one that failed, which may have taken effect. */
  #known: { readonly trimmed: TrimmedSet; readonly vector: VersionVector } | undefined;

  private constructor(store: DeviceStore, id: string) {
    this.#store = store;
    this.#base = `mesh/base/${id}`;
    this.#prefix = `mesh/log/${id}/`;
  }

  /** @throws ServiceError `storage` or `corrupt-data`; DatastoreError `unknown-version`. */
  static async open(store: DeviceStore, id: string): Promise<{ log: MeshLog; stored: StoredMesh | undefined }> {
    const log = new MeshLog(store, id);
    const [base, records] = await Promise.all([store.readBytes(log.#base), store.readAllBytes(log.#prefix)]);
    if (base === undefined && records.length === 0) return { log, stored: undefined };
    const content = parsed(log.#base, () => log.#readBase(base));
    const events = records.flatMap(([key, value]) => parsed(key, () => log.#readRecord(key, value)));
    return { log, stored: { content, events } };
  }

  /** Takes note of the replica that was made of what {@link open} read. */
  loaded({ trimmed }: MeshContent, replica: MeshReplica): void {
    this.#known = { trimmed, vector: replica.vector() };
  }

  /**
   * Stores what a replica holds by now, without the edits that are not sealed. Resolves when that is safe.
   *
   * @throws ServiceError `storage` or `lease-lost`.
   */
  save(replica: MeshReplica): Promise<void> {
    return this.#mutex.run(() => this.#write(replica));
  }

  async #write(replica: MeshReplica): Promise<void> {
    const known = this.#known;
    const held = { trimmed: replica.trimmed, vector: replica.vector() };
    const missing = known?.trimmed === held.trimmed ? replica.missingFrom(known.vector) : 'all';
    if (missing === undefined) return;
    if (missing !== 'all' && missing.type === 'events') {
      const payload = textBytes(JSON.stringify(formatMeshMessage(missing)));
      if (this.#recordBytes + payload.length <= Math.max(this.#baseBytes, SMALL)) {
        await this.#writeRecord(payload);
        this.#known = held;
        return;
      }
    }
    await this.#writeBase(encodeMesh({ ...replica.content(), open: NO_CHANGES, openRules: new Map() }));
    this.#known = held;
  }

  async #writeRecord(payload: Uint8Array): Promise<void> {
    const key = `${this.#prefix}${String(this.#records.length).padStart(8, '0')}`;
    const checksum = checksumOf(payload, this.#checksum);
    // If the write fails, the base that follows deletes what it may have left.
    this.#known = undefined;
    this.#records = [...this.#records, key];
    await this.#store.write({ puts: [[key, withChecksum(payload, checksum)]], isStrict: true });
    this.#checksum = checksum;
    this.#recordBytes += payload.length;
  }

  async #writeBase(payload: Uint8Array): Promise<void> {
    const checksum = checksumOf(payload, 0);
    this.#known = undefined;
    await this.#store.write({
      puts: [[this.#base, withChecksum(payload, checksum)]],
      deletes: this.#records,
      isStrict: true,
    });
    this.#records = [];
    this.#checksum = checksum;
    [this.#baseBytes, this.#recordBytes] = [payload.length, 0];
  }

  #readBase(base: Uint8Array | undefined): MeshContent {
    if (base === undefined)
      throw new DatastoreError('invalid-binary', 'it is missing, but there are records that follow it');
    this.#checksum = readChecksum(base, 0);
    this.#baseBytes = base.length - CHECKSUM_BYTES;
    return decodeMesh(base.subarray(0, -CHECKSUM_BYTES), UNLIMITED);
  }

  #readRecord(key: string, record: Uint8Array): readonly MeshEvent[] {
    this.#checksum = readChecksum(record, this.#checksum);
    this.#records = [...this.#records, key];
    this.#recordBytes += record.length - CHECKSUM_BYTES;
    const message = parseMeshMessage(jsonOf(record.subarray(0, -CHECKSUM_BYTES)));
    if (message.type !== 'events') throw new DatastoreError('invalid-json', 'it holds no events');
    return message.events;
  }
}

function parsed<Value>(key: string, parse: () => Value): Value {
  return parsedOrCorrupt(`the stored value ${quote(key)}`, parse);
}

function textBytes(text: string): Uint8Array {
  const bytes = new ByteWriter();
  bytes.text(text);
  return bytes.finish();
}
