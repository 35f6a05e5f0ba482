import type { Delta, DeltaInput } from '../../../src/index.js';
import type { Role, SequencerMessage } from '../../../src/sync/index.js';
import type { ReplicaMachine } from '../machines.js';

/** A replica that passes everything on to another; a broken one overrides what it gets wrong. */
export class ReplicaWrapper implements ReplicaMachine {
  protected readonly inner: ReplicaMachine;

  constructor(inner: ReplicaMachine) {
    this.inner = inner;
  }

  get recordCount(): number {
    return this.inner.recordCount;
  }

  get revision(): number {
    return this.inner.revision;
  }

  get role(): Role {
    return this.inner.role;
  }

  get size(): number {
    return this.inner.size;
  }

  get status(): ReplicaMachine['status'] {
    return this.inner.status;
  }

  apply(changes: DeltaInput): Delta {
    return this.inner.apply(changes);
  }

  endUndoItem(): void {
    this.inner.endUndoItem();
  }

  get(table: string, record: string): ReturnType<ReplicaMachine['get']> {
    return this.inner.get(table, record);
  }

  outgoing(): ReturnType<ReplicaMachine['outgoing']> {
    return this.inner.outgoing();
  }

  receive(message: SequencerMessage): void {
    this.inner.receive(message);
  }

  redo(): ReturnType<ReplicaMachine['redo']> {
    return this.inner.redo();
  }

  request(): ReturnType<ReplicaMachine['request']> {
    return this.inner.request();
  }

  save(): ReturnType<ReplicaMachine['save']> {
    return this.inner.save();
  }

  setRole(role: Role): void {
    this.inner.setRole(role);
  }

  setTitle(title: string | undefined): void {
    this.inner.setTitle(title);
  }

  sync(time: Date): ReturnType<ReplicaMachine['sync']> {
    return this.inner.sync(time);
  }

  toRows(): ReturnType<ReplicaMachine['toRows']> {
    return this.inner.toRows();
  }

  undo(): ReturnType<ReplicaMachine['undo']> {
    return this.inner.undo();
  }
}
