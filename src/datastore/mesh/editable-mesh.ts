import type { Delta, DeltaInput } from '../../deltas/delta.js';
import { InvariantError } from '../../errors/invariant-error.js';
import type { MeshReplica } from '../../mesh/mesh-replica.js';
import type { RecordReader } from '../../state/record-reader.js';
import type { Where } from '../../state/state.js';
import type { Role } from '../../sync/messages.js';
import type { ReplicaStatus, SyncResult } from '../../sync/sync-result.js';
import type { EditableReplica } from '../model/open-replica.js';

/** What an {@link EditableMesh} is given. */
export interface EditableMeshContext {
  readonly replica: MeshReplica;
  /** An agent's name that no replica ever had. */
  newAgent(): string;
  /** Hears of events of others that everybody refuses. */
  failed(error: unknown): void;
}

/**
 * A replica of a mesh as a datastore edits it. There is no log, so nothing can be committed, and nothing is ever uploaded.
 */
export class EditableMesh implements EditableReplica {
  readonly #context: EditableMeshContext;
  readonly #replica: MeshReplica;

  constructor(context: EditableMeshContext) {
    this.#context = context;
    this.#replica = context.replica;
  }

  get role(): Role {
    return this.#replica.mayWrite ? 'owner' : 'viewer';
  }

  get title(): string | undefined {
    return this.#replica.title;
  }

  setTitle(title: string | undefined): void {
    this.#replica.setTitle(title);
  }

  get mtime(): Date | undefined {
    return this.#replica.mtime;
  }

  get size(): number {
    return this.#replica.size;
  }

  get recordCount(): number {
    return this.#replica.recordCount;
  }

  get unsyncedSize(): number {
    return this.#replica.unsyncedSize;
  }

  /** Events that wait for others are a gap. Nobody knows who else lacks an event, so none is ever on its way out. */
  get status(): ReplicaStatus {
    const { hasOpen, hasIncoming, hasGap } = this.#replica.status;
    const isIdle = !hasOpen && !hasIncoming && !hasGap;
    return {
      ...{ isIdle, hasUncommitted: hasOpen, hasIncoming, hasGap },
      ...{ hasOutgoing: false, isInFlight: false, needsReload: false },
    };
  }

  /** No rule is a function here. */
  get isMerging(): boolean {
    return false;
  }

  tables(): string[] {
    return this.#replica.tables();
  }

  find(table: string, where?: Where): string[] {
    return this.#replica.find(table, where);
  }

  reader(table: string, record: string): RecordReader {
    return this.#replica.reader(table, record);
  }

  apply(changes: DeltaInput): Delta {
    return this.#replica.apply(changes);
  }

  batch(edit: () => void): Delta {
    return this.#replica.batch(edit);
  }

  get isInBatch(): boolean {
    return this.#replica.isInBatch;
  }

  /** Seals an event, under a new name if somebody else uses this one; and integrates what was received. */
  sync(time: Date): SyncResult {
    if (this.#replica.needsName) this.#replica.rename(this.#context.newAgent());
    const { changed, conflicts, refused, isReloaded, handedBack } = this.#replica.sync(time);
    for (const { error } of refused) this.#context.failed(error);
    const indeterminate = handedBack.map(({ id, delta }) => ({ nonce: id.join(':'), delta }));
    return { changed, conflicts, refused: [], indeterminate, ruleFailures: [], isReloaded, isLogLost: false };
  }

  rollback(): Delta {
    return this.#replica.rollback();
  }

  get provisional(): 'none' {
    return 'none';
  }

  /** Never called: a datastore without a log rejects a commit before it seals anything. */
  seal(): never {
    throw new InvariantError('a datastore without a log commits nothing');
  }

  /** As {@link seal}. */
  sealBehind(): never {
    return this.seal();
  }

  makeOrdinary(): void {
    // Nothing is provisional.
  }

  get hasDependents(): boolean {
    return false;
  }

  reopen(): boolean {
    return false;
  }

  retract(): undefined {
    return undefined;
  }

  get canUndo(): boolean {
    return this.#replica.canUndo;
  }

  get canRedo(): boolean {
    return this.#replica.canRedo;
  }

  endUndoItem(): void {
    this.#replica.endUndoItem();
  }

  undo(): Delta | undefined {
    return this.#replica.undo();
  }

  redo(): Delta | undefined {
    return this.#replica.redo();
  }
}
